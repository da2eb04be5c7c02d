"""What a model has seen, and how far a cell lies outside it.

A network answers for any cell of elements that it has embeddings for; whether the answer means
something depends on how near the cell is to the training rows. Four plain measures say so, each
compared with the range of the training cells themselves:

    composition    share of atoms to exchange to reach the nearest training composition, or the
                   nearest mixture of them
    volume         per atom, over the volume that its composition has on average in training
    shortest pair  nearest-neighbour distance over the cube root of the volume per atom
    disorder       spread of the nearest-neighbour distances of the atoms; an ideal lattice has none
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import model_validator
from pymatgen.core import Structure
from scipy.optimize import linprog, nnls

from heanet.config import Config
from heanet.data.leastdeviations import robust_fit
from heanet.data.neighbours import neighbour_pairs

Array = NDArray[np.float64]
Measure = Literal["volume", "shortest_pair", "disorder"]
MEASURES: tuple[Measure, ...] = ("volume", "shortest_pair", "disorder")
# A cell is outside when it is farther than nearly all training cells are from the middle.
TAIL = 0.005
# Longest bond of a metal with room to spare, and the distance at which an atom is alone.
METALLIC, ISOLATED = 4.0, 6.0  # Angstrom
# Half of the last digit that a warning prints: what is nearer to the range is not outside it.
ROUNDING = 5e-4

# In what unit each measure is given, for people.
_RATIOS: dict[Measure, str] = {
    "volume": "times the expected volume",
    "shortest_pair": "times the edge of an atom's cube",
    "disorder": "spread, in edges of an atom's cube",
}
# What to say below and above the range; nothing where that side is no reason for doubt.
_WORDS: dict[Measure, tuple[str, str]] = {
    "volume": (
        "The volume per atom is smaller than of any usual training cell of this composition",
        "The volume per atom is larger than of any usual training cell of this composition",
    ),
    "shortest_pair": (
        "Two atoms are closer, for this density, than in the training cells",
        "",  # Atoms as far apart as their density allows are an ideal lattice: see disorder.
    ),
    "disorder": (
        "All nearest-neighbour distances are alike, so the cell looks unrelaxed, and the model "
        "has seen relaxed cells only",
        "The nearest-neighbour distances scatter more than in the training cells",
    ),
}


class Domain(Config):
    """The training cells, as far as later cells are compared with them.

    Attributes:
        elements: Symbols, in the order of the composition columns.
        names: Training cells.
        lattices: Their parent lattices.
        compositions: Their atomic fractions, (n_structures, n_elements).
        volumes: Volume per atom by element, Angstrom^3: a fit, for the expected volume only.
        ranges: Lowest and highest usual value by measure.
        composition_gap: Distance within which nearly every training composition has another one.
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

    @cached_property
    def shares(self) -> Array:
        """Compositions of the training cells, (n_structures, n_elements)."""
        return np.array(self.compositions)

    @cached_property
    def trained(self) -> Array:
        """The same, each composition once."""
        return np.unique(self.shares, axis=0)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not len(self.names) == len(self.lattices) == len(self.compositions) > 0:
            raise ValueError("names, lattices and compositions must be as many, at least one")
        if any(len(row) != len(self.elements) for row in self.compositions):
            raise ValueError("every composition must have a fraction per element")
        if set(self.volumes) != set(self.elements) or set(self.ranges) != set(MEASURES):
            raise ValueError("volumes and ranges must name every element and every measure")
        return self


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
        # Values of training cells, so that a set of less than 200 cells lies inside as a whole.
        low = np.quantile(values, TAIL, method="lower")
        high = np.quantile(values, 1 - TAIL, method="higher")
        ranges[key] = (float(low), float(high))
    together = (shares > 0).T.astype(float) @ (shares > 0)
    return Domain(
        elements=tuple(present),
        names=tuple(structures),
        lattices=tuple(lattices),
        compositions=tuple(tuple(row) for row in shares.round(6).tolist()),
        volumes=volumes,
        ranges=ranges,
        composition_gap=_composition_gap(shares),
        apart=tuple(
            (present[a], present[b])
            for a in range(len(present))
            for b in range(a + 1, len(present))
            if together[a, b] == 0
        ),
    )


