"""The published system's reported errors, beside its saved networks evaluated again.

Its notes (X. Wang et al., doi 10.1038/s41524-022-00945-x) have errors of more runs than there are
saved networks, and there are saved networks without a reported error; the table holds all of them.
A reported error is of the raw labels, and of the rows that the published trainer looked up
(``heanet.data.splits.LookedUp``): the "test" rows of the b-splits had trained the network.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pymatgen.core import Structure
from tqdm import tqdm

from heanet.comparison.checks import PUBLISHED_COLUMNS
from heanet.comparison.reported import CHECKPOINTS, LAYOUT, REPORTED, read_reported
from heanet.data.labels import LabelledSet
from heanet.data.splits import published_split
from heanet.errors import DataError
from heanet.properties import TASKS
from heanet.training.evaluate import task_metric
from heanet.training.published import load_published, published_values

SHUFFLE_SEED = 0
_KEYS = ["checkpoint", "task", "rows"]
_ERRORS = ["same_rows", "n_same", "trained_of_same", "shuffled", "unseen", "n_unseen"]
# One more than single precision has: the table prints to five without rounding twice.
_DIGITS = 8


def published_table(folder: Path, labels: LabelledSet) -> pd.DataFrame:
    """Every reported error, and every saved network on the same rows and on rows it never saw.

    Args:
        folder: Of the published system: "reported_mae.csv" and "checkpoints".
        labels: The published set with its raw labels.

    Returns:
        PUBLISHED_COLUMNS; reported errors in the order of their file, then the networks that have
        none (``experiment`` empty, ``reported`` NaN). ``same_rows`` is the error on the ``n_same``
        rows that the reported error is from, of which ``trained_of_same`` trained the network;
        ``shuffled`` the error on the same rows with the atoms of every cell in another order;
        ``unseen`` the error on the ``n_unseen`` rows that never trained it. Without a saved
        network ``checkpoint`` is empty and these six are NaN.

    Raises:
        DataError: A file is missing, or the reported errors cannot be used (``read_reported``); the
            labels are the corrected ones; the set lacks a table that a split cuts.
        CheckpointError: A file in "checkpoints" is none of that system.
        ModelInputError: A cell has an element that the published data did not have.
    """
    if labels.corrected:
        raise DataError(
            f"The labels of '{labels.name}' are the corrected ones",
            expected="the raw labels, which the published errors stand on",
            fix="Load the set without its corrections.",
        )
    reported = read_reported(folder / REPORTED)
    files = _saved_networks(folder / CHECKPOINTS, wanted=set(reported["checkpoint"]) - {""})
    networks = _evaluate_all(files, labels)
    joined = reported.merge(networks[_KEYS + _ERRORS], on=_KEYS, how="left")
    paired = pd.MultiIndex.from_frame(reported[_KEYS])
    rest = networks[~pd.MultiIndex.from_frame(networks[_KEYS]).isin(paired)]
    rest = rest.assign(experiment="", reported=np.nan)
    return pd.concat([joined, rest], ignore_index=True)[list(PUBLISHED_COLUMNS)]


def shuffled_atoms(cell: Structure) -> Structure:
    """The cell with its atoms in another order, the same one for all cells of its size."""
    order = np.random.default_rng(SHUFFLE_SEED).permutation(len(cell))
    return Structure.from_sites([cell[i] for i in order])


def _saved_networks(folder: Path, *, wanted: set[str]) -> list[Path]:
    """The files of a folder, those of reported errors among them."""
    files = sorted(folder.glob("*.pt"))
    if not files:
        raise DataError(f"There is no .pt file in '{folder}'", expected=LAYOUT)
    missing = sorted(wanted - {path.name for path in files})
    if missing:
        raise DataError(
            f"There is no '{missing[0]}' in '{folder}'",
            expected=f"the network of errors in '{REPORTED}'",
            fix="Get the file again, or take its errors out of the table.",
        )
    return files


def _evaluate_all(files: list[Path], labels: LabelledSet) -> pd.DataFrame:
    """A line per saved network, task and kind of rows."""
    cells = list(labels.structures().values())
    shuffled = [shuffled_atoms(cell) for cell in cells]
    # None: a bar where there is a terminal.
    bar = tqdm(files, desc="Published networks", disable=None)
    return pd.DataFrame([line for path in bar for line in _evaluate(path, labels, cells, shuffled)])


def _evaluate(
    path: Path, labels: LabelledSet, cells: list[Structure], shuffled: list[Structure]
) -> Iterator[dict[str, object]]:
    """A saved network's lines; cells are in the order of the rows."""
    net, name = load_published(path)
    names = [str(row) for row in labels.table.index]
    used = published_split(name.split, names, labels.partitions).looked_up
    same_rows = {"train": used.train, "test": used.published}
    told = np.union1d(used.train, used.published)
    both = np.union1d(told, used.unseen)
    values, others = np.full((2, len(names), len(name.tasks)), np.nan)
    values[both] = published_values(net, [cells[i] for i in both])
    others[told] = published_values(net, [shuffled[i] for i in told])
    for rows, same in same_rows.items():
        for k, task in enumerate(name.tasks):
            truth = labels.table[task].to_numpy(dtype=float)
            error, n_same = _mae(task, truth[same], values[same, k])
            unseen, n_unseen = _mae(task, truth[used.unseen], values[used.unseen, k])
            yield {
                "split": name.split,
                "strategy": name.transfer or "scratch",
                "group": " ".join(name.tasks),
                "epochs": name.epochs,
                "task": task,
                "unit": TASKS[task].unit,
                "rows": rows,
                "checkpoint": path.name,
                "same_rows": error,
                "n_same": n_same,
                "trained_of_same": np.isfinite(truth[np.intersect1d(same, used.train)]).sum(),
                "shuffled": _mae(task, truth[same], others[same, k])[0],
                "unseen": unseen,
                "n_unseen": n_unseen,
            }


def _mae(task: str, truth: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, int]:
    """Mean absolute error, NaN without a label, and the number of rows that have one."""
    metric = task_metric(task, truth, values, which="")
    return (float("nan"), 0) if metric is None else (float(f"{metric.mae:.{_DIGITS}g}"), metric.n)
