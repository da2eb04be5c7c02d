"""The study of transfer: what alloys of some numbers of components tell of alloys of others.

The published notes asked whether 2+3 components help with 4+5 and answered no, from rows that had
trained and from an arm that never loaded its weights. Here, in both directions: every strategy,
every group of tasks, a tenth to eight tenths of the target's rows, five fits each with a seed and a
fifth of the target's compositions of its own that test it, and that nothing else has seen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heanet.comparison.cases import Outcome
from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.plan import (
    DIRECTIONS,
    N_FOLDS,
    SCRATCH,
    TEACHER,
    TOGETHER,
    Case,
    target_fold,
)
from heanet.data.dataset import Dataset
from heanet.properties import TASKS
from heanet.training.evaluate import task_metric

HEANET, GP = "heanet", "gp"
PERCENTS = (10, 20, 40, 80)
SEEDS = range(N_FOLDS)
ZERO_SHOT = "zero-shot"
# In the order in which they are told of: what knows the target alone, what knows both, what starts
# from elsewhere.
STRATEGIES = (SCRATCH, ZERO_SHOT, TOGETHER, "tl1", "tl2", "frozen", TEACHER)
POOLED = "pooled"
COLUMNS = (
    *("direction", "model", "strategy", "group", "percent", "n_train", "fold", "task", "unit"),
    *("n", "mae", "rmse", "commit"),
)


def transfer_cases(*, with_teacher: bool) -> list[Case]:
    """All fits of the study; seed k - 1 is that of fold k.

    Among them those on all rows of one kind, which are zero-shot on the other.
    """
    groups, folds = tuple(TASK_GROUPS), range(1, N_FOLDS + 1)
    arms = [s for s in STRATEGIES if s != ZERO_SHOT and (with_teacher or s != TEACHER)]
    cases = [Case(HEANET, g, d, 0, seed) for d in DIRECTIONS for g in groups for seed in SEEDS]
    # Few rows first: an unfinished study then has whole columns.
    cases += [
        Case(HEANET, group, direction, fold, fold - 1, strategy, percent)
        for direction in DIRECTIONS
        for percent in PERCENTS
        for strategy in arms
        # Training on both kinds costs most; all tasks at once say what it gives.
        for group in (groups if strategy != TOGETHER else ("all",))
        for fold in folds
    ]
    cases += [
        Case(GP, "all", direction, fold, 0, strategy, percent)
        for direction in DIRECTIONS
        for strategy in (SCRATCH, TOGETHER)
        for percent in PERCENTS
        for fold in folds
    ]
    return cases + [Case(GP, "all", direction, 0, 0) for direction in DIRECTIONS]


def transfer_table(found: Sequence[Outcome], dataset: Dataset) -> pd.DataFrame:
    """Every error of the study, with COLUMNS: of each fold, and of all of them together.

    ``n_train`` is the number of target rows that trained (the mean over the folds). Only where all
    folds of a line are there it has a pooled error, in which every row of the target counts once.
    """
    arms: dict[tuple[str, ...], list[_Part]] = {}
    for part in _parts(found, dataset):
        arms.setdefault(part.arm, []).append(part)
    lines = [line for arm in arms.values() for line in _lines(arm, dataset)]
    return pd.DataFrame(lines, columns=list(COLUMNS))


@dataclass(frozen=True, eq=False)
class _Part:
    """What a fit says of the rows of one fold."""

    arm: tuple[str, ...]  # direction, model, strategy, group, percent
    fold: int
    n_train: int
    tested: tuple[str, ...]
    outcome: Outcome


def _parts(found: Iterable[Outcome], dataset: Dataset) -> Iterator[_Part]:
    for outcome in found:
        case = outcome.case
        if case.percent:
            arm = (case.split, case.model, case.strategy, case.group, str(case.percent))
            others = dataset.split(f"{DIRECTIONS[case.split][0]} components").train
            along = {dataset.names[i] for i in others}
            own = [name for name in outcome.trained if name not in along]
            yield _Part(arm, case.fold, len(own), outcome.tested, outcome)
        else:
            yield from _zero_shot(outcome, dataset)


def _zero_shot(outcome: Outcome, dataset: Dataset) -> Iterator[_Part]:
    """A source judged on the folds of the target, of which it has seen nothing.

    The source of a seed is judged on that seed's fold, so that zero-shot errors and those of what
    starts from these weights are of the same rows; the Gaussian process has one fit for all.
    """
    case = outcome.case
    for fold in range(1, N_FOLDS + 1):
        if case.model == HEANET and case.seed != fold - 1:
            continue
        rows = dataset.split(target_fold(case.split, fold)).test
        tested = tuple(dataset.names[i] for i in rows)
        yield _Part((case.split, case.model, ZERO_SHOT, case.group, "0"), fold, 0, tested, outcome)


def _lines(arm: Sequence[_Part], dataset: Dataset) -> Iterator[dict[str, object]]:
    """The errors of one arm: fold by fold, and pooled if none is missing."""
    direction, model, strategy, group, percent = arm[0].arm
    n_train = float(np.mean([part.n_train for part in arm]))
    keys = {
        "direction": direction,
        "model": model,
        "strategy": strategy,
        "group": group,
        "percent": int(percent),
        "n_train": round(n_train, 1),
        "commit": " ".join(sorted({part.outcome.commit for part in arm})),
    }
    judged = {str(part.fold): [part] for part in sorted(arm, key=lambda part: part.fold)}
    if len(judged) == N_FOLDS:
        judged[POOLED] = list(arm)
    for fold, parts in judged.items():
        for task in TASK_GROUPS[group]:
            names = [n for part in parts for n in part.tested]
            values = [
                part.outcome.values[task].get(n, np.nan) for part in parts for n in part.tested
            ]
            labels = dataset.labels.loc[names, task].to_numpy(dtype=float)
            metric = task_metric(task, labels, np.array(values), which="")
            if metric is not None:
                yield {
                    **keys,
                    "fold": fold,
                    "task": task,
                    "unit": TASKS[task].unit,
                    "n": metric.n,
                    "mae": float(f"{metric.mae:.6g}"),
                    "rmse": float(f"{metric.rmse:.6g}"),
                }
