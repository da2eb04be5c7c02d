"""What HEANet must beat: a network on atoms, and models that know the composition only.

``SchNet`` (K. T. Schuett et al., J. Chem. Phys. 148, 241722 (2018), doi 10.1063/1.5019779) passes
messages from atom to atom with the interaction blocks of torch_geometric. It gets what HEANet
gets: periodic neighbours, the parent lattice, the same references, scaling and towers, and the mean
over atoms as readout. ``composition_gp`` and ``training_mean`` see no geometry at all.
"""

import warnings
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pymatgen.core import Structure
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Kernel, WhiteKernel
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch_geometric.data import Batch, Data
from torch_geometric.nn.models.schnet import CFConv, GaussianSmearing, InteractionBlock
from torch_geometric.utils import scatter

from heanet.config import NetworkConfig
from heanet.data.neighbours import neighbour_pairs
from heanet.nn.layers import tower
from heanet.nn.model import N_ELEMENTS
from heanet.nn.network import Network
from heanet.properties import LATTICES

Array = NDArray[np.float64]

# Distances are rounded to this before a filter is looked up; filters vary over tenths.
FILTER_STEP = 0.002  # Angstrom
# 64 filters of them fill a quarter of a megabyte.
_EDGES_AT_ONCE = 1024
# Length and noise that the likelihood is climbed from. One start alone ends on a side peak for some
# tasks and rows, with up to twice the error.
_STARTS = ((1.0, 1e-2), (0.3, 1e-1), (3.0, 1e-1))


class SchNetConfig(NetworkConfig):
    """Shape of the SchNet baseline; widths are those of HEANet."""

    hidden_channels: Annotated[int, Field(ge=1)] = 128
    """Width of an atom's state."""
    n_filters: Annotated[int, Field(ge=1)] = 64
    """Width of the messages."""
    n_interactions: Annotated[int, Field(ge=0)] = 3
    """Number of interaction blocks; three of them see three cutoffs far."""
    n_gaussian: Annotated[int, Field(ge=2)] = 32
    """Gaussians under each filter, evenly on [0, cutoff]."""
    cutoff: Annotated[float, Field(gt=0)] = 4.0
    """Angstrom; two shells of fcc. A fifth of the edges of 6 Angstrom, which take hours."""
    tower_h1: Annotated[int, Field(ge=1)] = 128
    """First hidden width of a tower."""
    tower_h2: Annotated[int, Field(ge=1)] = 64
    """Second hidden width of a tower."""


def atom_graph(structure: Structure, *, cutoff: float) -> Data:
    """The atom graph of a periodic cell.

    Args:
        structure: Ordered cell.
        cutoff: Angstrom.

    Returns:
        Data with ``z`` (n_atoms,) atomic numbers, ``edge_index`` (2, n_edges) from the atom heard
        (row 0) to the atom that hears (row 1), and ``distance_bin`` (n_edges,), the distance in
        whole FILTER_STEPs.
    """
    pairs = neighbour_pairs(structure, cutoff)
    return Data(
        z=torch.tensor([site.specie.Z for site in structure]),
        edge_index=torch.from_numpy(np.stack([pairs.second, pairs.first])),
        distance_bin=torch.from_numpy(np.rint(pairs.distances / FILTER_STEP).astype(np.int64)),
        num_nodes=len(structure),
    )


class TabulatedConv(CFConv):
    """The continuous-filter convolution of torch_geometric, its filter evaluated on a fine table.

    A filter is a function of the distance alone. Evaluating it on every node of a table and looking
    it up is the same function at distances rounded to FILTER_STEP, for a fraction of the work.
    """

    def forward(
        self, x: Tensor, edge_index: Tensor, edge_weight: Tensor, edge_attr: Tensor
    ) -> Tensor:
        """New messages.

        Args:
            x: Atom states, (n_atoms, hidden_channels).
            edge_index: (2, n_edges).
            edge_weight: Node of the table of each edge, (n_edges,).
            edge_attr: Radii and Gaussians of the table, (n_nodes, 1 + n_gaussian).

        Returns:
            (n_atoms, hidden_channels).
        """
        radii, gaussians = edge_attr[:, 0], edge_attr[:, 1:]
        envelope = 0.5 * ((radii * torch.pi / self.cutoff).cos() + 1.0)
        filters = self.nn(gaussians) * envelope[:, None]  # (n_nodes, n_filters)
        received = _EdgeSum.apply(self.lin1(x), filters, edge_index, edge_weight)
        mixed: Tensor = self.lin2(received)
        return mixed


