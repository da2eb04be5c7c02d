"""The prediction on the home page: one sample, its values, and the way on."""

import streamlit as st

from heanet.ui import models, predict_detail, predict_results, store
from heanet.ui.language import _, in_address


def show(cell_id: str) -> None:
    """The values of an open cell below each other's heads, and links to what they rest on.

    Args:
        cell_id: Of the cell; of a sample its file.
    """
    choices, cell = models.by_kind(), store.reopen(cell_id)
    if choices is None or cell is None:
        st.info(_("There is no model yet. `python -m heanet train` makes one."))
        return
    results = predict_results.predict_all([cell], choices)
    predict_results.show_refused(results)
    for result in results:
        if isinstance(result, predict_results.Served):
            predict_detail.show_warnings(result.prediction)
            predict_detail.show_values(result.prediction, result.choice.card)
    with st.container(horizontal=True):
        st.page_link(
            "pages/2_Predict.py",
            label=_("See what these values rest on, or predict your own cells"),
            icon=":material/query_stats:",
            query_params=in_address(cell=cell_id),
        )
        st.page_link(
            "pages/1_Structure.py",
            label=_("See this cell in 3D"),
            icon=":material/deployed_code:",
            query_params=in_address(),
        )
