"""The published network, exactly as its checkpoints need it.

Source: X. Wang et al., npj Comput. Mater. 8 (2022), doi 10.1038/s41524-022-00945-x. For the atoms
i of the elements a of a structure, with ssp(x) = softplus(x) - ln 2:

    t_a <- embedding(a);   h_j = embedding(element of j)
    t_a <- t_a + lin_l(ssp(lin2_l(1/N_a sum_{i in a} sum_j lin1_l(h_j) * W_l(d_ij))))   per block l
    W_l(d) = MLP_l(Gaussians(d)) * (10 / (d^2 + 1e-10) - 1)
    y_k = sum_a tower_k(t_a)

What it does that HEANet (heanet.nn.model) does otherwise, kept here because the weights were fitted
with it:

- Atoms see the atoms of the cell alone, no periodic images; and of those only the first 33 in file
  order (``published_edges``). So the answer depends on the order of the atoms in the file, on the
  choice of unit cell and on its size.
- h_j is never updated: three blocks add three functions of the same pair distances.
- 10 / d^2 - 1 is no cutoff function: it changes sign at 3.2 Angstrom and is -0.9 at 10 Angstrom,
  where a pair drops out with a jump.
- The sum over elements has no weights: an alloy with five elements adds up five contributions of
  full size, whatever its composition.
- All towers share their first two layers; a task's own is the last layer alone.
- It puts out labels in their units, etot included; there are no references and no scaling.

Module names are those of the state dicts, so that a network reads and writes the published form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.spatial.distance import cdist
from torch import Tensor, nn
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter

from heanet.errors import CheckpointError
from heanet.nn.layers import ShiftedSoftplus

CUTOFF = 10.0  # Angstrom; also the 10 of the filter's envelope
MAX_NEIGHBOURS = 33  # the atom itself among them
# In the files, but without effect on any output.
_UNUSED = ("atomic_mass", "lin1.weight", "lin1.bias", "lin2.weight", "lin2.bias")
MOST_WIDE = 1024  # of any part; the widest published one has 128
_SHOWN = 4  # differences that an error message names


@dataclass(frozen=True)
class PublishedWidths:
    """Everything that fixes the shape of a published network; defaults as published.

    Attributes:
        n_tasks: Towers.
        n_embedding: Rows of the embedding: atomic numbers 0 to n_embedding - 1.
        hidden_channels: Width of an element's state.
        n_filters: Width of the messages.
        n_interactions: Blocks.
        n_gaussian: Gaussians under each filter.
        tower_h1: First hidden width of the towers.
        tower_h2: Second hidden width of the towers.
    """

    n_tasks: int
    n_embedding: int = 100
    hidden_channels: int = 128
    n_filters: int = 64
    n_interactions: int = 3
    n_gaussian: int = 50
    tower_h1: int = 128
    tower_h2: int = 64


class GaussianExpansion(nn.Module):
    """exp(-(d - offset)^2 / (2 spacing^2)) for offsets evenly on [0, 10] Angstrom."""

    offset: Tensor

    def __init__(self, n_gaussian: int) -> None:
        super().__init__()
        self.register_buffer("offset", torch.linspace(0, CUTOFF, n_gaussian))

    def forward(self, distance: Tensor) -> Tensor:
        """(n_edges,) in Angstrom -> (n_edges, n_gaussian)."""
        spacing = self.offset[1] - self.offset[0]
        return torch.exp(-0.5 * ((distance[:, None] - self.offset) / spacing) ** 2)


class Interaction(nn.Module):
    """One block: what the atoms of each element receive, added to that element's state."""

    def __init__(self, widths: PublishedWidths) -> None:
        super().__init__()
        hidden, n_filters = widths.hidden_channels, widths.n_filters
        self.mlp = nn.Sequential(
            nn.Linear(widths.n_gaussian, n_filters),
            ShiftedSoftplus(),
            nn.Linear(n_filters, n_filters),
        )
        lin1 = nn.Linear(hidden, n_filters, bias=False)
        # The files hold the filter a second time, as a part of the convolution.
        self.conv = nn.ModuleDict(
            {"nn": self.mlp, "lin1": lin1, "lin2": nn.Linear(n_filters, hidden)}
        )
        self.lin = nn.Linear(hidden, hidden)
        self.activation = ShiftedSoftplus()
        self._reset()

    def _reset(self) -> None:
        """The published start: Glorot weights, and no offsets but that of the last filter layer."""
        layers = (self.mlp[0], self.mlp[2], self.conv["lin1"], self.conv["lin2"], self.lin)
        for layer in cast("tuple[nn.Linear, ...]", layers):
            nn.init.xavier_uniform_(layer.weight)
        for layer in cast("tuple[nn.Linear, ...]", (self.mlp[0], self.conv["lin2"], self.lin)):
            nn.init.zeros_(layer.bias)

    def forward(self, h: Tensor, batch: Batch, gaussians: Tensor, member: Tensor) -> Tensor:
        """What is added to the element states.

        Args:
            h: Embedding of every atom, (n_atoms, hidden_channels).
            batch: Graphs of ``published_graph``.
            gaussians: (n_edges, n_gaussian).
            member: The element, as a row of the states, of every atom, (n_atoms,).

        Returns:
            (n_elements, hidden_channels).
        """
        source, target = batch.edge_index
        filters = self.filters(gaussians, batch.distance)  # (n_edges, n_filters)
        messages = self.conv["lin1"](h)[source] * filters  # (n_edges, n_filters)
        received = scatter(messages, target, dim_size=len(h), reduce="sum")  # (n_atoms, n_filters)
        return self.added(scatter(received, member, reduce="mean"))

    def from_distributions(
        self, h: Tensor, edge_index: Tensor, distributions: Tensor, filters: Tensor
    ) -> Tensor:
        """The same from pair distributions, in which the sums over atoms are already taken.

        Args:
            h: Embedding of every element, (n_elements, hidden_channels).
            edge_index: Element b to element a, (2, n_pairs).
            distributions: (n_pairs, n_bins).
            filters: On the nodes of the radial grid, (n_bins, n_filters).

        Returns:
            (n_elements, hidden_channels).
        """
        source, target = edge_index
        messages = self.conv["lin1"](h)[source] * (distributions @ filters)
        return self.added(scatter(messages, target, dim_size=len(h), reduce="sum"))

    def filters(self, gaussians: Tensor, distance: Tensor) -> Tensor:
        """W_l, (n_edges, n_filters), from Gaussians (n_edges, n_gaussian) and Angstrom."""
        filters: Tensor = self.mlp(gaussians) * (CUTOFF / (distance**2 + 1e-10) - 1)[:, None]
        return filters

    def added(self, mean: Tensor) -> Tensor:
        """lin_l(ssp(lin2_l(.))) of what the elements' atoms receive on average."""
        added: Tensor = self.lin(self.activation(self.conv["lin2"](mean)))
        return added


