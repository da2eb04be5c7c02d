from dataclasses import replace
from pathlib import Path

import pytest

from heanet.data.geometry import is_ideal
from heanet.data.labels import SHIPPED, load_labels
from heanet.data.relaxedpairs import built_and_relaxed, by_displacement
from heanet.errors import DataError

LABELS = load_labels(SHIPPED / "alloys")


def test_cells_come_from_the_least_to_the_most_displaced() -> None:
    names = by_displacement(LABELS, 25)
    found = LABELS.table["rmsd"].loc[names]
    assert len(set(names)) == 25
    assert found.is_monotonic_increasing
    assert (found.iloc[0], found.iloc[-1]) == (
        LABELS.table["rmsd"].min(),
        LABELS.table["rmsd"].max(),
    )


def test_a_built_cell_is_ideal_and_its_relaxed_one_is_not() -> None:
    name = by_displacement(LABELS, 3)[1]
    built, relaxed = built_and_relaxed(LABELS, name)
    assert is_ideal(built)
    assert not is_ideal(relaxed)
    assert built.composition == relaxed.composition


def test_a_set_without_built_cells_says_so(tmp_path: Path) -> None:
    name = LABELS.table.index[0]
    (tmp_path / "structures").mkdir()
    cell = (LABELS.folder / "structures" / name).read_bytes()
    (tmp_path / "structures" / name).write_bytes(cell)
    with pytest.raises(DataError, match="as it was built"):
        built_and_relaxed(replace(LABELS, folder=tmp_path), name)
