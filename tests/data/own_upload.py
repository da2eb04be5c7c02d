"""Uploads for tests: a zip of cells and tables of their labels."""

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd

from heanet.data.labelcolumns import Column, guess_columns
from heanet.data.labeltables import LabelTable, read_label_table
from heanet.data.owncells import OwnCells, read_own_cells
from heanet.data.ownset import OwnSet, join_set
from heanet.data.structures import write_structure
from tests.data.published_set import make_cell, make_labels

ZIP, TABLE = "my alloys.zip", "labels.csv"


def labels() -> pd.DataFrame:
    """Twelve bcc and twelve fcc rows under headings of our own; the cells are all bcc."""
    table = make_labels().rename_axis("structure").reset_index()
    return table.rename(columns={"eform": "eform (eV/atom)", "v0": "volume (Å^3/atom)"})


def csv(table: pd.DataFrame, **options: Any) -> bytes:
    return str(table.to_csv(index=False, **options)).encode()


@cache
def cell(formula: str) -> bytes:
    return write_structure(make_cell(formula), "poscar").encode()


def cells_of_labels() -> dict[str, bytes]:
    """A POSCAR for every row."""
    return {f"{name}.vasp": cell(name.split("_")[0]) for name in make_labels().index}


def pack(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return stream.getvalue()


def read_table(table: pd.DataFrame | bytes, *, name: str = TABLE, sheet: str = "") -> LabelTable:
    data = csv(table) if isinstance(table, pd.DataFrame) else table
    return read_label_table(data, name=name, sheet=sheet)


@cache
def _all_cells() -> OwnCells:
    return read_own_cells(pack(cells_of_labels()), name=ZIP)


def join(
    table: pd.DataFrame | bytes,
    files: Mapping[str, bytes] | None = None,
    **columns: Column | None,
) -> OwnSet:
    """Join a table with files (default: those of every row), some columns chosen by hand."""
    read = read_table(table)
    mapped = guess_columns(read) | {k: c for k, c in columns.items() if c}
    for field in (field for field, column in columns.items() if column is None):
        mapped.pop(field, None)
    cells = _all_cells() if files is None else read_own_cells(pack(files), name=ZIP)
    return join_set(read, mapped, cells)


def kinds(own: OwnSet) -> dict[str, list[str]]:
    """Subjects of the problems by kind."""
    found: dict[str, list[str]] = {}
    for problem in own.problems:
        found.setdefault(problem.kind, []).append(problem.subject)
    return found


def message(own: OwnSet, kind: str) -> str:
    """All that is said about a kind of problem."""
    return " ".join(problem.message for problem in own.problems if problem.kind == kind)
