"""One number per atom, to colour a cell by.

The first shell of an atom is everything within ``shell_radius``: halfway between the first and the
second shell of an fcc crystal of the same volume per atom. It counts 12 neighbours in fcc and hcp
and 14 in bcc (8 nearest and the 6 close behind them), as is usual in common-neighbour analysis
(doi 10.1088/0965-0393/20/4/045021).
"""

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from heanet.data.neighbours import neighbour_pairs


def shell_radius(structure: Structure) -> float:
    """Radius of the first shell in Angstrom; see the module's text."""
    volume = structure.volume / len(structure)
    nearest_in_fcc = 2 ** (1 / 6) * volume ** (1 / 3)
    return float(nearest_in_fcc * (1 + np.sqrt(2)) / 2)


def nearest_distance(structure: Structure) -> NDArray[np.float64]:
    """Distance to the nearest atom or periodic image in Angstrom, (n_atoms,)."""
    nearest = np.full(len(structure), np.inf)
    cutoff = shell_radius(structure)
    while np.isinf(nearest).any():  # ends: every atom has its own image
        pairs = neighbour_pairs(structure, cutoff)
        np.minimum.at(nearest, pairs.first, pairs.distances)
        cutoff *= 1.5
    return nearest


def coordination(structure: Structure) -> NDArray[np.float64]:
    """Number of atoms in the first shell, (n_atoms,)."""
    pairs = neighbour_pairs(structure, shell_radius(structure))
    return np.bincount(pairs.first, minlength=len(structure)).astype(np.float64)


def off_centre(structure: Structure) -> NDArray[np.float64]:
    """Distance of an atom from the centre of its first shell in Angstrom, (n_atoms,).

    Zero on an ideal fcc or bcc site; a measure of local lattice distortion. NaN without neighbours.
    """
    pairs = neighbour_pairs(structure, shell_radius(structure))
    total = np.zeros((len(structure), 3))
    np.add.at(total, pairs.first, pairs.vectors)
    count = np.bincount(pairs.first, minlength=len(structure))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.linalg.norm(total / count[:, None], axis=1), dtype=np.float64)


def distance_from(structure: Structure, site: int) -> NDArray[np.float64]:
    """Shortest periodic distance from atom ``site`` in Angstrom, (n_atoms,)."""
    frac = structure.frac_coords
    return np.asarray(structure.lattice.get_all_distances(frac[site], frac)[0], dtype=np.float64)


def file_values(structure: Structure) -> dict[str, NDArray[np.float64]]:
    """Numeric values that the file carried, by name, (n_atoms,); vectors as their length."""
    found = {}
    for name, column in structure.site_properties.items():
        try:
            values = np.asarray(column, dtype=np.float64)
        except (TypeError, ValueError):
            continue  # words, or atoms without a value: nothing to colour by
        if values.ndim == 2:
            values = np.linalg.norm(values, axis=1)
        if values.shape == (len(structure),) and np.isfinite(values).any():
            found[name] = values
    return found
