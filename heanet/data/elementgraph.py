"""Structure -> element graph: the sum over atoms, done once and before training.

In an elemental convolution (X. Wang et al., doi 10.1038/s41524-022-00945-x) the message from
atom j to atom i depends on the element of j and on the distance d_ij only, and messages are
averaged over the atoms of one element. So the sum over atoms can be taken first. For every
ordered pair of elements (a, b) and every node r_k of a radial grid

    g_ab[k] = 1/N_a * sum_{i in a} sum_{j in b, d_ij <= cutoff} hat_k(d_ij)

and for any filter W:  1/N_a sum_i sum_j W(d_ij) = sum_k g_ab[k] W(r_k), exactly for the
piecewise cubic interpolant of W on the grid. Each distance is shared between its four nearest
nodes with the weights of Lagrange interpolation, which makes the error fourth order in the
spacing (linear hats: second order; docs/decisions/001-radial-grid.md compares the two).

The graph is invariant under the order of atoms, rotation, translation, supercells and the choice
of unit cell, and its size does not depend on the number of atoms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pymatgen.core import Structure
from torch_geometric.data import Data
from vesin import NeighborList

from heanet.data.elements import formula
from heanet.data.neighbours import compact_cell
from heanet.errors import ConfigError, StructureError

STENCIL = 4
# Shells of ideal lattices often lie exactly on a round cutoff, where rounding would decide whether
# an atom counts. They count; a filter that is smooth at the cutoff gives them no weight.
ROUNDING = 1e-6  # Angstrom
# Edges that are shared between nodes at a time; bounds the memory of a cell of 100,000 atoms.
EDGES_AT_ONCE = 2**20


@dataclass(frozen=True)
class RadialGrid:
    """Nodes r_k = k * spacing from 0 to one node beyond the cutoff.

    Attributes:
        cutoff: Largest distance that counts, in Angstrom.
        spacing: Distance between nodes, in Angstrom; it divides the cutoff.
    """

    cutoff: float = 6.0
    spacing: float = 0.015

    def __post_init__(self) -> None:
        ratio = self.cutoff / self.spacing if self.spacing > 0 else 0.0
        if not (ratio >= STENCIL and abs(ratio - round(ratio)) < 1e-9 * ratio):
            raise ConfigError(
                f"Radial grid with cutoff {self.cutoff} and spacing {self.spacing} Angstrom",
                expected=f"a cutoff that is a whole number (>= {STENCIL}) of spacings",
            )

    @property
    def n_bins(self) -> int:
        """Number of nodes."""
        return round(self.cutoff / self.spacing) + 2

    @property
    def radii(self) -> NDArray[np.float64]:
        """Node positions, shape (n_bins,), Angstrom."""
        return np.arange(self.n_bins, dtype=np.float64) * self.spacing

    def weights(self, distances: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray]:
        """First node and the four weights of each distance.

        Args:
            distances: Shape (n_edges,), in [0, cutoff], Angstrom.

        Returns:
            First node of the stencil, shape (n_edges,), and weights, shape (n_edges, 4), that sum
            to one in each row.
        """
        position = distances / self.spacing
        first = np.clip(np.floor(position).astype(np.int64) - 1, 0, self.n_bins - STENCIL)
        t = position - first  # in units of the spacing, counted from the first node
        p, q, r, s = t, t - 1, t - 2, t - 3
        return first, np.stack([-q * r * s / 6, p * r * s / 2, -p * q * s / 2, p * q * r / 6]).T


DEFAULT_GRID = RadialGrid()


def element_graph(
    structure: Structure, *, grid: RadialGrid = DEFAULT_GRID, use_pbc: bool = True
) -> Data:
    """The element graph of a structure.

    Args:
        structure: Ordered periodic cell.
        grid: Radial grid of the pair distances.
        use_pbc: Count periodic images; False counts the atoms of the cell alone.

    Returns:
        Data with ``z`` (n_elements,) atomic numbers, ascending; ``fraction`` (n_elements,) atomic
        fractions; ``edge_index`` (2, n_pairs) from element b (row 0) to element a (row 1), all
        ordered pairs; ``edge_attr`` (n_pairs, n_bins) the distributions g_ab; ``n_atoms`` (1,).

    Raises:
        StructureError: A site is partially occupied.
    """
    if not structure.is_ordered:
        raise StructureError(
            f"Cell {formula(structure.composition, reduced=True)} has partially occupied sites",
            expected="one atom on every site",
            fix="Order it first (heanet.data.structures.order_sites).",
        )
    numbers = np.array([site.specie.Z for site in structure])
    elements, member, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    distributions = _distributions(structure, member, counts, grid, use_pbc=use_pbc)
    target, source = np.divmod(np.arange(len(elements) ** 2), len(elements))
    return Data(
        z=torch.from_numpy(elements.astype(np.int64)),
        fraction=torch.from_numpy(counts / counts.sum()).float(),
        edge_index=torch.from_numpy(np.stack([source, target])),
        edge_attr=torch.from_numpy(distributions).float(),
        n_atoms=torch.tensor([len(numbers)]),
        num_nodes=len(elements),
    )


def _distributions(
    structure: Structure,
    member: NDArray[np.int64],
    counts: NDArray[np.int64],
    grid: RadialGrid,
    *,
    use_pbc: bool,
) -> NDArray[np.float64]:
    """g_ab of a structure; arguments and result as in ``pair_distributions``."""
    # A compact cell holds the same crystal; without images the cell's own atoms must stay in place.
    if use_pbc:
        box, points = compact_cell(structure)
    else:
        box, points = structure.lattice.matrix, structure.cart_coords
    # Each pair once: i sees j as far away as j sees i.
    neighbours = NeighborList(cutoff=grid.cutoff + ROUNDING, full_list=False)
    one, other, distance = neighbours.compute(points, box, use_pbc, quantities="ijd")
    return pair_distributions((one, other), distance, member, counts, grid, both_ways=True)


def pair_distributions(
    edges: Sequence[NDArray[np.integer]],
    distance: NDArray[np.float64],
    member: NDArray[np.int64],
    counts: NDArray[np.int64],
    grid: RadialGrid,
    *,
    both_ways: bool = False,
) -> NDArray[np.float64]:
    """g_ab on the grid, shape (n_elements**2, n_bins), row a * n_elements + b.

    Args:
        edges: The atom i and the atom j that it sees, (n_edges,) each.
        distance: Angstrom, (n_edges,).
        member: Element row of each atom, shape (n_atoms,).
        counts: Atoms of each element, shape (n_elements,).
        grid: Radial grid.
        both_ways: The atom j of an edge sees the atom i as well.
    """
    n_elements = len(counts)
    size = n_elements**2 * grid.n_bins
    sums = np.zeros(size)
    for start in range(0, len(distance), EDGES_AT_ONCE):
        some = slice(start, start + EDGES_AT_ONCE)
        pair = member[edges[0][some]] * n_elements + member[edges[1][some]]
        first, weights = grid.weights(distance[some])
        slots = pair * grid.n_bins + first
        for k in range(STENCIL):
            sums += np.bincount(slots + k, weights=weights[:, k], minlength=size)
    if both_ways:
        square = sums.reshape(n_elements, n_elements, grid.n_bins)
        sums = square + square.swapaxes(0, 1)
    return sums.reshape(-1, grid.n_bins) / np.repeat(counts, n_elements)[:, None]
