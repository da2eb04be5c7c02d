"""The content of the Predict page."""

import streamlit as st

from heanet.ui import (
    models,
    predict_cells,
    predict_detail,
    predict_geometry,
    predict_overview,
    predict_reasons,
    predict_results,
)


def show() -> None:
    """The cells, the model, and what it says of them."""
    cells = predict_cells.choose_cells()
    choices = models.choose_model()
    if choices is None or not cells:
        return

    results = predict_results.predict_all(cells, choices)
    predict_results.show_refused(results)
    served = [result for result in results if isinstance(result, predict_results.Served)]
    if not served:
        return
    many = len(served) > 1
    if many:
        predict_overview.show_table(served)
        predict_results.show_downloads(results)
    chosen = predict_overview.choose_detail(served)
    prediction, card = chosen.prediction, chosen.choice.card
    predict_detail.show_head(
        chosen.cell, prediction, card, all_ids=[result.cell.id for result in served]
    )
    predict_detail.show_warnings(prediction)
    predict_detail.show_values(prediction, card)
    predict_geometry.show_kind(chosen, choices)
    if not many:
        predict_results.show_downloads(results)

    task = predict_reasons.choose_task(prediction)
    left, right = st.columns([3, 2], gap="large")
    with left:
        predict_reasons.show_shares(prediction, task, card=card)
    with right:
        predict_reasons.show_trust(card, task)
    predict_reasons.show_near(prediction, card.data)
    if many:
        predict_overview.show_comparison(served, task)
