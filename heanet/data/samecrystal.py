"""Other ways to write the same crystal down, and how far two element graphs are apart.

A supercell, or the atoms in another order, is another file of the same crystal; a description that
changes with it describes the file.
"""

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure
from torch_geometric.data import Data

from heanet.errors import StructureError


def doubled(structure: Structure) -> Structure:
    """Two copies of the cell, side by side along its shortest vector, as one cell."""
    times = [1, 1, 1]
    times[int(np.argmin(structure.lattice.abc))] = 2
    return structure.make_supercell(times, in_place=False)


def shuffled(structure: Structure, *, seed: int) -> Structure:
    """The same cell with its atoms in another order.

    Args:
        structure: The cell.
        seed: Of the order.
    """
    order = np.random.default_rng(seed).permutation(len(structure))
    return Structure.from_sites([structure[int(i)] for i in order])


def largest_difference(first: Data, second: Data) -> float:
    """The largest difference of any number in two element graphs of the same elements.

    Counts are in atoms: of the distributions g_ab, and of the atomic fractions.

    Raises:
        StructureError: They have other elements, or are on other radial grids.
    """
    if first.z.tolist() != second.z.tolist() or first.edge_attr.shape != second.edge_attr.shape:
        raise StructureError(
            f"Element graphs of {len(first.z)} and {len(second.z)} elements",
            expected="the same elements on the same radial grid",
        )
    parts = (first.edge_attr - second.edge_attr, first.fraction - second.fraction)
    return float(max(part.abs().max() for part in parts))


def pair_distribution(graph: Data, centre: str, other: str) -> NDArray[np.float64]:
    """g_ab of one ordered pair: atoms of ``other`` around an atom of ``centre``, (n_bins,).

    Raises:
        StructureError: The graph lacks one of them.
    """
    elements = graph.z.tolist()
    numbers = [int(Element(symbol).Z) for symbol in (centre, other)]
    if missing := [s for s, z in zip((centre, other), numbers, strict=True) if z not in elements]:
        raise StructureError(
            f"The element graph has no {missing[0]}",
            expected=f"one of {' '.join(Element.from_Z(z).symbol for z in elements)}",
        )
    a, b = (elements.index(z) for z in numbers)
    distribution: NDArray[np.float64] = graph.edge_attr[a * len(elements) + b].double().numpy()
    return distribution


def shells(
    distribution: NDArray[np.float64], radii: NDArray[np.float64], *, width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A distribution gathered into wider bins, in which the shells of a lattice are seen.

    Args:
        distribution: g_ab on the radial grid, (n_bins,).
        radii: Of the grid, Angstrom, (n_bins,).
        width: Of the wider bins, Angstrom.

    Returns:
        Middle of each wide bin, Angstrom, and atoms in it; both (n_wide,).
    """
    member = np.floor(radii / width).astype(int)
    counts = np.bincount(member, weights=distribution).astype(np.float64)
    middles = (np.arange(len(counts), dtype=np.float64) + 0.5) * width
    return middles.astype(np.float64), counts
