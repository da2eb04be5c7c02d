"""The ablation: what each addition to HEANet gives on cells whose composition nothing has seen.

The folds are those of the comparison. Every line is the mean over seeds of the error on all
held-out rows, beside the error of the seeds' averaged predictions: what an ensemble gives.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from heanet.comparison.cases import Outcome
from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.plan import GROUPED, N_FOLDS, SCRATCH, SHIPPED_SEEDS, TEACHER, Case
from heanet.data.dataset import Dataset
from heanet.data.relaxedpairs import displacements
from heanet.properties import TASKS
from heanet.training.evaluate import task_metric

SEEDS = (0, 1)
ENSEMBLE = "ensemble"
COMMITTEE = "committee"
ALL = "all"
# Numbers of components that errors are told apart by; "4+5" are high-entropy alloys.
PARTS = (ALL, "2", "3", "4", "5", "4+5")
COLUMNS = ("step", "group", "seed", "part", "task", "unit", "n", "mae", "commit", "teacher")


@dataclass(frozen=True)
class Step:
    """One line of the table.

    Attributes:
        key: In the table.
        title: What was added.
        model: Contender or variant.
        strategy: Where weights start.
        groups: Groups of tasks that it is fitted on.
        seeds: Of the fits.
    """

    key: str
    title: str
    model: str = "heanet"
    strategy: str = SCRATCH
    groups: tuple[str, ...] = ("all",)
    seeds: tuple[int, ...] = SEEDS


STEPS: tuple[Step, ...] = (
    Step("base", "HEANet, all six tasks", seeds=SHIPPED_SEEDS),
    Step("alone", "Tasks of one group alone", groups=("energies", "magnetic", "rmsd")),
    Step("groups", "Groups weigh alike in the loss", "heanet-groups"),
    Step("layers", "Five convolutions", "heanet-layers"),
    Step("moments", "Higher moments of the surroundings", "heanet-moments"),
    Step("twins", "Ideal twins train along", "heanet-twins"),
    Step("teacher", "Body from the teacher", "heanet", TEACHER, seeds=SHIPPED_SEEDS),
    Step(
        "teacher-alone",
        "Body from the teacher, one group alone",
        "heanet",
        TEACHER,
        ("energies", "magnetic", "rmsd"),
    ),
    Step("built", "Unrelaxed input, all six tasks", "heanet-built"),
    Step(
        "built-twins",
        "Unrelaxed input, relaxed twins train along",
        "heanet-built-twins",
        seeds=SHIPPED_SEEDS,
    ),
    Step(
        "built-twins-alone",
        "Unrelaxed input, relaxed twins, one group alone",
        "heanet-built-twins",
        groups=("energies", "magnetic", "rmsd"),
    ),
    Step("built-alone", "Unrelaxed input, one group alone", "heanet-built", groups=("rmsd",)),
    Step("built-teacher", "Unrelaxed input, body from the teacher", "heanet-built", TEACHER),
)
# Steps whose predictions are averaged, over steps and seeds, into one.
COMMITTEES: dict[str, tuple[str, ...]] = {
    "all and alone": ("base", "alone"),
    "all and alone, from the teacher": ("teacher", "teacher-alone"),
    "everything relaxed": ("base", "alone", "teacher", "teacher-alone"),
    "everything relaxed, and moments": (
        "base",
        "alone",
        "teacher",
        "teacher-alone",
        "moments",
    ),
    "unrelaxed input": ("built-twins", "built-twins-alone", "built-teacher"),
}
# One of them once more, its rmsd measured on the relaxed cells whose sites are found; and these
# cells alone.
MEASURED, MEASURED_OF = "rmsd measured where it can be", "everything relaxed"
MEASURED_ALONE = "cells it is measured on, alone"


def ablation_cases(*, with_teacher: bool) -> list[Case]:
    """All fits of the table; some of them are those of the comparison."""
    return [
        Case(step.model, group, GROUPED, fold, seed, step.strategy)
        for step in STEPS
        if with_teacher or step.strategy != TEACHER
        for group in step.groups
        for seed in step.seeds
        for fold in range(1, N_FOLDS + 1)
    ]


def ablation_table(
    found: Sequence[Outcome], dataset: Dataset, *, teacher: Dataset | None = None
) -> pd.DataFrame:
    """Errors of every step, with COLUMNS.

    ``seed`` is a number or "ensemble": the mean of the seeds' predictions; a committee, whose name
    stands as the step, has its predictions averaged over its steps as well. ``part`` is a number
    of components, "4+5", or "all". A seed without all its folds is left out. The lines MEASURED
    have the displacement that the relaxed cells show, which is no prediction. ``teacher`` says
    which set had been learnt first, "" where none was.
    """
    values = {
        (step.key, group, seed): pooled
        for step in STEPS
        for group in step.groups
        for seed in step.seeds
        if (pooled := _pooled(found, step, group, seed)) is not None
    }
    lines = [
        line
        for (step, group, seed), pooled in values.items()
        for line in _errors(step, group, str(seed), pooled, dataset)
    ]
    for step, group in dict.fromkeys((step, group) for step, group, _ in values):
        seeds = [v for (s, g, _), v in values.items() if (s, g) == (step, group)]
        if len(seeds) > 1:
            lines += _errors(step, group, ENSEMBLE, _mean(seeds), dataset)
    for name, steps in COMMITTEES.items():
        members = [v for (s, _, _), v in values.items() if s in steps]
        if {s for s, _, _ in values} >= set(steps):
            together = _mean(members)
            lines += _errors(name, COMMITTEE, ENSEMBLE, together, dataset)
            if name == MEASURED_OF:
                for line, own in _measured(together, dataset).items():
                    lines += _errors(line, COMMITTEE, ENSEMBLE, own, dataset)
    table = pd.DataFrame(lines, columns=list(COLUMNS))
    return table.assign(
        teacher=table["step"].isin(_taught()).map({True: _said(teacher), False: ""})
    )


def _taught() -> set[str]:
    """Steps and committees with networks that start from the teacher."""
    steps = {step.key for step in STEPS if step.strategy == TEACHER}
    return {*steps, *(name for name, of in COMMITTEES.items() if steps & set(of)), MEASURED}


def _said(teacher: Dataset | None) -> str:
    if teacher is None:
        return ""
    source = teacher.source
    return f"{source.name}, {len(teacher.names)} cells, fingerprint {source.fingerprint[:12]}"


@dataclass(frozen=True, eq=False)
class _Values:
    """Predictions of every held-out row, by task and name."""

    of: dict[str, dict[str, float]]
    commits: frozenset[str]


def _pooled(found: Sequence[Outcome], step: Step, group: str, seed: int) -> _Values | None:
    """The held-out rows of all folds of one seed; None where a fold is missing."""
    folds = [
        outcome
        for outcome in found
        if (outcome.case.model, outcome.case.group, outcome.case.strategy)
        == (step.model, group, step.strategy)
        and (outcome.case.split, outcome.case.seed) == (GROUPED, seed)
    ]
    if len(folds) < N_FOLDS:
        return None
    tasks = TASK_GROUPS[group]
    values: dict[str, dict[str, float]] = {
        task: {name: fold.values[task][name] for fold in folds for name in fold.tested}
        for task in tasks
    }
    return _Values(values, frozenset(fold.commit for fold in folds))


def _mean(members: Sequence[_Values]) -> _Values:
    """The mean of all predictions that there are of a row, task by task."""
    tasks = [task for task in TASKS if any(task in member.of for member in members)]
    values = {}
    for task in tasks:
        table = pd.DataFrame([member.of[task] for member in members if task in member.of])
        values[task] = {str(name): float(value) for name, value in table.mean().items()}
    return _Values(values, frozenset().union(*(member.commits for member in members)))


def _measured(predicted: _Values, dataset: Dataset) -> dict[str, _Values]:
    """The lines MEASURED and MEASURED_ALONE."""
    found = displacements(dataset.source)
    guessed = predicted.of["rmsd"]
    alone = {name: found[name] for name in guessed if name in found}
    return {
        MEASURED: _Values({"rmsd": guessed | alone}, predicted.commits),
        MEASURED_ALONE: _Values({"rmsd": alone}, predicted.commits),
    }


def _errors(
    step: str, group: str, seed: str, values: _Values, dataset: Dataset
) -> Iterator[dict[str, object]]:
    counts = dict(zip(dataset.names, dataset.n_components, strict=True))
    for part in PARTS:
        wanted = None if part == ALL else {int(n) for n in part.split("+")}
        for task, predicted in values.of.items():
            names = [n for n in predicted if wanted is None or counts[n] in wanted]
            labels = dataset.labels.loc[names, task].to_numpy(dtype=float)
            guess = np.array([predicted[n] for n in names])
            metric = task_metric(task, labels, guess, which="")
            if metric is not None:
                yield {
                    "step": step,
                    "group": group,
                    "seed": seed,
                    "part": part,
                    "task": task,
                    "unit": TASKS[task].unit,
                    "n": metric.n,
                    "mae": float(f"{metric.mae:.6g}"),
                    "commit": " ".join(sorted(values.commits)),
                }
