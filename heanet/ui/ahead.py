"""Kinds of elements that a page will have, drawn unseen, so that the browser is ready for them.

Streamlit's browser side loads the program of a kind of element when it first draws one. Where that
happens as the values arrive, they stand behind it, and behind the programs of the charts below.
"""

import streamlit as st

_PLACE = "ahead"  # the style of all pages hides it, also after its run


def show_values() -> None:
    """What the values of a prediction are drawn with."""
    with st.container(key=_PLACE):
        st.metric("-", "-")
