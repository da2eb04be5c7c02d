"""What the study of transfer found: what helps where few rows of the target train, and how much.

Every comparison is between the lowest line of one kind and the lowest of another, each over all
groups of tasks: a gain that comes from learning fewer tasks at once is none of transfer. Two errors
tie where they are no farther apart than the larger of their standard deviations over the fits.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from heanet.comparison.plan import DIRECTIONS, SCRATCH, TEACHER
from heanet.comparison.ranking import Standing, compare
from heanet.comparison.transfer import (
    GP,
    HEANET,
    PERCENTS,
    POOLED,
    STRATEGIES,
    ZERO_SHOT,
)
from heanet.properties import PUBLISHED_TASKS

FEW = PERCENTS[0]
# The energies share one residual: eform stands for the three of them.
REPRESENTATIVES = ("eform", "ms", "mb", "rmsd")
# What starts from elsewhere without taking over what the other kind of alloy taught the towers.
QUESTIONED = ("tl2", TEACHER)
HALF = 0.5
_ARM = ["direction", "model", "strategy", "group", "percent", "task"]
# What knows more than rows of the target; zero-shot is not asked for where any of them train.
_HELPED = tuple(s for s in STRATEGIES if s != SCRATCH)


@dataclass(frozen=True)
class Arm:
    """The error of one line of the study, over all rows of the target.

    Attributes:
        strategy: Of STRATEGIES.
        group: Tasks learnt together, of TASK_GROUPS.
        percent: Of the target's rows that train; 0 for zero-shot.
        n_train: Number of them, the mean over the fits.
        mae: Mean absolute error, in the task's unit, every row once.
        spread: Standard deviation of the error over the fits.
        n: Rows judged.
        folds: The error of every fit, by fold.
    """

    strategy: str
    group: str
    percent: int
    n_train: float
    mae: float
    spread: float
    n: int
    folds: Mapping[str, float]


@dataclass(frozen=True)
class Reach:
    """From how many rows on something holds.

    Attributes:
        percent: Of the target's rows; None where it does not hold with the most rows either.
        rows: Number of training rows: those of ``percent``, or the most that there are.
    """

    percent: int | None
    rows: float


@dataclass(frozen=True)
class TaskFinding:
    """What helps with one task, where FEW per cent of the target's rows train.

    Attributes:
        task: Task key.
        scratch: Lowest error of the target's rows alone.
        best: Lowest error of a strategy that also knows something else.
        standing: Of ``best`` beside ``scratch``.
        lower_in: Fits in which ``best`` has the lower error.
        zero_shot: Lowest error without a row of the target; None where it was not made.
        beats_zero_shot: Standing of ``best`` beside ``zero_shot``.
        matches_zero_shot: From how many rows on the mean error from scratch is no higher.
        parity: From how many rows on scratch ties with the best strategy or is lower; None where
            they can nowhere be compared.
        questioned: By strategy, how often it is lower than scratch, ties, is higher: one
            comparison per percentage.
        gp: Lowest error of the Gaussian process on as many rows; None where it was not made.
        gp_standing: Of ``gp`` beside ``best``.
    """

    task: str
    scratch: Arm
    best: Arm
    standing: Standing
    lower_in: int
    zero_shot: Arm | None
    beats_zero_shot: Standing | None
    matches_zero_shot: Reach | None
    parity: Reach
    questioned: Mapping[str, Mapping[Standing, int]]
    gp: Arm | None
    gp_standing: Standing | None

    @property
    def ratio(self) -> float:
        """Error of the best strategy over that from scratch; 1 where both are zero."""
        return self.best.mae / self.scratch.mae if self.scratch.mae > 0 else 1.0

    @property
    def halved(self) -> bool:
        """Whether the best strategy at least halves the error from scratch."""
        return self.ratio <= HALF


@dataclass(frozen=True)
class DirectionFinding:
    """What helps in one direction: the tasks that have both errors, in their usual order."""

    direction: str
    tasks: tuple[TaskFinding, ...]

    @property
    def source(self) -> str:
        """Numbers of components that strategies know from elsewhere, "2+3" or "4+5"."""
        return DIRECTIONS[self.direction][0]

    @property
    def target(self) -> str:
        """Numbers of components that are asked for."""
        return DIRECTIONS[self.direction][1]

    @property
    def halved(self) -> tuple[str, ...]:
        """Tasks whose error from scratch is at least halved."""
        return tuple(found.task for found in self.tasks if found.halved)

    @property
    def representatives(self) -> tuple[TaskFinding, ...]:
        """Those of tasks that have an error of their own."""
        return tuple(found for found in self.tasks if found.task in REPRESENTATIVES)


def transfer_arms(table: pd.DataFrame) -> pd.DataFrame:
    """The lines of the study whose fits are all there: one error a row, with its spread.

    Args:
        table: With ``heanet.comparison.transfer.COLUMNS``.

    Returns:
        direction, model, strategy, group, percent, n_train, task, unit, n, mae, mae_spread
        (standard deviation over the fits), rmse, rmse_spread, commit; in the order of the table.
    """
    pooled = table[table["fold"] == POOLED].drop(columns="fold")
    spreads = (
        table[table["fold"] != POOLED]
        .groupby(_ARM, sort=False)[["mae", "rmse"]]
        .std()
        .add_suffix("_spread")
    )
    found = pooled.join(spreads, on=_ARM)
    columns = [*_ARM[:5], "n_train", "task", "unit", "n", "mae", "mae_spread"]
    return found[[*columns, "rmse", "rmse_spread", "commit"]].reset_index(drop=True)


def transfer_findings(table: pd.DataFrame) -> list[DirectionFinding]:
    """What the study found, direction by direction; without what has no fits to judge by.

    Args:
        table: With ``heanet.comparison.transfer.COLUMNS``.
    """
    folds = {
        key: dict(zip(lines["fold"], lines["mae"].astype(float), strict=True))
        for key, lines in table[table["fold"] != POOLED].groupby(_ARM, sort=False)
    }
    arms = transfer_arms(table)
    found = []
    for direction in DIRECTIONS:
        lines = arms[arms["direction"] == direction]
        tasks = [
            finding
            for task in PUBLISHED_TASKS
            if (finding := _finding(task, _Lines(lines[lines["task"] == task], folds))) is not None
        ]
        if tasks:
            found.append(DirectionFinding(direction, tuple(tasks)))
    return found


def standing(one: Arm, other: Arm) -> Standing:
    """Where the first error stands to the second: lower, higher, or a tie."""
    lines = [pd.Series({"mae": arm.mae, "mae_spread": arm.spread}) for arm in (one, other)]
    return compare(lines[0], lines[1])


class _Lines:
    """The arms of one direction and task."""

    def __init__(self, arms: pd.DataFrame, folds: Mapping[Any, Mapping[str, float]]) -> None:
        self._arms = [
            (
                str(line["model"]),
                Arm(
                    strategy=str(line["strategy"]),
                    group=str(line["group"]),
                    percent=int(line["percent"]),
                    n_train=float(line["n_train"]),
                    mae=float(line["mae"]),
                    spread=float(line["mae_spread"]),
                    n=int(line["n"]),
                    folds=folds[tuple(line[key] for key in _ARM)],
                ),
            )
            for line in arms.to_dict("records")
        ]

    def lowest(
        self, strategies: Collection[str], percent: int, *, model: str = HEANET
    ) -> Arm | None:
        """The lowest error of some strategies with so many rows; None where there is none."""
        found = [
            arm
            for own, arm in self._arms
            if own == model and arm.percent == percent and arm.strategy in strategies
        ]
        return min(found, key=lambda arm: arm.mae, default=None)


def _finding(task: str, lines: _Lines) -> TaskFinding | None:
    """None where scratch, or everything else, has no fits on few rows."""
    scratch, best = lines.lowest([SCRATCH], FEW), lines.lowest(_HELPED, FEW)
    if scratch is None or best is None:
        return None
    zero_shot = lines.lowest([ZERO_SHOT], 0)
    gp = lines.lowest(STRATEGIES, FEW, model=GP)
    return TaskFinding(
        task=task,
        scratch=scratch,
        best=best,
        standing=standing(best, scratch),
        lower_in=sum(best.folds[fold] < error for fold, error in scratch.folds.items()),
        zero_shot=zero_shot,
        beats_zero_shot=standing(best, zero_shot) if zero_shot else None,
        matches_zero_shot=_matches(lines, zero_shot) if zero_shot else None,
        parity=_parity(lines),
        questioned={strategy: _counts(lines, strategy) for strategy in QUESTIONED},
        gp=gp,
        gp_standing=standing(gp, best) if gp else None,
    )


def _matches(lines: _Lines, zero_shot: Arm) -> Reach:
    """The fewest rows with which the mean error from scratch is no higher than zero-shot's."""
    arms = [arm for percent in PERCENTS if (arm := lines.lowest([SCRATCH], percent)) is not None]
    for arm in arms:
        if arm.mae <= zero_shot.mae:
            return Reach(arm.percent, arm.n_train)
    return Reach(None, arms[-1].n_train)


def _parity(lines: _Lines) -> Reach:
    """The fewest rows from which on scratch is nowhere higher than the best strategy."""
    pairs = [
        (scratch, best)
        for percent in PERCENTS
        if (scratch := lines.lowest([SCRATCH], percent)) is not None
        and (best := lines.lowest(_HELPED, percent)) is not None
    ]
    reach = Reach(None, pairs[-1][0].n_train)
    for scratch, best in reversed(pairs):
        if standing(scratch, best) == "higher":
            break
        reach = Reach(scratch.percent, scratch.n_train)
    return reach


def _counts(lines: _Lines, strategy: str) -> Counter[Standing]:
    """How a strategy stands to scratch, over the percentages that have both."""
    return Counter(
        standing(arm, scratch)
        for percent in PERCENTS
        if (arm := lines.lowest([strategy], percent)) is not None
        and (scratch := lines.lowest([SCRATCH], percent)) is not None
    )
