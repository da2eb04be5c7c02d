"""Read a user's table of labels: CSV or Excel, every cell as the text that stands in it.

Nothing is made a number here. What a cell says is decided column by column once it is known what
the column means (heanet.data.labelcolumns), so that no label is dropped or misread on the way.
"""

import csv
import io
import json
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from heanet.data.archives import unpack
from heanet.data.labelfiles import sha256
from heanet.data.reader import READER
from heanet.data.structure_text import decode
from heanet.errors import DataError, HeanetError, did_you_mean

MAX_TABLE_BYTES = 10 * 2**20
MAX_ROWS = 20_000
MAX_COLUMNS = 200
_LAST_ROW = 5 * MAX_ROWS  # of a sheet with gaps

# What people write where there is no value.
MISSING = frozenset({"", "-", "–", "—", "nan", "-nan", "na", "n/a", "#n/a", "none", "null"})

# The rarer a sign within a cell, the earlier it stands: it wins where two fit alike.
_DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma"}
_EXPECTED = "a table as CSV (comma, semicolon or tab) or Excel (.xlsx)"
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# µ, Å, å, ², ³, ° and · in the code page of Western Windows.
_WESTERN_SIGNS = frozenset(b"\xb5\xc5\xe5\xb2\xb3\xb0\xb7")

Row = list[str]


@dataclass(frozen=True, eq=False)
class LabelTable:
    """A table as it was given.

    Attributes:
        name: File name.
        sheet: The sheet that was read; empty for CSV.
        sheets: All sheets of the file.
        cells: Text, stripped; a column per heading, the index is the row number in the file, the
            heading being row 1. Rows without any text are left out.
        delimiter: "comma", "semicolon", "tab", or empty for Excel.
        sha256: Of the file.
        notes: What reading did to it, for people.
    """

    name: str
    sheet: str
    sheets: tuple[str, ...]
    cells: pd.DataFrame
    delimiter: str
    sha256: str
    notes: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings."""
        return tuple(map(str, self.cells.columns))

    def column(self, heading: str) -> dict[int, str]:
        """The cells of a column by row number."""
        rows = (int(row) for row in self.cells.index)
        return dict(zip(rows, map(str, self.cells[heading]), strict=True))


def read_label_table(data: bytes, *, name: str, sheet: str = "") -> LabelTable:
    """The table of a file; the content decides whether it is CSV or Excel.

    Args:
        data: The file.
        name: Its name, for messages.
        sheet: Which sheet of an Excel file; default the first.

    Raises:
        DataError: The file is too large, damaged, of another kind, empty or has no headings, a
            row does not fit under them, or there is no such sheet. File and row are named.
    """
    content = READER.ask(data, name=name, error=DataError, what="labels", sheet=sheet)
    return _unpacked(content)


def read_table_here(data: bytes, *, name: str, sheet: str = "") -> LabelTable:
    """``read_label_table`` in the process that asks; for the process that reads users' files."""
    if len(data) > MAX_TABLE_BYTES:
        raise DataError(
            f"'{name}' holds {len(data) / 2**20:.1f} MB",
            expected=f"at most {MAX_TABLE_BYTES // 2**20} MB",
        )
    if data.startswith(_OLD_EXCEL):
        raise DataError(
            f"'{name}' is an old or encrypted Excel file",
            expected=_EXPECTED,
            fix="Save it as .xlsx, without a password.",
        )
    if data.startswith(_ZIP):
        return _read_excel(data, name=name, sheet=sheet)
    return _read_csv(data, name=name)


def packed(table: LabelTable) -> bytes:
    """A table as JSON."""
    about = {key: value for key, value in vars(table).items() if key != "cells"}
    cells = {
        "columns": list(table.columns),
        "rows": [int(row) for row in table.cells.index],
        "cells": table.cells.to_numpy().tolist(),
    }
    return json.dumps(about | {"cells": cells}).encode()


