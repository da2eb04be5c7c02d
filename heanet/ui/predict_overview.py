"""All predicted cells at a glance: a table with a row per cell, and one property compared."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from heanet.figures.charts import subscripts
from heanet.figures.predictions import comparison_figure
from heanet.prediction import Prediction
from heanet.properties import TASKS
from heanet.report import formula_free_table
from heanet.ui import facts, models, store, task_words
from heanet.ui.chart import show_chart
from heanet.ui.language import _, listed, together
from heanet.ui.predict_results import Served

_TABLE_ROWS = 12  # more scroll
_MAX_COMPARED = 60  # more dots than this cannot be told apart
_DETAIL = "predict_detail"  # id; follows the cell that all pages show
_TABLE = "predict_table"


def show_table(results: Sequence[Served]) -> None:
    """A row per predicted cell; a click on one shows it in detail."""
    st.dataframe(
        formula_free_table(
            pd.DataFrame([_row(result.cell, result.prediction) for result in results])
        ),
        hide_index=True,
        height=38 + 35 * min(len(results), _TABLE_ROWS),
        key=_TABLE,
        on_select=lambda: _choose_row([result.cell.id for result in results]),
        selection_mode="single-row",
        column_config=_columns(_tasks(results)),
        alt=_("Predicted properties, a row per cell."),
    )
    st.caption(_("Select a row to see the cell in detail."))


def choose_detail(results: Sequence[Served]) -> Served:
    """The predicted cell that is shown in detail: the one that the other pages show, if it is here.

    Args:
        results: Predicted cells, at least one.
    """
    by_id = {result.cell.id: result for result in results}
    if len(results) == 1:
        return results[0]
    wanted = st.session_state.get(store.CHOSEN)
    st.session_state[_DETAIL] = wanted if wanted in by_id else results[0].cell.id
    chosen = st.selectbox(
        _("In detail"),
        list(by_id),
        format_func=lambda cell_id: by_id[cell_id].cell.name,
        key=_DETAIL,
        on_change=lambda: store.choose(st.session_state[_DETAIL]),
        width=420,
        help=_("The cell whose values, shares and neighbours in the data are shown below."),
    )
    return by_id[chosen]


def show_comparison(results: Sequence[Served], task: str) -> None:
    """One property of all cells with its intervals."""
    found = [
        (result.cell.name, result.prediction.values[task])
        for result in results
        if task in result.prediction.values
    ][:_MAX_COMPARED]
    names, values = zip(*found, strict=True)
    st.markdown(
        _("**{property} of the chosen cells**").format(property=task_words.label(task)),
        help=together([task_words.meaning(task), task_words.interval_meaning()]),
    )
    show_chart(
        comparison_figure(
            names,
            [value.value for value in values],
            [task_words.half_width(value) for value in values],
            decimals=TASKS[task].decimals,
            unit=task_words.unit(task),
        ),
        name="comparison",
        alt=_("{property} of the chosen cells: {values}.").format(
            property=task_words.label(task),
            values="; ".join(
                f"{name} {task_words.value_text(task, value)}"
                for name, value in zip(names, values, strict=True)
            ),
        ),
        stands_on=together(
            [
                task_words.interval(),
                *dict.fromkeys(models.stands_on(r.choice.card) for r in results),
            ]
        ),
    )
    if len(results) > _MAX_COMPARED:
        st.caption(_("The first {n} cells are drawn.").format(n=_MAX_COMPARED))


def _models_behind(results: Sequence[Served]) -> list[str]:
    """The models and their data, each once."""
    return list(dict.fromkeys(models.stands_on(result.choice.card) for result in results))


def _choose_row(cell_ids: list[str]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        store.choose(cell_ids[rows[0]])


def _tasks(results: Sequence[Served]) -> list[str]:
    """Every task that some cell has a value of, in canonical order."""
    return [task for task in TASKS if any(task in result.prediction.values for result in results)]


def _row(cell: store.Cell, prediction: Prediction) -> dict[str, object]:
    row: dict[str, object] = {
        "name": cell.name,
        "warnings": len(prediction.warnings),
        "formula": subscripts(facts.description(cell).formula),
        "atoms": prediction.n_atoms,
        "lattice": listed([prediction.lattice, task_words.source(prediction.lattice_source)]),
    }
    for task, value in prediction.values.items():
        row[task] = value.value
        row[f"{task} half"] = task_words.half_width(value)
    return row


def _columns(tasks: Sequence[str]) -> dict[str, Any]:
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "name": text(_("Cell"), pinned=True, help=_("The file's name.")),
        "warnings": numeric(
            _("Warnings"), help=_("Reasons to trust these values less; see the cell in detail.")
        ),
        "formula": text(_("Formula"), help=_("Smallest whole-number formula of the cell.")),
        "atoms": numeric(_("Atoms"), help=_("Atoms in the cell.")),
        "lattice": text(
            _("Parent lattice"),
            help=_("The lattice that the cell was built on, and where that is known from."),
        ),
    }
    for task in tasks:
        form = f"%.{TASKS[task].decimals}f"
        columns[task] = numeric(
            f"{task_words.label(task)} · {task} ({task_words.unit(task)})",
            format=form,
            help=task_words.meaning(task),
        )
        columns[f"{task} half"] = numeric(
            f"± {task}", format=form, help=task_words.interval_meaning()
        )
    return columns
