"""Errors of an ensemble on named rows, and cross-validation grouped by composition."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.leaks import find_leak
from heanet.data.splits import Rows, Split, grouped_folds
from heanet.errors import DataError
from heanet.nn.networks import StartWeights
from heanet.properties import TASKS
from heanet.training.calibration import (
    Calibration,
    cross_coverage,
    fit_calibration,
)
from heanet.training.checkpoints import Metric
from heanet.training.ensemble import Ensemble, Estimates, estimate
from heanet.training.loop import fit
from heanet.training.values import ensemble_of

Array = NDArray[np.float64]


def metrics(dataset: Dataset, rows: Rows, values: dict[str, Array], *, which: str) -> list[Metric]:
    """One line per task that has labels on these rows.

    Args:
        dataset: Labels.
        rows: Positions of the rows, (n_structures,).
        values: Predictions by task, (n_structures,), in the order of ``rows``.
        which: Says in words which rows these are.
    """
    lines = [
        task_metric(task, dataset.labels[task].to_numpy()[rows], predicted, which=which)
        for task, predicted in values.items()
    ]
    return [line for line in lines if line is not None]


def task_metric(task: str, labels: Array, predicted: Array, *, which: str) -> Metric | None:
    """Errors of one task, or None if no row has both a label and a prediction.

    Args:
        task: Task key.
        labels: (n_structures,), in the task's unit; NaN where missing.
        predicted: (n_structures,), same unit; NaN where nothing can be said.
        which: Says in words which rows these are.
    """
    labelled = np.isfinite(labels) & np.isfinite(predicted)
    truth, guess = labels[labelled], predicted[labelled]
    if len(truth) == 0:
        return None
    return Metric(
        task=task,
        unit=TASKS[task].unit,
        rows=which,
        n=len(truth),
        mae=float(mean_absolute_error(truth, guess)),
        rmse=float(root_mean_squared_error(truth, guess)),
        r2=float(r2_score(truth, guess)) if len(truth) > 1 else None,
    )


def describe_rows(
    which: str,
    rows: Mapping[str, Hashable],
    *,
    trained_on: Mapping[str, Hashable],
    chosen_on: Mapping[str, Hashable],
    corrected: bool,
) -> str:
    """What must stand beside an error: which rows, how much of them was seen, which labels.

    Two counts say what was seen: the rows that the network itself has seen and, among the rest,
    the compositions of which it has seen another cell.

    Args:
        which: Split and row set.
        rows: Composition of each row by its name.
        trained_on: The same of the rows that trained the network.
        chosen_on: The same of the rows that its epoch was chosen on; None where the composition
            is not known.
        corrected: Whether the labels are the corrected or the raw ones.
    """
    parts = [f"{which}: {len(rows.keys() & trained_on.keys())} of {len(rows)} trained on"]
    if n_chosen := len(rows.keys() & chosen_on.keys()):
        parts.append(f"{n_chosen} chose the epoch")
    seen = {**trained_on, **chosen_on}
    if rest := {name: alloy for name, alloy in rows.items() if name not in seen}:
        leak = find_leak(rest, seen.values())
        whose = "compositions" if len(rest) == len(rows) else "compositions of the rest"
        how = "trained or validated on" if chosen_on else "trained on"
        parts.append(f"{leak.n_shared} of {leak.n_groups} {whose} also {how}")
        if n_unknown := list(chosen_on.values()).count(None):
            parts.append(f"{n_unknown} validation rows not in this set")
    parts.append(f"{'corrected' if corrected else 'raw'} labels")
    return ", ".join(parts)


def evaluate(ensemble: Ensemble, dataset: Dataset, rows: Rows, *, which: str) -> list[Metric]:
    """Errors of an ensemble's mean on some rows, for the tasks that it was trained on.

    Raises:
        DataError: There are no rows.
        ModelInputError: A row has an element that the ensemble was not trained on.
    """
    if len(rows) == 0:
        raise DataError(f"No rows to evaluate on ({which})", expected="at least one")
    found = estimate(ensemble, [dataset.graphs[i] for i in rows])
    values = {task: found.mean(task) for task in ensemble.towers}
    return metrics(dataset, rows, values, which=which)


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Held-out predictions of every row, each by an ensemble that never saw its composition.

    Attributes:
        values: Predictions by task, (n_structures,).
        spread: Spread over members by group, (n_structures,), per-atom unit.
        folds: The splits, in order.
    """

    values: dict[str, Array]
    spread: dict[str, Array]
    folds: tuple[Split, ...]


