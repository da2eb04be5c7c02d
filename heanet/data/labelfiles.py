"""The folder of an imported labelled set: how it is written and checked.

One folder per set::

    labels.csv        one row per cell: name, lattice, the tasks; raw, empty = missing
    corrections.csv   the overlay (heanet.data.corrections)
    structures/NAME   the structure files, byte for byte
    source.json       title, origin, licence, units, checksums, fingerprint, partitions

The fingerprint is one SHA-256 over labels, corrected values and structures. Whatever is derived
from a set (cached graphs, trained models) is keyed by it, so it is checked each time a set is
opened.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from pymatgen.core import Structure

from heanet.data.corrections import CORRECTION_COLUMNS
from heanet.data.home import make_private, writing_in
from heanet.data.structure_reading import file_content, read_here
from heanet.data.wholefolder import replace_folder
from heanet.errors import DataError
from heanet.properties import PUBLISHED_TASKS, TASK_KEYS, TASKS

# Raise it whenever an older folder cannot be read any more or the audit finds something else:
# sets that were imported by an older version are then imported again.
FORMAT = 2
LABELS, CORRECTIONS, STRUCTURES, SOURCE = (
    "labels.csv",
    "corrections.csv",
    "structures",
    "source.json",
)
TABLE_COLUMNS = ("lattice", *TASK_KEYS)
# What the file calls them.
_KEPT_COLUMNS = {key: task.kept_column or key for key, task in TASKS.items()}
# Columns that every labels.csv has, also where they are empty. Those of other tasks are there only
# if some row has the label: a set without one has the same file, and fingerprint, as ever.
_ALWAYS_KEPT = ("lattice", *PUBLISHED_TASKS, "volume")

_COLUMN_MEANINGS = {
    "lattice": {"unit": "", "meaning": "Parent lattice: the lattice that the cell was built on."},
    **{
        _KEPT_COLUMNS[key]: {"unit": task.unit, "meaning": task.meaning["en"]}
        for key, task in TASKS.items()
    },
}


def sha256(content: bytes) -> str:
    """The SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def is_labelled_set(folder: Path) -> bool:
    """Whether the folder is an imported (or generated) labelled set."""
    return (folder / SOURCE).is_file()


@contextmanager
def new_set_folder(target: Path) -> Iterator[Path]:
    """A folder to write a set into; it takes the place of ``target`` only once all went well.

    An interrupted import leaves ``target`` as it was and nothing half-written behind.

    Raises:
        DataError: There is no folder for it, and none can be made.
        StorageError: The disk takes no more.
    """
    make_private(target.parent)
    with (
        writing_in(target.parent),
        tempfile.TemporaryDirectory(prefix=".import-", dir=target.parent) as scratch,
    ):
        folder = Path(scratch) / target.name
        folder.mkdir()
        yield folder
        if read_record(target) == read_record(folder):
            return  # another process was faster
        replace_folder(folder, target)


def write_set(
    folder: Path,
    *,
    table: pd.DataFrame,
    corrections: pd.DataFrame,
    structures: Mapping[str, Path],
    partitions: Mapping[str, tuple[str, ...]],
    source: Mapping[str, object],
) -> None:
    """Write a labelled set into an empty folder.

    Args:
        folder: Where to; exists and is empty.
        table: Raw labels, index "name", columns of ``TABLE_COLUMNS``; NaN or no column where
            missing.
        corrections: The overlay.
        structures: The structure file of each name; more names than in the table are fine.
        partitions: Names of rows, in their order, by partition.
        source: Where the data comes from: title, origin, licence, citation.
    """
    kept = table.reindex(columns=list(TABLE_COLUMNS)).rename(columns=_KEPT_COLUMNS)
    columns = [key for key in map(str, kept) if key in _ALWAYS_KEPT or kept[key].notna().any()]
    kept[columns].to_csv(folder / LABELS, index_label="name", lineterminator="\n")
    corrections[list(CORRECTION_COLUMNS)].to_csv(
        folder / CORRECTIONS, index=False, lineterminator="\n"
    )
    (folder / STRUCTURES).mkdir()
    for name, path in structures.items():
        shutil.copyfile(path, folder / STRUCTURES / name)
    checksums = file_checksums(folder)
    record = {
        "format": FORMAT,
        **source,
        "columns": {key: _COLUMN_MEANINGS[key] for key in columns},
        "fingerprint": _fingerprint(checksums, corrections),
        "sha256": checksums,
        "partitions": {key: list(names) for key, names in partitions.items()},
    }
    (folder / SOURCE).write_text(
        json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def file_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 by path of the labels, the corrections and every structure file, sorted."""
    paths = [folder / LABELS, folder / CORRECTIONS, *sorted((folder / STRUCTURES).iterdir())]
    return {str(path.relative_to(folder).as_posix()): sha256(path.read_bytes()) for path in paths}


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a set as it is, whatever its format; empty if it cannot be read."""
    try:
        record = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def read_source(folder: Path) -> dict[str, Any]:
    """The record of a set, after checking that the files are those that it describes.

    Raises:
        DataError: The folder is incomplete, of another format, or its files were changed.
    """
    record = read_record(folder)
    if record.get("format") != FORMAT:
        raise _not_whole(folder, f"has a {SOURCE} that this version of HEANet cannot read")
    try:
        checksums = file_checksums(folder)
    except OSError as error:
        raise _not_whole(folder, f"is not whole ({error})") from error
    if checksums != record.get("sha256"):
        stored = record.get("sha256") or {}
        changed = [key for key in {**stored, **checksums} if checksums.get(key) != stored.get(key)]
        raise _not_whole(folder, f"was changed after its import: {', '.join(sorted(changed)[:3])}")
    return record


def read_table(folder: Path) -> pd.DataFrame:
    """The raw labels: index "name", columns as in ``TABLE_COLUMNS``, NaN where missing."""
    numbers = dict.fromkeys(_KEPT_COLUMNS.values(), float)
    table = pd.read_csv(
        folder / LABELS,
        index_col="name",
        dtype={"name": str, "lattice": str, **numbers},
    )
    tasks = {kept: key for key, kept in _KEPT_COLUMNS.items()}
    return table.rename(columns=tasks).reindex(columns=list(TABLE_COLUMNS))


def read_corrections(folder: Path) -> pd.DataFrame:
    """The overlay, every column as text."""
    return pd.read_csv(folder / CORRECTIONS, dtype=str, keep_default_na=False)


def read_cell_file(path: Path) -> Structure:
    """The one cell of a kept set's structure file, which was read apart when the set was made.

    Raises:
        DataError: The file holds several cells.
        StructureError: It cannot be read.
    """
    return only_cell(read_here(file_content(path), name=path.name), path)


def only_cell(cells: Sequence[Structure], path: Path) -> Structure:
    """The cell of a file that may hold one alone.

    Raises:
        DataError: It holds several.
    """
    if len(cells) != 1:
        raise DataError(f"'{path}' holds {len(cells)} cells", expected="one cell per label")
    return cells[0]


def _fingerprint(checksums: Mapping[str, str], corrections: pd.DataFrame) -> str:
    """One SHA-256 over everything that a number can depend on; reasons are only for people."""
    files = [f"{value}  {key}" for key, value in checksums.items() if key != CORRECTIONS]
    values = ["  ".join(row) for row in corrections[["name", "field", "corrected"]].to_numpy()]
    return sha256("\n".join([*files, *values]).encode())


def _not_whole(folder: Path, what: str) -> DataError:
    return DataError(f"The folder '{folder}' {what}", fix="Delete it and import the data again")
