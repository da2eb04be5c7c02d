"""A user's table, whatever program saved it."""

import io
from contextlib import suppress
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from heanet.data import labeltables
from heanet.data.labeltables import LabelTable, read_label_table
from heanet.errors import DataError

ROWS = [["name", "etot (eV/atom)"], ["NiFe_fcc", "-7.5"], ["铁镍_bcc", "-8.25"]]


def text(rows: list[list[str]], sign: str = ",") -> str:
    return "".join(sign.join(row) + "\n" for row in rows)


def read(data: bytes | str, **options: str) -> LabelTable:
    raw = data.encode() if isinstance(data, str) else data
    return read_label_table(raw, name="labels.csv", **options)


def excel(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(("sign", "delimiter"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_csv_of_every_delimiter_and_encoding(sign: str, delimiter: str, encoding: str) -> None:
    table = read(text(ROWS, sign).replace("\n", "\r\n").encode(encoding))
    assert table.columns == ("name", "etot (eV/atom)")
    assert table.column("name") == {2: "NiFe_fcc", 3: "铁镍_bcc"}
    assert table.column("etot (eV/atom)") == {2: "-7.5", 3: "-8.25"}
    assert table.delimiter == delimiter
    assert bool(table.notes) == (encoding not in ("utf-8", "utf-8-sig"))


def test_western_signs_are_not_read_as_chinese_letters() -> None:
    table = read("name;Ms (µB/atom);rmsd (Å)\na;1;2\n".encode("cp1252"))
    assert table.columns == ("name", "Ms (µB/atom)", "rmsd (Å)")


def test_the_delimiter_is_the_one_that_fits_every_row() -> None:
    table = read("name;eform (PBE, eV/atom)\na;0,1\nb;-0,25\n")
    assert table.columns == ("name", "eform (PBE, eV/atom)")
    assert table.column("eform (PBE, eV/atom)") == {2: "0,1", 3: "-0,25"}
    assert read("name,etot; relaxed\na,1\n").columns == ("name", "etot; relaxed")
    table = read('name,"etot; relaxed"\n"a, b",1\n')
    assert table.column("name") == {2: "a, b"}


def test_rows_keep_their_numbers_over_empty_ones() -> None:
    table = read("\n name , etot\n,,\n a , 1 \n\nb,2,,\n")
    assert table.column("name") == {4: "a", 6: "b"}
    assert table.column("etot") == {4: "1", 6: "2"}


def test_a_column_without_a_heading_gets_its_number() -> None:
    assert read(",name,etot\n0,a,1\n").columns == ("(column 1)", "name", "etot")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "holds no table"),
        ("\n \n", "holds no table"),
        ("name,etot\n", "has headings and no row below them"),
        ("name,etot\na,1\nb,1,5\n", "more cells than headings in row 3.*Decimal commas"),
        ("name,etot,etot\na,1,2\n", "several columns 'etot'"),
        ("a,-8.2\nb,-8.3\n", "the number -8.2 in its first row"),
        ('name,etot\n"a,1\n', "a quotation mark without its second"),
        ("name,etot\na,\0\n", "is a binary file"),
        (b"\xd0\xcf\x11\xe0" + bytes(99), "old or encrypted Excel"),
        (b"PK\x03\x04" + bytes(99), "cannot be read|cannot be unpacked"),
        (",".join(f"c{i}" for i in range(201)) + "\n1\n", "201 columns.*at most 200"),
    ],
)
def test_what_is_no_table_is_refused(data: str | bytes, message: str) -> None:
    with pytest.raises(DataError, match=f"'labels.csv'.* ({message})"):
        read(data)


def test_sizes_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labeltables, "MAX_ROWS", 3)
    assert len(read("name,etot\n" + "a,1\n" * 3).cells) == 3
    with pytest.raises(DataError, match="more than 3 rows"):
        read("name,etot\n" + "a,1\n" * 4)
    with pytest.raises(DataError, match="more than 3 rows"):
        read(excel(("s", [["name", "etot"], *[["a", 1]] * 4])))
    monkeypatch.setattr(labeltables, "MAX_TABLE_BYTES", 2**20)
    with pytest.raises(DataError, match=r"1.0 MB.*at most 1 MB"):
        read(b"a" * (2**20 + 1))


def test_excel_keeps_every_digit_and_its_sheets() -> None:
    value = -8.123456789012345
    data = excel(
        ("first", [["name", "etot", "n"], ["a", value, 3], [], ["b", None, date(2024, 5, 1)]]),
        ("second", [["name", "emix"], [7, 0.25]]),
    )
    first = read(data)
    assert (first.sheet, first.sheets, first.delimiter) == ("first", ("first", "second"), "")
    assert first.column("etot") == {2: repr(value), 4: ""}
    assert first.column("n") == {2: "3", 4: "2024-05-01T00:00:00"}
    assert read(data, sheet="second").column("name") == {2: "7"}
    with pytest.raises(DataError, match=r"no sheet 'secnd'.*first, second.*'second'\?"):
        read(data, sheet="secnd")


def test_formulas_that_nobody_computed_are_not_missing_labels() -> None:
    data = excel(("s", [["name", "etot"], ["a", 1.0], ["b", "=B2*2"]]))
    with pytest.raises(DataError, match="formulas without their results in row 3"):
        read(data)


def test_pandas_and_this_read_the_same_excel_file() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "etot": [-1 / 3, 2e-17]})
    stream = io.BytesIO()
    frame.to_excel(stream, index=False)
    cells = read(stream.getvalue()).column("etot")
    assert [float(cell) for cell in cells.values()] == frame["etot"].tolist()


@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_one_clear_error(data: bytes) -> None:
    n_rows = None
    with suppress(DataError):
        n_rows = len(read(data).cells)
    assert n_rows != 0
