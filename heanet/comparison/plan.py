"""What is to be fitted: every model on every split, task group and seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.data.dataset import Dataset
from heanet.data.splits import PUBLISHED_SPLITS, Split, grouped_folds
from heanet.errors import ConfigError, did_you_mean

GROUPED = "grouped"
N_FOLDS = 5
# Settings were compared on the folds of seed 0; the errors are of other folds.
FOLD_SEED = 1
SPLITS = (*PUBLISHED_SPLITS, GROUPED)
# From which numbers of components to which, in the study of transfer.
DIRECTIONS = {"to-many": ("2+3", "4+5"), "to-few": ("4+5", "2+3")}
SCRATCH, TOGETHER = "scratch", "together"
TEACHER = "teacher"  # all rows of the set that a universal potential labelled
SEEDS = (0, 1, 2)
# The shipped model has five members; its cross-validation is that of these fits.
SHIPPED_SEEDS = (0, 1, 2, 3, 4)


@dataclass(frozen=True, order=True)
class Case:
    """One fit.

    Attributes:
        model: Key of a contender.
        group: Key of TASK_GROUPS: tasks that are learnt together.
        split: Name of a published split, "grouped", one of DIRECTIONS, or "teacher".
        fold: 1 to N_FOLDS for "grouped" and for parts of a direction, otherwise 0.
        seed: Of the fit; 0 for a model without a network.
        strategy: Where the weights start; TOGETHER draws them and trains on both kinds of rows.
        percent: Rows of the target of a direction that train, in per cent of all of them; 0 for
            the fit on the other rows, which the others start from.
    """

    model: str
    group: str
    split: str
    fold: int
    seed: int
    strategy: str = SCRATCH
    percent: int = 0

    def __str__(self) -> str:
        fold = f"-fold{self.fold}" if self.fold else ""
        part = f"-{self.percent}pc" if self.percent else ""
        if self.percent or self.strategy != SCRATCH:
            part += f"-{self.strategy}"
        return f"{self.model}-{self.group}-{self.split}{fold}{part}-seed{self.seed}"


def plan(
    *,
    models: Sequence[str] = tuple(CONTENDERS),
    groups: Sequence[str] = tuple(TASK_GROUPS),
    splits: Sequence[str] = SPLITS,
    seeds: Sequence[int] = SEEDS,
) -> list[Case]:
    """All fits, model by model, those of all tasks first.

    Models without a network take each task alone: they have one group ("all") and one seed.

    Raises:
        ConfigError: A name is unknown.
    """
    for given, known in ((models, CONTENDERS), (groups, TASK_GROUPS), (splits, SPLITS)):
        _check(given, tuple(known))
    cases = []
    for model in models:
        network = CONTENDERS[model].recipe is not None
        for group in groups if network else ("all",):
            for split in splits:
                more = SHIPPED_SEEDS if (model, group, split) == ("heanet", "all", GROUPED) else ()
                chosen = tuple(dict.fromkeys((*seeds, *more))) if network else (0,)
                folds = range(1, N_FOLDS + 1) if split == GROUPED else (0,)
                cases += [Case(model, group, split, fold, s) for s in chosen for fold in folds]
    return cases


def case_split(dataset: Dataset, case: Case) -> Split:
    """The rows of a case.

    Raises:
        DataError: The data set lacks a table that the split cuts.
    """
    if case.split == TEACHER:
        rows = np.arange(len(dataset.names))
        return Split(TEACHER, rows, rows[:0], rows[:0])
    if case.split in DIRECTIONS:
        return _direction_split(dataset, case)
    if case.split != GROUPED:
        return dataset.split(case.split)
    folds = list(grouped_folds(dataset.compositions, n_folds=N_FOLDS, seed=FOLD_SEED))
    return folds[case.fold - 1]


def _direction_split(dataset: Dataset, case: Case) -> Split:
    source, target = DIRECTIONS[case.split]
    if case.percent == 0:
        first = dataset.split(f"{source} components")
        return replace(first, test=dataset.split(f"{target} components").train)
    return dataset.split(part_name(case))


def part_name(case: Case) -> str:
    """The split of a part of a direction, as `heanet train --split` takes it."""
    along = f"{DIRECTIONS[case.split][0]} components with " if case.strategy == TOGETHER else ""
    return f"{along}{target_fold(case.split, case.fold)}, {case.percent} %"


def target_fold(direction: str, fold: int) -> str:
    """The split whose test rows a fit of a direction is judged on."""
    target = DIRECTIONS[direction][1]
    return f"{target} components, repeat {FOLD_SEED + 1}, fold {fold} of {N_FOLDS}"


def check_split_key(split: str) -> None:
    """Raise a ConfigError if nothing is compared on such a split."""
    _check([split], SPLITS)


def _check(given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(
                f"'{name}' is nothing that is compared",
                expected=f"some of {' '.join(known)}",
                fix=did_you_mean(name, known),
            )
