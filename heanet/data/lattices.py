"""Parent lattice of a cell: from its name, or from its geometry.

The geometry is read by adaptive common neighbour analysis (a-CNA): A. Stukowski, Modelling Simul.
Mater. Sci. Eng. 20 (2012) 045021, doi 10.1088/0965-0393/20/4/045021; its cutoffs are eqs. 2 and 3
there. An atom is fcc, bcc or hcp when the bonds among its nearest neighbours form the pattern of
that lattice; a bond is a distance below a cutoff that scales with the atom's own neighbourhood, so
that pressure and element sizes do not matter.

Deviation: the hexagon of a bcc atom (signature 666) is asked for as a closed ring of six bonds,
which is the same pattern in a crystal and a sharper one elsewhere.

A relaxed cell need not show the lattice it was built on; then only its name, or its maker, knows.
"""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from heanet.data.neighbours import Pairs, neighbour_pairs
from heanet.properties import LATTICES, Lattice

Kind = Lattice | Literal["other"]

# Halfway between the first and the second shell of fcc, in units of the first (eq. 2).
BETWEEN_SHELLS = (1 + np.sqrt(2)) / 2
N_CLOSE_PACKED = 12
N_BCC = 14
# The 14 neighbours of a bcc atom reach to 1.26, the 12 of an fcc atom to 1.12 times the cube root
# of the volume per atom; the rest is room for distortion and for the neighbour that must be absent.
REACH = 1.75
LONGEST_REACH = 8.0  # Angstrom; cells with vacuum have a misleading volume per atom

_LATTICE_WORD = re.compile(r"(?<![a-z])(?:sqs)?(fcc|bcc|hcp)(?![a-z])")


@dataclass(frozen=True)
class LatticeGuess:
    """What the geometry says about the lattice.

    Attributes:
        lattice: The most frequent of fcc, bcc and hcp; None when no atom shows any of them.
        confidence: Share of atoms whose surroundings show ``lattice``, 0 to 1. It measures how
            much of the lattice is there, not the chance that the cell was built on it.
        fractions: Share of atoms by kind of surroundings; they sum to one.
    """

    lattice: Lattice | None
    confidence: float
    fractions: dict[Kind, float]


def lattice_from_name(name: str) -> Lattice | None:
    """The parent lattice that a file name tells: ``FeNi_sqsfcc``, ``bcc-FeCo``, ``hcp.cif``.

    None when the name holds no lattice as a word of its own, or contradicts itself.
    """
    words = set(_LATTICE_WORD.findall(name.lower()))
    found = [lattice for lattice in LATTICES if lattice in words]
    return found[0] if len(found) == 1 else None


def detect_lattice(structure: Structure) -> LatticeGuess:
    """The lattice that most atoms of a cell show in their surroundings.

    Args:
        structure: Any size from one atom up; periodic images are neighbours too.
    """
    kinds = atom_lattices(structure)
    fractions: dict[Kind, float] = {}
    for lattice in LATTICES:
        fractions[lattice] = float(np.mean(kinds == lattice))
    fractions["other"] = 1.0 - sum(fractions.values())
    best = max(LATTICES, key=lambda lattice: fractions[lattice])
    confidence = fractions[best]
    return LatticeGuess(best if confidence > 0 else None, confidence, fractions)


def atom_lattices(structure: Structure) -> NDArray[np.str_]:
    """``"fcc"``, ``"bcc"``, ``"hcp"`` or ``"other"`` for every atom, (n_atoms,)."""
    n_atoms = len(structure)
    reach = min(REACH * (structure.volume / n_atoms) ** (1 / 3), LONGEST_REACH)
    nearest, distances = _nearest(neighbour_pairs(structure, reach), n_atoms)
    kinds = np.full(n_atoms, "other", dtype="<U5")
    fcc, hcp = _close_packed(nearest, distances)
    kinds[_body_centred(nearest, distances)] = "bcc"
    kinds[fcc] = "fcc"
    kinds[hcp] = "hcp"
    return kinds


