"""How a training grows with its rows: the DFT set, and a hundred copies of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from benchmarks.profiles import torch_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Side, alternate, in_child, peak_memory, reset_peak, seconds
from benchmarks.trainings import dft_rows
from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Split
from heanet.training.loop import fit

MOST_TIME, MOST_MEMORY, GIB = 1.1, 4.0, 2**30  # time: over the ratio of the rows
_EPOCHS = 2


def measure(*, quick: bool) -> Found:
    """Time both trainings, and weigh the larger one.

    Raises:
        DataError: The DFT set is not there.
    """
    torch.set_num_threads(1)
    config = ModelConfig()
    dataset, _ = dft_rows(config)
    times = [1, 4] if quick else [1, 10, 100]
    sets = {k: copies(dataset, k) for k in (times[0], times[-1])}
    small, large = sets[times[0]], sets[times[-1]]

    def trained(rows: Dataset) -> None:
        split = all_train(rows)
        fit(rows, split, config, TrainConfig(epochs=_EPOCHS), progress=False)

    memory = (in_child(lambda: _memory(lambda: trained(large))) / GIB,)
    found = alternate(
        Side(lambda: trained(large)), Side(lambda: trained(small), times=3), repeats=5
    )
    grown, n_rows = times[-1] / times[0], [len(dataset.graphs) * k for k in times]
    middle = [seconds(Side(lambda k=k: trained(copies(dataset, k)))) for k in times[1:-1]]
    return Found(
        sizes={"rows": n_rows[0], "rows of the large set": n_rows[-1], "epochs": _EPOCHS},
        lines=(
            Line(
                what=f"time of a training on {grown:g} times the rows",
                ours=f"{n_rows[-1]:,} rows",
                theirs=f"{n_rows[0]:,} rows",
                goal=MOST_TIME * grown,
                better="at most",
                values=tuple(1 / ratio for ratio in found.ratios),
                our_cost=found.ours,
                their_cost=found.theirs,
            ),
            Line(
                what=f"memory of the whole process at most, {n_rows[-1]:,} rows",
                ours="libraries, graphs of all rows, training",
                goal=MOST_MEMORY,
                better="at most",
                unit="GiB",
                values=memory,
            ),
        ),
        curve=Curve(
            size="rows",
            cost=f"seconds for {_EPOCHS} epochs",
            sizes=tuple(map(float, n_rows)),
            ours=(min(found.theirs), *middle, min(found.ours)),
            our_name="training",
        ),
        profile=torch_profile(lambda: trained(small)),
    )


def copies(dataset: Dataset, times: int) -> Dataset:
    """A set of so many copies of every row, each with a graph of its own in memory."""
    if times == 1:
        return dataset
    table, labels, fractions = (
        _stacked(each, times) for each in (dataset.source.table, dataset.labels, dataset.fractions)
    )
    return Dataset(
        source=replace(dataset.source, table=table),
        graphs=[graph.clone() for _ in range(times) for graph in dataset.graphs],
        labels=labels,
        fractions=fractions,
        n_atoms=np.tile(dataset.n_atoms, times),
        cells=dataset.cells,
    )


def all_train(dataset: Dataset) -> Split:
    """Every row trains."""
    rows, none = np.arange(len(dataset.graphs)), np.array([], dtype=np.int64)
    return Split(name="all", train=rows, validation=none, test=none)


def _stacked(table: pd.DataFrame, times: int) -> pd.DataFrame:
    """The table below itself, with names of their own."""
    found = pd.concat([table] * times)
    found.index = pd.Index([f"{name}#{k // len(table)}" for k, name in enumerate(found.index)])
    return found


def _memory(run: object) -> float:
    """Highest memory of this process while it trains, bytes."""
    reset_peak()
    run()  # type: ignore[operator]
    return peak_memory()
