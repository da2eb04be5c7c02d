"""Outcomes -> tidy tables: one error, one prediction, one point of a curve a row.

``errors`` is the table that every printed number comes from. Predictions and curves are kept for
the figures; labels are not in them: parity needs the labelled set itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import config_context

from heanet.comparison.cases import Outcome
from heanet.comparison.plan import GROUPED, N_FOLDS, Case
from heanet.data.dataset import Dataset
from heanet.data.leaks import find_leak
from heanet.properties import TASKS
from heanet.training.evaluate import task_metric

Array = NDArray[np.float64]

# What every number stands with, in the order of the columns.
KEYS = ("model", "group", "split", "fold", "seed", "rows", "by", "part", "task")
ERROR_COLUMNS = (
    *KEYS,
    *("unit", "n", "mae", "rmse", "r2", "labels", "compositions", "shared", "commit"),
)
FIT_KEYS = ("model", "group", "split", "fold", "seed")
FIT_COLUMNS = (*FIT_KEYS, "key", "commit")
PREDICTION_COLUMNS = (*FIT_KEYS, "rows", "task", "name", "value")
CURVE_COLUMNS = (*FIT_KEYS, "epoch", "series", "value")
POOLED = "pooled"  # all folds together: every row held out once
ENSEMBLE = "ensemble"  # the mean of the seeds' predictions
ALL, N_ELEMENTS, LATTICE, ELEMENT = "all", "n_elements", "lattice", "element"
SLICES = (ALL, N_ELEMENTS, LATTICE, ELEMENT)
_DIGITS = 6


class _Fit(NamedTuple):
    """One fit's part of the rows that are judged, and the rows that it learnt from or chose on."""

    names: frozenset[str]
    seen: frozenset[str]


@dataclass(frozen=True, eq=False)
class _Judged:
    """Values of some rows, with all that says which."""

    model: str
    group: str
    split: str
    fold: str
    seed: str
    rows: str
    names: tuple[str, ...]
    values: Mapping[str, Mapping[str, float]]
    fits: tuple["_Fit", ...]
    commit: str


def error_table(outcomes: Sequence[Outcome], dataset: Dataset) -> pd.DataFrame:
    """Every error of every outcome, with ERROR_COLUMNS.

    ``by`` and ``part`` say which part of the rows: all of them, one number of elements, one parent
    lattice, or the rows that hold an element. ``fold`` is empty, a number or "pooled"; ``seed`` a
    number or "ensemble"; ``compositions`` the distinct compositions of the rows, ``shared`` those
    that the same fit also learnt from, be it to train or to choose its epoch.
    """
    facts = _Facts(dataset)
    # Thousands of small sets of rows: scikit-learn would look at each of them longer than it sums.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        lines = [line for judged in _judged(outcomes) for line in _errors(judged, facts)]
    return pd.DataFrame(lines, columns=list(ERROR_COLUMNS))


def fit_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Every fit with the key that says what its numbers are good for, with FIT_COLUMNS."""
    lines = [{**fit_keys(each.case), "key": each.key, "commit": each.commit} for each in outcomes]
    return pd.DataFrame(lines, columns=list(FIT_COLUMNS))


def prediction_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Predictions of every fit on the rows that it is judged on, with PREDICTION_COLUMNS."""
    parts = []
    for judged in (each for outcome in outcomes for each in _of_fit(outcome)):
        for task, values in judged.values.items():
            names = [name for name in judged.names if name in values]
            part = pd.DataFrame({"name": names, "value": [values[name] for name in names]})
            keys = {key: getattr(judged, key) for key in (*FIT_KEYS, "rows")}
            parts.append(part.assign(**keys, task=task))
    table = pd.concat(parts)[list(PREDICTION_COLUMNS)].reset_index(drop=True)
    return table.astype({"value": "float32"})


