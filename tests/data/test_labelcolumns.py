"""What the headings and the cells of a user's table say."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.data.labelcolumns import (
    Column,
    check_mapped,
    guess_columns,
    read_lattices,
    read_numbers,
    split_heading,
)
from heanet.data.labeltables import LabelTable
from heanet.errors import ConfigError, DataError
from tests.data.own_upload import read_table
from tests.data.published_set import COLUMNS


def table_of(column: list[str], heading: str = "eform") -> LabelTable:
    names = [f"a{i}" for i in range(len(column))]
    return read_table(pd.DataFrame({"name": names, heading: column}))


def numbers(
    column: list[str], unit: str = "eV/atom", heading: str = "eform", field: str = "eform"
) -> tuple[list[float], str, str]:
    """Values, problems and notes."""
    values, problems, notes = read_numbers(table_of(column, heading), Column(heading, unit), field)
    assert all(problem.blocking for problem in problems)
    return values.tolist(), " ".join(p.message for p in problems), " ".join(notes)


@pytest.mark.parametrize(
    ("heading", "stem", "unit"),
    [
        ("eform (meV/atom)", "eform", "meV/atom"),
        ("E_f [eV / atom]", "E_f", "eV / atom"),
        ("形成能（eV/atom）", "形成能", "eV/atom"),
        ("etot_eV_per_atom", "etot", "eV_per_atom"),
        ("E / eV", "E", "eV"),
        ("Ms (emu/g)", "Ms", "emu/g"),
        ("mb", "mb", ""),
        ("eV", "eV", ""),
        ("total energy", "total energy", ""),
    ],
)
def test_headings_are_split(heading: str, stem: str, unit: str) -> None:
    assert split_heading(heading) == (stem, unit)


def test_the_published_headings_are_all_understood() -> None:
    headings = ["structures", "Etot (eV)", "Ms (emu/g)", *COLUMNS.values()]
    guessed = guess_columns(read_table(pd.DataFrame([["x"] * len(headings)], columns=headings)))
    assert {field: column.heading for field, column in guessed.items()} == {
        "name": "structures",
        **COLUMNS,
    }
    assert guessed["mb"].unit == "muB/cell"
    assert guessed["rmsd"].unit == "Angstrom"


@pytest.mark.parametrize(
    ("heading", "field", "unit"),
    [
        ("Formation energy per atom", "", ""),
        ("Formation energy", "eform", "eV/atom"),
        ("ΔH_mix (kJ/mol)", "emix", "kJ/mol"),
        ("eform (meV/atom)", "eform", "meV/atom"),
        ("Total energy [eV/cell]", "etot", "eV/cell"),
        ("总能", "etot", "eV/atom"),
        ("Saturation magnetization (µB/atom)", "ms", "muB/atom"),
        ("moment", "mb", "muB/cell"),
        ("volume (Å³)", "v0", "Angstrom^3/atom"),
        ("eform (PBE)", "", ""),
    ],
)
def test_other_headings(heading: str, field: str, unit: str) -> None:
    guessed = guess_columns(table_of(["1"], heading))
    guessed.pop("name")
    assert guessed == ({field: Column(heading, unit)} if field else {})


def test_a_column_of_lattices_is_known_by_its_cells() -> None:
    table = read_table(pd.DataFrame({"id": ["1"], "file": ["a"], "structure": ["FCC"]}))
    guessed = guess_columns(table)
    assert (guessed["name"].heading, guessed["lattice"].heading) == ("file", "structure")
    assert read_lattices(["FCC", "sqs_bcc", "", "面心立方", "sigma", "n/a"]) == [
        "fcc", "bcc", "", "fcc", "sigma", ""
    ]  # fmt: skip


def test_the_unit_in_the_cells_is_taken_for_the_guess() -> None:
    assert guess_columns(table_of(["", "12 meV/atom"]))["eform"].unit == "meV/atom"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["1", "-2.5", "+.5e-3", "3.", "−4"], [1, -2.5, 0.0005, 3, -4]),
        (["1 eV/atom", "2eV/atom", "3 eV per atom"], [1, 2, 3]),
        (["", "n/a", "-", "NaN", "1"], [None, None, None, None, 1]),
        (["1,5", "-0,25", "2"], [1.5, -0.25, 2]),
        (["12,345", "1,5"], [12.345, 1.5]),
        (["0,123"], [0.123]),
    ],
)
def test_numbers_that_are_understood(column: list[str], expected: list[float | None]) -> None:
    values, problems, _ = numbers(column)
    assert problems == ""
    assert values == pytest.approx(
        [float("nan") if x is None else x for x in expected], nan_ok=True
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (["1", "abc", "2", "?"], "'eform' holds text where a number belongs, in rows 3, 5: 'abc'"),
        (["1", "inf", "1e999"], "text where a number belongs, in rows 3, 4: 'inf', '1e999'"),
        (["1 furlong", "2 furlong"], "text where a number belongs, in rows 2, 3: 'furlong'"),
        (["1.2 eV", "3 meV"], "several units: eV in row 2; meV in row 3"),
        (["0.1 eV/atom", "12 meV/atom"], "several units: eV/atom in row 2; meV/atom in row 3"),
        (["0.1 eV/atom", "0.2", "0.3"], "several units: eV/atom in row 2; no unit in rows 3, 4"),
        (["12 meV/atom"], "The cells of column 'eform' say meV/atom, and eV/atom is chosen"),
        (["1,234", "12,345"], "may separate thousands or decimals, such as 1,234, in rows 2, 3"),
        (["1,5", "2.5"], "both decimal points and commas, commas in row 2"),
        (["1,234,567"], "text where a number belongs"),
        (["=1+1", "#DIV/0!"], "text where a number belongs, in rows 2, 3"),
    ],
)
def test_numbers_that_are_not(column: list[str], message: str) -> None:
    assert message in numbers(column)[1]


def test_many_rows_are_counted() -> None:
    _, problems, _ = numbers(["x"] * 30)
    assert "in rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 20 more: 'x'" in problems


def test_what_the_heading_leaves_open_or_contradicts_is_noted() -> None:
    assert (
        "'eV' does not say of how many atoms; read as eV/cell"
        in (numbers(["1"], "eV/cell", "etot (eV)", "etot")[2])
    )
    assert "'eV' does not say of how many atoms; read as eV/atom" in numbers(["1 eV"])[2]
    assert (
        "read as eV/atom, whatever its heading says"
        in (numbers(["1"], "eV/atom", "eform (meV/atom)")[2])
    )
    assert "decimal commas read as points" in numbers(["1,5"])[2]
    assert numbers(["1"], "meV/atom", "eform (meV/atom)")[2] == ""


NAME, EFORM = Column("name"), Column("eform", "eV/atom")


@pytest.mark.parametrize(
    ("mapped", "error", "message"),
    [
        ({"name": NAME, "eform": Column("efrom", "eV/atom")}, DataError, r"no column 'efrom'.*Did"),
        ({"name": NAME, "efrom": EFORM}, DataError, "Unknown field 'efrom'"),
        ({"name": NAME, "eform": EFORM, "emix": EFORM}, DataError, "read as eform and as emix"),
        ({"eform": EFORM}, DataError, "No column of 'labels.csv' is chosen for the names"),
        ({"name": NAME}, DataError, "is chosen for the labels"),
        ({"name": NAME, "volume": EFORM}, DataError, "Unknown field 'volume'"),
        ({"name": NAME, "eform": Column("eform", "muB/atom")}, ConfigError, "Unknown unit 'muB"),
    ],
)
def test_a_mapping_that_does_not_fit(
    mapped: dict[str, Column], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        check_mapped(table_of(["1"]), mapped)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_number_comes_back_as_it_was(column: list[float]) -> None:
    values, problems, _ = numbers([repr(value) for value in column])
    assert problems == ""
    assert values == column
