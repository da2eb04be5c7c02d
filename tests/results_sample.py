"""Results of a comparison that nobody ran: a small labelled set, predictions with made-up errors.

The errors are those of the package's own tables on these predictions, so that what a page shows can
be counted out from them.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from pymatgen.core import Composition, Element

from heanet.comparison.cases import Outcome
from heanet.comparison.checks import PUBLISHED_COLUMNS
from heanet.comparison.plan import GROUPED, N_FOLDS, Case
from heanet.comparison.results import About, Results, save_results
from heanet.comparison.tables import curve_table, error_table, fit_table, prediction_table
from heanet.data.dataset import Dataset
from heanet.data.labels import LabelledSet, load_labels
from heanet.properties import PUBLISHED_TASKS, TASKS
from heanet.training.checkpoints import DataCard
from tests.data.published_set import make_cell, make_labels, write_table
from tests.transfer_sample import sample_study

# What is wrong in the labelled set, as the audit must find it: (name, field).
FINDINGS = (
    ("Fe8Ni8_sqsbcc", "emix"),
    ("Fe4Ni12_sqsbcc", "ms"),
    ("Fe8Ni4Cr4_sqsbcc", "structure"),
)
N_EPOCHS = 40
# Standard deviation of the made-up errors on test rows; a third of it on training rows.
SCATTER = {"heanet": 0.01, "published": 0.05, "schnet": 0.03, "gp": 0.04, "mean": 0.5}
GROUPS = {
    "heanet": {
        "all": PUBLISHED_TASKS,
        "energies": ("etot", "emix", "eform"),
        "magnetic": ("ms", "mb"),
    },
    "published": {"all": PUBLISHED_TASKS},
    "schnet": {"all": PUBLISHED_TASKS},
    "gp": {"all": PUBLISHED_TASKS},
    "mean": {"all": PUBLISHED_TASKS},
}
SEEDS = {"heanet": 3, "published": 3, "schnet": 2, "gp": 1, "mean": 1}
SETTINGS = {
    "heanet": {"network": "HEANet", "graphs": "element", "epochs": "200", "lr": "0.002"},
    "published": {"network": "Published", "graphs": "published", "epochs": "500", "lr": "0.001"},
    "schnet": {"network": "SchNet", "graphs": "atom", "epochs": "200", "lr": "0.002"},
    "gp": {"network": "none"},
    "mean": {"network": "none"},
}


def write_sample(folder: Path, *, home: Path) -> Path:
    """Import the labelled set into ``home``, and write results; returns their folder."""
    labels = load_labels(write_alloys(folder / "cells"), home=home)
    save_results(sample_results(labels), folder / "results")
    return folder / "results"


def write_alloys(folder: Path) -> Path:
    """A set of 24 cells in the published layout, three of its entries wrong."""
    labels = make_labels()
    labels.loc["Fe8Ni8_sqsbcc", "emix"] += 0.3
    labels.loc["Fe4Ni12_sqsbcc", ["ms", "mb"]] = 2.0, 24.0
    (folder / "structures").mkdir(parents=True)
    for name in labels.index:
        in_file = "Fe8Ni4Mn4" if name == "Fe8Ni4Cr4_sqsbcc" else name.split("_")[0]
        (folder / "structures" / name).write_text(make_cell(in_file).to(fmt="poscar"))
    write_table(folder / "labels" / "Database.xlsx", labels)
    return folder


def sample_results(labels: LabelledSet) -> Results:
    """Results on a set of ``write_alloys``."""
    dataset = _dataset(labels)
    outcomes = list(_outcomes(dataset))
    card = DataCard(
        name=labels.name,
        title=labels.title,
        fingerprint=labels.fingerprint,
        corrected=labels.corrected,
        n_rows=len(labels.table),
    )
    return Results(
        errors=error_table(outcomes, dataset),
        fits=fit_table(outcomes),
        predictions=prediction_table(outcomes),
        curves=curve_table(outcomes),
        published=_published(),
        about=About(
            data=card,
            seeds=(0, 1, 2),
            n_folds=N_FOLDS,
            fold_seed=1,
            n_done=9,
            n_planned=466,
            contenders=SETTINGS,
            versions={"heanet": "0.2", "torch": "2.13.0"},
        ),
        transfer=sample_study(),
    )


def _dataset(labels: LabelledSet) -> Dataset:
    """The set without graphs: nothing is trained."""
    cells = labels.structures(progress=False)
    rows = {name: cell.composition.fractional_composition.as_dict() for name, cell in cells.items()}
    fractions = pd.DataFrame.from_dict(rows, orient="index").fillna(0.0)
    by_number = sorted(fractions.columns, key=lambda symbol: Element(symbol).Z)
    return Dataset(
        source=labels,
        graphs=[],
        labels=labels.table[list(PUBLISHED_TASKS)],
        fractions=fractions[by_number],
        n_atoms=np.array([float(len(cell)) for cell in cells.values()]),
    )


def _splits(names: list[str]) -> Iterator[tuple[str, int, list[str], list[str], list[str]]]:
    """(split, fold, train, validation, test): a2 shares no composition, b2 shares all it can."""
    formulas = list(dict.fromkeys(name.split("_")[0] for name in names))
    binary = [n for n in names if len(Composition(n.split("_")[0])) == 2]
    ternary = [n for n in names if n not in binary]
    yield "a2", 0, binary, [], ternary
    fcc = [n for n in names if n.endswith("fcc")]
    bcc = [n for n in names if n not in fcc]
    yield "b2", 0, fcc, bcc[:4], bcc[4:]
    for fold in range(1, N_FOLDS + 1):
        held_out = set(formulas[fold - 1 :: N_FOLDS])
        test = [n for n in names if n.split("_")[0] in held_out]
        yield GROUPED, fold, [n for n in names if n not in test], [], test


def _outcomes(dataset: Dataset) -> Iterator[Outcome]:
    splits = list(_splits(dataset.names))
    for m, (model, groups) in enumerate(GROUPS.items()):
        for g, (group, tasks) in enumerate(groups.items()):
            for s, (split, fold, train, validation, test) in enumerate(splits):
                for seed in range(SEEDS[model]):
                    rng = np.random.default_rng([m, g, s, seed])
                    yield Outcome(
                        case=Case(model, group, split, fold, seed),
                        key="",
                        commit="0123abc",
                        trained=tuple(train),
                        chosen_on=tuple(validation),
                        tested=tuple(test),
                        values={
                            task: _values(dataset, task, train, SCATTER[model], rng)
                            for task in tasks
                        },
                        curve=_curve(tasks, SCATTER[model], rng) if model in _networks() else [],
                        seconds=1.0,
                    )


def _networks() -> list[str]:
    return [model for model, settings in SETTINGS.items() if settings["network"] != "none"]


def _values(
    dataset: Dataset, task: str, train: list[str], scatter: float, rng: np.random.Generator
) -> dict[str, float]:
    """Labels with errors, those of a task in proportion to the spread of its labels."""
    labels = dataset.labels[task]
    errors = rng.normal(scale=scatter * max(labels.std(), 0.05), size=len(labels))
    known = labels.index.isin(train)
    return dict(zip(dataset.names, (labels + np.where(known, errors / 3, errors)), strict=True))


def _curve(
    tasks: tuple[str, ...], scatter: float, rng: np.random.Generator
) -> list[dict[str, float]]:
    epochs = np.arange(1, N_EPOCHS + 1)
    falling = scatter * (1 + 20 * np.exp(-epochs / 8)) * rng.uniform(0.9, 1.1, size=N_EPOCHS)
    return [
        {"epoch": float(epoch), "train_loss": value / 2, **dict.fromkeys(tasks, value)}
        for epoch, value in zip(epochs.tolist(), falling.tolist(), strict=True)
    ]


def _published() -> pd.DataFrame:
    """A checkpoint that was tested on rows that trained it, and a figure without a checkpoint."""
    pair = {
        "experiment": "pairs",
        "split": "b2",
        "strategy": "scratch",
        "group": "ms mb",
        "epochs": 500,
        "rows": "test",
        "checkpoint": "mtl_2_ms_mb_HEA_500_b2.pt",
        "n_same": 37,
        "trained_of_same": 37,
        "n_unseen": 73,
    }
    ms = {"task": "ms", "reported": 0.0576, "same_rows": 0.05761, "shuffled": 0.081}
    mb = {"task": "mb", "reported": 0.386, "same_rows": 0.38561, "shuffled": 0.52}
    alone = {
        "experiment": "single",
        "split": "a2",
        "strategy": "tl2",
        "group": "rmsd",
        "epochs": 500,
        "task": "rmsd",
        "rows": "test",
        "reported": 0.22,
        "checkpoint": "",
    }
    table = pd.DataFrame([pair | ms | {"unseen": 1.0933}, pair | mb | {"unseen": 16.826}, alone])
    table["unit"] = [TASKS[task].unit for task in table["task"]]
    return table[list(PUBLISHED_COLUMNS)]
