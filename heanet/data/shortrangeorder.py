"""How far from random the neighbours of an alloy are: Warren-Cowley short-range order.

J. M. Cowley, Phys. Rev. 77, 669 (1950), doi 10.1103/PhysRev.77.669.
"""

from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from heanet.data.neighbours import neighbour_pairs

# Neighbours whose distances differ by less than this share belong to one shell.
SHELL_GAP = 0.03
_REACH = 2.6  # in units of the cube root of the volume per atom; three shells of every lattice


def shell_radii(structure: Structure, n_shells: int = 3) -> list[tuple[float, float]]:
    """Shortest and longest distance of the first shells of neighbours, Angstrom.

    Args:
        structure: Atoms on the sites of a lattice; relaxed cells have no sharp shells.
        n_shells: How many, up to three.
    """
    reach = _REACH * (structure.volume / len(structure)) ** (1 / 3)
    distances = np.unique(neighbour_pairs(structure, reach).distances)
    gaps = np.flatnonzero(distances[1:] > distances[:-1] * (1 + SHELL_GAP)) + 1
    shells = np.split(distances, gaps)[:n_shells]
    return [(float(shell[0]), float(shell[-1])) for shell in shells]


def short_range_order(structure: Structure, n_shells: int = 3) -> pd.DataFrame:
    """alpha_ab = 1 - N_ab / (N c_a c_b) of every shell and unordered pair of elements.

    N_ab counts the ordered pairs of atoms a, b in the shell and N all of them; zero is what chance
    gives, negative values mean that a and b seek each other, positive ones that they avoid it.

    Returns:
        Columns shell (from 1), radius (Angstrom, mean of the shell), pair ("Cr-Fe"), alpha.
    """
    symbols = [site.specie.symbol for site in structure]
    kinds = sorted(set(symbols), key=lambda symbol: Element(symbol).Z)
    index = np.array([kinds.index(symbol) for symbol in symbols])
    shares = np.bincount(index, minlength=len(kinds)) / len(index)
    bounds = shell_radii(structure, n_shells)
    pairs = neighbour_pairs(structure, bounds[-1][1] * (1 + SHELL_GAP / 2))
    rows = []
    for shell, (shortest, longest) in enumerate(bounds, start=1):
        inside = (pairs.distances > shortest - 1e-6) & (pairs.distances < longest + 1e-6)
        counts = _pair_counts(index[pairs.first[inside]], index[pairs.second[inside]], len(kinds))
        alpha = 1 - counts / counts.sum() / np.outer(shares, shares)
        for a, b in combinations_with_replacement(range(len(kinds)), 2):
            pair = f"{kinds[a]}-{kinds[b]}"
            rows.append((shell, float(pairs.distances[inside].mean()), pair, alpha[a, b]))
    return pd.DataFrame(rows, columns=["shell", "radius", "pair", "alpha"])


def _pair_counts(
    first: NDArray[np.int64], second: NDArray[np.int64], n_kinds: int
) -> NDArray[np.float64]:
    counts = np.zeros((n_kinds, n_kinds))
    np.add.at(counts, (first, second), 1.0)
    return counts
