"""Studies of transfer that nobody made: errors fold by fold, as written down here."""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.plan import DIRECTIONS
from heanet.comparison.transfer import COLUMNS, GP, HEANET, PERCENTS, POOLED, STRATEGIES
from heanet.properties import PUBLISHED_TASKS, TASKS

ROWS = {0: 0.0, 10: 15.0, 20: 30.0, 40: 61.0, 80: 121.0}
FOLD_N = (30, 31, 30, 31, 30)
# What a made-up study finds with a tenth of the rows, as a part of the error from scratch.
FACTORS = {
    "zero-shot": 0.5,
    "together": 0.4,
    "tl1": 0.6,
    "tl2": 0.9,
    "frozen": 0.7,
    "teacher": 1.1,
}
SCALES = {"etot": 0.02, "emix": 0.02, "eform": 0.02, "ms": 0.2, "mb": 16.0, "rmsd": 0.08}


def arm(
    errors: float | Sequence[float],
    *,
    task: str = "eform",
    strategy: str = "scratch",
    percent: int = 10,
    group: str = "all",
    direction: str = "to-many",
    model: str = HEANET,
    fold_n: Sequence[int] = FOLD_N,
) -> list[dict[str, object]]:
    """The lines of one arm: five folds and all of them; one error stands for five equal ones."""
    folds = [errors] * 5 if isinstance(errors, int | float) else list(errors)
    pooled = sum(e * n for e, n in zip(folds, fold_n, strict=True)) / sum(fold_n)
    judged = [*zip("12345", folds, fold_n, strict=True), (POOLED, pooled, sum(fold_n))]
    return [
        {
            "direction": direction,
            "model": model,
            "strategy": strategy,
            "group": group,
            "percent": percent,
            "n_train": ROWS[percent],
            "fold": fold,
            "task": task,
            "unit": TASKS[task].unit,
            "n": n,
            "mae": error,
            "rmse": 2 * error,
            "commit": "abc1234",
        }
        for fold, error, n in judged
    ]


def study(*arms: Iterable[dict[str, object]]) -> pd.DataFrame:
    """A table of some arms."""
    return pd.DataFrame([line for lines in arms for line in lines], columns=list(COLUMNS))


def sample_study() -> pd.DataFrame:
    """A whole study in which ``together`` at least halves every error with a tenth of the rows.

    Errors from scratch fall as the root of the rows; what else is known counts the less, the more
    rows there are: with eight tenths it counts nothing. A group of its own costs a tenth more.
    """
    return study(*_arms())


def _arms() -> Iterator[list[dict[str, object]]]:
    for direction in DIRECTIONS:
        for group, tasks in TASK_GROUPS.items():
            for task in tasks:
                for strategy in STRATEGIES:
                    yield from _strategy_arms(direction, group, task, strategy)
        for task in PUBLISHED_TASKS:
            for percent in PERCENTS:
                error = SCALES[task] * 0.8
                yield arm(error, task=task, percent=percent, direction=direction, model=GP)


def _strategy_arms(
    direction: str, group: str, task: str, strategy: str
) -> Iterator[list[dict[str, object]]]:
    if strategy == "together" and group != "all":
        return
    for percent in (0,) if strategy == "zero-shot" else PERCENTS:
        base = SCALES[task] * (1.0 if group == "all" else 1.1)
        weight = (80 - percent) / 70 if percent else 1.0
        factor = 1 + (FACTORS.get(strategy, 1.0) - 1) * weight
        error = base * factor * (10 / percent) ** 0.5 if percent else base * factor
        spread = [error * part for part in (0.98, 0.99, 1.02, 1.01, 1.0)]
        yield arm(
            spread, task=task, strategy=strategy, percent=percent, group=group, direction=direction
        )
