"""Cells as they were built and as they relaxed: how far they went, an order to look at them."""

import numpy as np
from pymatgen.core import Structure

from heanet.data.generatedset import BUILT
from heanet.data.idealtwin import find_twins
from heanet.data.labelfiles import read_cell_file
from heanet.data.labels import LabelledSet
from heanet.errors import DataError


def by_displacement(labels: LabelledSet, n: int) -> list[str]:
    """Names of n cells evenly spread over all of them, from the least to the most displaced.

    Args:
        labels: With a column rmsd; rows without it are left out.
        n: How many, at least two; fewer where the set has fewer.
    """
    ordered = labels.table["rmsd"].dropna().sort_values(kind="stable").index
    places = np.linspace(0, len(ordered) - 1, min(n, len(ordered))).round().astype(int)
    return [str(ordered[place]) for place in places]


def built_and_relaxed(labels: LabelledSet, name: str) -> tuple[Structure, Structure]:
    """A cell on the sites it was built on, and relaxed.

    Raises:
        DataError: The set does not keep its built cells, or has none of that name.
    """
    path = labels.folder / BUILT / name
    relaxed = labels.read_cell(name)
    if not path.is_file():
        raise DataError(
            f"The set '{labels.name}' does not keep the cell '{name}' as it was built",
            expected=f"a file of that name in its folder '{BUILT}'",
        )
    return read_cell_file(path), relaxed


def displacements(labels: LabelledSet) -> dict[str, float]:
    """Root mean square distance from the sites of the parent lattice, measured on relaxed cells.

    Returns:
        Angstrom, by name; cells whose sites are not found for sure are missing.
    """
    cells = labels.structures(progress=False)
    lattices = dict(zip(cells, labels.table["lattice"], strict=True))
    twins = find_twins(cells, lattices)
    return {name: twin.displacement for name, twin in twins.items() if twin.is_sure}