def _unpacked(content: bytes) -> LabelTable:
    """The table that ``packed`` packed."""
    found = json.loads(content)
    cells = found["cells"]
    return LabelTable(
        name=found["name"],
        sheet=found["sheet"],
        sheets=tuple(found["sheets"]),
        cells=_frame(cells["columns"], cells["rows"], cells["cells"]),
        delimiter=found["delimiter"],
        sha256=found["sha256"],
        notes=tuple(found["notes"]),
    )


def _frame(headings: Sequence[str], rows: Sequence[int], cells: Sequence[Row]) -> pd.DataFrame:
    index = pd.Index(rows, name="row")
    return pd.DataFrame(cells, columns=list(headings), index=index, dtype=str)


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return text.casefold() in MISSING


def rows_in_words(rows: Sequence[int]) -> str:
    """``"row 3"`` or ``"rows 3, 7, 9 and 12 more"``."""
    shown = ", ".join(map(str, rows[:10]))
    if len(rows) > 10:
        return f"rows {shown} and {len(rows) - 10} more"
    return f"{'rows' if len(rows) > 1 else 'row'} {shown}"


def _read_csv(data: bytes, *, name: str) -> LabelTable:
    text, encoding = _to_text(data)
    if "\0" in text:
        raise DataError(f"'{name}' is a binary file", expected=_EXPECTED)
    found = [(mark, _split(text, mark, name=name)) for mark in _DELIMITERS]
    if text.strip() and not any(rows for _, rows in found):
        raise DataError(f"'{name}' has a quotation mark without its second", expected=_EXPECTED)
    delimiter, rows = max(found, key=lambda it: _fit(it[1]))
    notes = [] if encoding in ("utf-8", "utf-8-sig") else [f"decoded as {encoding}"]
    cells = _under_headings(rows, name=name)
    return LabelTable(name, "", (), cells, _DELIMITERS[delimiter], sha256(data), tuple(notes))


def _to_text(data: bytes) -> tuple[str, str]:
    """The text of a CSV file and its encoding."""
    beyond_ascii = {byte for byte in data if byte > 127}
    if beyond_ascii and beyond_ascii <= _WESTERN_SIGNS:
        # "µB" of a Western spreadsheet would pass for a Chinese letter.
        return data.decode("cp1252"), "cp1252"
    return decode(data)


