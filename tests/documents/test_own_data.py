"""What docs/own-data.md says of headings, units and splits is what the code understands."""

import re

import pytest

from heanet.data.archives import MAX_ZIP_BYTES
from heanet.data.labelcolumns import guess_columns
from heanet.data.labeltables import read_label_table
from heanet.data.splitnames import parse_split_name
from heanet.properties import TASKS
from heanet.units import units_of
from tests.documents.fences import read

TEXT = read("docs/own-data.md")
FIELDS = {
    "the file": "name",
    "parent lattice": "lattice",
    "total energy": "etot",
    "mixing energy": "emix",
    "formation energy": "eform",
    "magnetisation": "ms",
    "magnetic moment": "mb",
    "displacement": "rmsd",
}


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    lines = TEXT.split(f"## {title}\n")[1].split("\n## ")[0].splitlines()
    cells = [[it.strip() for it in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return cells[2:]


@pytest.mark.parametrize("row", rows("Headings and units"), ids=lambda row: row[0])
def test_headings_are_understood(row: list[str]) -> None:
    what, headings, units = row
    for heading in headings.split(", "):
        table = read_label_table(f"{heading}\n1\n".encode(), name="labels.csv")
        (field,) = guess_columns(table)
        assert field == FIELDS.get(what, field), heading
    if field in TASKS and units != "the same":
        named = re.sub(r"[^\w/^]+", " ", units).split()
        keys = [unit.key.partition("/")[0] for unit in units_of(field)]
        assert named[0].partition("/")[0] in keys


def test_every_line_of_the_table_is_known() -> None:
    assert {row[0] for row in rows("Headings and units")} == {*FIELDS, "volume"}


@pytest.mark.parametrize("row", rows("Splits that do not leak"), ids=lambda row: row[0])
def test_splits_have_these_names(row: list[str]) -> None:
    found = parse_split_name(row[0].strip("`"))
    assert found is not None  # a split of our own, which keeps compositions together


def test_the_largest_zip_is_as_large_as_is_said() -> None:
    assert f"at most {MAX_ZIP_BYTES // 2**20} MB" in TEXT
