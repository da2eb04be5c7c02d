"""What the pages share: set-up of a page, viewer, state. The only home of Streamlit in here."""
