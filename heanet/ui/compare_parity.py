"""Parity: the predictions of one model over the labels, cell by cell."""

from dataclasses import asdict
from html import escape

import pandas as pd
import streamlit as st

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.results import Results
from heanet.comparison.tables import ENSEMBLE
from heanet.data.labels import LabelledSet
from heanet.figures.parity import PointSet, parity_figure
from heanet.properties import LATTICES, TASKS
from heanet.ui import (
    compare_cell,
    compare_charts,
    compare_choices,
    compare_data,
    compare_point,
    compare_split,
    task_words,
)
from heanet.ui import compare_words as words
from heanet.ui.compare_point import Choice
from heanet.ui.language import _, plural
from heanet.ui.said import said


def show(results: Results) -> None:
    """The whole view."""
    choice = _choose(results)
    compare_split.show_split(results.errors, choice.split)
    labels = compare_data.find_labels(results)
    if labels is None:
        compare_point.show_errors(compare_data.errors_of(results), choice)
        return
    compare_data.warn_of_other_labels(labels, results.about)
    points = points_of(compare_data.predictions_of(results), labels, choice)
    known = points.dropna(subset=["error"])
    tested = known[known["rows"] == "test"]
    if not len(tested):
        st.info(_("There are no predictions for this choice."), icon=":material/info:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        compare_point.show_errors(compare_data.errors_of(results), choice)
        _show_plot(known, choice, said(labels.method))
        if len(known) < len(points):
            st.caption(
                plural(
                    "{n} predicted cell has no label here and is not drawn.",
                    "{n} predicted cells have no label here and are not drawn.",
                    len(points) - len(known),
                )
            )
        compare_point.show_worst(tested, choice.task)
        compare_charts.show_csv(
            points.assign(
                **asdict(choice),
                unit=TASKS[choice.task].unit,
                labels="corrected" if labels.corrected else "raw",
            ),
            name=choice.file_name,
        )
    with right:
        compare_point.show_chosen(labels, points, choice.task)


def points_of(predictions: pd.DataFrame, labels: LabelledSet, choice: Choice) -> pd.DataFrame:
    """Rows, name, predicted, lattice, truth and error of every predicted cell; NaN without label.

    Args:
        predictions: With PREDICTION_COLUMNS.
        labels: The set that was predicted.
        choice: Which model, split and task; of all seeds the mean of their predictions.
    """
    table = predictions[
        (predictions["split"] == choice.split)
        & (predictions["model"] == choice.model)
        & (predictions["group"] == choice.group)
        & (predictions["task"] == choice.task)
    ]
    if choice.seed != ENSEMBLE:
        table = table[table["seed"] == choice.seed]
    found = table.groupby(["rows", "name"], sort=False)["value"].mean().reset_index()
    truth = labels.table[["lattice", choice.task]].rename(columns={choice.task: "truth"})
    found = found.rename(columns={"value": "predicted"})
    found = found.merge(truth, left_on="name", right_index=True, how="left")
    return found.assign(error=found["predicted"] - found["truth"])


def _choose(results: Results) -> Choice:
    table = compare_data.errors_of(results)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = compare_choices.choose_split(table)
        table = table[table["split"] == split]
        missing = compare_choices.missing_model(table)
        model = compare_choices.choose_model(table)
    if missing:
        st.info(
            _("{asked} was not run on {split}. Here is {shown} instead.").format(
                asked=words.model_title(missing), split=split, shown=words.model_title(model)
            ),
            icon=":material/info:",
        )
    table = table[table["model"] == model]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = compare_choices.choose_group(table, model)
        table = table[table["group"] == group]
        task = compare_choices.choose_task(list(TASK_GROUPS.get(group, ())) or list(table["task"]))
        single = table[table["seed"] != ENSEMBLE]
        seed = compare_choices.choose_seed(single)
    return Choice(split, model, group, task, seed)


def _show_plot(points: pd.DataFrame, choice: Choice, method: str) -> None:
    apart = st.toggle(
        _("Parent lattices apart"),
        value=True,
        key="lattices",
        bind="query-params",
        help=_("Test cells on fcc, bcc and hcp in colours and shapes of their own."),
    )
    task, unit = choice.task, task_words.unit(choice.task)
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
        truth_title=words.with_unit(
            _("{task}, {method}").format(task=task, method=escape(method)), unit
        ),
        predicted_title=words.with_unit(_("{task} predicted").format(task=task), unit),
        unit=unit,
        decimals=TASKS[task].decimals,
        hover="<b>{name}</b><br>{set}<br>"
        + _("calculated {truth} {unit}<br>predicted {predicted} {unit}<br>error {error} {unit}"),
        band=float(tested["error"].abs().mean()),
        chosen=compare_cell.chosen() or None,
    )
    compare_charts.show_figure(
        figure,
        name=choice.file_name,
        alt=_("Predicted over calculated {task} of {n} cells.").format(task=task, n=len(points)),
        rows=_("Split {split}, {rows} rows, n = {n}; model {model}.").format(
            split=choice.split,
            rows=words.rows_title("test"),
            n=len(tested),
            model=words.entry_title(choice.model, choice.group),
        ),
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
