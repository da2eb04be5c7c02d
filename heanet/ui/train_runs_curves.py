"""The curves of one run: errors in units or the loss, over epochs, while they come."""

import numpy as np
import pandas as pd
import streamlit as st

from heanet.errors import HeanetError
from heanet.figures.runcurves import Line, run_figure
from heanet.jobs.watch import Run
from heanet.properties import TASKS
from heanet.ui import compare_charts, compare_choices, task_words, train_runs_words
from heanet.ui import compare_words as words
from heanet.ui import train_runs_data as data
from heanet.ui.chart import show_chart
from heanet.ui.language import _, together
from heanet.ui.said import said
from heanet.ui.words import plain

LOSS = "train_loss"


def show_curves(run: Run) -> None:
    """The curves, and the choices above them."""
    try:
        curves = data.kept_curves(run)
    except HeanetError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return
    if not len(curves):
        st.caption(
            _("It did not get through an epoch.")
            if run.at_rest
            else _("The curves begin with the first epoch.")
        )
        return
    series, smoothing, log_value = _choose(data.tasks_in(curves))
    title = _("Loss") if series == LOSS else _("MAE of {task}").format(task=series)
    unit = "" if series == LOSS else data.curve_unit(series)
    lines = lines_of(curves, series)
    best = data.best_of(curves)
    show_chart(
        run_figure(
            curves["epoch"].to_numpy(dtype=np.int64),
            lines,
            best=best.epoch if best else None,
            best_title=_("best epoch"),
            strength=smoothing,
            log_value=log_value,
            epoch_title=_("Epoch"),
            value_title=words.with_unit(title, unit),
            unit=unit,
        ),
        name=f"run-{run.name}-{series}",
        alt=_("{title} of the run {run} over its epochs: {lines}.").format(
            title=title, run=run.name, lines=", ".join(line.title for line in lines)
        ),
        stands_on=_("{basis}.").format(basis=train_runs_words.trained_on(run)),
        zoom=True,
    )
    st.caption(_about(series, best.epoch if best else None))
    compare_charts.show_csv(curves, name=f"run-{run.name}-curves")


def lines_of(curves: pd.DataFrame, series: str) -> list[Line]:
    """Training faint, validation strong; training strong where nothing else is known.

    Args:
        curves: Of a run (heanet.training.errorcurves).
        series: LOSS or a task.
    """
    if series == LOSS:
        train, validation = curves[LOSS], curves["validation_loss"]
    else:
        nothing = pd.Series(np.nan, index=curves.index)
        train = curves.get(f"train.{series}", nothing)
        validation = curves.get(f"validation.{series}", nothing)
    return [
        Line(title, values.to_numpy(dtype=float), faint=faint)
        for title, values, faint in (
            (_("validation rows"), validation, False),
            (_("training rows"), train, bool(validation.notna().any())),
        )
        if values.notna().any()
    ]


def _choose(tasks: list[str]) -> tuple[str, float, bool]:
    """Which series, how smooth, and whether upwards in factors."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        series = compare_choices.one_of(
            _("Curve of"),
            [*tasks, LOSS],
            key="series",
            title=lambda name: _("loss") if name == LOSS else name,
            hint=words.task_meanings([task for task in tasks if task in TASKS]),
        )
        smoothing, log_value = compare_choices.choose_looks()
    return series, smoothing, log_value


def _about(series: str, best: int | None) -> str:
    """What the lines are, in a sentence or two."""
    kept = (
        _("The weights of the best epoch, {epoch}, are kept: there the validation loss over "
          "all properties is smallest.").format(epoch=f"{best:,}")
        if best
        else _("No rows choose the epoch: the last one is kept.")
    )  # fmt: skip
    if series == LOSS:
        return together([_("What the fit makes small, over all properties; it has no unit."), kept])
    about = _(
        "Mean absolute error of {label}. Of the training rows it is that of the weights of each "
        "step, so it lags half an epoch behind."
    ).format(label=task_words.label(series).lower())
    per_atom = _("It is counted per atom.") if TASKS[series].extensive else ""
    return together([about, per_atom, kept])
