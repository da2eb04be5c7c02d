"""Memory of one training epoch, graphs included: element graphs, and edge by edge.

Each side is measured in a process of its own, which has loaded its libraries and trained on two
rows before; counted is how far resident memory rises above that.
"""

import subprocess
import sys

import torch

from benchmarks.epoch import sides
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import peak_memory, reset_peak
from benchmarks.trainings import dft_rows
from heanet.config import ModelConfig

GOAL = 20.0
MIB = 2**20
_SIDES = ("element", "edge")


def measure(*, quick: bool) -> Found:
    """Measure both sides.

    Raises:
        DataError: The DFT set is not there.
    """
    config = ModelConfig()
    n_rows = [16, 32] if quick else [16, 64, len(dft_rows(config)[1])]
    pairs = {n: [_pair(n) for _ in range(2 if n < n_rows[-1] else 5)] for n in n_rows}
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


def _pair(n_rows: int) -> tuple[float, float]:
    """MiB of an epoch on element graphs and edge by edge."""
    found = []
    for side in _SIDES:
        command = [sys.executable, "-m", "benchmarks.memory", side, str(n_rows)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        found.append(float(done.stdout) / MIB)
    return found[0], found[1]


def rise(side: str, n_rows: int) -> int:
    """Bytes by which an epoch raises the memory of this process."""
    torch.set_num_threads(1)
    config = ModelConfig()
    dataset, rows = dft_rows(config, most=n_rows)
    which = _SIDES.index(side)
    sides(config, dataset, rows[:2])[which].epoch()
    both = sides(config, dataset, rows)
    graphs = both[which].graphs
    held = graphs.n_bytes
    training = both[which]
    del both
    before = reset_peak()
    training.epoch()
    return peak_memory() - before + held


if __name__ == "__main__":
    print(rise(sys.argv[1], int(sys.argv[2])))
