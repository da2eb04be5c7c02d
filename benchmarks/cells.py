"""Cells to time things on, the same on every machine: random alloys off their ideal sites."""

import numpy as np
from pymatgen.core import Lattice, Structure

_SITES = ((0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.5, 0.0, 0.5), (0.5, 0.5, 0.0))
_EDGE = 3.58  # Angstrom
_OFF = 0.05  # Angstrom, as in relaxed cells
ELEMENTS = ("Cr", "Mn", "Fe", "Co", "Ni")


def alloy_cell(repeats: tuple[int, int, int], *, seed: int) -> Structure:
    """A random alloy of five elements on fcc, relaxed by chance: 4 atoms for each repeat.

    Args:
        repeats: Cubic cells along each axis.
        seed: Decides who sits where, and how far off its site.
    """
    rng = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(*map(np.arange, repeats), indexing="ij"), -1).reshape(-1, 3)
    places = (corners[:, None] + np.array(_SITES)).reshape(-1, 3) * _EDGE
    species = rng.permutation(np.resize(ELEMENTS, len(places)))
    order = np.argsort(species, kind="stable")  # as POSCARs have them
    moved = places + rng.normal(scale=_OFF, size=places.shape)
    box = Lattice.orthorhombic(*(_EDGE * n for n in repeats))
    return Structure(box, species[order], moved[order], coords_are_cartesian=True)


def poscars(n: int, repeats: tuple[int, int, int] = (2, 2, 4)) -> list[bytes]:
    """POSCAR texts of different cells; 64 atoms each by default."""
    return [alloy_cell(repeats, seed=seed).to(fmt="poscar").encode() for seed in range(n)]
