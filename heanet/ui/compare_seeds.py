"""Every seed of every model as a dot: how much of a difference is luck."""

import pandas as pd
import streamlit as st

from heanet.comparison.tables import ALL, ENSEMBLE
from heanet.figures.comparison import spread_figure
from heanet.ui import compare_charts, compare_choices
from heanet.ui import compare_words as words
from heanet.ui.language import _


def show_seeds(
    errors: pd.DataFrame, board: pd.DataFrame, metric: words.Metric, *, split: str, rows: str
) -> None:
    """One task of the models of a leaderboard.

    Args:
        errors: Table of errors, without those of single folds.
        board: The lines of the leaderboard that are shown.
        metric: Its error; R², which can be negative, gives way to the MAE.
        split: Its split.
        rows: Its rows.
    """
    st.subheader(_("Seed by seed"), anchor=False)
    task = compare_choices.choose_task(list(board["task"]))
    shown: words.Metric = "mae" if metric == "r2" else metric
    found = seed_errors(errors, board, shown, task=task, split=split, rows=rows)
    unit = words.metric_unit(shown, task)
    n = words.count_text(board[board["task"] == task]["n"])
    title = _("{metric} of {task}").format(metric=words.metric_title(shown), task=task)
    about = _("{title} on {split} {rows} rows, n = {n}. Dots: seeds; line: their mean.").format(
        title=title, split=split, rows=words.rows_title(rows), n=n
    )
    st.caption(about)
    compare_charts.show_figure(
        spread_figure(
            found,
            log_value=True,
            value_title=words.with_unit(title, unit),
            unit=unit,
            hover=_("{model}, run {seed}: {error} {unit}"),
        ),
        name=f"seeds-{split}-{rows}-{task}",
        alt=_("{metric} of {task} of every run, models with the smallest on top.").format(
            metric=words.metric_title(shown), task=task
        ),
        rows=about,
    )


def seed_errors(
    errors: pd.DataFrame,
    board: pd.DataFrame,
    metric: words.Metric,
    *,
    task: str,
    split: str,
    rows: str,
) -> dict[str, list[float]]:
    """Error of every seed by model and group, for the lines of the board."""
    chosen = errors[
        (errors["split"] == split)
        & (errors["rows"] == rows)
        & (errors["by"] == ALL)
        & (errors["task"] == task)
        & (errors["seed"] != ENSEMBLE)
    ]
    found = {}
    for (model, group), part in chosen.groupby(["model", "group"], sort=False):
        if ((board["model"] == model) & (board["group"] == group)).any():
            values = part.sort_values("seed")[metric].tolist()
            found[words.entry_title(str(model), str(group))] = values
    return found
