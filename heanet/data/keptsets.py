"""Keep a user's own labelled set under a name; list and delete the sets in HEANET_HOME."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from heanet.data.archives import MAX_ZIP_BYTES
from heanet.data.corrections import to_table
from heanet.data.home import data_home
from heanet.data.labelcolumns import guess_columns
from heanet.data.labelfiles import new_set_folder, read_record, write_set
from heanet.data.labels import AS_GIVEN, PUBLISHED, UPLOADED, imported_sets, is_shipped, method_of
from heanet.data.labeltables import MAX_TABLE_BYTES, read_label_table
from heanet.data.owncells import read_own_cells
from heanet.data.ownset import OwnSet, join_set
from heanet.data.partitions import partitions
from heanet.data.setproblems import LEFT_OUT
from heanet.data.wholefolder import remove_folder
from heanet.errors import DataError, did_you_mean

MAX_NAME = 60  # characters
MAX_TITLE = 200
MAX_METHOD = 60  # it stands beside axes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class KeptSet:
    """An imported, generated or uploaded set in HEANET_HOME.

    Attributes:
        name: Its name.
        title: One line for people.
        method: What the labels were computed with.
        n_rows: Number of labelled cells.
    """

    name: str
    title: str
    method: str
    n_rows: int


def check_set_name(name: str, *, home: str | Path | None = None) -> str:
    """A name that a new set may have, without spaces round it.

    Raises:
        DataError: It has other signs than letters, digits and ``. _ -``, or is taken.
    """
    name = name.strip()
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise DataError(
            f"The name '{name[: MAX_NAME + 1]}' for a labelled set",
            expected=f"up to {MAX_NAME} letters (a-z), digits and . _ -, a letter or digit first",
        )
    folder = data_home(home)
    there = {path.name.casefold() for path in folder.iterdir()} if folder.is_dir() else set()
    if name.casefold() in there:
        raise DataError(
            f"There is a labelled set '{name}' already",
            expected="a new name",
            fix="Choose another name, or delete that set first.",
        )
    if name == PUBLISHED or is_shipped(name, home):
        raise DataError(
            f"'{name}' is the name of a set that the project knows", expected="a name of its own"
        )
    return name


def suggest_name(file: str, *, home: str | Path | None = None) -> str:
    """A free name made of a file's name."""
    stem = re.sub(r"\.zip$", "", file, flags=re.IGNORECASE)
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[: MAX_NAME - 4] or "my-alloys"
    for number in range(1, 1000):
        name = base if number == 1 else f"{base}-{number}"
        try:
            return check_set_name(name, home=home)
        except DataError:
            continue
    return ""


def keep_set(
    own: OwnSet,
    *,
    name: str,
    title: str = "",
    method: str = AS_GIVEN,
    home: str | Path | None = None,
) -> Path:
    """Write a user's own set into HEANET_HOME, where it is found by its name from then on.

    Args:
        own: Labels and structures.
        name: Of the set.
        title: One line for people; default the name.
        method: What the labels were computed with, in the user's words.
        home: Where imported sets live; default HEANET_HOME.

    Returns:
        The folder of the set.

    Raises:
        DataError: Something must be put right first, no cell has a label, or the name cannot be
            had.
    """
    name = check_set_name(name, home=home)
    blocking = [problem.message for problem in own.problems if problem.blocking]
    if blocking:
        raise DataError(" ".join(blocking[:3]), fix="Put that right in the table, and try again.")
    if not own.cells:
        raise DataError(
            "No cell has both a structure and a label",
            expected="names in the table that are those of the files, with or without extension",
        )
    target = data_home(home) / name
    with new_set_folder(target) as folder, TemporaryDirectory() as cells:
        files = {cell: Path(cells) / cell for cell in own.cells}
        for cell, path in files.items():
            path.write_text(own.cells[cell].poscar, encoding="utf-8")
        write_set(
            folder,
            table=own.table,
            corrections=to_table([]),
            structures=files,
            partitions=partitions(own.n_components),
            source=_record(own, name, title, method),
        )
        check_set_name(name, home=home)  # nobody took it in the meantime
    return target


def import_upload(
    structures: str | Path,
    table: str | Path,
    *,
    name: str = "",
    method: str = AS_GIVEN,
    home: str | Path | None = None,
) -> tuple[Path, OwnSet]:
    """Keep a zip of structures and a table of labels, its columns guessed from their headings.

    Args:
        structures: The zip.
        table: CSV or Excel.
        name: Of the set; default that of the zip.
        method: What the labels were computed with.
        home: Where imported sets live; default HEANET_HOME.

    Returns:
        The folder of the set, and what it was made of.

    Raises:
        DataError: A file cannot be used, or something must be put right first.
    """
    structures, table = Path(structures), Path(table)
    rows = read_label_table(_read(table, MAX_TABLE_BYTES), name=table.name)
    cells = read_own_cells(_read(structures, MAX_ZIP_BYTES), name=structures.name)
    own = join_set(rows, guess_columns(rows), cells)
    name = name or suggest_name(structures.name, home=home)
    return keep_set(own, name=name, method=method, home=home), own


def kept_sets(home: str | Path | None = None) -> list[KeptSet]:
    """The sets in HEANET_HOME by name, damaged ones among them."""
    return [_describe(data_home(home) / name) for name in imported_sets(home)]


def delete_set(name: str, *, home: str | Path | None = None) -> None:
    """Delete a set from HEANET_HOME; models that were trained on it stay.

    Raises:
        DataError: There is none of that name, or it comes with the project.
    """
    names = imported_sets(home)
    if name not in names:
        raise DataError(
            f"No labelled set '{name}' lies in '{data_home(home)}'", fix=did_you_mean(name, names)
        )
    remove_folder(data_home(home) / name)


def _read(path: Path, limit: int) -> bytes:
    """The content of a file, not more than one byte beyond its limit."""
    try:
        with path.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read ({error.strerror})") from error


def _record(own: OwnSet, name: str, title: str, method: str) -> dict[str, object]:
    left_out: dict[str, list[str]] = defaultdict(list)
    for problem in own.problems:
        if problem.kind in LEFT_OUT:
            left_out[problem.kind].append(problem.subject)
    return {
        "name": name,
        "title": " ".join(title.split())[:MAX_TITLE] or name,
        "origin": UPLOADED,
        "method": " ".join(method.split())[:MAX_METHOD] or AS_GIVEN,
        **own.origin,
        "n_rows": len(own.table),
        "lattices_from": dict(sorted(Counter(own.lattice_sources.values()).items())),
        "left_out": dict(left_out),
        "notes": list(own.notes),
    }


def _describe(folder: Path) -> KeptSet:
    record = read_record(folder)
    cut = record.get("partitions") or {}
    return KeptSet(
        name=folder.name,
        title=str(record.get("title", "")),
        method=method_of(record),
        n_rows=len(cut.get("Database", ())),
    )
