"""Whole atoms on partially occupied sites."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

VACANCY = ""


def order_sites(structure: Structure, *, seed: int) -> Structure:
    """Put one whole atom, or none, on every partially occupied site.

    Sites that share the same occupancies are filled together, at random, with the numbers of
    atoms closest to what the occupancies ask for. What rounding leaves over in one group of sites
    is made up for in the next one that holds the element. Fully occupied sites stay.

    Args:
        structure: Sites hold elements with occupancies; what is missing to one is vacancy.
        seed: The same seed gives the same cell.

    Returns:
        An ordered cell with the site order and site properties of the sites that are filled. Its
        composition differs from the occupancies where the cell has too few sites to hold them.
    """
    chosen = [VACANCY if not site.is_ordered else site.specie.symbol for site in structure]
    rng = np.random.default_rng(seed)
    owed: dict[str, float] = defaultdict(float)
    for occupancies, sites in _groups(structure).items():
        species = [name for name, _ in occupancies]
        quotas = np.array([len(sites) * share + owed[name] for name, share in occupancies])
        counts = whole_numbers(quotas, len(sites))
        owed.update(zip(species, quotas - counts, strict=True))
        for site, kind in zip(sites, rng.permutation(np.repeat(species, counts)), strict=True):
            chosen[site] = str(kind)
    filled = [index for index, name in enumerate(chosen) if name != VACANCY]
    ordered = Structure(
        structure.lattice,
        [Element(chosen[index]) for index in filled],
        structure.frac_coords[filled],
        site_properties={
            key: [values[index] for index in filled]
            for key, values in structure.site_properties.items()
        },
    )
    ordered.properties = dict(structure.properties) | {"ordering_seed": seed}
    return ordered


def _groups(structure: Structure) -> dict[tuple[tuple[str, float], ...], list[int]]:
    """Indices of the partially occupied sites by their occupancies, vacancies included."""
    groups = defaultdict(list)
    for index, site in enumerate(structure):
        if not site.is_ordered:
            shares = {el.symbol: round(share, 6) for el, share in sorted(site.species.items())}
            shares[VACANCY] = max(0.0, 1.0 - sum(shares.values()))
            groups[tuple(shares.items())].append(index)
    return groups


def whole_numbers(quotas: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Whole numbers closest to the quotas (each rounded down, then the largest rest) that sum up.

    Args:
        quotas: Wanted numbers; may be slightly negative, (n_species,).
        total: What the result sums to.
    """
    counts = np.floor(np.maximum(quotas, 0)).astype(np.int64)
    while counts.sum() < total:
        counts[np.argmax(quotas - counts)] += 1
    while counts.sum() > total:
        counts[np.argmin(np.where(counts > 0, quotas - counts, np.inf))] -= 1
    return counts
