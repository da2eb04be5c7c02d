"""HEANet summed edge by edge: the same function on atom graphs, the sum over atoms taken last.

What an elemental convolution costs without the element graph: the filter is evaluated on every edge
and every atom receives its messages, before the mean over the atoms of each element is taken. The
weights are those of the network that it stands beside, so both give the same outputs and gradients
but for the interpolation on the radial grid.
"""

from typing import cast

import numpy as np
import torch
from pymatgen.core import Structure
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import scatter

from heanet.data.neighbours import neighbour_pairs
from heanet.nn.layers import ElementConv, smooth_cutoff
from heanet.nn.model import HEANet
from heanet.nn.network import Network


def edge_graph(structure: Structure, *, cutoff: float) -> Data:
    """The atom graph of a periodic cell.

    Args:
        structure: Ordered cell.
        cutoff: Angstrom.

    Returns:
        Data with ``z`` (n_atoms,), ``edge_index`` (2, n_edges) from the atom heard (row 0) to the
        atom that hears (row 1), and ``distance`` (n_edges,), Angstrom.
    """
    pairs = neighbour_pairs(structure, cutoff)
    return Data(
        z=torch.tensor([site.specie.Z for site in structure]),
        edge_index=torch.from_numpy(np.stack([pairs.second, pairs.first])),
        distance=torch.from_numpy(pairs.distances).float(),
        num_nodes=len(structure),
    )


class EdgeConv(MessagePassing):
    """What every atom receives: sum_j x_j * W(d_ij), by torch_geometric."""

    def __init__(self) -> None:
        super().__init__(aggr="sum", node_dim=0)

    def forward(self, x: Tensor, edge_index: Tensor, weight: Tensor) -> Tensor:
        """(n_atoms, n_filters) from the same and weights (n_edges, n_filters)."""
        received: Tensor = self.propagate(edge_index, x=x, weight=weight)
        return received

    def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
        """What atom j sends to atom i, (n_edges, n_filters)."""
        return x_j * weight


class EdgewiseHEANet(Network):
    """Atom graphs -> what the network gives for the element graphs of the same cells.

    Args:
        network: Its weights are used, not copied.
    """

    centres: Tensor

    def __init__(self, network: HEANet) -> None:
        super().__init__()
        self.config = network.config
        self.network = network
        self.gather = EdgeConv()
        centres = torch.linspace(0, network.config.cutoff, network.config.n_gaussian)
        self.register_buffer("centres", centres, persistent=False)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """(n_structures,) per task, scaled.

        Args:
            batch: Graphs of ``edge_graph``, with ``lattice`` (n_structures,).
        """
        net = self.network
        n_numbers = net.element.num_embeddings
        # One row per element of each structure, named by the two together.
        rows, member = torch.unique(batch.batch * n_numbers + batch.z, return_inverse=True)
        structure = rows // n_numbers
        gaussians, envelope = self._basis(batch.distance)
        state = net.element(rows % n_numbers) + net.lattice(batch.lattice)[structure]
        for conv in (cast("ElementConv", each) for each in net.convolutions):
            weight = conv.filter(gaussians) * envelope / conv.norm  # (n_edges, n_filters)
            heard = self.gather(conv.lin1(state)[member], batch.edge_index, weight)
            mean = scatter(heard, member, dim_size=len(rows), reduce="mean")
            state = state + conv.lin(conv.activation(conv.lin2(mean)))
        return {
            task: self._readout(cast("nn.Module", head)(state), batch, member)
            for task, head in net.towers.items()
        }

    def _basis(self, distance: Tensor) -> tuple[Tensor, Tensor]:
        """Gaussians (n_edges, n_gaussian) and envelope (n_edges, 1)."""
        config = self.network.config
        gaussians = torch.exp(
            -0.5 * ((distance[:, None] - self.centres) / config.gaussian_width) ** 2
        )
        return gaussians, smooth_cutoff(distance, config.cutoff)[:, None]

    @staticmethod
    def _readout(value: Tensor, batch: Batch, member: Tensor) -> Tensor:
        """Mean over the atoms of their elements' contributions, (n_structures,)."""
        per_atom = value.squeeze(-1)[member]
        return scatter(per_atom, batch.batch, dim_size=batch.num_graphs, reduce="mean")
