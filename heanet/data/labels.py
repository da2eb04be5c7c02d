"""Load a labelled set: cells with DFT labels, as imported or straight from the published files.

The table holds the raw labels with the corrections laid over them (``corrected=False`` switches
the overlay off). A missing label is NaN and stays so. Cells are read when they are asked for.
"""

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
    read_cell_file,
    read_corrections,
    read_source,
    read_table,
    sha256,
)
from heanet.data.published import import_published, is_published_layout
from heanet.errors import DataError, did_you_mean


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Cells and their labels.

    Attributes:
        name: Name of the set, for example "hea-dft".
        title: One line for people.
        table: Index "name"; columns lattice, the six tasks and volume (units: heanet.properties;
            volume in Angstrom^3/atom). NaN where a label is missing.
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


def load_labels(
    source: str | Path, *, corrected: bool = True, home: str | Path | None = None
) -> LabelledSet:
    """Load a labelled set.

    Args:
        source: The name of an imported set ("hea-dft"), the folder of one, or a folder in the
            published layout (labels/*.xlsx and structures/), which is imported first, once.
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


def imported_sets(home: str | Path | None = None) -> list[str]:
    """Names of the sets that were imported into HEANET_HOME."""
    folder = data_home(home)
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if is_labelled_set(path))


def _find_set(source: str | Path, home: str | Path | None) -> Path:
    """The folder of a set, importing it first where it is in the published layout."""
    if str(source) in imported_sets(home):
        return data_home(home) / source
    folder = Path(source)
    if is_labelled_set(folder):
        return folder
    if is_published_layout(folder):
        return import_published(folder, home=home)
    raise DataError(
        f"No labelled set '{source}'",
        expected=f"an imported set ({', '.join(imported_sets(home)) or 'none yet'}), or a folder "
        "with labels/Database.xlsx and structures/",
        fix="Import a folder with `heanet data import FOLDER`, or fetch the published set with "
        "`heanet data fetch hea-dft`",
    )
