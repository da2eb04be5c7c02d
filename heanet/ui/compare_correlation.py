"""How the labels go together over the cells of the labelled set."""

from typing import Literal

import streamlit as st

from heanet.comparison.results import Results
from heanet.figures.heatmaps import correlation_figure
from heanet.properties import TASK_KEYS
from heanet.ui import compare_charts, compare_choices, compare_data, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _

Method = Literal["pearson", "spearman"]
_METHODS: tuple[Method, ...] = ("pearson", "spearman")


def show(results: Results | None) -> None:
    """The whole view."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = _choose_method()
        raw = choose_raw()
    labels = compare_data.find_labels(results, corrected=not raw)
    if labels is None:
        return
    compare_data.show_set(labels)
    table = labels.table[list(TASK_KEYS)].dropna(axis="columns", how="all")
    titles = {task: words.with_unit(task, task_words.unit(task)) for task in map(str, table)}
    compare_charts.show_figure(
        correlation_figure(
            table,
            titles=titles,
            method=method,
            hover=_("{first} and {second}: {value} (n = {n})"),
            missing=_("{first} and {second}: cannot be told from {n} cells"),
        ),
        name=f"correlation-{method}",
        alt=_("Correlation of every pair of labels."),
    )
    st.markdown(
        _(
            "Labels that go together can be learnt together: what a network finds out about one "
            "helps it with the other. etot is mostly the energy of the elements themselves; emix "
            "and eform have that taken off, so they need not go with it. mb is ms times the number "
            "of atoms, which differs between cells."
        )
    )
    correlation = table.corr(method=method).rename_axis("task").reset_index()
    compare_charts.show_csv(correlation, name=f"correlation-{method}")


def choose_raw() -> bool:
    """Whether labels are shown as published, errors included."""
    return bool(
        st.toggle(
            _("As published"),
            value=False,
            key="raw",
            bind="query-params",
            help=_(
                "Labels and cells as they were published, errors included. Off: with the "
                "corrections of the label audit laid over them."
            ),
        )
    )


def _choose_method() -> Method:
    names = {"pearson": _("Pearson"), "spearman": _("Spearman")}
    chosen = compare_choices.one_of(
        _("Correlation"),
        _METHODS,
        key="method",
        title=lambda method: names[method],
        hint=_(
            "Pearson: of the values, 1 where the points lie on a rising line. Spearman: of their "
            "ranks, 1 where one always rises with the other; single outliers hardly matter."
        ),
    )
    return "spearman" if chosen == "spearman" else "pearson"
