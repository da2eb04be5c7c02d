"""One training epoch on the element graph, and edge by edge on the atom graph."""

import torch

from benchmarks.edgewise import EdgewiseHEANet, edge_graph
from benchmarks.profiles import torch_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Side, alternate, seconds
from benchmarks.trainings import (
    Training,
    dft_rows,
    largest_difference,
    repeated,
    targets_of,
    training,
    with_lattice,
)
from heanet.config import ModelConfig
from heanet.data.dataset import Dataset
from heanet.data.elementgraph import element_graph
from heanet.data.splits import Rows
from heanet.nn.model import HEANet, grid_of

GOAL = 100.0
_ROWS = 8  # of a step of the curve


def measure(*, quick: bool) -> Found:
    """Time both epochs.

    Raises:
        DataError: The DFT set is not there.
    """
    torch.set_num_threads(1)
    config = ModelConfig()
    dataset, rows = dft_rows(config, most=24 if quick else None)
    ours, theirs = sides(config, dataset, rows)
    agreement = compare(ours, theirs)
    found = alternate(Side(ours.epoch, times=20), Side(theirs.epoch), repeats=5 if quick else 7)
    n_edges = sum(graph_edges(theirs))
    return Found(
        sizes={
            "rows": len(rows),
            "steps": len(ours.batches),
            "atoms": float(dataset.n_atoms[rows].sum()),
            "edges of the atom graphs": float(n_edges),
            "pairs of the element graphs": float(sum(graph_edges(ours))),
        },
        lines=(
            Line(
                what="one epoch, six tasks, periodic to 6 Angstrom, one thread",
                ours="element graphs",
                theirs="the same network edge by edge (torch_geometric)",
                goal=GOAL,
                values=found.ratios,
                our_cost=found.ours,
                their_cost=found.theirs,
            ),
        ),
        curve=_curve(config, dataset, rows[:_ROWS], (1, 2) if quick else (1, 2, 4, 8)),
        profile=torch_profile(lambda: [ours.epoch() for _ in range(3)]),
        agreement=agreement,
    )


def sides(
    config: ModelConfig, dataset: Dataset, rows: Rows, times: int = 1
) -> tuple[Training, Training]:
    """The same network on element graphs and on atom graphs, the cells so many times repeated."""
    torch.manual_seed(0)
    network = HEANet(config)
    cells = repeated(list(dataset.read_cells(rows).values()), times)
    grid = grid_of(config)
    targets = targets_of(dataset, rows, config.tasks)
    ours = with_lattice([element_graph(cell, grid=grid) for cell in cells], dataset, rows)
    theirs = with_lattice([edge_graph(cell, cutoff=config.cutoff) for cell in cells], dataset, rows)
    return training(network, ours, targets), training(EdgewiseHEANet(network), theirs, targets)


def compare(ours: Training, theirs: Training) -> dict[str, float]:
    """How far outputs and gradients of the first step are apart, relative, in double precision."""
    rows = ours.batches[0]
    (outputs, gradients), (others, other_gradients) = (
        side.in_double(rows) for side in (ours, theirs)
    )
    return {
        "outputs": largest_difference(outputs, others),
        "gradients": largest_difference(gradients, other_gradients),
    }


def graph_edges(side: Training) -> list[int]:
    """Edges or pairs of every graph."""
    return [int(side.graphs.batch(rows).edge_index.shape[1]) for rows in side.batches]


def _curve(config: ModelConfig, dataset: Dataset, rows: Rows, times: tuple[int, ...]) -> Curve:
    """A step over a few rows against the number of atoms in their cells."""
    sizes, ours, theirs = [], [], []
    for k in times:
        one, other = sides(config, dataset, rows, k)
        one.epoch(), other.epoch()
        ours.append(seconds(Side(one.epoch, times=20)))
        theirs.append(seconds(Side(other.epoch)))
        sizes.append(float(k * dataset.n_atoms[rows].mean()))
    return Curve(
        size="atoms per cell",
        cost=f"seconds for a step of {len(rows)} cells",
        sizes=tuple(sizes),
        ours=tuple(ours),
        theirs=tuple(theirs),
        our_name="element graphs",
        their_name="edge by edge",
    )
