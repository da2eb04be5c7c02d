"""What can be said of a cell without a model: composition, density, symmetry, distances."""

import warnings
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer, SymmetryUndeterminedError

from heanet.data.elements import formula
from heanet.data.neighbours import neighbour_pairs

NEAREST_CUTOFF = 6.0  # Angstrom; farther atoms are nobody's nearest neighbours in an alloy

# spglib's time grows with the square of the atoms: about 10 s here, minutes at 20,000.
MAX_SYMMETRY_ATOMS = 5_000

ElementPair = tuple[str, str]


@dataclass(frozen=True)
class Description:
    """Composition, density and distances of a cell.

    Attributes:
        formula: Reduced formula, elements by atomic number.
        n_atoms: Atoms in the cell.
        fractions: Atomic fraction by element symbol, sum 1.
        density: g/cm^3.
        volume_per_atom: Angstrom^3.
        a: Length of the first lattice vector, Angstrom.
        b: Length of the second lattice vector, Angstrom.
        c: Length of the third lattice vector, Angstrom.
        alpha: Angle between b and c, degrees.
        beta: Angle between a and c, degrees.
        gamma: Angle between a and b, degrees.
        nearest: Shortest distance by unordered pair of elements (symbols in alphabetical order),
            Angstrom; pairs that come no closer than ``NEAREST_CUTOFF`` are left out.
    """

    formula: str
    n_atoms: int
    fractions: dict[str, float]
    density: float
    volume_per_atom: float
    a: float
    b: float
    c: float
    alpha: float
    beta: float
    gamma: float
    nearest: dict[ElementPair, float]


@dataclass(frozen=True)
class Symmetry:
    """The space group found within a tolerance.

    Attributes:
        symbol: Hermann-Mauguin symbol, as ``"Fm-3m"``.
        number: International number, 1 to 230.
        crystal_system: ``"cubic"``, ``"hexagonal"``, and so on.
        symprec: Distance within which atoms count as equivalent, Angstrom.
    """

    symbol: str
    number: int
    crystal_system: str
    symprec: float


def describe(structure: Structure) -> Description:
    """Composition, density and distances of an ordered cell."""
    composition = structure.composition
    lattice = structure.lattice
    return Description(
        formula=formula(composition, reduced=True),
        n_atoms=len(structure),
        fractions={
            symbol: count / len(structure)
            for symbol, count in sorted(composition.get_el_amt_dict().items())
        },
        density=float(structure.density),
        volume_per_atom=structure.volume / len(structure),
        a=lattice.a,
        b=lattice.b,
        c=lattice.c,
        alpha=lattice.alpha,
        beta=lattice.beta,
        gamma=lattice.gamma,
        nearest=_nearest_distances(structure),
    )


def symmetry(structure: Structure, *, symprec: float = 0.1) -> Symmetry | None:
    """The space group of the arrangement of elements.

    Args:
        structure: An ordered cell.
        symprec: Distance within which atoms count as equivalent, Angstrom.

    Returns:
        None when spglib finds no space group, which happens when ``symprec`` is too large for
        the cell, and for cells above ``MAX_SYMMETRY_ATOMS``, where it would take too long.
    """
    if len(structure) > MAX_SYMMETRY_ATOMS:
        return None
    with warnings.catch_warnings():
        # spglib asks its callers, here pymatgen, to move to its new way of raising errors.
        warnings.filterwarnings("ignore", "Set OLD_ERROR_HANDLING", DeprecationWarning)
        try:
            found = SpacegroupAnalyzer(structure, symprec=symprec)
        except SymmetryUndeterminedError:
            return None
    return Symmetry(
        symbol=found.get_space_group_symbol(),
        number=found.get_space_group_number(),
        crystal_system=found.get_crystal_system(),
        symprec=symprec,
    )


def partial_pair_distributions(
    structure: Structure, *, cutoff: float = 6.0, spacing: float = 0.05
) -> tuple[NDArray[np.float64], dict[ElementPair, NDArray[np.float64]]]:
    """How often atoms of two elements are found at a distance, against chance.

    g_ab(r) = n_ab(r) / (N_a * N_b / V * 4/3 pi (r_out^3 - r_in^3)), with n_ab the number of
    ordered pairs (a, b) in the shell: 1 where b is as dense around a as in the whole cell.

    Args:
        structure: An ordered cell.
        cutoff: Largest distance, Angstrom.
        spacing: Width of a shell, Angstrom; the last shell may end short of ``cutoff``.

    Returns:
        Middle of each shell in Angstrom, (n_bins,), and g by unordered pair of elements (symbols
        in alphabetical order), each (n_bins,).
    """
    edges = np.arange(int(cutoff / spacing + 1e-9) + 1) * spacing
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    pairs = neighbour_pairs(structure, float(edges[-1]))
    symbols, element = _elements(structure)
    counts = np.bincount(element)
    distributions = {}
    for a, b in combinations_with_replacement(range(len(symbols)), 2):
        chosen = (element[pairs.first] == a) & (element[pairs.second] == b)
        found, _ = np.histogram(pairs.distances[chosen], bins=edges)
        by_chance = counts[a] * counts[b] / structure.volume * shells
        distributions[symbols[a], symbols[b]] = found / by_chance
    return (edges[1:] + edges[:-1]) / 2, distributions


def _nearest_distances(structure: Structure) -> dict[ElementPair, float]:
    """Shortest distance by unordered pair of elements, Angstrom."""
    pairs = neighbour_pairs(structure, NEAREST_CUTOFF)
    symbols, element = _elements(structure)
    shortest = np.full((len(symbols), len(symbols)), np.inf)
    np.minimum.at(shortest, (element[pairs.first], element[pairs.second]), pairs.distances)
    return {
        (symbols[a], symbols[b]): float(shortest[a, b])
        for a, b in combinations_with_replacement(range(len(symbols)), 2)
        if np.isfinite(shortest[a, b])
    }


def _elements(structure: Structure) -> tuple[list[str], NDArray[np.int64]]:
    """Element symbols in alphabetical order, and each atom's place in them, (n_atoms,)."""
    symbols, element = np.unique([site.specie.symbol for site in structure], return_inverse=True)
    return symbols.tolist(), element.astype(np.int64)
