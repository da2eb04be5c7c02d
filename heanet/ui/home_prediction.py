"""The prediction on the home page: a sample, its values with error bars, and the way on."""

import streamlit as st

from heanet.errors import HeanetError
from heanet.ui import models, predict_detail, predict_results, samples
from heanet.ui.language import _, in_address
from heanet.ui.said import said
from heanet.ui.words import plain


def predict_sample(file: str) -> predict_results.Result | HeanetError:
    """The prediction of a sample by the model for its kind of cell, or why there is none."""
    try:
        cell = samples.sample_cell(file)
        return predict_results.predict_one(cell, models.shipped().of(cell.structure))
    except HeanetError as error:
        return error


def show_result(result: predict_results.Result | HeanetError) -> None:
    """The values as the Predict page shows them, and the same cell there one click away."""
    if isinstance(result, HeanetError):
        st.error(plain(said(result)), icon=":material/error:")
        return
    if isinstance(result, predict_results.Refused):
        predict_results.show_refused([result])
        return
    predict_detail.show_warnings(result.prediction)
    predict_detail.show_values(result.prediction, result.choice.card)
    st.page_link(
        "pages/2_Predict.py",
        label=_("Predict your own"),
        icon=":material/arrow_forward:",
        query_params=in_address(cell=result.cell.id),
        help=_("Opens the Predict page with this cell: add yours beside it, and see the reasons."),
    )
