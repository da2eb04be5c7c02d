"""Leak check: tested rows that are told by rows of the same group, for example of one composition.

An fcc and a bcc cell of one composition differ little in most labels: a network that has seen one
of them has seen most of the other. An error on such rows says how well it remembers, not how well
it would do on a new alloy.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Leak(Generic[Row]):
    """How far tested rows are told by rows of the same group, for example of one composition.

    Attributes:
        n_shared: Distinct groups of the tested rows that seen rows belong to as well.
        n_groups: Distinct groups of the tested rows.
        rows: The tested rows of the shared groups.
    """

    n_shared: int
    n_groups: int
    rows: tuple[Row, ...]


def find_leak(tested: Mapping[Row, Hashable], seen: Collection[Hashable]) -> Leak[Row]:
    """The groups that tested rows share with rows that a network has seen.

    Args:
        tested: Group of each tested row, by its name or position.
        seen: Groups of the rows that trained the network or chose its epoch.
    """
    groups = set(tested.values())
    shared = groups.intersection(seen)
    return Leak(len(shared), len(groups), tuple(row for row, g in tested.items() if g in shared))
