"""The rows that each published split is cut from, for sets that come without published tables.

By the number of components, as published; "train" and "test" of split a0 by a fixed seed.
"""

from collections.abc import Mapping

import numpy as np

# Which numbers of components each published table holds; "Database" holds every row.
_COMPONENTS = {
    "B+T": (2, 3),
    "Qua+Qui": (4, 5),
    "B+T+Qua": (2, 3, 4),
    "Quinary": (5,),
}
_TEST_SHARE = 0.2
_TEST_SEED = 0


def partitions(n_components: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Names of rows by published table; a table may be empty.

    Args:
        n_components: How many elements each row has, by name, in the order of the rows.
    """
    names = tuple(n_components)
    cut = {"Database": names} | {
        table: tuple(name for name in names if n_components[name] in numbers)
        for table, numbers in _COMPONENTS.items()
    }
    order = np.random.default_rng(_TEST_SEED).permutation(len(names))
    tested = set(order[: round(_TEST_SHARE * len(names))].tolist())
    cut["test"] = tuple(name for i, name in enumerate(names) if i in tested)
    cut["train"] = tuple(name for i, name in enumerate(names) if i not in tested)
    return cut
