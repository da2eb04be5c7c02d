"""One training step and epoch of any network on any graphs, the same code for both sides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pymatgen.core import Structure
from torch import Tensor
from torch_geometric.data import Data

from heanet.config import ModelConfig, TrainConfig
from heanet.data.batches import GraphTable
from heanet.data.dataset import Dataset
from heanet.data.splits import Rows
from heanet.nn.network import Network
from heanet.training.fitrows import training_rows
from heanet.training.inputs import dataset_for
from heanet.training.targets import masked_loss, rows_references, scaled_targets

DATA = "hea-dft"


@dataclass(frozen=True, eq=False)
class Training:
    """A network with its optimiser and all graphs ready, as inside ``fit``.

    Attributes:
        network: What is trained.
        graphs: All of them, end to end.
        targets: By task, a row per graph.
        batches: Rows of each step of an epoch.
        optimiser: Of the network's weights.
    """

    network: Network
    graphs: GraphTable
    targets: dict[str, Tensor]
    batches: tuple[Tensor, ...]
    optimiser: torch.optim.Optimizer

    def epoch(self) -> None:
        """Train one epoch."""
        for rows in self.batches:
            self.gradient(rows)
            self.optimiser.step()

    def in_double(self, rows: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Outputs by task, and gradients of their sum, without rounding."""
        batch = self.graphs.batch(rows).apply(
            lambda value: value.double() if value.is_floating_point() else value
        )
        self.network.double()
        outputs = list(self.network(batch).values())
        wanted = [p for p in self.network.parameters() if p.requires_grad]
        loss = torch.stack(outputs).sum()
        gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
        found = [each.detach() for each in outputs], [g for g in gradients if g is not None]
        self.network.float()
        return found

    def gradient(self, rows: Tensor) -> Tensor:
        """Gradients of the loss on some rows, into the weights; the loss."""
        outputs = self.network(self.graphs.batch(rows))
        loss = masked_loss(outputs, {task: own[rows] for task, own in self.targets.items()})
        self.optimiser.zero_grad()
        loss.backward()
        return loss.detach()


def training(
    network: Network,
    graphs: Sequence[Data],
    targets: dict[str, Tensor],
    *,
    batch_size: int = TrainConfig().batch_size,
) -> Training:
    """Everything that an epoch over these graphs needs."""
    n_steps = -(-len(graphs) // batch_size)
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(graphs)))
    return Training(
        network=network,
        graphs=GraphTable(graphs),
        targets=targets,
        batches=tuple(order[k::n_steps] for k in range(n_steps)),
        optimiser=torch.optim.AdamW(network.parameters(), lr=1e-4, fused=True),
    )


def dft_rows(
    config: ModelConfig, *, split: str = "b2", most: int | None = None
) -> tuple[Dataset, Rows]:
    """The DFT set and the training rows of one of its splits.

    Raises:
        DataError: The DFT set is not there; the message says how to get it.
    """
    dataset = dataset_for(DATA, config, corrected=True, progress=False)
    rows, _ = training_rows(dataset.split(split), is_validate=False)
    return dataset, rows[:most]


def targets_of(dataset: Dataset, rows: Rows, tasks: tuple[str, ...]) -> dict[str, Tensor]:
    """Scaled targets of some rows."""
    references = rows_references(dataset, rows)
    found = scaled_targets(dataset, references, tasks)
    return {task: values[torch.from_numpy(rows)] for task, values in found.items()}


def with_lattice(graphs: Sequence[Data], dataset: Dataset, rows: Rows) -> list[Data]:
    """The graphs with the parent lattices of their rows."""
    for graph, row in zip(graphs, rows, strict=True):
        graph.lattice = dataset.graphs[row].lattice
    return list(graphs)


def largest_difference(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> float:
    """Largest difference of any number, over the largest number of its tensor."""
    return max(
        float((a - b).detach().abs().max() / b.detach().abs().max().clamp(min=1e-12))
        for a, b in zip(ours, theirs, strict=True)
    )


def repeated(cells: Sequence[Structure], times: int) -> list[Structure]:
    """The same crystals in cells with so many times the atoms, along the first axis."""
    return [cell * (times, 1, 1) for cell in cells]
