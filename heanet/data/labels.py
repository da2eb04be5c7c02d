"""Load a labelled set: cells with labels, shipped, imported, or straight from published files.

The table holds the raw labels with the corrections laid over them (``corrected=False`` switches
the overlay off). A missing label is NaN and stays so. Cells are read when they are asked for.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pymatgen.core import Structure
from tqdm import tqdm

from heanet.data.corrections import STRUCTURE_FIELD, correct_table, from_table, relabel_species
from heanet.data.home import data_home
from heanet.data.labelfiles import (
    STRUCTURES,
    is_labelled_set,
    new_set_folder,
    read_cell_file,
    read_corrections,
    read_record,
    read_source,
    read_table,
    sha256,
)
from heanet.data.published import import_published, is_published_layout
from heanet.errors import DataError, did_you_mean

# Sets that come with the project; what was imported under the same name goes before.
SHIPPED = Path(__file__).resolve().parents[2] / "sample_data"
PUBLISHED = "hea-dft"  # the set that can be fetched
UPLOADED = "uploaded"  # origin of a set that a user put together
MATERIALS_PROJECT = "Materials Project"  # origin of a set that was fetched from there
MP_SET = "mp-eform"  # its name where the user gives none
AS_GIVEN = "as given"  # the method of labels that nobody named


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Cells and their labels.

    Attributes:
        name: Name of the set, for example "hea-dft".
        title: One line for people.
        table: Index "name"; columns lattice and the tasks (units: heanet.properties). NaN where a
            label is missing.
        corrections: The overlay: name, field, given, corrected, reason (all text).
        corrected: Whether the overlay is applied, to the table and to the cells.
        partitions: Names of rows, in their order, by published partition.
        fingerprint: SHA-256 of labels, corrections and structures; another one for the raw set.
        folder: Where the set lies.
        source: The set's record: origin, licence, citation, columns.
    """

    name: str
    title: str
    table: pd.DataFrame
    corrections: pd.DataFrame
    corrected: bool
    partitions: dict[str, tuple[str, ...]]
    fingerprint: str
    folder: Path
    source: Mapping[str, Any] = field(repr=False)

    @property
    def method(self) -> str:
        """What the labels were computed with, as far as the set itself knows."""
        return method_of(self.source)

    def read_cell(self, name: str) -> Structure:
        """The cell of that name, its species corrected if the set is.

        Raises:
            DataError: The set has no such cell, or its file holds more than one.
            StructureError: The file cannot be read.
        """
        path = self.folder / STRUCTURES / name
        if Path(name).name != name or not path.is_file():
            raise DataError(
                f"The set '{self.name}' has no cell '{name}'",
                fix=did_you_mean(name, self.table.index),
            )
        cell = read_cell_file(path)
        for row in from_table(self.corrections):
            if self.corrected and row.name == name and row.field == STRUCTURE_FIELD:
                cell = relabel_species(cell, row.corrected)
        return cell

    def structures(self, *, progress: bool = True) -> dict[str, Structure]:
        """All labelled cells by name, in the order of the table (seconds for hundreds)."""
        # None: a bar where there is a terminal.
        hidden = None if progress else True
        names = tqdm(self.table.index, desc=f"Reading {self.name}", disable=hidden)
        return {name: self.read_cell(name) for name in names}


def method_of(record: Mapping[str, Any]) -> str:
    """What the labels of a set were computed with, by the set's record."""
    if record.get("origin") == UPLOADED:
        return str(record.get("method") or AS_GIVEN)
    return "CHGNet" if "generated" in record else "DFT"


def load_labels(
    source: str | Path, *, corrected: bool = True, home: str | Path | None = None
) -> LabelledSet:
    """Load a labelled set.

    Args:
        source: The name of an imported set ("hea-dft") or of one that comes with the project
            ("alloys"), the folder of one, or a folder in the published layout (labels/*.xlsx and
            structures/), which is imported first, once.
        corrected: Lay the corrections over labels and cells.
        home: Where imported sets live; default HEANET_HOME.

    Raises:
        DataError: There is no such set, or it is damaged.
    """
    folder = _find_set(source, home)
    record = read_source(folder)
    raw, corrections = read_table(folder), read_corrections(folder)
    fingerprint = str(record["fingerprint"])
    return LabelledSet(
        name=record["name"],
        title=record["title"],
        table=correct_table(raw, corrections) if corrected else raw,
        corrections=corrections,
        corrected=corrected,
        partitions={key: tuple(names) for key, names in record["partitions"].items()},
        fingerprint=fingerprint if corrected else sha256(f"{fingerprint} raw".encode()),
        folder=folder,
        source=record,
    )


