from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Composition

from heanet.data.leaks import Leak, find_leak, leak_check
from heanet.data.publishedtables import read_published_table
from heanet.data.splits import PUBLISHED_SPLITS, Split, published_split

FILES = ("train", "test", "B+T+Qua", "Quinary", "B+T", "Qua+Qui", "Database")
# Distinct compositions of the test rows, and how many of them other rows of the split have.
PUBLISHED = {
    "a0": (54, 65),
    "a1": (0, 28),
    "a2": (0, 87),
    "a3": (0, 106),
    "b0": (14, 16),
    "b1": (22, 22),
    "b2": (32, 37),
}


def test_compositions_are_counted_once_and_their_rows_named() -> None:
    groups = ["FeNi", "CrFe", "FeNi", "FeNi", "CrNi", "CrFe", "Pd", "CrNi"]
    split = Split("mine", np.array([0, 6]), np.array([1]), np.array([7, 5, 4, 3, 2]))
    assert leak_check(split, groups) == Leak(n_shared=2, n_groups=3, rows=(5, 3, 2))


def test_validation_rows_count_as_seen() -> None:
    chosen = Split("mine", np.array([0]), np.array([1]), np.array([2]))
    assert leak_check(chosen, ["Fe", "Ni", "Ni"]) == Leak(1, 1, (2,))
    unused = Split("mine", np.array([0]), np.array([], dtype=np.int64), np.array([2]))
    assert leak_check(unused, ["Fe", "Ni", "Ni"]) == Leak(0, 1, ())


def test_a_split_without_test_rows_shares_nothing() -> None:
    none = np.array([], dtype=np.int64)
    assert leak_check(Split("all rows", np.arange(2), none, none), ["Fe", "Ni"]) == Leak(0, 0, ())


def test_tested_rows_are_told_by_name_as_well() -> None:
    found = find_leak({"FeNi_fcc": "FeNi", "CrNi_fcc": "CrNi"}, ["FeNi", "FeNi", "Pd"])
    assert found == Leak(1, 2, ("FeNi_fcc",))


@pytest.mark.parametrize("name", PUBLISHED_SPLITS)
def test_the_published_splits_share_these_compositions(name: str, hea_dft_folder: Path) -> None:
    tables = {f: read_published_table(hea_dft_folder / "labels" / f"{f}.xlsx") for f in FILES}
    partitions = {file: list(table.index) for file, table in tables.items()}
    names = partitions["Database"]
    groups = [Composition(row.split("_")[0]).reduced_formula for row in names]
    split = published_split(name, names, partitions)
    found = leak_check(split, groups)
    assert (found.n_shared, found.n_groups) == PUBLISHED[name]
    seen = {groups[i] for i in [*split.train, *split.validation]}
    assert found.rows == tuple(i for i in split.test if groups[i] in seen)