@dataclass(frozen=True)
class Member:
    """One network of an ensemble.

    Attributes:
        model: Its shape.
        train: How it is fitted, its seed among it.
        start: Weights to begin with; None where all are drawn.
        name: Of its file among those that fits are kept in.
    """

    model: ModelConfig
    train: TrainConfig
    start: StartWeights | None = None
    name: str = ""


def fit_ensemble(
    dataset: Dataset,
    split: Split,
    members: Sequence[Member],
    *,
    work: Path | None = None,
    progress: bool = True,
) -> Ensemble:
    """Train every member on the same rows.

    Args:
        dataset: All rows, with the graphs that all of them read.
        split: Rows.
        members: At least one.
        work: Folder that fits are continued from and kept in; None keeps nothing.
        progress: Show a progress bar per fit.
    """
    fits = []
    for member in members:
        words = (*split.name.split(), *member.name.split(), "seed", str(member.train.seed))
        file = f"{'-'.join(words)}.safetensors"
        fits.append(
            fit(
                dataset,
                split,
                member.model,
                member.train,
                start=member.start,
                resume=work / file if work else None,
                progress=progress,
            )
        )
    return ensemble_of(fits)


def cross_validate(
    dataset: Dataset,
    members: Sequence[Member],
    *,
    n_folds: int = 5,
    fold_seed: int = 0,
    work: Path | None = None,
    progress: bool = True,
) -> CrossValidation:
    """k-fold cross-validation of an ensemble, grouped by composition.

    Args:
        dataset: All rows.
        members: Of the ensemble.
        n_folds: Number of folds.
        fold_seed: Shuffles compositions over folds.
        work: Folder that fits are continued from and kept in; None keeps nothing.
        progress: Show a progress bar per fit.
    """
    folds = tuple(grouped_folds(dataset.compositions, n_folds=n_folds, seed=fold_seed))
    parts: list[tuple[Rows, Estimates]] = []
    for fold in folds:
        ensemble = fit_ensemble(dataset, fold, members, work=work, progress=progress)
        parts.append((fold.test, estimate(ensemble, [dataset.graphs[i] for i in fold.test])))
    return _join(parts, folds)


def calibrate(
    dataset: Dataset, held_out: CrossValidation
) -> tuple[dict[str, Calibration], dict[str, float]]:
    """Calibrated error bars from held-out predictions.

    Returns:
        By group of tasks the calibration on all rows, and by task the share of rows inside the
        90 % interval when every fold is judged by a calibration on the other folds.
    """
    calibrations: dict[str, Calibration] = {}
    coverage: dict[str, float] = {}
    for task, values in held_out.values.items():
        group = TASKS[task].residual
        atoms = dataset.n_atoms if TASKS[task].extensive else 1.0
        errors = (values - dataset.labels[task].to_numpy()) / atoms
        labelled = np.flatnonzero(np.isfinite(errors))
        position = {row: i for i, row in enumerate(labelled.tolist())}
        folds = [
            np.array([position[row] for row in fold.test.tolist() if row in position])
            for fold in held_out.folds
        ]
        spread = held_out.spread[group][labelled]
        coverage[task] = cross_coverage(errors[labelled], spread, folds)
        if group not in calibrations:
            calibrations[group] = fit_calibration(errors[labelled], spread)
    return calibrations, coverage


def _join(parts: Sequence[tuple[Rows, Estimates]], folds: tuple[Split, ...]) -> CrossValidation:
    """Predictions of all folds in the order of the rows."""
    rows = np.concatenate([test for test, _ in parts])
    order = np.argsort(rows)
    first = parts[0][1]
    return CrossValidation(
        values={
            task: np.concatenate([found.mean(task) for _, found in parts])[order]
            for task in first.members
        },
        spread={
            group: np.concatenate([found.spread[group] for _, found in parts])[order]
            for group in first.spread
        },
        folds=folds,
    )