def import_set(folder: str | Path, *, home: str | Path | None = None) -> Path:
    """Import a folder into HEANET_HOME, so that its name is enough from then on.

    Args:
        folder: In the published layout (heanet.data.published), or a labelled set as
            `heanet data generate` makes it.
        home: Where imported sets live; default HEANET_HOME.

    Returns:
        The folder of the imported set.

    Raises:
        DataError: The folder is neither, is damaged, or another set of its name is there already.
    """
    source = Path(folder)
    if not is_labelled_set(source):
        return import_published(source, home=home)
    record = read_source(source)
    target = data_home(home) / source.resolve().name
    if is_labelled_set(target):
        if read_source(target)["fingerprint"] == record["fingerprint"]:
            return target
        raise DataError(
            f"Another labelled set '{target.name}' lies in '{target.parent}'",
            fix="Rename the folder, or delete that one first.",
        )
    with new_set_folder(target) as scratch:
        shutil.copytree(source, scratch, dirs_exist_ok=True)
    return target


def imported_sets(home: str | Path | None = None) -> list[str]:
    """Names of the sets that were imported into HEANET_HOME."""
    folder = data_home(home)
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if is_labelled_set(path))


def available_sets(home: str | Path | None = None) -> list[str]:
    """Names of the sets on this machine: imported ones, and those that come with the project."""
    return sorted({*imported_sets(home), *_shipped()})


def default_set(home: str | Path | None = None) -> str:
    """The set that is meant where none is named: the published one if it is here, else our own.

    A set that the user imported goes before the one that comes with the project. One from the
    Materials Project is there to learn from beforehand and comes last.

    Raises:
        DataError: There is no set at all.
    """
    imported, shipped = imported_sets(home), list(_shipped())
    if PUBLISHED in (*imported, *shipped):  # spares reading the records of the others
        return PUBLISHED
    records = {name: read_record(data_home(home) / name) for name in imported}
    others = [name for name in imported if records[name].get("origin") != MATERIALS_PROJECT]
    if names := (*others, *shipped, *imported):
        return names[0]
    raise _no_set("of any name", home)


def is_shipped(name: str, home: str | Path | None = None) -> bool:
    """Whether a set of that name is the one that comes with the project."""
    return name in _shipped() and name not in imported_sets(home)


def set_folder(name: str, home: str | Path | None = None) -> Path | None:
    """Where a set of that name lies; None if there is none."""
    if name in imported_sets(home):
        return data_home(home) / name
    return _shipped().get(name)


def _shipped() -> dict[str, Path]:
    if not SHIPPED.is_dir():  # an installation without the project's folder
        return {}
    return {path.name: path for path in sorted(SHIPPED.iterdir()) if is_labelled_set(path)}


def _find_set(source: str | Path, home: str | Path | None) -> Path:
    """The folder of a set, importing it first where it is in the published layout."""
    folder = Path(source)
    known = set_folder(str(source), home)
    if known is not None and is_labelled_set(folder) and folder.resolve() != known.resolve():
        raise DataError(
            f"'{source}' is the name of the set in '{known}' and of a folder here",
            fix=f"Write ./{source} for the folder, or rename it.",
        )
    if known is not None:
        return known
    if is_labelled_set(folder):
        return folder
    if is_published_layout(folder):
        return import_published(folder, home=home)
    raise _no_set(f"'{source}'", home, fetch_command(str(source)))


def fetch_command(name: str) -> str:
    """The command that fetches a set of that name from its source; empty where none does."""
    return {
        PUBLISHED: "python -m heanet data fetch hea-dft",
        MP_SET: "python -m heanet data fetch mp",
    }.get(name, "")


def _no_set(which: str, home: str | Path | None, command: str = "") -> DataError:
    what, command = ("it", command) if command else ("the published set", fetch_command(PUBLISHED))
    return DataError(
        f"No labelled set {which}",
        expected=f"one of those that are here ({', '.join(available_sets(home)) or 'none yet'}), "
        "or a folder with labels/Database.xlsx and structures/",
        fix="Import a folder with `python -m heanet data import FOLDER`, or fetch "
        f"{what} with `{command}`",
    )
