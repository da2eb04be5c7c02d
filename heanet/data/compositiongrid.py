"""Grids of compositions: how many there are, known beforehand, and which, one after the other."""

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from heanet.config import Config
from heanet.data.elements import as_element

WHOLE = 100  # atomic per cent
_WHOLE_ENOUGH = 1e-6


class CompositionGrid(Config):
    """All compositions of some elements in equal steps.

    An element is absent, or has from ``least`` to ``most``.
    """

    elements: tuple[str, ...]
    """Symbols, each once."""
    step: Annotated[float, Field(gt=0, le=WHOLE)] = 5.0
    """Atomic per cent between neighbours; it divides 100."""
    least: Annotated[float, Field(ge=0, le=WHOLE)] = 0.0
    """Smallest share of an element that is present, in atomic per cent."""
    most: Annotated[float, Field(gt=0, le=WHOLE)] = float(WHOLE)
    """Largest share of an element, in atomic per cent."""
    components: tuple[int, int] = (1, 118)
    """Smallest and largest number of elements in a composition."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for symbol in self.elements:
            as_element(symbol, name="--elements")
        if not self.elements or len(set(self.elements)) < len(self.elements):
            raise ValueError("elements must be named, each once")
        if abs(WHOLE / self.step - self.n_steps) > _WHOLE_ENOUGH:
            raise ValueError("step must divide 100")
        if not 1 <= self.components[0] <= self.components[1]:
            raise ValueError("components must be a smallest and a largest number, from 1 on")
        return self

    @property
    def n_steps(self) -> int:
        """Steps of a pure element."""
        return round(WHOLE / self.step)

    @property
    def bounds(self) -> tuple[int, int]:
        """Fewest and most steps of an element that is present."""
        fewest = int(np.ceil(self.least / self.step - _WHOLE_ENOUGH))
        return max(1, fewest), int(np.floor(self.most / self.step + _WHOLE_ENOUGH))

    @property
    def sizes(self) -> range:
        """Numbers of components that the elements allow."""
        return range(self.components[0], min(self.components[1], len(self.elements)) + 1)

    @property
    def n_compositions(self) -> int:
        """Number of compositions, by inclusion and exclusion of shares above ``most``."""
        low, high = self.bounds
        return sum(
            comb(len(self.elements), n) * _n_parts(self.n_steps, n, low, high) for n in self.sizes
        )

    def rows(self) -> Iterator[tuple[int, ...]]:
        """Steps of each element, compositions of fewer elements first."""
        low, high = self.bounds
        for n in self.sizes:
            for present in combinations(range(len(self.elements)), n):
                for parts in _parts(self.n_steps, n, low, high):
                    row = [0] * len(self.elements)
                    for column, part in zip(present, parts, strict=True):
                        row[column] = part
                    yield tuple(row)

    def shares(self, rows: list[tuple[int, ...]]) -> NDArray[np.float64]:
        """Atomic fractions of some rows, (n_structures, n_elements)."""
        return np.array(rows, dtype=np.float64) / self.n_steps


def _n_parts(total: int, n: int, low: int, high: int) -> int:
    """In how many ways ``total`` is a sum of n numbers from low to high, in order."""
    spare, width = total - n * low, high - low + 1
    if width < 1:
        return 0
    return sum(
        (-1) ** k * comb(n, k) * comb(spare - k * width + n - 1, n - 1)
        for k in range(n + 1)
        if spare - k * width >= 0
    )


def _parts(total: int, n: int, low: int, high: int) -> Iterator[tuple[int, ...]]:
    """All of these ways, the largest first number first."""
    if n == 1:
        if low <= total <= high:
            yield (total,)
        return
    for first in range(min(high, total - (n - 1) * low), low - 1, -1):
        if total - first > (n - 1) * high:
            return
        for rest in _parts(total - first, n - 1, low, high):
            yield (first, *rest)
