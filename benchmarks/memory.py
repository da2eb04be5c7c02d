"""Memory of one training epoch, graphs included: element graphs, and edge by edge.

Each side is measured in a process of its own, a copy of one that has loaded its libraries and
trained on two rows; counted is how far its resident memory rises above that.
"""

import torch

from benchmarks.epoch import sides
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import in_child, peak_memory, reset_peak
from benchmarks.trainings import Training, dft_rows
from heanet.config import ModelConfig

GOAL = 20.0
MIB = 2**20


def measure(*, quick: bool) -> Found:
    """Measure both sides.

    Raises:
        DataError: The DFT set is not there.
    """
    config = ModelConfig()
    torch.set_num_threads(1)
    dataset, rows = dft_rows(config, most=16 if quick else None)
    n_rows = [n for n in (8, 32, 128) if n < len(rows)] + [len(rows)]
    pairs = {}
    for n in n_rows:
        both = sides(config, dataset, rows[:n])
        sides(config, dataset, rows[:2])[0].epoch()  # what is loaded once
        pairs[n] = [_pair(*both) for _ in range(5)]
    ours, theirs = zip(*pairs[n_rows[-1]], strict=True)
    return Found(
        sizes={"rows": n_rows[-1]},
        lines=(
            Line(
                what="peak memory of one epoch, graphs included",
                ours="element graphs",
                theirs="the same network edge by edge (torch_geometric)",
                goal=GOAL,
                values=tuple(b / a for a, b in pairs[n_rows[-1]]),
                cost="MiB",
                our_cost=ours,
                their_cost=theirs,
            ),
        ),
        curve=Curve(
            size="training rows",
            cost="peak memory of one epoch, MiB",
            sizes=tuple(map(float, n_rows)),
            ours=tuple(min(a for a, _ in pairs[n]) for n in n_rows),
            theirs=tuple(min(b for _, b in pairs[n]) for n in n_rows),
            our_name="element graphs",
            their_name="edge by edge",
        ),
    )


def _pair(ours: Training, theirs: Training) -> tuple[float, float]:
    """MiB of an epoch on element graphs and edge by edge."""
    return in_child(lambda: _rise(ours)) / MIB, in_child(lambda: _rise(theirs)) / MIB


def _rise(training: Training) -> float:
    """Bytes by which an epoch raises the memory of this process, and its graphs."""
    before = reset_peak()
    training.epoch()
    return peak_memory() - before + training.graphs.n_bytes