def curve_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Training loss and test errors epoch by epoch, with CURVE_COLUMNS.

    ``series`` is "train_loss" (no unit) or a task: its error on the test rows, in the unit of its
    group's per-atom task. Test rows were watched; they decided nothing.
    """
    parts = []
    for outcome in outcomes:
        if not outcome.curve:
            continue
        # mb is ms times the number of atoms; its curve would be that of ms.
        wide = pd.DataFrame(outcome.curve).drop(columns="mb", errors="ignore")
        part = wide.melt(id_vars="epoch", var_name="series", value_name="value")
        parts.append(part.assign(**fit_keys(outcome.case)))
    if not parts:
        return pd.DataFrame(columns=list(CURVE_COLUMNS))
    table = pd.concat(parts)[list(CURVE_COLUMNS)].reset_index(drop=True)
    return table.astype({"epoch": "int32", "value": "float32"})


class _Facts:
    """What the rows of a data set are, by name."""

    def __init__(self, dataset: Dataset) -> None:
        self.labels = {str(task): dataset.labels[task].to_dict() for task in dataset.labels}
        self.version = "corrected" if dataset.source.corrected else "raw"
        self.composition = dict(zip(dataset.names, dataset.compositions, strict=True))
        self.lattice = dict(zip(dataset.names, dataset.lattices, strict=True))
        present = dataset.fractions.to_numpy() > 0
        symbols = [str(column) for column in dataset.fractions.columns]
        self.elements = {
            name: [s for s, there in zip(symbols, row, strict=True) if there]
            for name, row in zip(dataset.names, present.tolist(), strict=True)
        }

    def slices(self, names: Sequence[str]) -> Iterator[tuple[str, str, list[str]]]:
        """(by, part, names) of every part of some rows."""
        yield ALL, ALL, list(names)
        keys: dict[tuple[str, str], list[str]] = {}
        for name in names:
            keys.setdefault((N_ELEMENTS, str(len(self.elements[name]))), []).append(name)
            keys.setdefault((LATTICE, self.lattice[name]), []).append(name)
            for element in self.elements[name]:
                keys.setdefault((ELEMENT, element), []).append(name)
        for (by, part), found in sorted(keys.items()):
            yield by, part, found

    def shared(self, judged: _Judged) -> frozenset[str]:
        """The judged rows whose composition the fit that is judged on them has seen."""
        leaks = [
            find_leak(
                {name: self.composition[name] for name in fit.names},
                {self.composition[name] for name in fit.seen},
            )
            for fit in judged.fits
        ]
        return frozenset(name for leak in leaks for name in leak.rows)

    def n_compositions(self, names: Iterable[str]) -> int:
        """Distinct compositions of some rows."""
        return len({self.composition[name] for name in names})


def _errors(judged: _Judged, facts: _Facts) -> Iterator[dict[str, object]]:
    """The lines of one model on one set of rows; parts of test rows only."""
    keys = {
        key: getattr(judged, key) for key in ("model", "group", "split", "fold", "seed", "rows")
    }
    shared = facts.shared(judged)
    parts = facts.slices(judged.names)
    whole = judged.rows == "test" and judged.fold in {"", POOLED}
    for by, part, names in parts if whole else [next(parts)]:
        n_compositions = facts.n_compositions(names)
        n_shared = facts.n_compositions(shared.intersection(names))
        for task, values in judged.values.items():
            known = facts.labels[task]
            labels = np.array([known[name] for name in names], dtype=float)
            predicted = np.array([values.get(name, np.nan) for name in names])
            metric = task_metric(task, labels, predicted, which="")
            if metric is None:
                continue
            yield {
                **keys,
                "by": by,
                "part": part,
                "task": task,
                "unit": TASKS[task].unit,
                "n": metric.n,
                "mae": _short(metric.mae),
                "rmse": _short(metric.rmse),
                "r2": _short(metric.r2),
                "labels": facts.version,
                "compositions": n_compositions,
                "shared": n_shared,
                "commit": judged.commit,
            }


def _judged(outcomes: Sequence[Outcome]) -> Iterator[_Judged]:
    """Every set of rows that is judged: of each fit, of all folds together, of all seeds."""
    single = [judged for outcome in outcomes for judged in _of_fit(outcome)]
    yield from single
    pooled = list(_pool(single))
    yield from pooled
    yield from _average([j for j in (*single, *pooled) if j.fold in {"", POOLED}])


def fit_keys(case: Case) -> dict[str, str]:
    """A fit as tables name it."""
    fold = str(case.fold) if case.fold else ""
    words = (case.model, case.group, case.split, fold, str(case.seed))
    return dict(zip(FIT_KEYS, words, strict=True))


def _of_fit(outcome: Outcome) -> Iterator[_Judged]:
    """The row sets that one fit is judged on; of a fold the held-out rows alone."""
    seen = frozenset(outcome.trained + outcome.chosen_on)
    row_sets = {"test": outcome.tested}
    if outcome.case.split != GROUPED:
        row_sets = {"train": outcome.trained, "validation": outcome.chosen_on, **row_sets}
    for rows, names in row_sets.items():
        if names:
            yield _Judged(
                **fit_keys(outcome.case),
                rows=rows,
                names=names,
                values=outcome.values,
                fits=(_Fit(frozenset(names), seen),),
                commit=outcome.commit,
            )


def _pool(single: Sequence[_Judged]) -> Iterator[_Judged]:
    """The held-out rows of all folds of one seed, together, once all are there."""
    folds = [j for j in single if j.split == GROUPED and j.rows == "test"]

    def key(judged: _Judged) -> tuple[str, str, str]:
        return judged.model, judged.group, judged.seed

    for _, group in groupby(sorted(folds, key=key), key=key):
        parts = list(group)
        if len(parts) < N_FOLDS:  # unfinished: an error of some folds would pass for one of all
            continue
        tasks = parts[0].values
        values = {
            task: {
                name: p.values[task][name]
                for p in parts
                for name in p.names
                if name in p.values[task]
            }
            for task in tasks
        }
        names = tuple(name for part in parts for name in part.names)
        yield replace(
            parts[0],
            fold=POOLED,
            names=names,
            values=values,
            fits=tuple(fit for part in parts for fit in part.fits),
            commit=_commits(parts),
        )


def _average(judged: Sequence[_Judged]) -> Iterator[_Judged]:
    """The mean of the predictions of all seeds, where there are several."""

    def key(j: _Judged) -> tuple[str, ...]:
        return j.model, j.group, j.split, j.fold, j.rows

    for _, group in groupby(sorted(judged, key=key), key=key):
        seeds = list(group)
        if len(seeds) > 1:
            values = {
                task: {
                    name: float(np.mean([s.values[task][name] for s in seeds]))
                    for name in seeds[0].values[task]
                    if all(name in s.values[task] for s in seeds)
                }
                for task in seeds[0].values
            }
            fits = tuple(fit for seed in seeds for fit in seed.fits)
            yield replace(seeds[0], seed=ENSEMBLE, values=values, fits=fits, commit=_commits(seeds))


def _commits(parts: Sequence[_Judged]) -> str:
    return " ".join(sorted({part.commit for part in parts}))


def _short(value: float | None) -> float:
    return float("nan") if value is None else float(f"{value:.{_DIGITS}g}")
