"""Launch trainings, watch them, and bring one's own labelled set."""

import streamlit as st

from heanet.ui import heavy
from heanet.ui.language import _
from heanet.ui.page import set_up_page

set_up_page(_("Train"))
st.title(_("Train"), anchor=False)
heavy.show("train_views")
