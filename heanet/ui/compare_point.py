"""What stands beside a parity plot: errors, the worst cells, and the cell behind a point."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from heanet.comparison.tables import ALL
from heanet.data.labels import LabelledSet
from heanet.figures.predictions import number, signed
from heanet.properties import TASKS
from heanet.ui import compare_cell, compare_choices, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _, listed
from heanet.ui.said import said
from heanet.ui.words import plain

_WORST = "worst_predictions"
_TABLE_ROWS = 6  # more scroll


@dataclass(frozen=True)
class Choice:
    """Which predictions are shown.

    Attributes:
        split: Name of the split.
        model: Key of the model.
        group: What it learnt together.
        task: Task key.
        seed: A number, or "ensemble" for the mean of the predictions of all.
    """

    split: str
    model: str
    group: str
    task: str
    seed: str

    @property
    def file_name(self) -> str:
        """For what is saved, without an ending."""
        return f"parity-{self.model}-{self.group}-{self.split}-{self.task}"


def show_errors(errors: pd.DataFrame, choice: Choice) -> None:
    """MAE, RMSE and R² of test and training rows as they stand in the table of errors."""
    task = choice.task
    found = errors[
        (errors["split"] == choice.split)
        & (errors["model"] == choice.model)
        & (errors["group"] == choice.group)
        & (errors["task"] == task)
        & (errors["seed"] == choice.seed)
        & (errors["by"] == ALL)
    ].set_index("rows")
    st.markdown(
        f"**{words.entry_title(choice.model, choice.group)} · {task_words.label(task)}**",
        help=task_words.meaning(task),
    )
    order = compare_choices.in_order(found.index, ("test", "train", "validation"))
    shown = pd.DataFrame(
        {
            "rows": [words.rows_title(rows) for rows in order],
            "n": found["n"].reindex(order).tolist(),
        }
    )
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    columns: dict[str, Any] = {
        "rows": text(_("Rows"), help=words.rows_meaning()),
        "n": numeric("n", help=_("Number of cells.")),
    }
    for metric in words.METRICS:
        values = found[metric].reindex(order)
        shown[metric] = [words.error_text(metric, task, float(value)) for value in values]
        head = words.with_unit(words.metric_title(metric), words.metric_unit(metric, task))
        columns[metric] = text(head, alignment="right", help=words.metric_meaning(metric))
    st.dataframe(
        shown,
        hide_index=True,
        height=38 + 35 * len(shown),
        key="parity_errors",
        column_config=columns,
        alt=_("Errors of test and training rows."),
    )


def show_worst(tested: pd.DataFrame, task: str) -> None:
    """All test cells, the largest error first; a ticked row is the chosen cell."""
    order = np.argsort(-tested["error"].abs().to_numpy(), kind="stable")
    worst = tested.iloc[order][["name", "truth", "predicted", "error"]]
    names = worst["name"].tolist()
    st.markdown(
        _("**Test cells, largest errors first** (in {unit})").format(unit=task_words.unit(task)),
        help=_("Tick a row to see its cell. Error: predicted minus calculated."),
    )
    form = f"%.{TASKS[task].decimals}f"
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    st.dataframe(
        worst,
        hide_index=True,
        height=38 + 35 * min(len(worst), _TABLE_ROWS),
        key=_WORST,
        on_select=lambda: _choose_row(_WORST, names),
        selection_mode="single-row",
        column_config={
            "name": text(_("Cell"), help=_("Its name in the labelled set.")),
            "truth": numeric(_("Calculated"), format=form, help=task_words.meaning(task)),
            "predicted": numeric(
                _("Predicted"), format=form, help=_("What this model gives for the cell.")
            ),
            "error": numeric(
                _("Error"),
                format=f"%+.{TASKS[task].decimals}f",
                help=_("Predicted minus calculated."),
            ),
        },
        alt=_("Test cells with label, prediction and error."),
    )


def _choose_row(key: str, names: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        compare_cell.choose(names[rows[0]])


def show_chosen(labels: LabelledSet, points: pd.DataFrame, task: str) -> None:
    """The chosen cell with label, prediction and error; where none is chosen, how to choose one.

    Args:
        labels: The labelled set.
        points: Rows, name, predicted and error of the predicted cells.
        task: Task key.
    """
    name = compare_cell.chosen()
    if not name:
        with st.container(border=True):
            st.markdown(
                _(
                    "**No cell chosen.** Click a point of the plot, or tick a row of the table "
                    "below it: its cell appears here in 3D, with its composition and its error."
                )
            )
        return
    cell = compare_cell.find_cell(labels, name)
    if cell is None:
        return
    found = points[points["name"] == name]
    rows = listed(map(words.rows_title, found["rows"])) or _("none of these rows")
    notes = _("parent lattice {lattice} · {rows}").format(
        lattice=labels.table["lattice"].get(name, "–"), rows=rows
    )
    compare_cell.show_cell(
        cell, notes=plain(notes), numbers=lambda: _show_numbers(found, labels, name, task)
    )


def _show_numbers(found: pd.DataFrame, labels: LabelledSet, name: str, task: str) -> None:
    """Label, prediction and error of the chosen cell."""
    label = labels.table[task].get(name, float("nan"))
    unit = task_words.unit(task)
    first = found.iloc[0] if len(found) else None
    shown = {
        _("Calculated"): (
            label,
            _("The label ({method}).").format(method=plain(said(labels.method))),
        ),
        _("Predicted"): (
            float("nan") if first is None else first["predicted"],
            _("What this model gives for the cell."),
        ),
        _("Error"): (
            float("nan") if first is None else first["error"],
            _("Predicted minus calculated."),
        ),
    }
    st.markdown(
        f"**{words.with_unit(f'{task_words.label(task)} · {task}', unit)}**",
        help=task_words.meaning(task),
    )
    columns = st.container(key="tiles").columns(3, gap="small")
    for column, (title, (value, meaning)) in zip(columns, shown.items(), strict=True):
        write = number if title != _("Error") else signed
        text = "–" if pd.isna(value) else write(float(value), TASKS[task].decimals)
        column.metric(title, text, border=True, help=meaning)