def _split(text: str, delimiter: str, *, name: str) -> list[tuple[int, Row]]:
    """Rows that hold text, with their numbers; empty where quotes do not fit this delimiter."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        for number, row in enumerate(reader, start=1):
            if cells := _stripped(row):
                rows.append((number, cells))
            if len(rows) > MAX_ROWS + 1:
                raise _too_many_rows(name)
    except csv.Error:
        return []
    return rows


def _stripped(row: Sequence[str]) -> Row:
    """A row without spaces round its cells and without empty cells at its end."""
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _fit(rows: Sequence[tuple[int, Row]]) -> tuple[bool, bool, int, int]:
    """How well a delimiter fits.

    Several columns, no row beyond the heading, many rows as wide as it, many columns.
    """
    width = len(rows[0][1]) if rows else 0
    widths = [len(row) for _, row in rows[1:]]
    return width > 1, max(widths, default=0) <= width, widths.count(width), width


def _read_excel(data: bytes, *, name: str, sheet: str) -> LabelTable:
    try:
        # Its parts are counted before anything is parsed: an .xlsx is a zip.
        for _ in unpack(data, name=name):
            pass
        with warnings.catch_warnings():
            # openpyxl warns of spreadsheet features that hold no data (styles, validation).
            warnings.simplefilter("ignore")
            return _read_sheet(data, name=name, wanted=sheet)
    except HeanetError:
        raise
    except Exception as error:
        raise DataError(
            f"'{name}' cannot be read ({' '.join(str(error).split())[:200]})",
            expected=_EXPECTED,
            fix="Open it in a spreadsheet program and save it again.",
        ) from error


def _read_sheet(data: bytes, *, name: str, wanted: str) -> LabelTable:
    computed, written = (
        load_workbook(io.BytesIO(data), read_only=True, data_only=results)
        for results in (True, False)
    )
    sheets = tuple(sheet.title for sheet in computed.worksheets)
    if not sheets or (wanted and wanted not in sheets):
        raise DataError(
            f"'{name}' has no sheet '{wanted}'",
            expected=f"one of {', '.join(sheets)}",
            fix=did_you_mean(wanted, sheets),
        )
    title = wanted or sheets[0]
    rows, uncomputed = [], []
    both = zip(_values(computed, title), _values(written, title), strict=True)
    for number, (values, formulas) in enumerate(both, start=1):
        if any(v is None and f is not None for v, f in zip(values, formulas, strict=True)):
            uncomputed.append(number)
        if cells := _stripped([_excel_text(value) for value in values]):
            rows.append((number, cells))
        if len(rows) > MAX_ROWS + 1 or number > _LAST_ROW:
            raise _too_many_rows(name)
    if uncomputed:  # these cells would read as missing labels
        raise DataError(
            f"'{name}' holds formulas without their results in {rows_in_words(uncomputed)}",
            expected="numbers",
            fix="Open it in a spreadsheet program and save it again, or save it as CSV.",
        )
    table = _under_headings(rows, name=name)
    return LabelTable(name, title, sheets, table, "", sha256(data), ())


def _values(book: Workbook, title: str) -> Iterator[tuple[object, ...]]:
    """The rows of a sheet, all of one width, whatever size the file claims."""
    book[title].reset_dimensions()
    rows: Iterator[tuple[object, ...]] = book[title].iter_rows(
        max_col=MAX_COLUMNS + 1, values_only=True
    )
    return rows


def _excel_text(value: object) -> str:
    """What stands in a cell; numbers with all their digits."""
    if value is None:
        return ""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _under_headings(rows: Sequence[tuple[int, Row]], *, name: str) -> pd.DataFrame:
    """The rows below their headings."""
    if len(rows) < 2:
        what = "has headings and no row below them" if rows else "holds no table"
        raise DataError(f"'{name}' {what}", expected=_EXPECTED)
    headings = _headings(rows[0][1], name=name)
    longer = [number for number, row in rows[1:] if len(row) > len(headings)]
    if longer:
        raise DataError(
            f"'{name}' has more cells than headings in {rows_in_words(longer)}",
            expected=f"at most {len(headings)}: {', '.join(headings[:8])}",
            fix="Decimal commas in a table that is separated by commas look like this: save it "
            "with semicolons, or with decimal points.",
        )
    filled = [row + [""] * (len(headings) - len(row)) for _, row in rows[1:]]
    return _frame(headings, [n for n, _ in rows[1:]], filled)


def _headings(row: Row, *, name: str) -> list[str]:
    """The headings; a column without one gets its number for a name."""
    if len(row) > MAX_COLUMNS:
        raise DataError(f"'{name}' has {len(row)} columns", expected=f"at most {MAX_COLUMNS}")
    headings = [" ".join(text.split()) or f"(column {i})" for i, text in enumerate(row, start=1)]
    repeated = [text for text, times in Counter(headings).items() if times > 1]
    if repeated:
        raise DataError(
            f"'{name}' has several columns '{repeated[0]}'",
            expected="every heading once",
            fix="Rename or delete one of them.",
        )
    numbers = [text for text in headings if _is_number(text)]
    if numbers:
        raise DataError(
            f"'{name}' has the number {numbers[0]} in its first row",
            expected="the names of the columns there",
            fix="Write a heading over each column.",
        )
    return headings


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return not is_missing(text)


def _too_many_rows(name: str) -> DataError:
    return DataError(
        f"'{name}' has more than {MAX_ROWS:,} rows",
        expected=f"at most {MAX_ROWS:,}",
        fix="Delete the rows that hold no label, also empty ones at the end of a sheet.",
    )
