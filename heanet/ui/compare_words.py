"""Models, splits, rows and errors of the comparison as a reader meets them."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import pandas as pd

from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.plan import SPLITS
from heanet.comparison.report import QUESTIONS
from heanet.comparison.tables import ENSEMBLE
from heanet.figures.predictions import number
from heanet.properties import TASKS
from heanet.ui import task_words
from heanet.ui.language import _, explained

Metric = Literal["mae", "rmse", "r2"]
METRICS: tuple[Metric, ...] = ("mae", "rmse", "r2")
SOURCE = "10.1038/s41524-022-00945-x"


def model_title(model: str) -> str:
    """Name of a model."""
    return _(CONTENDERS[model].title) if model in CONTENDERS else model


def model_meanings(models: Sequence[str]) -> str:
    """A list for the tooltip: what each model is."""
    return "\n".join([_("What the models are:"), *(f"- {model_line(m)}" for m in models)])


def model_line(model: str) -> str:
    """Name of a model and what it is."""
    summary = _(CONTENDERS[model].summary) if model in CONTENDERS else ""
    title = model_title(model)
    return explained(title, summary) if summary else f"**{title}**"


def has_network(model: str) -> bool:
    """Whether a model is a network: the others have no seed and take each task alone."""
    return model not in CONTENDERS or CONTENDERS[model].recipe is not None


def group_title(group: str) -> str:
    """Name of the tasks that are learnt together."""
    names = {
        "all": _("all six"),
        "energies": _("energies"),
        "magnetic": _("magnetic"),
        "rmsd": _("rmsd alone"),
    }
    return names.get(group, group)


def learnt(model: str, group: str) -> str:
    """Which tasks a model learns together."""
    return group_title(group) if has_network(model) else _("each alone")


def entry_title(model: str, group: str) -> str:
    """Model and what it learns together, on one line."""
    return f"{model_title(model)} · {learnt(model, group)}"


def group_meaning() -> str:
    """What a task group is, for tooltips."""
    return _(
        "Which properties one network learns together: all six, the three energies, the two "
        "magnetic ones, or the displacement alone. Models without a network take each property "
        "alone, so they stand beside every group."
    )


def split_question(split: str) -> str:
    """What a split asks, in one sentence."""
    return _(QUESTIONS[split]) if split in QUESTIONS else split


def split_meanings() -> str:
    """A list for the tooltip: what each split asks."""
    lines = [f"- {explained(split, split_question(split))}" for split in SPLITS]
    return "\n".join([_("Which cells train and which test:"), *lines])


def rows_title(rows: str) -> str:
    """Name of a row set."""
    names = {"train": _("training"), "validation": _("validation"), "test": _("test")}
    return names.get(rows, rows)


def rows_meaning() -> str:
    """What the row sets are, for tooltips."""
    return _(
        "Test: cells that the fit neither learnt from nor chose its epoch on. The few settings of "
        "HEANet were compared on folds of the cells of HEA-DFT, so test cells of that set had a "
        "part in that choice; SchNet has HEANet's settings, not searched. Training: cells that the "
        "model was fitted on; their errors say how well it remembers. Validation: cells that chose "
        "the epoch."
    )


def as_metric(name: str) -> Metric:
    """The metric of that name."""
    return next(metric for metric in METRICS if metric == name)


def metric_title(metric: Metric) -> str:
    """Short name of an error."""
    return {"mae": "MAE", "rmse": "RMSE", "r2": "R²"}[metric]


def metric_meaning(metric: Metric) -> str:
    """What an error is, in one sentence."""
    return {
        "mae": _("MAE: mean absolute error. Smaller is better."),
        "rmse": _("RMSE: root mean square error; large errors count more. Smaller is better."),
        "r2": _(
            "R²: part of the labels' variance that is predicted; 1 is all of it, 0 is no better "
            "than their mean, below 0 is worse."
        ),
    }[metric]


def metric_meanings() -> str:
    """All three, for tooltips."""
    return "\n".join(f"- {metric_meaning(metric)}" for metric in METRICS)


def metric_unit(metric: Metric, task: str) -> str:
    """The unit of an error; empty for R²."""
    return "" if metric == "r2" else task_words.unit(task)


def count_text(numbers: Iterable[int]) -> str:
    """``"212"``, or ``"191–212"`` where they differ."""
    found = sorted(set(map(int, numbers)))
    return f"{found[0]}" if len(found) == 1 else f"{found[0]}–{found[-1]}"


def with_unit(text: str, unit: str) -> str:
    """``"MAE (eV/atom)"``, or the text alone where there is no unit."""
    return f"{text} ({unit})" if unit else text


def digits(metric: Metric, task: str, value: float) -> int:
    """Digits after the point that are worth showing: those of the task, two that count at least."""
    if metric == "r2" or value == 0 or not math.isfinite(value):
        return 3
    return max(TASKS[task].decimals, 1 - math.floor(math.log10(abs(value))))


def error_text(metric: Metric, task: str, value: float, spread: float = float("nan")) -> str:
    """An error, and its spread over seeds where there are several; a dash where there is none."""
    if pd.isna(value):
        return "–"
    decimals = digits(metric, task, value)
    text = number(value, decimals)
    return text if pd.isna(spread) else f"{text} ± {number(spread, decimals)}"


def seed_title(seed: str) -> str:
    """Name of a seed."""
    return _("mean of the seeds") if seed == ENSEMBLE else _("seed {n}").format(n=seed)


def task_meanings(tasks: Sequence[str]) -> str:
    """A list for the tooltip: what each property is."""
    line = _("- **{task}**, {label} ({unit}): {meaning}")
    return "\n".join(
        line.format(
            task=task,
            label=task_words.label(task),
            unit=task_words.unit(task),
            meaning=task_words.meaning(task),
        )
        for task in tasks
    )
