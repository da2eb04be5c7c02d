"""Compare models: errors on rows that say what they are, and what stands behind them."""

import streamlit as st

from heanet.ui import heavy
from heanet.ui.language import _
from heanet.ui.page import set_up_page

set_up_page(_("Compare"))
st.title(_("Compare"), anchor=False)
heavy.show("compare_views")
