"""One training epoch of the published network: its sums over atoms taken once, and edge by edge."""

from collections.abc import Sequence

import torch
from pymatgen.core import Structure
from torch import Tensor
from torch_geometric.data import Batch

from benchmarks.epoch import compare, graph_edges
from benchmarks.profiles import torch_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Side, alternate, seconds
from benchmarks.trainings import Training, dft_rows, repeated, training, with_lattice
from heanet.config import ModelConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Rows
from heanet.nn.network import Network
from heanet.nn.published import PublishedNet, published_graph
from heanet.nn.published_elements import (
    PublishedConfig,
    PublishedElementNet,
    published_element_graph,
)
from heanet.training.targets import scaled_targets

GOAL = 30.0
_ROWS = 8  # of a step of the curve


class _EdgeByEdge(Network):
    """The published network itself, with its outputs by task."""

    learns_residuals = False

    def __init__(self, config: PublishedConfig, net: PublishedNet) -> None:
        super().__init__()
        self.config, self.net = config, net

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """(n_structures,) per task, in its unit."""
        return dict(zip(self.config.tasks, self.net(batch).unbind(dim=1), strict=True))


def measure(*, quick: bool) -> Found:
    """Time both epochs.

    Raises:
        DataError: The DFT set is not there.
    """
    torch.set_num_threads(1)
    dataset, rows = dft_rows(ModelConfig(), most=24 if quick else None)
    ours, theirs = _sides(dataset, rows, list(dataset.read_cells(rows).values()))
    agreement = compare(ours, theirs)
    found = alternate(Side(ours.epoch, times=20), Side(theirs.epoch), repeats=5 if quick else 7)
    return Found(
        sizes={
            "rows": len(rows),
            "edges of the atom graphs": float(sum(graph_edges(theirs))),
            "pairs of the element graphs": float(sum(graph_edges(ours))),
        },
        lines=(
            Line(
                what="one epoch of the published network, first 33 edges, one thread",
                ours="pair distributions",
                theirs="edge by edge, as published",
                goal=GOAL,
                values=found.ratios,
                our_cost=found.ours,
                their_cost=found.theirs,
            ),
            *(
                Line(
                    what=f"{what}, relative difference to edge by edge (double precision)",
                    ours="pair distributions",
                    goal=1e-5,
                    better="at most",
                    unit="",
                    values=(value,),
                )
                for what, value in agreement.items()
            ),
        ),
        curve=_curve(dataset, rows[:_ROWS], (1, 2) if quick else (1, 2, 4)),
        profile=torch_profile(lambda: [ours.epoch() for _ in range(3)]),
    )


def _sides(dataset: Dataset, rows: Rows, cells: Sequence[Structure]) -> tuple[Training, Training]:
    """The same weights on pair distributions and on atom graphs."""
    torch.manual_seed(0)
    config = PublishedConfig()
    network = PublishedElementNet(config)
    every = scaled_targets(dataset, None, config.tasks)
    targets = {task: values[torch.from_numpy(rows)] for task, values in every.items()}
    ours = with_lattice([published_element_graph(cell) for cell in cells], dataset, rows)
    theirs = with_lattice([published_graph(cell) for cell in cells], dataset, rows)
    edgewise = _EdgeByEdge(config, network.net)
    return training(network, ours, targets), training(edgewise, theirs, targets)


def _curve(dataset: Dataset, rows: Rows, times: tuple[int, ...]) -> Curve:
    sizes, ours, theirs = [], [], []
    for k in times:
        cells = repeated(list(dataset.read_cells(rows).values()), k)
        one, other = _sides(dataset, rows, cells)
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
        our_name="pair distributions",
        their_name="edge by edge",
    )
