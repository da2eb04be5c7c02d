"""Predict the properties of open cells, and see what the predictions rest on."""

import streamlit as st

from heanet.ui import heavy
from heanet.ui.language import _
from heanet.ui.page import set_up_page

set_up_page(_("Predict"))
st.title(_("Predict"), anchor=False)
heavy.show("predict_page")
