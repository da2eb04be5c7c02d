"""Errors of runs: a line per property and row set, a column per run that says what it is on."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from heanet.ui import compare_charts, compare_choices, train_runs_data
from heanet.ui import compare_runs_data as data
from heanet.ui import compare_words as words
from heanet.ui.compare_runs_data import Entry
from heanet.ui.language import _, explained, together
from heanet.ui.said import said
from heanet.ui.words import plain

_BEST, _OTHER = "★ ", "≠ "
_TABLE_ROWS = 18  # more scroll


def show_errors(entries: Sequence[Entry]) -> None:
    """The choices, the table, and which rows the numbers stand on."""
    errors = data.errors_of(entries)
    if not len(errors):
        st.info(
            _("None of these runs has errors yet: they are counted when a run ends."),
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = compare_choices.choose_metric()
        present = compare_choices.in_order(errors["rows"], train_runs_data.ROW_ORDER)
        rows = compare_choices.some_of(
            _("Rows (none lit: all)"),
            present,
            key="row_sets",
            first=["test", "validation"],
            title=words.rows_title,
            hint=together([_("None pressed: all of them."), words.rows_meaning()]),
        )
    _show_table(errors[errors["rows"].isin(rows)], entries, metric)
    titles = dict(enumerate(entry.title for entry in entries))
    compare_charts.show_csv(
        errors.assign(
            run=errors["entry"].map(titles),
            data=[entries[k].basis.name for k in errors["entry"]],
            fingerprint=[entries[k].basis.fingerprint for k in errors["entry"]],
            split=[entries[k].basis.split for k in errors["entry"]],
        ).drop(columns="entry"),
        name="runs-errors",
    )
    _show_rows(errors[errors["rows"].isin(rows)])


def basis_text(basis: data.Basis) -> str:
    """What errors stand on, on one line, safe to show."""
    labels = _("corrected labels") if basis.corrected else _("labels as published")
    mark = f" · {basis.fingerprint[:6]}" if basis.fingerprint else ""
    return f"{plain(basis.name)} · {plain(basis.split)} · {labels}{mark}"


def shown_table(
    errors: pd.DataFrame, entries: Sequence[Entry], metric: words.Metric
) -> pd.DataFrame:
    """What is shown: property, rows, n, and a column per entry below what it stands on.

    Args:
        errors: Of ``errors_of``, of the rows that are asked for.
        entries: They.
        metric: Which error.
    """
    best = data.leaders(errors, entries, metric)
    home = data.comparable(entries)[0]
    lines = list(dict.fromkeys(zip(errors["task"], errors["rows"], strict=True)))
    texts = _texts(errors, metric)
    counts = errors.groupby(["task", "rows"])["n"].agg(words.count_text)
    columns: dict[tuple[str, str], list[str]] = {
        ("", _("Property")): [
            words.with_unit(task, words.metric_unit(metric, task)) for task, _rows in lines
        ],
        ("", _("Rows")): [words.rows_title(rows) for _task, rows in lines],
        ("", "n"): [counts[line] for line in lines],
    }
    for position, entry in enumerate(entries):
        over = f"{entry.basis.name} · {entry.basis.split}"
        head = (over if position in home else f"{_OTHER}{over}", entry.title)
        columns[head] = [
            (_BEST if (*line, position) in best else "") + texts.get((*line, position), "–")
            for line in lines
        ]
    return pd.DataFrame(columns)


def _texts(errors: pd.DataFrame, metric: words.Metric) -> dict[tuple[str, str, int], str]:
    """An error with its spread by task, row set and entry."""
    keys = zip(errors["task"], errors["rows"], errors["entry"], strict=True)
    values = zip(errors[metric].tolist(), errors[f"{metric}_spread"].tolist(), strict=True)
    return {
        key: words.error_text(metric, key[0], value, spread)
        for key, (value, spread) in zip(keys, values, strict=True)
    }


def _show_table(errors: pd.DataFrame, entries: Sequence[Entry], metric: words.Metric) -> None:
    table = shown_table(errors, entries, metric)
    text = st.column_config.TextColumn
    columns: dict[Any, Any] = {
        1: text(pinned=True, help=words.task_meanings(list(dict.fromkeys(errors["task"])))),
        2: text(help=words.rows_meaning()),
        3: text(alignment="right", help=_("Number of cells that the errors are counted on.")),
    }
    for position in range(4, table.shape[1] + 1):
        columns[position] = text(alignment="right", help=words.metric_meaning(metric))
    st.dataframe(
        table,
        hide_index=True,
        height=74 + 35 * min(len(table), _TABLE_ROWS),
        key="runs_errors",
        column_config=columns,
        alt=_("{metric} of every run, a line per property and row set.").format(
            metric=words.metric_title(metric)
        ),
    )
    st.caption(
        _(
            "{best}best of a line; several where they are no farther apart than seeds are. ± "
            "standard deviation over seeds; a run without ± is one seed, and another may give "
            "another order. {other}stands on other data, labels or another split than the first: "
            "does not compare with it. – has no such error."
        ).format(best=_BEST, other=_OTHER)
    )


def _show_rows(errors: pd.DataFrame) -> None:
    """The rows in the words of the cards, each once."""
    with st.expander(_("Which rows these are")):
        lines = [
            f"- {explained(words.rows_title(rows), plain(said(which)))}"
            for rows in compare_choices.in_order(errors["rows"], train_runs_data.ROW_ORDER)
            for which in dict.fromkeys(errors.loc[errors["rows"] == rows, "which"])
        ]
        st.markdown("\n".join(lines))
