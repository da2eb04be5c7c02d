from pathlib import Path

import pytest
from pymatgen.core import Composition

from heanet.data.leaks import Leak, find_leak
from heanet.data.publishedtables import read_published_table
from heanet.data.splits import PUBLISHED_SPLITS, published_split

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
    tested = {7: "CrNi", 5: "CrFe", 4: "CrNi", 3: "FeNi", 2: "FeNi"}
    assert find_leak(tested, ["FeNi", "FeNi", "CrFe", "Pd"]) == Leak(2, 3, (5, 3, 2))
    assert find_leak(tested, ["Pd"]) == Leak(0, 3, ())


def test_no_tested_rows_share_nothing() -> None:
    assert find_leak({}, ["Fe", "Ni"]) == Leak(0, 0, ())


def test_tested_rows_are_told_by_name_as_well() -> None:
    found = find_leak({"FeNi_fcc": "FeNi", "CrNi_fcc": "CrNi"}, {"FeNi"})
    assert found == Leak(n_shared=1, n_groups=2, rows=("FeNi_fcc",))


@pytest.mark.parametrize("name", PUBLISHED_SPLITS)
def test_the_published_splits_share_these_compositions(name: str, hea_dft_folder: Path) -> None:
    tables = {f: read_published_table(hea_dft_folder / "labels" / f"{f}.xlsx") for f in FILES}
    partitions = {file: list(table.index) for file, table in tables.items()}
    names = partitions["Database"]
    groups = [Composition(row.split("_")[0]).reduced_formula for row in names]
    split = published_split(name, names, partitions)
    seen = {groups[i] for i in [*split.train, *split.validation]}
    found = find_leak({i: groups[i] for i in split.test.tolist()}, seen)
    assert (found.n_shared, found.n_groups) == PUBLISHED[name]
    assert found.rows == tuple(i for i in split.test if groups[i] in seen)
