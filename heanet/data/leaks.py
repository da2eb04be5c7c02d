"""Leak check: tested rows that are told by rows of the same group, for example of one composition.

An fcc and a bcc cell of one composition differ little in most labels: a network that has seen one
of them has seen most of the other. An error on such rows says how well it remembers, not how well
it would do on a new alloy.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from heanet.data.splits import Split

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


def leak_check(split: Split, groups: Sequence[Hashable]) -> Leak[int]:
    """The groups that the test rows of a split share with the rows that train or validate.

    Args:
        split: Rows.
        groups: Group of every row of the table, for example its composition.

    Returns:
        Its ``rows`` are positions in the table.
    """
    seen = {groups[i] for i in np.concatenate([split.train, split.validation])}
    return find_leak({i: groups[i] for i in split.test.tolist()}, seen)


def find_leak(tested: Mapping[Row, Hashable], seen: Collection[Hashable]) -> Leak[Row]:
    """The groups that tested rows share with rows that a network has seen.

    Args:
        tested: Group of each tested row.
        seen: Groups of the seen rows.
    """
    groups = set(tested.values())
    shared = groups.intersection(seen)
    return Leak(len(shared), len(groups), tuple(row for row, g in tested.items() if g in shared))
