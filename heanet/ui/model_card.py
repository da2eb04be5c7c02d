"""A model card as a reader sees it: data, settings, errors, limits."""

import pandas as pd
import streamlit as st

from heanet.properties import LATTICES, TASKS
from heanet.training.checkpoints import Metric, ModelCard
from heanet.ui import task_words
from heanet.ui.language import _, listed, plural
from heanet.ui.said import said
from heanet.ui.words import plain


def show_card(card: ModelCard, title: str) -> None:
    """The whole card.

    Args:
        card: Of the model.
        title: What the model is, ready to show; may be empty.
    """
    if title:
        st.markdown(title)
    st.markdown(_data(card))
    st.markdown(_("**Errors, by the cells that they were counted on**"))
    _show_errors(card)
    if card.limits:
        st.markdown(_("**Limits**"))
        st.markdown("\n".join(f"- {plain(said(limit))}" for limit in card.limits))
    with st.expander(_("Settings and versions")):
        _show_settings(card)


def _data(card: ModelCard) -> str:
    """What it learned from, as a list."""
    rows = listed(
        [
            _("{n} for {purpose}").format(n=n, purpose=_purpose(key))
            for key, n in card.n_rows.items()
            if n
        ]
    )
    overlay = (
        _("corrected where they contradict themselves")
        if card.data.corrected
        else _("as published, errors included")
    )
    lines = [
        _("- **Data**: {title}, {rows}; labels {overlay}.").format(
            title=plain(said(card.data.title or card.data.name)),
            rows=plural("{n} cell", "{n} cells", card.data.n_rows),
            overlay=overlay,
        ),
        _("- **Cells**: {split} ({rows}).").format(split=plain(said(card.split)), rows=rows),
        _("- **Elements**: {elements}. **Parent lattices**: {lattices}.").format(
            elements=" ".join(card.domain.elements),
            lattices=" ".join(x for x in LATTICES if x in card.domain.lattices),
        ),
        _("- **Networks**: {members}, {epochs}.").format(
            members=plural("{n} network", "{n} networks", len(card.references)),
            epochs=plural("{n} epoch", "{n} epochs", card.train.epochs),
        ),
    ]
    if not card.calibration:
        lines.append(_("- **Error bars**: none. {reason}").format(reason=no_error_bar(card)))
    return "\n".join(lines)


def no_error_bar(card: ModelCard) -> str:
    """Why a model gives no error bars."""
    if len(card.references) == 1:
        return _("It is a single network; error bars need several to compare.")
    return _("Its networks were not calibrated on held-out cells.")


def _purpose(row_set: str) -> str:
    words = {
        "train": _("training"),
        "validation": _("choosing the epoch"),
        "test": _("testing"),
    }
    return words.get(row_set, row_set)


def _show_errors(card: ModelCard) -> None:
    if not card.metrics:
        st.caption(_("The card holds none."))
        return
    for rows in dict.fromkeys(metric.rows for metric in card.metrics):
        st.caption(plain(said(rows)))
        show_error_table([metric for metric in card.metrics if metric.rows == rows])


def show_error_table(lines: list[Metric]) -> None:
    """A line per property.

    Args:
        lines: All on the same rows.
    """
    digits = {line.task: TASKS[line.task].decimals for line in lines}
    table = pd.DataFrame(
        {
            "property": [f"{line.task} ({task_words.unit(line.task)})" for line in lines],
            "mae": [f"{line.mae:.{digits[line.task]}f}" for line in lines],
            "rmse": [f"{line.rmse:.{digits[line.task]}f}" for line in lines],
            "r2": [line.r2 for line in lines],
            "coverage": [None if line.coverage is None else 100 * line.coverage for line in lines],
            "n": [line.n for line in lines],
        }
    )
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    st.dataframe(
        table.dropna(axis="columns", how="all"),
        hide_index=True,
        height=38 + 35 * len(lines),
        alt=_("Errors of the model, a line per property."),
        column_config={
            "property": text(_("Property"), pinned=True),
            "mae": text("MAE", alignment="right", help=_("Mean absolute error.")),
            "rmse": text("RMSE", alignment="right", help=_("Root mean square error.")),
            "r2": numeric(
                "R²",
                format="%.3f",
                help=_("Part of the labels' variance that is predicted; 1 is all of it."),
            ),
            "coverage": numeric(
                _("In the interval"),
                format="%.0f %%",
                help=_("Share of the cells whose label lies inside the 90 % interval."),
            ),
            "n": numeric("n", help=_("Number of cells that the errors are counted on.")),
        },
    )


def _show_settings(card: ModelCard) -> None:
    settings = card.model.model_dump(mode="json") | card.train.model_dump(mode="json")
    settings |= {"seed": list(card.seeds), "best_epoch": list(card.best_epochs)}
    settings |= card.versions | {"data": card.data.fingerprint, "weights": card.weights_sha256}
    st.dataframe(
        pd.DataFrame({"name": list(settings), "value": [_text(v) for v in settings.values()]}),
        hide_index=True,
        alt=_("Settings that the model was trained with."),
        column_config={
            "name": st.column_config.TextColumn(_("Name")),
            "value": st.column_config.TextColumn(
                _("Value"), help=_("data and weights: SHA-256 of the labelled set and the weights.")
            ),
        },
    )


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
