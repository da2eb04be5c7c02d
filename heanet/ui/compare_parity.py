"""Parity: the predictions of one model over the labels, cell by cell."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.results import Results
from heanet.comparison.tables import ALL, ENSEMBLE, POOLED
from heanet.data.labels import LabelledSet
from heanet.figures.parity import PointSet, parity_figure
from heanet.figures.predictions import number, signed
from heanet.properties import LATTICES, TASKS
from heanet.ui import (
    compare_cell,
    compare_charts,
    compare_choices,
    compare_data,
    compare_split,
    task_words,
)
from heanet.ui import compare_words as words
from heanet.ui.language import _
from heanet.ui.words import plain

_WORST = "worst_predictions"
_TABLE_ROWS = 6  # more scroll


def show(results: Results) -> None:
    """The whole view."""
    chosen = _choose(results)
    split, model, group, task, seed = chosen
    compare_split.show_split(results.errors, split)
    labels = compare_data.find_labels(results)
    if labels is None:
        _show_errors(results.errors, chosen)
        return
    compare_data.warn_of_other_labels(labels, results.about)
    points = _points(results, labels, chosen)
    tested = points[points["rows"] == "test"]
    if not len(tested):
        st.info(_("There are no predictions for this choice."), icon=":material/info:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        _show_errors(results.errors, chosen)
        _show_plot(points, chosen)
        _show_worst(tested, task)
        compare_charts.show_csv(
            points.assign(
                model=model,
                group=group,
                split=split,
                seed=seed,
                task=task,
                unit=TASKS[task].unit,
                labels="corrected" if labels.corrected else "raw",
            ),
            name=f"parity-{model}-{group}-{split}-{task}",
        )
    with right:
        _show_chosen(labels, points, task)


Chosen = tuple[str, str, str, str, str]  # split, model, group, task, seed


def _choose(results: Results) -> Chosen:
    table = results.errors
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = compare_choices.choose_split(table)
        table = table[table["split"] == split]
        model = compare_choices.choose_model(table)
    table = table[table["model"] == model]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = compare_choices.choose_group(table, model)
        table = table[table["group"] == group]
        task = compare_choices.choose_task(list(TASK_GROUPS.get(group, ())) or list(table["task"]))
        single = table[table["seed"] != ENSEMBLE]
        seed = compare_choices.choose_seed(single)
    return split, model, group, task, seed


def _points(results: Results, labels: LabelledSet, chosen: Chosen) -> pd.DataFrame:
    """Rows, name, lattice, truth, predicted and error of every predicted cell with a label."""
    split, model, group, task, seed = chosen
    table = results.predictions
    table = table[
        (table["split"] == split)
        & (table["model"] == model)
        & (table["group"] == group)
        & (table["task"] == task)
    ]
    if seed != ENSEMBLE:
        table = table[table["seed"] == seed]
    found = table.groupby(["rows", "name"], sort=False)["value"].mean().reset_index()
    truth = labels.table[["lattice", task]].rename(columns={task: "truth"})
    found = found.rename(columns={"value": "predicted"}).merge(
        truth, left_on="name", right_index=True, how="inner"
    )
    found["error"] = found["predicted"] - found["truth"]
    return found.dropna(subset=["error"])


def _show_errors(errors: pd.DataFrame, chosen: Chosen) -> None:
    """MAE, RMSE and R² of test and training rows as they stand in the table of errors."""
    split, model, group, task, seed = chosen
    found = errors[
        (errors["split"] == split)
        & (errors["model"] == model)
        & (errors["group"] == group)
        & (errors["task"] == task)
        & (errors["seed"] == seed)
        & (errors["by"] == ALL)
        & errors["fold"].isin(["", POOLED])
    ].set_index("rows")
    st.markdown(
        f"**{words.entry_title(model, group)} · {task_words.label(task)}**",
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


def _show_plot(points: pd.DataFrame, chosen: Chosen) -> None:
    split, model, group, task, _seed = chosen
    apart = st.toggle(
        _("Parent lattices apart"),
        value=True,
        key="lattices",
        bind="query-params",
        help=_("Test cells on fcc, bcc and hcp in colours and shapes of their own."),
    )
    unit = task_words.unit(task)
    tested, trained = points[points["rows"] == "test"], points[points["rows"] == "train"]
    test_sets = [_point_set(_("test"), tested)]
    if apart:
        test_sets = [
            _point_set(_("test, {lattice}").format(lattice=lattice), part)
            for lattice in LATTICES
            if len(part := tested[tested["lattice"] == lattice])
        ]
    chose = points[points["rows"] == "validation"]
    if len(chose):
        test_sets.append(_point_set(_("chose the epoch"), chose))
    figure = parity_figure(
        test_sets,
        train=_point_set(_("training"), trained) if len(trained) else None,
        truth_title=words.with_unit(_("{task} from DFT").format(task=task), unit),
        predicted_title=words.with_unit(_("{task} predicted").format(task=task), unit),
        unit=unit,
        decimals=TASKS[task].decimals,
        hover="<b>{name}</b><br>{set}<br>"
        + _("DFT {truth} {unit}<br>predicted {predicted} {unit}<br>error {error} {unit}"),
        band=float(tested["error"].abs().mean()),
        chosen=compare_cell.chosen() or None,
    )
    compare_charts.show_figure(
        figure,
        name=f"parity-{model}-{group}-{split}-{task}",
        alt=_("Predicted over calculated {task} of {n} cells.").format(task=task, n=len(points)),
        on_click=compare_cell.choose,
    )
    st.caption(
        _("Click a point to see its cell. Grey band: the mean absolute error of the test rows.")
    )


def _point_set(title: str, rows: pd.DataFrame) -> PointSet:
    return PointSet(
        title,
        rows["name"].tolist(),
        rows["truth"].to_numpy(dtype=float),
        rows["predicted"].to_numpy(dtype=float),
    )


def _show_worst(tested: pd.DataFrame, task: str) -> None:
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
            "truth": numeric(_("DFT"), format=form, help=task_words.meaning(task)),
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


def _show_chosen(labels: LabelledSet, points: pd.DataFrame, task: str) -> None:
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
    rows = ", ".join(words.rows_title(rows) for rows in found["rows"]) or _("none of these rows")
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
        _("DFT"): (label, _("The label: calculated by density functional theory.")),
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
