"""What a cell's geometry says: whether anyone has relaxed it, how far, and what became of it.

Displacement and survival are two things. Atoms of a lattice that is still there are displaced by
hundredths of an Angstrom; a cell that left its lattice may sit perfectly on another one.
"""

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from heanet.config import CellKind
from heanet.data.idealtwin import find_twin
from heanet.data.lattices import detect_lattice
from heanet.data.neighbours import neighbour_pairs
from heanet.properties import LATTICES, Lattice

# Share of atoms that must still show the parent lattice.
SURVIVES = 0.5
# Nearest neighbours of an ideal lattice are equally far, up to the digits of a file.
SAME_DISTANCE = 1e-3
# Between the first and the second shell, in units of the cube root of the volume per atom.
_FIRST_SHELL = 1.18
_NEIGHBOURS: dict[Lattice, int] = {"fcc": 12, "bcc": 8, "hcp": 12}
# Assigning atoms to sites takes memory with the square of their number.
MOST_ATOMS = 1000


@dataclass(frozen=True)
class Geometry:
    """What the geometry of a cell says, given the parent lattice.

    Attributes:
        kind: "built" for a cell on the sites of an ideal lattice, else "relaxed".
        displacement: Root mean square distance of the atoms from the sites of the parent lattice,
            stretched with the cell, Angstrom; None where the sites are not found.
        strain: Largest principal Green strain of the lattice at constant volume, no unit; None as
            well.
        shows: The lattice that most atoms show now; None where they show none.
        share: Share of atoms whose surroundings are those of the parent lattice.
    """

    kind: CellKind
    displacement: float | None
    strain: float | None
    shows: Lattice | None
    share: float

    @property
    def survives(self) -> bool:
        """Whether the cell still is what it was built as."""
        return self.share >= SURVIVES


def is_ideal(structure: Structure) -> bool:
    """Whether every atom has the nearest neighbours of one ideal lattice, all equally far."""
    edge = (structure.volume / len(structure)) ** (1 / 3)
    pairs = neighbour_pairs(structure, _FIRST_SHELL * edge)
    if len(pairs.distances) == 0:
        return False
    counts = np.bincount(pairs.first, minlength=len(structure))
    spread = np.ptp(pairs.distances) / pairs.distances.mean()
    return bool(spread < SAME_DISTANCE) and any(
        (counts == _NEIGHBOURS[lattice]).all() for lattice in LATTICES
    )


def geometry_of(structure: Structure, lattice: Lattice) -> Geometry:
    """What the geometry of a cell says.

    Args:
        structure: Ordered cell.
        lattice: Its parent lattice.
    """
    if is_ideal(structure):
        guess = detect_lattice(structure)
        return Geometry("built", 0.0, 0.0, guess.lattice, guess.fractions[lattice])
    guess = detect_lattice(structure)
    twin = find_twin(structure, lattice) if len(structure) <= MOST_ATOMS else None
    return Geometry(
        "relaxed",
        displacement=twin.displacement if twin and twin.is_sure else None,
        strain=twin.strain if twin else None,
        shows=guess.lattice,
        share=guess.fractions[lattice],
    )