class PublishedNet(nn.Module):
    """Atom graphs -> labels, (n_structures, n_tasks), in the order and units of the tasks.

    Args:
        widths: Shape of the network.
    """

    def __init__(self, widths: PublishedWidths) -> None:
        super().__init__()
        self.widths = widths
        self.embedding = nn.Embedding(widths.n_embedding, widths.hidden_channels)
        self.distance_expansion = GaussianExpansion(widths.n_gaussian)
        self.interactions = nn.ModuleList(Interaction(widths) for _ in range(widths.n_interactions))
        self.tower_lin1 = nn.Linear(widths.hidden_channels, widths.tower_h1)
        self.tower_lin2 = nn.Linear(widths.tower_h1, widths.tower_h2)
        self.tower_layers = nn.ModuleList(
            nn.Sequential(
                self.tower_lin1,
                ShiftedSoftplus(),
                self.tower_lin2,
                ShiftedSoftplus(),
                nn.Linear(widths.tower_h2, 1),
            )
            for _ in range(widths.n_tasks)
        )

    def forward(self, batch: Batch) -> Tensor:
        """y_k = sum_a tower_k(t_a), (n_structures, n_tasks).

        Args:
            batch: Graphs of ``published_graph``; atomic numbers below ``n_embedding``.
        """
        n_embedding = self.widths.n_embedding
        # One row per element of each structure, named by the two together.
        rows, member = torch.unique(batch.batch * n_embedding + batch.z, return_inverse=True)
        state = self.embedding(rows % n_embedding)  # (n_elements, hidden_channels)
        h = self.embedding(batch.z)
        gaussians = self.distance_expansion(batch.distance)
        for interaction in self.interactions:
            state = state + interaction(h, batch, gaussians, member)
        towers = torch.cat([tower(state) for tower in self.tower_layers], dim=1)
        return scatter(towers, rows // n_embedding, dim_size=batch.num_graphs, reduce="sum")


def published_edges(structure: Structure) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Who hears whom in the published network; depends on the order of the atoms.

    For each atom i the atoms j of the cell are walked in file order, those with d_ij < 10 Angstrom
    are taken, i itself counts, and after 33 the walk ends; then i itself is dropped. Atoms that
    come late in a large cell are heard by few or none. No periodic images.

    Args:
        structure: Ordered cell, its sites in file order.

    Returns:
        Indices (2, n_edges), row 0 the atom j heard and row 1 the atom i that hears, and
        distances (n_edges,) in Angstrom.
    """
    distances = cdist(structure.cart_coords, structure.cart_coords)
    within = distances < CUTOFF
    taken = within & (np.cumsum(within, axis=1) <= MAX_NEIGHBOURS)
    np.fill_diagonal(taken, val=False)
    hears, heard = np.nonzero(taken)
    return np.stack([heard, hears]), distances[hears, heard]


def published_graph(structure: Structure) -> Data:
    """The atom graph that the published network takes.

    Args:
        structure: Ordered cell, its sites in file order.

    Returns:
        Data with ``z`` (n_atoms,) atomic numbers, ``edge_index`` (2, n_edges) and ``distance``
        (n_edges,), Angstrom.
    """
    edge_index, distance = published_edges(structure)
    z = torch.tensor([site.specie.Z for site in structure])
    return Data(
        z=z,
        edge_index=torch.from_numpy(edge_index),
        distance=torch.from_numpy(distance).float(),
        num_nodes=len(z),
    )


def read_state(state: Mapping[str, Tensor]) -> PublishedNet:
    """The network of a published state dict, in inference mode; widths are those of its tensors.

    Raises:
        CheckpointError: Tensors are missing, unknown, of another shape, not finite or not real
            numbers, the Gaussians are others, or tensors that are stored twice differ. The message
            names them.
    """
    used = {key: value for key, value in state.items() if key not in _UNUSED}
    widths = _widths(used)
    _refuse([f"{key} is {n}" for key, n in vars(widths).items() if n > MOST_WIDE])
    net = PublishedNet(widths)
    own = net.state_dict()
    offset = own["distance_expansion.offset"].clone()
    _refuse(_differences(own, used))
    net.load_state_dict(used)
    # Loading fills shared tensors once per name: where the names disagree, the last one stands.
    _refuse(
        [
            f"{key} contradicts the tensor that it is a copy of"
            for key, value in net.state_dict().items()
            if not torch.equal(value, used[key].to(value.dtype))
        ]
    )
    if not torch.allclose(net.distance_expansion.offset, offset, atol=1e-4):
        _refuse([f"distance_expansion.offset is not even on 0 to {CUTOFF:g} Angstrom"])
    return net.eval().requires_grad_(requires_grad=False)


def _widths(state: Mapping[str, Tensor]) -> PublishedWidths:
    """Widths by the tensors' shapes; what cannot be told is as published."""

    def size(key: str, dim: int, default: int) -> int:
        shape = state[key].shape if key in state else ()
        return shape[dim] if len(shape) > dim and shape[dim] > 0 else default

    def count(prefix: str) -> int:
        numbers = {key.split(".")[1] for key in state if key.startswith(prefix)}
        return len(numbers)

    known = PublishedWidths(n_tasks=max(1, count("tower_layers.")))
    return PublishedWidths(
        n_tasks=known.n_tasks,
        n_embedding=size("embedding.weight", 0, known.n_embedding),
        hidden_channels=size("embedding.weight", 1, known.hidden_channels),
        n_filters=size("interactions.0.mlp.0.weight", 0, known.n_filters),
        n_interactions=max(1, count("interactions.")),
        n_gaussian=max(2, size("distance_expansion.offset", 0, known.n_gaussian)),
        tower_h1=size("tower_lin1.weight", 0, known.tower_h1),
        tower_h2=size("tower_lin2.weight", 0, known.tower_h2),
    )


def _differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """What keeps ``found`` from being loaded in place of ``expected``."""
    missing = [f"{key} is missing" for key in expected if key not in found]
    unknown = [f"{key} is unknown" for key in found if key not in expected]
    both = [(key, tuple(expected[key].shape), found[key]) for key in expected if key in found]
    shapes = [
        f"{key} is {tuple(value.shape)} in place of {shape}"
        for key, shape, value in both
        if tuple(value.shape) != shape
    ]
    values = [
        f"{key} holds values that are no finite real numbers"
        for key, _, value in both
        if not (value.is_floating_point() and bool(torch.isfinite(value).all()))
    ]
    return missing + unknown + shapes + values


def _refuse(differences: list[str]) -> None:
    """Raise if there are any."""
    if differences:
        more = len(differences) - _SHOWN
        text = ", ".join(differences[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        raise CheckpointError(
            f"The tensors are not those of a published network: {text}",
            expected="the state dict of the network of doi 10.1038/s41524-022-00945-x",
        )
