"""Element graphs of random alloys without a cell: infinite, on an ideal lattice, exact.

In an infinite random alloy every site holds element b with probability c_b, whatever sits beside
it. So an atom sees c_b Z_s atoms of b in a shell of Z_s sites at the distance r_s, and

    g_ab[k] = c_b * sum over shells s of Z_s hat_k(r_s)

for every a: one row of the radial grid, which depends on the volume per atom alone, times a share.
The graphs of random cells scatter around this one, less the larger they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from pymatgen.core import Element
from torch import Tensor
from torch_geometric.data import Data
from vesin import NeighborList

from heanet.data.elementgraph import DEFAULT_GRID, ROUNDING, STENCIL, RadialGrid
from heanet.data.ideallattice import atomic_volume, ideal_sites, sites_per_cell
from heanet.errors import StructureError
from heanet.properties import LATTICES, Lattice

Array = NDArray[np.float64]
_SAME = 6  # decimals in which distances of one shell agree, on a lattice of 1 Angstrom^3 a site
_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class PairRows:
    """The rows g_ab of many random alloys, not multiplied out.

    It stands where a network reads ``edge_attr``. A network only ever multiplies those rows by its
    filters, and that is done once per alloy here instead of once per pair of elements.

    Attributes:
        shells: Sum over the shells of each alloy, (n_structures, n_bins).
        structure: Row of the alloy that a pair belongs to, (n_pairs,).
        share: Atomic fraction of the pair's element b, (n_pairs,).
    """

    shells: Tensor
    structure: Tensor
    share: Tensor

    def __matmul__(self, filters: Tensor) -> Tensor:
        """g_ab times filters on the grid: (n_bins, n_filters) -> (n_pairs, n_filters)."""
        return self.share[:, None] * (self.shells @ filters)[self.structure]

    def dense(self) -> Tensor:
        """The rows themselves, (n_pairs, n_bins)."""
        return self.share[:, None] * self.shells[self.structure]


def random_alloy_graph(
    shares: Mapping[str, float], lattice: Lattice, grid: RadialGrid = DEFAULT_GRID
) -> Data:
    """The element graph of one random alloy at the volume that the builder gives it.

    Args:
        shares: Atomic fraction by element; they sum to one, and those of zero do not matter.
        lattice: Parent lattice.
        grid: Radial grid of the pair distances.

    Returns:
        Data as of ``element_graph``, with ``lattice`` (1,); ``n_atoms`` is one, as there is no
        cell to count.

    Raises:
        StructureError: The shares are no composition, or the volume of an element is not known.
    """
    table = np.array([list(shares.values())])
    batch = random_alloy_batch(list(shares), table, [lattice], grid)
    return Data(
        z=batch.z,
        fraction=batch.fraction,
        edge_index=batch.edge_index,
        edge_attr=batch.edge_attr.dense(),
        n_atoms=batch.n_atoms,
        lattice=batch.lattice,
        num_nodes=len(batch.z),
    )


def random_alloy_batch(
    elements: Sequence[str],
    shares: Array,
    lattices: Sequence[Lattice],
    grid: RadialGrid = DEFAULT_GRID,
) -> Data:
    """The element graphs of many random alloys as the one graph that a network reads.

    Args:
        elements: Symbols, in the order of the columns of ``shares``.
        shares: Atomic fractions, (n_structures, n_elements).
        lattices: Parent lattices, (n_structures,).
        grid: Radial grid of the pair distances.

    Returns:
        Data with ``z``, ``fraction``, ``batch`` (n_all_elements,), ``edge_index`` (2, n_pairs),
        ``edge_attr`` a ``PairRows``, ``lattice`` and ``n_atoms`` (n_structures,).

    Raises:
        StructureError: A row is no composition, or the volume of an element is not known.
    """
    _check_shares(shares)
    numbers = np.array([Element(symbol).Z for symbol in elements])
    order = np.argsort(numbers)
    numbers, shares = numbers[order], shares[:, order]
    volumes = shares @ np.array([atomic_volume(elements[i]) for i in order])
    shells = np.zeros((len(shares), grid.n_bins))
    for lattice in set(lattices):
        rows = np.array([one == lattice for one in lattices])
        shells[rows] = shell_rows(volumes[rows], lattice, grid)
    present = shares > 0
    structure, column = np.nonzero(present)
    node = np.cumsum(present).reshape(present.shape) - 1  # of an element of a structure
    of, target, source = np.nonzero(present[:, :, None] & present[:, None, :])
    return Data(
        z=torch.from_numpy(numbers[column]),
        fraction=torch.from_numpy(shares[present]).float(),
        batch=torch.from_numpy(structure),
        edge_index=torch.from_numpy(np.stack([node[of, source], node[of, target]])),
        edge_attr=PairRows(
            shells=torch.from_numpy(shells).float(),
            structure=torch.from_numpy(of),
            share=torch.from_numpy(shares[of, source]).float(),
        ),
        lattice=torch.tensor([LATTICES.index(lattice) for lattice in lattices]),
        n_atoms=torch.ones(len(shares), dtype=torch.int64),
        num_nodes=len(structure),
    )


def shell_rows(volumes: Array, lattice: Lattice, grid: RadialGrid) -> Array:
    """Sum over the shells of Z_s hat_k(r_s), (n_structures, n_bins).

    Args:
        volumes: Volume per atom, (n_structures,), Angstrom^3.
        lattice: Parent lattice.
        grid: Radial grid.
    """
    edges = np.cbrt(volumes)
    reach = (grid.cutoff + ROUNDING) / edges.min()
    unit, sites = lattice_shells(lattice, reach)
    distances = edges[:, None] * unit
    row, shell = np.nonzero(distances <= grid.cutoff + ROUNDING)
    first, weights = grid.weights(distances[row, shell])
    slots = (row * grid.n_bins + first)[:, None] + np.arange(STENCIL)
    counted = weights * sites[shell][:, None]
    size = len(volumes) * grid.n_bins
    sums = np.bincount(slots.ravel(), weights=counted.ravel(), minlength=size).astype(np.float64)
    return sums.reshape(-1, grid.n_bins)


@lru_cache(maxsize=64)
def lattice_shells(lattice: Lattice, reach: float) -> tuple[Array, Array]:
    """Distances and numbers of sites of the shells around a site, at 1 Angstrom^3 a site.

    Args:
        lattice: fcc, bcc or hcp; all sites of each see the same shells.
        reach: Largest distance, Angstrom.

    Returns:
        Two arrays (n_shells,), the nearest shell first.
    """
    cell = ideal_sites(lattice, sites_per_cell(lattice))
    neighbours = NeighborList(cutoff=reach * (1 + 1e-9), full_list=True)
    centre, distance = neighbours.compute(
        cell.cart_coords, cell.lattice.matrix, periodic=True, quantities="id"
    )
    own = distance[centre == 0]
    _, shell, sites = np.unique(own.round(_SAME), return_inverse=True, return_counts=True)
    return np.bincount(shell, weights=own) / sites, sites.astype(np.float64)


def _check_shares(shares: Array) -> None:
    sums = shares.sum(axis=1)
    wrong = (shares < 0).any(axis=1) | ~(np.abs(sums - 1) < _SUM_TOLERANCE)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise StructureError(
            f"Atomic fractions {' '.join(f'{share:g}' for share in shares[row])}",
            expected="none below zero, and a sum of one",
        )
