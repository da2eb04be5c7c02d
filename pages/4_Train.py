"""Launch trainings, watch them, and bring one's own labelled set."""

import streamlit as st

from heanet.ui import train_state, train_views
from heanet.ui.language import _
from heanet.ui.page import set_up_page

set_up_page(_("Train"))
train_state.settle()
st.title(_("Train"), anchor=False)
train_views.show_view()
