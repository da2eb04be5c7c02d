"""The home page's content: short, and without numbers that could grow old."""

import streamlit as st

from heanet.ui.language import _, in_address
from heanet.ui.page import NAME, pages


def show_home() -> None:
    """What this is, the ways in, and what it stands on."""
    st.title(_("{name}: a laboratory for high-entropy alloys").format(name=NAME))
    st.markdown(
        _(
            "Open the cell of an alloy, turn it in 3D, and get its properties predicted with "
            "error bars in seconds. Runs on your machine, in your browser."
        )
    )
    known = pages()
    for column, page in zip(st.columns(len(known), gap="medium"), known, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(
                page.path,
                label=f"**{page.label}**",
                icon=page.icon,
                width="stretch",
                query_params=in_address(),
            )
            st.markdown(page.summary)
    st.subheader(_("What it stands on"))
    st.markdown(
        "\n".join(
            [
                _(
                    "- **Data**: density functional calculations of alloys of Cr, Mn, Fe, Co, Ni "
                    "and Pd on fcc and bcc lattices, published with "
                    "[doi 10.1038/s41524-022-00945-x](https://doi.org/10.1038/s41524-022-00945-x)."
                ),
                _(
                    "- **Method**: a neural network that learns element by element from the "
                    "distances between atoms. It knows the lattices and elements of its data and "
                    "says so when a cell lies outside of them."
                ),
                _(
                    "- **Your files**: they stay in the memory of the server you opened this page "
                    "from, and are gone when it stops."
                ),
            ]
        )
    )
