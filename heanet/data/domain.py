"""What a model has seen, and how far a cell lies outside it.

A network answers for any cell of elements that it has embeddings for; whether the answer means
something depends on how near the cell is to the training rows. Four plain measures say so, each
compared with the range of the training cells themselves:

    composition    share of atoms to exchange to reach the nearest training composition
    volume         per atom, over the volume that its composition has on average in training
    shortest pair  nearest-neighbour distance over the cube root of the volume per atom
    disorder       spread of the nearest-neighbour distances of the atoms; an ideal lattice has none
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pymatgen.core import Structure

from heanet.config import Config
from heanet.data.neighbours import neighbour_pairs
from heanet.data.references import robust_fit

Array = NDArray[np.float64]
Measure = Literal["volume", "shortest_pair", "disorder"]
MEASURES: tuple[Measure, ...] = ("volume", "shortest_pair", "disorder")
# Atoms whose distances are averaged into an atom's neighbour distance: the close-packed shell.
SHELL = 12
# A cell is outside when it is farther than nearly all training cells are from the middle.
TAIL = 0.005


class Domain(Config):
    """The training cells, as far as later cells are compared with them.

    Attributes:
        elements: Symbols, in the order of the composition columns.
        names: Training cells.
        lattices: Their parent lattices.
        compositions: Their atomic fractions, (n_structures, n_elements).
        volumes: Volume per atom by element, Angstrom^3: a fit, for the expected volume only.
        ranges: Lowest and highest usual value by measure.
        composition_gap: Usual distance to the nearest other training composition.
        apart: Pairs of elements that never occur in one training cell.
    """

    elements: tuple[str, ...]
    names: tuple[str, ...]
    lattices: tuple[str, ...]
    compositions: tuple[tuple[float, ...], ...]
    volumes: dict[str, float]
    ranges: dict[Measure, tuple[float, float]]
    composition_gap: float
    apart: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class NearCell:
    """A training cell near a given one.

    Attributes:
        name: Name of the training cell.
        lattice: Its parent lattice.
        distance: Share of atoms to exchange between the two compositions, 0 to 1.
    """

    name: str
    lattice: str
    distance: float


def fit_domain(
    structures: dict[str, Structure], lattices: Sequence[str], fractions: pd.DataFrame
) -> Domain:
    """The domain of some training cells.

    Args:
        structures: Cells by name.
        lattices: Parent lattices, (n_structures,).
        fractions: Atomic fractions, a column per element, (n_structures, n_elements).
    """
    present = [str(a) for a in fractions.columns if (fractions[a] > 0).any()]
    shares = fractions[present].to_numpy()
    cells = list(structures.values())
    per_atom = np.array([cell.volume / len(cell) for cell in cells])
    volumes = dict(zip(present, robust_fit(shares, per_atom), strict=True))
    rows = [measure(cell, volumes) for cell in cells]
    ranges = {}
    for key in MEASURES:
        values = [row[key] for row in rows]
        ranges[key] = (float(np.quantile(values, TAIL)), float(np.quantile(values, 1 - TAIL)))
    unique = np.unique(shares.round(6), axis=0)
    gaps = [composition_distance(np.delete(unique, i, 0), c).min() for i, c in enumerate(unique)]
    together = (shares > 0).T.astype(float) @ (shares > 0)
    return Domain(
        elements=tuple(present),
        names=tuple(structures),
        lattices=tuple(lattices),
        compositions=tuple(tuple(row) for row in shares.round(6).tolist()),
        volumes=volumes,
        ranges=ranges,
        composition_gap=float(np.quantile(gaps, 0.95)),
        apart=tuple(
            (present[a], present[b])
            for a in range(len(present))
            for b in range(a + 1, len(present))
            if together[a, b] == 0
        ),
    )


def composition_distance(compositions: Array, composition: Array) -> Array:
    """Share of atoms to exchange: half the sum of absolute differences, (n_structures,).

    Args:
        compositions: Atomic fractions, (n_structures, n_elements).
        composition: Atomic fractions, (n_elements,).
    """
    return 0.5 * np.abs(compositions - composition).sum(axis=1)


def near_cells(domain: Domain, structure: Structure, lattice: str, n: int = 5) -> list[NearCell]:
    """The training cells nearest in composition; among equals those of the same lattice first."""
    fractions = structure.composition.get_atomic_fraction
    composition = np.array([fractions(a) for a in domain.elements])
    distances = composition_distance(np.array(domain.compositions), composition)
    same = np.array(domain.lattices) == lattice
    order = np.lexsort([~same, distances.round(6)])[:n]
    return [NearCell(domain.names[i], domain.lattices[i], float(distances[i])) for i in order]


def measure(structure: Structure, volumes: dict[str, float]) -> dict[Measure, float]:
    """The measures of one cell.

    Args:
        structure: Cell of elements that ``volumes`` knows.
        volumes: Volume per atom by element, Angstrom^3.
    """
    per_atom = structure.volume / len(structure)
    expected = sum(
        structure.composition.get_atomic_fraction(a) * volume for a, volume in volumes.items()
    )
    edge = per_atom ** (1 / 3)
    shell = first_shells(structure)
    return {
        "volume": per_atom / expected,
        "shortest_pair": float(shell.min()) / edge,
        # The spread of the nearest of each atom and of its shell, whichever lattice it is.
        "disorder": float(shell[:, 0].std()) / edge,
    }


def first_shells(structure: Structure) -> Array:
    """Distances to the nearest ``SHELL`` neighbours of each atom, ascending, (n_atoms, SHELL)."""
    cutoff = 1.6 * (structure.volume / len(structure)) ** (1 / 3)
    while True:
        pairs = neighbour_pairs(structure, cutoff)
        counts = np.bincount(pairs.first, minlength=len(structure))
        if counts.min() >= SHELL:
            break
        cutoff *= 1.3  # vacuum, or a strongly distorted cell
    order = np.lexsort([pairs.distances, pairs.first])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return pairs.distances[order][starts[:, None] + np.arange(SHELL)]
