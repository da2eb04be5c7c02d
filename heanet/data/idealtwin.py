"""The ideal twin of a relaxed cell: the same atoms on the sites of the parent lattice.

DFT sets keep relaxed cells; what a user has before any DFT is the cell as it was built. The twin
undoes the relaxation. It is found without a word about cell vectors or orientation:

1. Bragg peaks. |sum_i exp(2 pi i k f_i)| / n is near one where k is a reciprocal vector of the
   lattice that the atoms sit on, on average, however each is displaced. Three short peaks whose
   determinant is the number of atoms span that lattice's reciprocal.
2. Shape. Of all its primitive bases the one is taken that is least strained against the parent
   lattice; this makes the cell a superlattice S of the parent's primitive cell.
3. Sites. Every atom goes to one site, with the smallest sum of squared displacements.

A cell that left its lattice has lost its peaks, or is as near to one superlattice as to another;
then the superlattices of the cells beside it in a set, which were built alike, are tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy.optimize import linear_sum_assignment

from heanet.data.ideallattice import cell_volume, primitive_vectors
from heanet.properties import Lattice

Array = NDArray[np.float64]
# Lattices with one atom in the primitive cell; hcp has two, and extinct peaks.
SUPPORTED: tuple[Lattice, ...] = ("fcc", "bcc")
# Weaker peaks may as well be noise: displacements of 0.4 Angstrom halve the first peaks of fcc.
LEAST_AMPLITUDE = 0.5
# A larger Green strain is as near to another lattice: the Bain path from bcc to fcc has 0.26.
LARGEST_STRAIN = 0.06
_SHORT_PEAKS = 14
_STEPS = 3  # of assigning atoms and centring them


@dataclass(frozen=True, eq=False)
class Twin:
    """A cell put back on its parent lattice.

    Attributes:
        cell: Atoms in their order on ideal sites, at the volume that the builder gives them.
        displacement: Root mean square distance of the atoms from the sites of the stretched
            lattice, without a common drift, Angstrom.
        strain: Largest principal Green strain of the lattice at constant volume; no unit.
        superlattice: Cell vectors in primitive vectors of the parent lattice, (3, 3).
    """

    cell: Structure
    displacement: float
    strain: float
    superlattice: NDArray[np.int64]

    @property
    def is_sure(self) -> bool:
        """Whether the lattice is strained so little that no other superlattice is meant."""
        return self.strain <= LARGEST_STRAIN


def find_twin(structure: Structure, lattice: Lattice) -> Twin | None:
    """The ideal twin of one cell.

    Args:
        structure: Ordered cell.
        lattice: Its parent lattice.

    Returns:
        None where the atoms do not show a lattice, and for hcp.
    """
    if lattice not in SUPPORTED:
        return None
    peaks = _peaks(structure, lattice)
    return (
        None
        if peaks is None
        else _twin(structure, lattice, _superlattice(peaks, structure, lattice))
    )


def find_twins(cells: Mapping[str, Structure], lattices: Mapping[str, Lattice]) -> dict[str, Twin]:
    """Ideal twins of the cells of a set, by name; those of cells that show no lattice are missing.

    Args:
        cells: Ordered cells, by name.
        lattices: Their parent lattices.
    """
    alone = {name: find_twin(cell, lattices[name]) for name, cell in cells.items()}
    sure = {name: twin for name, twin in alone.items() if twin is not None and twin.is_sure}
    alike: dict[tuple[str, int], dict[bytes, NDArray[np.int64]]] = {}
    for name, twin in sure.items():
        known = alike.setdefault((lattices[name], len(cells[name])), {})
        known[twin.superlattice.tobytes()] = twin.superlattice
    found = dict(sure)
    for name in cells.keys() - sure.keys():
        cell, lattice, own = cells[name], lattices[name], alone[name]
        tried = [
            _twin(cell, lattice, superlattice)
            for superlattice in alike.get((lattice, len(cell)), {}).values()
        ]
        tried += [own] if own is not None else []
        if tried:
            # Superlattices with the same sites differ by the shape alone: those beside it go first.
            found[name] = min(tried, key=lambda twin: round(twin.displacement, 3))
    return {name: found[name] for name in cells if name in found}


def at_built_volume(structure: Structure) -> Structure:
    """The cell scaled to the volume that the builder gives its atoms, by Vegard's rule."""
    counts = {e.symbol: int(n) for e, n in structure.composition.element_composition.items()}
    cell = structure.copy()
    cell.scale_lattice(cell_volume(counts))
    return cell


