"""Read the published label tables (.xlsx), strictly.

A cell that is no number, a name without a file name's form, a column that is not known: each is
refused with file, row and column, because a label that is silently dropped or misread costs more
than an import that stops. An empty cell is a missing label and stays one.
"""

import warnings
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heanet.data.labelfiles import TABLE_COLUMNS
from heanet.data.lattices import lattice_from_name
from heanet.errors import DataError, did_you_mean
from heanet.properties import LATTICES, TASKS

NAME_COLUMN = "structures"
# Column of the published tables -> task.
COLUMNS = {task.published_column: key for key, task in TASKS.items() if task.published_column}
# etot times the number of atoms, ms in another unit, and the row number: nothing of their own.
REDUNDANT_COLUMNS = ("Etot (eV)", "Ms (emu/g)", "Unnamed: 0")


def read_published_table(path: Path) -> pd.DataFrame:
    """One table of labels: index "name", columns as in the imported set, NaN where missing.

    Raises:
        DataError: The file is no table; a column is unknown; a name is missing, repeated or has
            no parent lattice; a cell is not a number. File, row and column are named.
    """
    try:
        with warnings.catch_warnings():
            # openpyxl warns of spreadsheet features that hold no data (styles, validation).
            warnings.simplefilter("ignore", UserWarning)
            sheet = pd.read_excel(path, sheet_name=0, dtype=object, engine="openpyxl")
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise DataError(
            f"'{path}' cannot be read ({error})", expected="an Excel table (.xlsx)"
        ) from error
    _check_columns(path, list(sheet.columns))
    names = _cell_names(path, sheet[NAME_COLUMN])
    table = pd.DataFrame(
        np.nan, index=pd.Index(names, name="name"), columns=list(TABLE_COLUMNS), dtype=object
    )
    table["lattice"] = [lattice_from_name(name) for name in names]
    for published, ours in COLUMNS.items():
        values = sheet[published] if published in sheet else pd.Series(np.nan, sheet.index)
        table[ours] = _numbers(path, values, names)
    return table


def _check_columns(path: Path, columns: list[object]) -> None:
    known = (NAME_COLUMN, *COLUMNS, *REDUNDANT_COLUMNS)
    for column in map(str, columns):
        if column not in known:
            raise DataError(
                f"'{path}' has an unknown column '{column}'",
                expected=f"some of {', '.join(known[:-1])}",
                fix=did_you_mean(column, known),
            )
    if NAME_COLUMN not in columns or not set(map(str, columns)) & set(COLUMNS):
        raise DataError(
            f"'{path}' has the columns {', '.join(map(str, columns))}",
            expected=f"'{NAME_COLUMN}' and at least one label",
        )


def _cell_names(path: Path, column: pd.Series) -> list[str]:
    """The names, each a plain file name that says the parent lattice, none twice."""
    first_row: dict[str, int] = {}
    # Row 1 of the sheet is the header.
    for row, value in enumerate(column, start=2):
        name = "" if pd.isna(value) else str(value).strip()
        if not name or name.startswith(".") or Path(name).name != name or "\\" in name:
            raise DataError(
                f"'{path}', row {row}, column '{NAME_COLUMN}': '{name}'",
                expected="the name of a structure file",
            )
        if name in first_row:
            raise DataError(
                f"'{path}', row {row}: '{name}' is in row {first_row[name]} already",
                expected="each cell once",
            )
        if lattice_from_name(name) is None:
            raise DataError(
                f"'{path}', row {row}: '{name}' does not say its parent lattice",
                expected=f"a name ending in one of {' '.join(LATTICES)}, like NiFe_sqsfcc",
            )
        first_row[name] = row
    return list(first_row)


def _numbers(path: Path, column: pd.Series, names: list[str]) -> NDArray[np.float64]:
    """The column as finite numbers, NaN where a cell is empty."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    wrong = ~np.isfinite(numbers) & ~column.isna().to_numpy()
    if wrong.any():
        index = int(np.argmax(wrong))
        raise DataError(
            f"'{path}', row {index + 2} ('{names[index]}'), column '{column.name}': "
            f"'{column.iloc[index]}'",
            expected="a number, or an empty cell where the label is missing",
        )
    return numbers