class _EdgeSum(torch.autograd.Function):
    """What every atom hears: ``sum_j states_j * filters[bin_ij]``, edges taken a few at a time.

    The same sums as ``propagate``, on one thread bit for bit. Only the messages of _EDGES_AT_ONCE
    edges exist at a time, and stay in the processor's cache: a training step takes half the time.
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx, states: Tensor, filters: Tensor, edge_index: Tensor, bins: Tensor
    ) -> Tensor:
        """(n_atoms, n_filters); states (n_atoms, n_filters), filters (n_nodes, n_filters)."""
        ctx.save_for_backward(states, filters, edge_index, bins)
        heard = torch.zeros_like(states)
        for (source, target), node in _edge_chunks(edge_index, bins):
            messages = filters.index_select(0, node).mul_(states.index_select(0, source))
            heard.index_add_(0, target, messages)
        return heard

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401
        """Gradients of the states and of the filters."""
        states, filters, edge_index, bins = ctx.saved_tensors
        of_states, of_filters = torch.zeros_like(states), torch.zeros_like(filters)
        for (source, target), node in _edge_chunks(edge_index, bins):
            heard = gradient.index_select(0, target)
            of_filters.index_add_(0, node, heard * states.index_select(0, source))
            of_states.index_add_(0, source, heard.mul_(filters.index_select(0, node)))
        return of_states, of_filters, None, None


def _edge_chunks(edge_index: Tensor, bins: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Pieces of the edges: (2, n) atoms and (n,) nodes of the table."""
    return zip(edge_index.split(_EDGES_AT_ONCE, dim=1), bins.split(_EDGES_AT_ONCE), strict=True)


class SchNet(Network):
    """Atom graphs -> scaled residuals per task.

    Args:
        config: Shape of the network.
    """

    def __init__(self, config: SchNetConfig) -> None:
        super().__init__()
        self.config: SchNetConfig = config
        hidden = config.hidden_channels
        self.element = nn.Embedding(N_ELEMENTS, hidden)
        self.lattice = nn.Embedding(len(LATTICES), hidden)
        radii = torch.arange(round(config.cutoff / FILTER_STEP) + 1) * FILTER_STEP
        gaussians = GaussianSmearing(0.0, config.cutoff, config.n_gaussian)(radii)
        self.register_buffer("table", torch.cat([radii[:, None], gaussians], 1), persistent=False)
        self.blocks = nn.ModuleList(_block(config) for _ in range(config.n_interactions))
        self.towers = nn.ModuleDict(
            {
                task: tower(hidden, config.tower_h1, config.tower_h2, dropout=0.0)
                for task in config.tasks
            }
        )

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Mean over the atoms of each task's tower, (n_structures,) per task, scaled.

        Args:
            batch: Graphs of ``atom_graph``, with ``lattice`` (n_structures,).
        """
        state = self.element(batch.z) + self.lattice(batch.lattice)[batch.batch]
        for block in self.blocks:
            state = state + block(state, batch.edge_index, batch.distance_bin, self.table)
        return {
            task: scatter(
                head(state).squeeze(-1), batch.batch, dim_size=batch.num_graphs, reduce="mean"
            )
            for task, head in self.towers.items()
        }


def _block(config: SchNetConfig) -> InteractionBlock:
    """An interaction block of torch_geometric with the tabulated convolution."""
    hidden, n_filters = config.hidden_channels, config.n_filters
    block = InteractionBlock(hidden, config.n_gaussian, n_filters, config.cutoff)
    block.conv = TabulatedConv(hidden, hidden, n_filters, block.mlp, config.cutoff)
    return block


def composition_features(fractions: Array, lattices: NDArray[np.int64]) -> Array:
    """Atomic fractions and the parent lattice as 0 or 1, (n_structures, n_elements + n_lattices).

    Args:
        fractions: (n_structures, n_elements).
        lattices: Index into LATTICES, (n_structures,).
    """
    return np.hstack([fractions, np.eye(len(LATTICES))[lattices]])


def composition_gp(features: Array, values: Array, wanted: Array) -> Array:
    """A Gaussian process on composition and parent lattice: fitted, then asked.

    Constant x squared-exponential kernel with one length per element and lattice, plus noise; all
    of them by marginal likelihood (scikit-learn), climbed from several starts.

    Args:
        features: Of the training rows, (n_training, n_features).
        values: Their labels, (n_training,); rows without a label are left out.
        wanted: Features of the rows to predict, (n_structures, n_features).

    Returns:
        (n_structures,), NaN if no training row has a label.
    """
    labelled = np.isfinite(values)
    if not labelled.any():
        return np.full(len(wanted), np.nan)
    scale = StandardScaler().fit(values[labelled, None])
    scaled = scale.transform(values[labelled, None])[:, 0]
    processes = [
        GaussianProcessRegressor(_kernel(features.shape[1], length=length, noise=noise))
        for length, noise in _STARTS
    ]
    with warnings.catch_warnings():
        # A length at its bound says that a feature does not matter; that is an answer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for process in processes:
            process.fit(features[labelled], scaled)
    best = max(processes, key=lambda process: process.log_marginal_likelihood_value_)
    found: Array = scale.inverse_transform(best.predict(wanted)[:, None])[:, 0]
    return found


def _kernel(n_features: int, *, length: float, noise: float) -> Kernel:
    """Where the likelihood is climbed from, and how far it may be."""
    lengths = RBF(np.full(n_features, length), (1e-2, 1e3))
    return ConstantKernel(1.0, (1e-2, 1e4)) * lengths + WhiteKernel(noise, (1e-8, 1e1))


def training_mean(values: Array, n_structures: int) -> Array:
    """The mean of the training labels for every structure, (n_structures,)."""
    return np.full(n_structures, np.nanmean(values) if np.isfinite(values).any() else np.nan)
