"""The gate that every structure passes, from a file or made in Python."""

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.spatial import cKDTree

from heanet.data.elements import as_element, formula
from heanet.data.neighbours import compact_cell, pairs_within
from heanet.data.structure_text import check_size
from heanet.errors import DisorderedStructureError, StructureError

MIN_DISTANCE = 0.5  # Angstrom; the shortest bond there is, H2, has 0.74
MAX_LENGTH = 1e4  # Angstrom
MAX_FRACTIONAL = 1e6  # beyond, too few digits are left to wrap an atom into its cell
# Angstrom^3/atom. Hydrogen in a planet's core has about 1; an atom alone in a box has thousands.
MIN_VOLUME, MAX_VOLUME = 1.0, 1e5
# Volume of the cell against the product of its edges, below which it counts as flat.
FLAT = 1e-5
# Atoms that are no heap, wherever they are.
FEW = 100
# How far pairs are searched for, Angstrom: a search for MIN_DISTANCE itself walks over so many
# empty boxes that it takes ten times as long.
SEARCH = 2.0


def check_structure(structure: Structure) -> None:
    """Refuse a cell that nothing sensible can be said of.

    Raises:
        DisorderedStructureError: Sites are partially occupied.
        StructureError: No atoms or too many, no chemical elements, not periodic in all directions,
            numbers that are no numbers, no volume, a volume per atom that no crystal has, or atoms
            closer than ``MIN_DISTANCE``.
    """
    name = structure_name(structure)
    check_size(len(structure), name=name)
    _check_cell(structure, name=name)
    _check_species(structure, name=name)
    _check_distances(structure, name=name)
    _check_volume(structure, name=name)


def structure_name(structure: Structure) -> str:
    """The name that messages use: its own, else the formula."""
    return str(structure.properties.get("name") or formula(structure.composition, reduced=True))


def _check_species(structure: Structure, *, name: str) -> None:
    """Whole atoms of chemical elements only."""
    # In the order of the sites, so that a message names the same one each time.
    for specie in dict.fromkeys(specie for site in structure for specie in site.species):
        as_element(getattr(specie, "symbol", str(specie)), name=name)
    if not structure.is_ordered:
        n_mixed = sum(not site.is_ordered for site in structure)
        raise DisorderedStructureError(
            f"'{name}' has {n_mixed} partially occupied sites of {len(structure)}: "
            f"{formula(structure.composition)}",
            expected="one whole atom on each site",
            fix="Order the sites with a seed (order_seed=0), which puts whole atoms on them at "
            "random, or upload an ordered cell.",
        )


def _check_cell(structure: Structure, *, name: str) -> None:
    """A periodic cell with a volume, and atoms at places that are numbers."""
    matrix = np.asarray(structure.lattice.matrix)
    if not np.isfinite(matrix).all():
        raise StructureError(f"'{name}' has lattice vectors that are not numbers (nan or inf)")
    if not all(structure.lattice.pbc):
        raise StructureError(f"'{name}' is not periodic in all three directions")
    largest = float(np.abs(matrix).max())  # the square of 1e200 is no number any more
    lengths = np.linalg.norm(matrix, axis=1) if largest <= MAX_LENGTH else np.array([largest])
    if lengths.max() > MAX_LENGTH:
        raise StructureError(
            f"'{name}' has a lattice vector of {lengths.max():.3g} Angstrom",
            expected=f"at most {MAX_LENGTH:.0f} Angstrom",
            fix="Check the scaling factor and the unit of length.",
        )
    shortest = lengths.min()
    if shortest > 0:  # of next to nothing there is no determinant
        _check_repeat(matrix, name=name)
    if shortest == 0 or abs(np.linalg.det(matrix)) <= FLAT * lengths.prod():
        raise StructureError(
            f"'{name}' has a cell of zero volume: its lattice vectors lie in one plane",
            expected="three independent lattice vectors",
        )
    wrong = ~(np.abs(structure.frac_coords) < MAX_FRACTIONAL).all(axis=1)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise StructureError(
            f"'{name}' has coordinates that are not usable numbers; the first are those of atom "
            f"{first + 1} ({structure[first].species_string}): "
            f"{structure.frac_coords[first].tolist()}"
        )


def _check_volume(structure: Structure, *, name: str) -> None:
    """As much room for each atom as a crystal, or an atom alone, can have."""
    volume = structure.volume / len(structure)
    if not MIN_VOLUME <= volume <= MAX_VOLUME:
        raise StructureError(
            f"'{name}' has {volume:.3g} Angstrom^3 for each atom",
            expected=f"from {MIN_VOLUME:g} to {MAX_VOLUME:g}",
            fix="Check the scaling factor and the unit of length.",
        )


def _check_distances(structure: Structure, *, name: str) -> None:
    """No two atoms, and no atom and its image, closer than ``MIN_DISTANCE``.

    Images and heaps of many atoms in one place come first: with them out of the way the number of
    pairs that the neighbour list can find has a limit.
    """
    cell, positions = compact_cell(structure)
    _check_repeat(cell, name=name)
    if len(structure) > FEW:
        distances, other = cKDTree(positions).query(positions, k=2)
        first = int(np.argmin(distances[:, 1]))
        second = int(other[first][other[first] != first][0])
        _check_pair(structure, first, second, float(distances[first, 1]), name=name)
    pairs = pairs_within(cell, positions, SEARCH)
    if len(pairs.first):
        worst = int(np.argmin(pairs.distances))
        first, second = int(pairs.first[worst]), int(pairs.second[worst])
        _check_pair(structure, first, second, float(pairs.distances[worst]), name=name)


def _check_repeat(vectors: NDArray[np.float64], *, name: str) -> None:
    """Refuse a cell along one of whose vectors, (3, 3), an atom is too close to its image."""
    shortest = float(np.linalg.norm(vectors, axis=1).min())
    if shortest < MIN_DISTANCE:
        raise StructureError(
            f"'{name}' repeats itself every {shortest:.3g} Angstrom",
            expected=f"atoms at least {MIN_DISTANCE} Angstrom apart",
            fix="Check the scaling factor and the unit of length.",
        )


def _check_pair(
    structure: Structure, first: int, second: int, distance: float, *, name: str
) -> None:
    """Refuse two atoms that are too close, and say which."""
    if distance >= MIN_DISTANCE:
        return
    first, second = sorted((first, second))
    raise StructureError(
        f"'{name}' has atoms {distance:.3f} Angstrom apart: number {first + 1} "
        f"({structure[first].specie.symbol}) and number {second + 1} "
        f"({structure[second].specie.symbol})",
        expected=f"at least {MIN_DISTANCE} Angstrom",
        fix="Check for an atom listed twice, the unit of length, and Direct against Cartesian.",
    )
