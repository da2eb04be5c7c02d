"""Neighbours of the atoms of a periodic cell: one vesin call behind the checks and descriptions.

vesin (https://github.com/Luthaf/vesin) takes any cell; here it is given the most compact one, which
keeps the search short for sheared cells. The crystal, and with it every pair vector, stays the
same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from vesin import NeighborList


@dataclass(frozen=True)
class Pairs:
    """All ordered pairs of atoms closer than a cutoff, periodic images included.

    Attributes:
        first: Index of the atom looked from, ascending, (n_edges,).
        second: Index of the atom looked at; may equal ``first`` for an image, (n_edges,).
        vectors: From first to second, Angstrom, (n_edges, 3).
        distances: Angstrom, (n_edges,).
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    vectors: NDArray[np.float64]
    distances: NDArray[np.float64]


def compact_cell(structure: Structure) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same crystal in a compact cell: LLL-reduced lattice, atoms wrapped into it.

    A strongly sheared cell is a needle with far too many images within a cutoff; its reduced
    cell is not. Atoms keep their order.

    Returns:
        Lattice vectors as rows, Angstrom, (3, 3), and Cartesian positions, Angstrom, (n_atoms, 3).
    """
    lattice = structure.lattice
    reduced = np.array(lattice.lll_matrix)
    # structure.cart_coords to the last bit, one vector at a time as it does, without asking every
    # site for them, which takes as long as half a neighbour list.
    positions = (structure.frac_coords[:, None, :] @ lattice.matrix)[:, 0, :]
    fractional = np.linalg.solve(reduced.T, positions.T).T
    return reduced, (fractional - np.floor(fractional)) @ reduced


def neighbour_pairs(structure: Structure, cutoff: float) -> Pairs:
    """Every ordered pair of atoms closer than ``cutoff``.

    Args:
        structure: Periodic in all three directions, with a volume.
        cutoff: Angstrom.
    """
    return pairs_within(*compact_cell(structure), cutoff)


def pairs_within(cell: NDArray[np.float64], positions: NDArray[np.float64], cutoff: float) -> Pairs:
    """As ``neighbour_pairs``, of what ``compact_cell`` gives."""
    search = NeighborList(cutoff=cutoff, full_list=True, sorted=True)
    first, second, vectors, distances = search.compute(positions, cell, True, quantities="ijDd")
    return Pairs(first.astype(np.int64), second.astype(np.int64), vectors, distances)
