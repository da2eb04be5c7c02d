"""The published network as a function of element-pair distance distributions, for training it.

In the published network (heanet.nn.published) the atoms' features are never updated, so what the
atoms of element a receive from those of element b depends on their distances alone, and the sum
over atoms can be done once, before training: the same outputs and gradients for a fraction of the
work. Everything else is as published: which atoms are heard (no periodic images, the first 33 in
file order), sums over elements without weights, and labels as targets.
"""

from typing import cast

import numpy as np
import torch
from pymatgen.core import Structure
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter

from heanet.config import NetworkConfig
from heanet.data.elementgraph import RadialGrid, pair_distributions
from heanet.nn.network import Network
from heanet.nn.published import (
    CUTOFF,
    Interaction,
    PublishedNet,
    PublishedWidths,
    published_edges,
)

GRID = RadialGrid(cutoff=CUTOFF, spacing=0.025)
# No two atoms come closer; keeps the envelope finite on nodes that no distance touches.
_CLOSEST = 0.5  # Angstrom


class PublishedConfig(NetworkConfig):
    """Shape of the published network: as published, whatever the tasks."""


def published_element_graph(structure: Structure) -> Data:
    """Who hears whom in the published network, summed over the atoms of each element pair.

    Args:
        structure: Ordered cell, its sites in file order (the result depends on it).

    Returns:
        Data with ``z`` (n_elements,), ``edge_index`` (2, n_pairs) from element b to element a and
        ``edge_attr`` (n_pairs, n_bins), as of ``heanet.data.elementgraph.element_graph``.
    """
    numbers = np.array([site.specie.Z for site in structure])
    elements, member, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    (heard, hears), distance = published_edges(structure)
    distributions = pair_distributions((hears, heard), distance, member, counts, GRID)
    target, source = np.divmod(np.arange(len(elements) ** 2), len(elements))
    return Data(
        z=torch.from_numpy(elements.astype(np.int64)),
        edge_index=torch.from_numpy(np.stack([source, target])),
        edge_attr=torch.from_numpy(distributions).float(),
        num_nodes=len(elements),
    )


class PublishedElementNet(Network):
    """The published network on element graphs; its weights are those of a ``PublishedNet``.

    Args:
        config: Tasks.
    """

    learns_residuals = False
    radii: Tensor

    def __init__(self, config: PublishedConfig) -> None:
        super().__init__()
        self.config: PublishedConfig = config
        self.net = PublishedNet(PublishedWidths(n_tasks=len(config.tasks)))
        radii = torch.from_numpy(GRID.radii).float().clamp(min=_CLOSEST)
        self.register_buffer("radii", radii, persistent=False)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """y_k = sum_a tower_k(t_a) in the units of the tasks, (n_structures,) per task.

        Args:
            batch: Graphs of ``published_element_graph``.
        """
        net = self.net
        h = net.embedding(batch.z)  # (n_elements, hidden_channels)
        gaussians = net.distance_expansion(self.radii)
        state = h
        for block in (cast("Interaction", each) for each in net.interactions):
            filters = block.filters(gaussians, self.radii)  # (n_bins, n_filters)
            state = state + block.from_distributions(h, batch.edge_index, batch.edge_attr, filters)
        return {
            task: scatter(
                net.tower_layers[k](state).squeeze(-1),
                batch.batch,
                dim_size=batch.num_graphs,
                reduce="sum",
            )
            for k, task in enumerate(self.config.tasks)
        }
