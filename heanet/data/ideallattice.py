"""Cells of ideal lattice sites: fcc, bcc and hcp of any size, and the common ordered alloys."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Lattice, Structure

from heanet.errors import StructureError
from heanet.properties import LATTICES
from heanet.properties import Lattice as LatticeName

# Volume per atom in 3d alloys, Angstrom^3, rounded. Their composition-weighted mean is within
# 0.25 Angstrom^3 of the relaxed volumes in doi 10.1038/s41524-022-00945-x on average. Other
# elements get the volume of their own solid.
ATOMIC_VOLUMES = {"Cr": 11.9, "Mn": 10.9, "Fe": 11.4, "Co": 10.9, "Ni": 10.9, "Pd": 15.2}
_CUBIC_ANGSTROM_PER_MOLE = 1 / 0.602214076  # from cm^3/mol

# Primitive vectors (rows, in units of the cube edge; hcp: ideal c/a) and sites in them.
_PRIMITIVE: dict[LatticeName, tuple[list[list[float]], list[list[float]]]] = {
    "fcc": ([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], [[0, 0, 0]]),
    "bcc": ([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]], [[0, 0, 0]]),
    "hcp": (
        [[1, 0, 0], [-0.5, np.sqrt(3) / 2, 0], [0, 0, np.sqrt(8 / 3)]],
        [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
    ),
}
# Up to so many primitive cells every superlattice is looked at; beyond, only compact ones.
_MAX_ENUMERATED = 80


@dataclass(frozen=True)
class Prototype:
    """An ordered alloy.

    Attributes:
        label: Name for people: structure type and an example.
        lattice: Parent lattice.
        sites: Fractional coordinates in the cube by sublattice, (n, 3) each.
        stretch: Shape of the cell along its three axes.
    """

    label: str
    lattice: LatticeName
    sites: tuple[tuple[tuple[float, float, float], ...], ...]
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)


_CORNERS_AND_FACES = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5))


def _shifted(by: float) -> tuple[tuple[float, float, float], ...]:
    return tuple((x + by, y + by, z + by) for x, y, z in _CORNERS_AND_FACES)


PROTOTYPES: dict[str, Prototype] = {
    "B2": Prototype("B2 (FeCo)", "bcc", (((0.0, 0.0, 0.0),), ((0.5, 0.5, 0.5),))),
    "L1_2": Prototype("L1_2 (FeNi3)", "fcc", (_CORNERS_AND_FACES[:1], _CORNERS_AND_FACES[1:])),
    "L1_0": Prototype("L1_0 (FePd)", "fcc", (_CORNERS_AND_FACES[:2], _CORNERS_AND_FACES[2:])),
    "D0_3": Prototype(
        "D0_3 (Fe3Al)",
        "bcc",
        (_shifted(0.0), _shifted(0.25) + _shifted(0.5) + _shifted(0.75)),
    ),
}


def atomic_volume(symbol: str) -> float:
    """Volume that an atom takes up in a metal, Angstrom^3."""
    if symbol in ATOMIC_VOLUMES:
        return ATOMIC_VOLUMES[symbol]
    molar = Element(symbol).data.get("Molar volume")  # the attribute warns where there is none
    if not molar:
        raise StructureError(
            f"The volume of {symbol} in a metal is not known",
            expected="an element with a solid of known density",
        )
    return float(molar) * _CUBIC_ANGSTROM_PER_MOLE


def cell_volume(counts: Mapping[str, int]) -> float:
    """Volume of a cell with these atoms (Vegard's rule), Angstrom^3."""
    return sum(number * atomic_volume(symbol) for symbol, number in counts.items())


def primitive_vectors(lattice: LatticeName) -> NDArray[np.float64]:
    """Rows span the primitive cell, in units of the cube edge (hcp: of the basal one), (3, 3)."""
    return np.array(_PRIMITIVE[lattice][0], dtype=float)


def sites_per_cell(lattice: LatticeName) -> int:
    """Sites of the primitive cell; numbers of atoms are multiples of it."""
    return len(_PRIMITIVE[lattice][1])


def nearest_size(lattice: LatticeName, n_atoms: int) -> int:
    """The number of atoms closest to ``n_atoms`` that a cell of the lattice can have."""
    per_cell = sites_per_cell(lattice)
    return max(1, round(n_atoms / per_cell)) * per_cell


@lru_cache(maxsize=64)
def ideal_sites(lattice: LatticeName, n_atoms: int) -> Structure:
    """The most compact periodic cell with ``n_atoms`` sites of a lattice, at 1 Angstrom^3 a site.

    Among all superlattices of that size the one is taken whose shortest period is longest, so
    that an atom is as far from its own images as can be.

    Args:
        lattice: fcc, bcc or hcp.
        n_atoms: A multiple of ``sites_per_cell``.

    Returns:
        Structure with placeholder atoms; do not change it.

    Raises:
        StructureError: The lattice is unknown, or has no cell with that number of atoms.
    """
    if lattice not in LATTICES:
        raise StructureError(f"Lattice '{lattice}'", expected=f"one of {' '.join(LATTICES)}")
    vectors, basis = _PRIMITIVE[lattice]
    n_cells, rest = divmod(n_atoms, len(basis))
    if n_atoms < 1 or rest:
        raise StructureError(
            f"{n_atoms} atoms on {lattice}",
            expected=f"a positive multiple of {len(basis)}",
            fix=f"Take {nearest_size(lattice, n_atoms)}.",
        )
    matrices = superlattices(n_cells)
    periods = _shortest_periods(_reduced(matrices @ np.array(vectors)))
    best = matrices[np.argmax(np.round(periods, 6))]
    sites = Structure(Lattice(vectors), ["H"] * len(basis), basis)
    cell = sites.make_supercell(best, in_place=False).get_reduced_structure("LLL")
    # Right-handed: programs that divide by the determinant get pressures of the wrong sign else.
    right_handed = cell.lattice.matrix * np.sign(np.linalg.det(cell.lattice.matrix))
    fractional = np.linalg.solve(right_handed.T, cell.cart_coords.T).T
    return Structure(
        Lattice(right_handed).scale(float(n_atoms)),
        cell.species,
        fractional - np.floor(fractional + 1e-9),
    )


def superlattices(n_cells: int) -> NDArray[np.int64]:
    """Integer matrices whose rows span every superlattice of so many cells, (n, 3, 3).

    Hermite normal forms: G. L. W. Hart and R. W. Forcade, Phys. Rev. B 77, 224115 (2008), doi
    10.1103/PhysRevB.77.224115. For more than 80 cells only straight multiples are given, and
    those whose vectors are close to equal multiples of the primitive ones.
    """
    found: list[Any] = []  # 3 x 3 each
    divisors = [k for k in range(1, n_cells + 1) if n_cells % k == 0]
    for a, b in product(divisors, divisors):
        c, rest = divmod(n_cells, a * b)
        if rest or not c:
            continue
        if n_cells > _MAX_ENUMERATED:
            found.append([[a, 0, 0], [0, b, 0], [0, 0, c]])
            continue
        found += [
            [[a, 0, 0], [d, b, 0], [e, f, c]] for d, e, f in product(range(a), range(a), range(b))
        ]
    if n_cells > _MAX_ENUMERATED:
        found += [*_near_equal_multiples(n_cells)]
    return np.array(found, dtype=np.int64)


def _near_equal_multiples(n_cells: int) -> NDArray[np.int64]:
    """Matrices of determinant ``n_cells`` near a multiple of the unit matrix, (n, 3, 3).

    A number of cells such as 101 has no straight multiple but a needle.
    """
    multiple = round(n_cells ** (1 / 3))
    reach = 2 + multiple // 3  # less finds none for a few sizes up to 20,000
    edges = multiple * np.eye(3, dtype=np.int64)
    first, second = (edge + np.array([*product((-1, 0, 1), repeat=3)]) for edge in edges[:2])
    third = edges[2] + np.array([*product(range(-reach, reach + 1), repeat=3)])
    volumes = np.cross(first[:, None], second[None]) @ third.T  # (27, 27, n_third)
    i, j, k = np.nonzero(volumes == n_cells)
    return np.stack([first[i], second[j], third[k]], axis=1)


def _reduced(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same lattices with short vectors: pairwise reduction of all cells at once."""
    cells = cells.copy()
    for _ in range(100):
        order = np.argsort((cells**2).sum(axis=2), axis=1)
        cells = np.take_along_axis(cells, order[:, :, None], axis=1)
        before = cells.copy()
        for long, short in ((1, 0), (2, 0), (2, 1)):
            overlap = (cells[:, long] * cells[:, short]).sum(axis=1)
            times = np.round(overlap / (cells[:, short] ** 2).sum(axis=1) - 1e-9)
            cells[:, long] -= times[:, None] * cells[:, short]
        if np.array_equal(cells, before):
            break
    return cells


def _shortest_periods(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length of the shortest lattice vector of reduced cells, (n_cells,)."""
    steps = np.array([step for step in product((-1, 0, 1), repeat=3) if any(step)])
    shortest: NDArray[np.float64] = np.linalg.norm(steps @ cells, axis=2).min(axis=1)
    return shortest
