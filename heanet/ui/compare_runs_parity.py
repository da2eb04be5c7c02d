"""Parity of one run, from the predictions that it wrote when it was finished."""

from collections.abc import Sequence
from functools import lru_cache

import pandas as pd
import streamlit as st

from heanet.figures.parity import PointSet, parity_figure
from heanet.jobs.watch import Run
from heanet.properties import TASKS
from heanet.training.runfolder import PREDICTIONS
from heanet.ui import compare_charts, compare_choices, task_words, train_runs_words
from heanet.ui import compare_words as words
from heanet.ui import train_runs_data as data
from heanet.ui.language import _, together
from heanet.ui.words import plain

_TABLE_ROWS = 12  # more scroll
_COLUMNS = {"name", "rows", "task", "label", "predicted"}


def show_parity(runs: Sequence[Run]) -> None:
    """One of the runs that have predictions, one property."""
    known = {run.name: run for run in runs if (run.folder / PREDICTIONS).exists()}
    if not known:
        return
    st.subheader(_("Predictions, cell by cell"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            _("Run"),
            list(known),
            format_func=lambda name: name,
            key="parity_run",
            width=320,
            help=_("Of the chosen runs, those that are finished."),
        )
        run = known[name]
        predictions = predictions_of(run)
        if predictions is None:
            st.warning(
                _("The predictions of {run} cannot be read.").format(run=plain(name)),
                icon=":material/warning:",
            )
            return
        task = compare_choices.one_of(
            _("Property"),
            tasks := data.in_task_order(predictions["task"]),
            key="task",
            hint=words.task_meanings(tasks),
        )
    points = predictions[predictions["task"] == task]
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_plot(run, points, task)
    with right:
        _show_worst(points, task)


def predictions_of(run: Run) -> pd.DataFrame | None:
    """Name, rows, task, label and predicted of every cell; None where they cannot be read."""
    path = run.folder / PREDICTIONS
    return _read(str(path), path.stat().st_mtime_ns)


def _show_plot(run: Run, points: pd.DataFrame, task: str) -> None:
    unit = task_words.unit(task)
    known = points.dropna(subset=["label", "predicted"])
    tested = known[known["rows"] == "test"]
    trained = known[known["rows"] == "train"]
    others = [
        _point_set(words.rows_title(rows), known[known["rows"] == rows])
        for rows in ("test", "validation")
        if (known["rows"] == rows).any()
    ]
    off = (tested["predicted"] - tested["label"]).abs()
    compare_charts.show_figure(
        parity_figure(
            others,
            train=_point_set(words.rows_title("train"), trained) if len(trained) else None,
            truth_title=words.with_unit(_("{task} calculated").format(task=task), unit),
            predicted_title=words.with_unit(_("{task} predicted").format(task=task), unit),
            unit=unit,
            decimals=TASKS[task].decimals,
            hover="<b>{name}</b><br>{set}<br>"
            + _(
                "calculated {truth} {unit}<br>predicted {predicted} {unit}<br>error {error} {unit}"
            ),
            band=float(off.mean()) if len(off) else None,
        ),
        name=f"run-parity-{run.name}-{task}",
        alt=_("Predicted over calculated {task} of {n} cells, run {run}.").format(
            task=task, n=len(known), run=train_runs_words.title(run)
        ),
        rows=_("{basis}.").format(basis=train_runs_words.trained_on(run)),
    )
    band = _("Grey band: the mean absolute error of the test rows.")
    basis = _("{basis}.").format(basis=train_runs_words.trained_on(run))
    st.caption(together([basis, band]) if len(off) else "")
    compare_charts.show_csv(
        points.assign(run=run.name, split=run.config.split, unit=TASKS[task].unit),
        name=f"run-parity-{run.name}-{task}",
    )


def worst_of(points: pd.DataFrame) -> pd.DataFrame:
    """Name, label, predicted and error of the test cells, the largest error first."""
    tested = points[points["rows"] == "test"].dropna(subset=["label", "predicted"])
    tested = tested.assign(error=tested["predicted"] - tested["label"])
    order = tested["error"].abs().sort_values(ascending=False, kind="stable").index
    return tested.loc[order, ["name", "label", "predicted", "error"]]


def _show_worst(points: pd.DataFrame, task: str) -> None:
    worst = worst_of(points)
    if not len(worst):
        return
    st.markdown(
        _("**Test cells, largest errors first** (in {unit})").format(unit=task_words.unit(task))
    )
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    form = f"%.{TASKS[task].decimals}f"
    st.dataframe(
        worst,
        hide_index=True,
        height=38 + 35 * min(len(worst), _TABLE_ROWS),
        column_config={
            "name": text(_("Cell"), help=_("Its name in the labelled set.")),
            "label": numeric(_("Calculated"), format=form, help=task_words.meaning(task)),
            "predicted": numeric(_("Predicted"), format=form),
            "error": numeric(
                _("Error"),
                format=f"%+.{TASKS[task].decimals}f",
                help=_("Predicted minus calculated."),
            ),
        },
        alt=_("Test cells with label, prediction and error."),
    )


def _point_set(title: str, rows: pd.DataFrame) -> PointSet:
    return PointSet(
        title,
        rows["name"].tolist(),
        rows["label"].to_numpy(dtype=float),
        rows["predicted"].to_numpy(dtype=float),
    )


@lru_cache(maxsize=8)
def _read(path: str, time_ns: int) -> pd.DataFrame | None:  # noqa: ARG001 - part of the key
    try:
        table = pd.read_csv(path, dtype={"name": str})
    except (OSError, ValueError):
        return None
    return table if set(table.columns) >= _COLUMNS else None