def _nearest(pairs: Pairs, n_atoms: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors (n_atoms, 15, 3) and distances (n_atoms, 15) of the 15 nearest neighbours.

    Fifteen, because the first neighbour that does not belong to the pattern matters as well.
    Neighbours beyond the search lie at infinity.
    """
    n_kept = N_BCC + 1
    order = np.lexsort((pairs.distances, pairs.first))
    first = pairs.first[order]
    start = np.searchsorted(first, np.arange(n_atoms))
    rank = np.arange(len(first)) - start[first]
    kept = rank < n_kept
    vectors = np.full((n_atoms, n_kept, 3), np.inf)
    distances = np.full((n_atoms, n_kept), np.inf)
    vectors[first[kept], rank[kept]] = pairs.vectors[order][kept]
    distances[first[kept], rank[kept]] = pairs.distances[order][kept]
    return vectors, distances


def _close_packed(
    vectors: NDArray[np.float64], distances: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which atoms are fcc (12 x 421), and which hcp (6 x 421 and 6 x 422); both (n_atoms,)."""
    cutoff = BETWEEN_SHELLS * distances[:, :N_CLOSE_PACKED].mean(axis=1)
    alone = _exactly(N_CLOSE_PACKED, distances, cutoff)
    common, bonds, degrees = _signatures(vectors[:, :N_CLOSE_PACKED], cutoff, alone)
    two_bonds = (common == 4) & (bonds == 2)
    # Two bonds among four common neighbours: apart (421), or sharing an atom (422).
    apart = (two_bonds & (degrees.max(axis=-1) == 1)).sum(axis=1)
    joined = (two_bonds & (degrees.max(axis=-1) == 2)).sum(axis=1)
    return apart == 12, (apart == 6) & (joined == 6)


def _body_centred(
    vectors: NDArray[np.float64], distances: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which atoms are bcc (8 x 666 and 6 x 444), (n_atoms,)."""
    # Mean lattice constant from both shells (eq. 3): the first lies at sqrt(3)/2 of it.
    inner = distances[:, :8].mean(axis=1) * 2 / np.sqrt(3)
    outer = distances[:, 8:N_BCC].mean(axis=1)
    cutoff = BETWEEN_SHELLS * (inner + outer) / 2
    alone = _exactly(N_BCC, distances, cutoff)
    common, bonds, degrees = _signatures(vectors[:, :N_BCC], cutoff, alone)
    closed = degrees.max(axis=-1) == 2  # n bonds among n atoms, none with three: rings
    square = ((common == 4) & (bonds == 4) & closed).sum(axis=1)
    hexagon = ((common == 6) & (bonds == 6) & closed).sum(axis=1)
    body_centred: NDArray[np.bool_] = (square == 6) & (hexagon == 8)
    return body_centred


def _exactly(
    count: int, distances: NDArray[np.float64], cutoff: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which atoms have ``count`` neighbours within their cutoff and no more, (n_atoms,)."""
    return (distances[:, count - 1] <= cutoff) & (distances[:, count] > cutoff)


def _signatures(
    vectors: NDArray[np.float64], cutoff: NDArray[np.float64], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Common neighbours of each atom and its neighbours, and the bonds among them.

    Args:
        vectors: To the n neighbours of each atom, (n_atoms, n, 3).
        cutoff: Longest bond by atom, (n_atoms,).
        wanted: Atoms to look at; the others get zeros, (n_atoms,).

    Returns:
        Number of common neighbours (n_atoms, n), number of bonds among them (n_atoms, n), and
        bonds of each common neighbour to the other ones (n_atoms, n, n).
    """
    n_atoms, n = vectors.shape[:2]
    bonded = np.zeros((n_atoms, n, n), dtype=np.int64)
    apart = np.linalg.norm(vectors[wanted][:, :, None] - vectors[wanted][:, None], axis=-1)
    bonded[wanted] = (apart <= cutoff[wanted][:, None, None]) & ~np.eye(n, dtype=bool)
    # degrees[i, j, k]: bonds of k to the atoms that, like k, are neighbours of both i and j.
    degrees = bonded * (bonded @ bonded)
    return bonded.sum(axis=-1), degrees.sum(axis=-1) // 2, degrees
