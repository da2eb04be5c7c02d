"""Which cells a generated set holds: balanced over lattices, component counts and systems.

Compositions follow the pattern of the published set (equal parts, then one element enriched at the
cost of the others), so that labels can be compared; what is left is filled with random ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, cycle

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from heanet.data.ideallattice import sites_per_cell
from heanet.errors import ConfigError
from heanet.properties import Lattice

ATOMS = (16, 40)  # of the smallest and the largest cell
MAX_COMPONENTS = 5
LEAST_ATOMS = 2 * MAX_COMPONENTS  # fewer leave an alloy of five one composition
# What the other elements keep of their equal part when one is enriched.
_KEPT = {2: 0.5}
_KEPT_OTHERWISE = 0.75
_ATTEMPTS = 200  # to draw a random composition that is not there yet


@dataclass(frozen=True, order=True)
class CellRecipe:
    """One cell to build and label.

    Attributes:
        counts: Atoms by element, in order of atomic number.
        lattice: Parent lattice.
        seed: Of the arrangement and of the first displacements.
    """

    counts: tuple[tuple[str, int], ...]
    lattice: Lattice
    seed: int

    @property
    def name(self) -> str:
        """File name, for example Cr8Fe8Co8Ni8_sqsfcc."""
        return "".join(f"{s}{n}" for s, n in self.counts) + f"_sqs{self.lattice}"

    @property
    def n_atoms(self) -> int:
        """Atoms of the cell."""
        return sum(n for _, n in self.counts)


def families(elements: Sequence[str]) -> list[tuple[str, ...]]:
    """Sets of elements that alloys are drawn from.

    Args:
        elements: Symbols, which form one family, or families written as Cr-Fe-Co-Ni-Mn.

    Raises:
        ConfigError: A family has less than two elements, or one twice.
    """
    dashed = [word for word in elements if "-" in word]
    if dashed and len(dashed) < len(elements):
        raise ConfigError(
            f"Elements '{' '.join(elements)}'",
            expected="symbols (Cr Fe Co Ni), or families joined by dashes (Cr-Fe-Ni Fe-Co-Pd)",
        )
    groups = [word.split("-") for word in dashed] or [list(elements)]
    for group in groups:
        if len(group) < 2 or len(set(group)) < len(group):
            raise ConfigError(
                f"Elements '{' '.join(group)}'", expected="at least two, each of them once"
            )
    return [tuple(sorted(group, key=lambda symbol: Element(symbol).Z)) for group in groups]


def plan_cells(
    groups: Sequence[tuple[str, ...]],
    lattices: Sequence[Lattice],
    n: int,
    *,
    seed: int,
    atoms: tuple[int, int] = ATOMS,
) -> list[CellRecipe]:
    """The first ``n`` cells, balanced as far as ``n`` divides.

    Args:
        groups: Families of elements; systems are their subsets of two to five.
        lattices: Parent lattices.
        n: Number of cells.
        seed: Of the random choices; the same seed gives the same cells.
        atoms: Of the smallest and of the largest cell.

    Raises:
        ConfigError: There are not that many different cells.
    """
    if n < 1:
        raise ConfigError(f"{n} cells", expected="at least 1")
    if atoms[0] < LEAST_ATOMS or not all(len(_sizes(lattice, atoms)) for lattice in lattices):
        raise ConfigError(
            f"Cells of {atoms[0]} to {atoms[1]} atoms",
            expected=f"at least {LEAST_ATOMS}, the smaller number first, and for hcp an even one",
        )
    most = min(MAX_COMPONENTS, max(map(len, groups)))
    streams = [
        _of_one_kind(_systems(groups, size), lattice, np.random.default_rng([seed, size, i]), atoms)
        for size in range(2, most + 1)
        for i, lattice in enumerate(lattices)
    ]
    recipes: list[CellRecipe] = []
    alive = dict(enumerate(streams))
    for k in cycle(range(len(streams))):
        if len(recipes) == n or not alive:
            break
        if k in alive:
            found = next(alive[k], None)
            if found is None:
                del alive[k]
            else:
                recipes.append(found)
    if len(recipes) < n:
        raise ConfigError(
            f"{n} cells of {atoms[0]} to {atoms[1]} atoms",
            expected=f"at most {len(recipes)} different ones of these elements and lattices",
        )
    return recipes


def _systems(groups: Sequence[tuple[str, ...]], size: int) -> list[tuple[str, ...]]:
    """Every subset of that size of any family, once, in order."""
    found = {subset: None for group in groups for subset in combinations(group, size)}
    return list(found)


def _of_one_kind(
    systems: Sequence[tuple[str, ...]],
    lattice: Lattice,
    rng: np.random.Generator,
    atoms: tuple[int, int],
) -> Iterator[CellRecipe]:
    """Cells of one component count and lattice, the systems taking turns."""
    compositions = {system: _compositions(system, lattice, rng, atoms) for system in systems}
    order = [systems[i] for i in rng.permutation(len(systems))]
    while compositions:
        for system in order:
            counts = next(compositions[system], None) if system in compositions else None
            if counts is None:
                compositions.pop(system, None)
            else:
                yield CellRecipe(counts, lattice, int(rng.integers(2**31)))


def _compositions(
    system: tuple[str, ...], lattice: Lattice, rng: np.random.Generator, atoms: tuple[int, int]
) -> Iterator[tuple[tuple[str, int], ...]]:
    """Different compositions of a system: equal parts, one enriched, then random ones."""
    sizes = _sizes(lattice, atoms)
    seen: set[tuple[float, ...]] = set()
    for shares in _patterns(len(system)):
        held = [n for n in sizes if np.allclose(shares * n, np.round(shares * n), atol=1e-6)]
        if held:
            seen.add(_shares(shares))
            yield _named(system, np.round(shares * rng.choice(held)).astype(int))
    while True:
        drawn = (_random(rng, sizes, len(system)) for _ in range(_ATTEMPTS))
        fresh = next((counts for counts in drawn if _shares(counts) not in seen), None)
        if fresh is None:
            return
        seen.add(_shares(fresh))
        yield _named(system, fresh)


def _sizes(lattice: Lattice, atoms: tuple[int, int]) -> NDArray[np.int64]:
    """Numbers of atoms that a cell of this lattice may have."""
    step = sites_per_cell(lattice)
    return np.arange(atoms[0] + -atoms[0] % step, atoms[1] + 1, step)


def _patterns(size: int) -> list[NDArray[np.float64]]:
    """Atomic fractions of the published patterns: equal, then each element enriched in turn."""
    kept = _KEPT.get(size, _KEPT_OTHERWISE) / size
    enriched = np.full((size, size), kept)
    np.fill_diagonal(enriched, 1 - (size - 1) * kept)
    return [np.full(size, 1 / size), *enriched]


def _random(rng: np.random.Generator, sizes: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Numbers of atoms of a random cell: every element at least once."""
    n_atoms = int(rng.choice(sizes))
    cuts = np.sort(rng.choice(np.arange(1, n_atoms), size - 1, replace=False))
    return np.diff([0, *cuts, n_atoms])


def _shares(counts: NDArray[np.generic]) -> tuple[float, ...]:
    """Atomic fractions, the same for equal compositions."""
    return tuple(np.round(counts / counts.sum(), 6).tolist())


def _named(system: tuple[str, ...], counts: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    return tuple(zip(system, counts.tolist(), strict=True))
