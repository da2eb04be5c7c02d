"""HEANet: a multi-task network on element graphs.

Elemental convolution after X. Wang et al., npj Comput. Mater. 8 (2022),
doi 10.1038/s41524-022-00945-x, with these deviations: the sum over atoms is done beforehand
(heanet.data.elementgraph), pairs are periodic and end smoothly at the cutoff, element states are
updated between layers, the parent lattice is an input, every task has a tower of its own, and
elements are weighed by their atomic fraction, so that a prediction does not grow with the number
of elements.
"""

import math

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch
from torch_geometric.utils import scatter

from heanet.config import ModelConfig
from heanet.data.elementgraph import RadialGrid
from heanet.nn.layers import ElementConv, FilterBasis, tower
from heanet.nn.network import Network
from heanet.properties import LATTICES

N_ELEMENTS = 119  # atomic numbers 1-118; row 0 stays unused
# Mean volume per atom that sets the scale of the messages; a constant, not a fit.
TYPICAL_VOLUME = 12.0  # Angstrom^3


def grid_of(config: ModelConfig) -> RadialGrid:
    """The radial grid that a network's element graphs must have.

    Its spacing is the largest one up to the configured that divides the cutoff.
    """
    spacings = math.ceil(config.cutoff / config.spacing - 1e-9)
    return RadialGrid(cutoff=config.cutoff, spacing=config.cutoff / spacings)


class HEANet(Network):
    """Element graphs -> scaled residuals per task.

    Args:
        config: Shape of the network.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config: ModelConfig = config
        grid = grid_of(config)
        neighbours = 4 / 3 * torch.pi * config.cutoff**3 / TYPICAL_VOLUME
        self.element = nn.Embedding(N_ELEMENTS, config.hidden_channels)
        self.lattice = nn.Embedding(len(LATTICES), config.hidden_channels)
        self.basis = FilterBasis(
            torch.from_numpy(grid.radii).float(),
            cutoff=config.cutoff,
            n_gaussian=config.n_gaussian,
            width=config.gaussian_width,
        )
        self.convolutions = nn.ModuleList(
            ElementConv(
                config.hidden_channels,
                config.n_filters,
                n_gaussian=config.n_gaussian,
                norm=neighbours**0.5,
            )
            for _ in range(config.n_interactions)
        )
        self.towers = nn.ModuleDict(
            {
                task: tower(
                    config.hidden_channels,
                    config.tower_h1,
                    config.tower_h2,
                    dropout=config.dropout,
                )
                for task in config.tasks
            }
        )

    def states(self, batch: Batch) -> Tensor:
        """Element states after the last convolution, (n_elements, hidden_channels)."""
        state = self.element(batch.z) + self.lattice(batch.lattice)[batch.batch]
        for convolution in self.convolutions:
            state = convolution(state, batch.edge_index, batch.edge_attr, self.basis)
        return state

    def contributions(self, batch: Batch) -> dict[str, Tensor]:
        """tower_k(t_a) for every element of every structure, (n_elements,) per task, scaled."""
        state = self.states(batch)
        return {task: head(state).squeeze(-1) for task, head in self.towers.items()}

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """y_k = sum_a c_a tower_k(t_a), (n_structures,) per task, scaled.

        Args:
            batch: Element graphs on this network's grid, with ``lattice`` (n_structures,).
        """
        return {
            task: scatter(
                batch.fraction * value, batch.batch, dim_size=batch.num_graphs, reduce="sum"
            )
            for task, value in self.contributions(batch).items()
        }