def _peaks(structure: Structure, lattice: Lattice) -> NDArray[np.int64] | None:
    """Reciprocal basis of the atoms' average lattice, as multiples of the cell's, (3, 3)."""
    n, matrix = len(structure), structure.lattice.matrix
    # The shortest reciprocal vectors of the parent lattice, and room for strain.
    reach = 1.35 * float(np.linalg.norm(np.linalg.inv(_edges(structure, lattice)), axis=0).min())
    most = np.floor(reach * np.linalg.norm(matrix, axis=1)).astype(int)
    k = np.array(list(product(*(range(-m, m + 1) for m in most))))
    length = np.linalg.norm(k @ np.linalg.inv(matrix).T, axis=1)
    half = (length > 0) & (length <= reach) & (_first_sign(k) > 0)
    k, length = k[half], length[half]
    amplitude = np.abs(np.exp(2j * np.pi * (k @ structure.frac_coords.T)).mean(axis=1))
    strong = np.flatnonzero(amplitude > LEAST_AMPLITUDE)
    short = k[strong[np.argsort(length[strong], kind="stable")][:_SHORT_PEAKS]]
    for three in combinations(short, 3):
        if abs(round(float(np.linalg.det(three)))) == n:
            return np.array(three)
    return None


def _first_sign(k: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sign of the first component that is not zero: one of every pair k, -k."""
    signs = np.sign(k)
    return np.where(
        signs[:, 0] != 0, signs[:, 0], np.where(signs[:, 1] != 0, signs[:, 1], signs[:, 2])
    )


def _superlattice(
    peaks: NDArray[np.int64], structure: Structure, lattice: Lattice
) -> NDArray[np.int64]:
    """The cell vectors in primitive vectors of the parent lattice, by the least strained basis."""
    basis = np.linalg.inv(peaks.T) @ structure.lattice.matrix
    changes = _unimodular()
    bases = changes @ basis
    ideal = _edges(structure, lattice)
    metric, wanted = bases @ bases.transpose(0, 2, 1), ideal @ ideal.T
    best = np.abs(metric - wanted).max(axis=(1, 2)).argmin()
    return np.round(peaks.T @ np.linalg.inv(changes[best])).astype(np.int64)


@lru_cache(maxsize=1)
def _unimodular() -> NDArray[np.int64]:
    """Changes of basis with entries of -1, 0 and 1, (n, 3, 3)."""
    every = np.array(list(product((-1, 0, 1), repeat=9))).reshape(-1, 3, 3)
    return every[np.abs(np.round(np.linalg.det(every))) == 1]


def _edges(structure: Structure, lattice: Lattice) -> Array:
    """Primitive vectors of the parent lattice at the volume per atom of a cell, (3, 3)."""
    vectors = primitive_vectors(lattice)
    volume = abs(float(np.linalg.det(vectors)))
    return vectors * (structure.volume / len(structure) / volume) ** (1 / 3)


def _twin(structure: Structure, lattice: Lattice, superlattice: NDArray[np.int64]) -> Twin:
    sites = _sites(superlattice)
    order, displacement = _assigned(structure, superlattice, sites)
    symbols = [site.specie.symbol for site in structure]
    cell = Structure(superlattice @ primitive_vectors(lattice), symbols, sites[order])
    ideal = superlattice @ _edges(structure, lattice)
    stretch = np.linalg.inv(ideal) @ structure.lattice.matrix
    strain = np.linalg.eigvalsh((stretch @ stretch.T - np.eye(3)) / 2)
    return Twin(
        cell=at_built_volume(cell),
        displacement=displacement,
        strain=float(np.abs(strain).max()),
        superlattice=superlattice,
    )


def _sites(superlattice: NDArray[np.int64]) -> Array:
    """Fractional coordinates of the lattice points in a superlattice's cell, (n_atoms, 3)."""
    n = abs(round(float(np.linalg.det(superlattice))))
    most = np.abs(superlattice).sum(axis=0)
    points = np.array(list(product(*(range(-m, m + 1) for m in most)))) @ np.linalg.inv(
        superlattice
    )
    inside = points[((points > -1e-6) & (points < 1 - 1e-6)).all(axis=1)]
    if len(inside) != n:
        raise RuntimeError(f"{len(inside)} lattice points in a cell of {n}")
    return inside


def _assigned(
    structure: Structure, superlattice: NDArray[np.int64], sites: Array
) -> tuple[NDArray[np.int64], float]:
    """The site of every atom, (n_atoms,), and their root mean square displacement, Angstrom."""
    coords, matrix = structure.frac_coords, structure.lattice.matrix
    phase = np.angle(np.exp(2j * np.pi * (coords @ superlattice)).mean(axis=0)) / (2 * np.pi)
    drift = phase @ np.linalg.inv(superlattice)
    for _ in range(_STEPS):
        steps = coords[:, None] - sites - drift
        steps -= np.round(steps)
        _, order = linear_sum_assignment(((steps @ matrix) ** 2).sum(axis=-1))
        chosen = steps[np.arange(len(coords)), order]
        drift = drift + chosen.mean(axis=0)
    moves = (chosen - chosen.mean(axis=0)) @ matrix
    return order, float(np.sqrt((moves**2).sum(axis=1).mean()))
