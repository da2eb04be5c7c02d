"""Look at alloy cells: open or build, turn in 3D, measure, download."""

import streamlit as st

from heanet.ui import heavy
from heanet.ui.language import _
from heanet.ui.page import set_up_page

set_up_page(_("Structure"))
st.title(_("Structure"), anchor=False)
heavy.show("structure_page")