def _composition_gap(compositions: Array) -> float:
    """Distance within which 95 % of the compositions have another one; 0 for a single one."""
    unique = np.unique(compositions.round(6), axis=0)
    if len(unique) == 1:
        return 0.0
    gaps = [composition_distance(np.delete(unique, i, 0), c).min() for i, c in enumerate(unique)]
    return float(np.quantile(gaps, 0.95))


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
    distances = composition_distance(domain.shares, composition)
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
    share = structure.composition.get_atomic_fraction
    expected = sum(share(a) * volume for a, volume in volumes.items())
    edge = per_atom ** (1 / 3)
    nearest = nearest_distances(structure)
    return {
        "volume": per_atom / expected,
        "shortest_pair": float(nearest.min()) / edge,
        "disorder": float(nearest.std()) / edge,
    }


def nearest_distances(structure: Structure) -> Array:
    """Distance of each atom to its nearest neighbour or image, (n_atoms,), Angstrom.

    At most ``ISOLATED``: beyond it an atom has no neighbour, and a search would find all pairs of
    whatever else is in the cell.
    """
    nearest = np.full(len(structure), np.inf)
    # Holds a neighbour of every atom of an ideal lattice (fcc 1.12, bcc 1.09, same units).
    cutoff = min(1.2 * (structure.volume / len(structure)) ** (1 / 3), METALLIC)
    while True:
        pairs = neighbour_pairs(structure, cutoff)
        np.minimum.at(nearest, pairs.first, pairs.distances)
        if np.isfinite(nearest).all() or cutoff == ISOLATED:
            return np.minimum(nearest, ISOLATED)
        cutoff = min(1.3 * cutoff, ISOLATED)


def beyond_mixtures(compositions: Array, composition: Array) -> float:
    """Share of atoms to exchange to reach the nearest mixture of compositions; 0 for a mixture.

    The distance from their convex hull, a linear programme over the mixing weights.

    Args:
        compositions: Atomic fractions, (n_structures, n_elements).
        composition: Atomic fractions, (n_elements,).
    """
    n, k = compositions.shape
    cost = np.concatenate([np.zeros(n), np.full(2 * k, 0.5)])
    mixture = np.hstack([compositions.T, np.eye(k), -np.eye(k)])
    weights_sum = np.concatenate([np.ones(n), np.zeros(2 * k)])
    equations, right = np.vstack([mixture, weights_sum]), np.append(composition, 1.0)
    return float(linprog(cost, A_eq=equations, b_eq=right, method="highs").fun)


def is_mixture(compositions: Array, composition: Array) -> bool:
    """Whether a composition is a mixture of others, but for ROUNDING (``beyond_mixtures``).

    Most are, and least squares finds the weights at once; where it does not, the linear programme
    decides.
    """
    equations = np.vstack([compositions.T, np.ones(len(compositions))])
    weights, _ = nnls(equations, np.append(composition, 1.0))
    if weights.sum() > 0:
        mixture = weights @ compositions / weights.sum()
        if 0.5 * np.abs(mixture - composition).sum() <= ROUNDING:
            return True
    return beyond_mixtures(compositions, composition) <= ROUNDING


def _composition_warnings(domain: Domain, structure: Structure) -> list[str]:
    fractions = structure.composition.get_atomic_fraction
    composition = np.array([fractions(a) for a in domain.elements])
    nearest = near_cells(domain, structure, "", n=1)[0]
    differs = (
        f"The nearest training composition ({nearest.name}) differs in {nearest.distance:.0%} "
        "of the atoms"
    )
    if not is_mixture(domain.trained, composition):
        return [f"{differs}, and no mixture of training compositions reaches this one."]
    # Half the usual gap: what is farther lies in a hole between the training compositions.
    if nearest.distance > domain.composition_gap / 2 + ROUNDING:
        return [f"{differs}; usually one lies within {domain.composition_gap / 2:.0%}."]
    return []


def domain_warnings(domain: Domain, structure: Structure) -> tuple[str, ...]:
    """Why a cell lies outside what the training cells cover; empty if it does not."""
    warnings = []
    present = {site.specie.symbol for site in structure}
    for a, b in domain.apart:
        if {a, b} <= present:
            warnings.append(f"{a} and {b} never occur together in the training cells.")
    warnings += _composition_warnings(domain, structure)
    found = measure(structure, domain.volumes)
    for key in MEASURES:
        low, high = domain.ranges[key]
        outside = not low - ROUNDING <= found[key] <= high + ROUNDING
        if outside and (text := _WORDS[key][found[key] > high]):
            warnings.append(
                f"{text} ({found[key]:.3f} {_RATIOS[key]}; training cells {low:.3f} to {high:.3f})."
            )
    return tuple(warnings)
