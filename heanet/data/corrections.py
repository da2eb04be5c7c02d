"""The corrections overlay: raw labels stay as they are, corrected values are laid over them.

A correction is one row: the cell's name, the field (a task, or ``structure`` for the species of
the sites), the given and the corrected value, and the reason. The species of a cell are written
as runs in site order, for example ``Fe12 Mn24``: twelve iron sites, then 24 manganese sites.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

import pandas as pd
from pymatgen.core import Structure

from heanet.errors import DataError

STRUCTURE_FIELD = "structure"


class Correction(NamedTuple):
    """One row of the overlay, all text as it stands in corrections.csv.

    Attributes:
        name: The cell.
        field: A task, or "structure" for the species of the sites.
        given: The value as published.
        corrected: The value laid over it.
        reason: Why the given value cannot be right.
    """

    name: str
    field: str
    given: str
    corrected: str
    reason: str


CORRECTION_COLUMNS = Correction._fields


def to_table(corrections: Iterable[Correction]) -> pd.DataFrame:
    """The overlay as a table, one row per correction."""
    return pd.DataFrame(list(corrections), columns=list(CORRECTION_COLUMNS), dtype=str)


def from_table(table: pd.DataFrame) -> list[Correction]:
    """The rows of an overlay."""
    rows = table[list(CORRECTION_COLUMNS)].itertuples(index=False, name=None)
    return [Correction(*map(str, row)) for row in rows]


def correct_table(table: pd.DataFrame, corrections: pd.DataFrame) -> pd.DataFrame:
    """A copy of the label table with the corrected values in place.

    Raises:
        DataError: A correction names a cell or a column that the table does not have, or its
            value is not a number.
    """
    corrected = table.copy()
    for row in from_table(corrections):
        if row.field == STRUCTURE_FIELD:
            continue
        if row.name not in table.index or row.field not in table.columns:
            raise DataError(
                f"The correction of '{row.field}' of '{row.name}' fits no label",
                expected=f"a cell of the set and one of {' '.join(table.columns)}",
            )
        try:
            corrected.loc[row.name, row.field] = float(row.corrected)
        except ValueError as error:
            raise DataError(
                f"'{row.corrected}' as the corrected '{row.field}' of '{row.name}'",
                expected="a number",
            ) from error
    return corrected


def species_runs(structure: Structure) -> str:
    """The species in site order, for example ``"Fe12 Mn24"``."""
    symbols = (site.specie.symbol for site in structure)
    return " ".join(f"{symbol}{len(list(run))}" for symbol, run in groupby(symbols))


def relabel_species(structure: Structure, runs: str) -> Structure:
    """A copy of ``structure`` with the species given as runs in site order; no site moves.

    Raises:
        DataError: The runs cannot be read or do not add up to the number of sites.
    """
    parts = [re.fullmatch(r"([A-Z][a-z]?)(\d+)", part) for part in runs.split()]
    symbols = [part[1] for part in parts if part for _ in range(int(part[2]))]
    if None in parts or len(symbols) != len(structure):
        raise DataError(
            f"The species '{runs}' for a cell of {len(structure)} sites",
            expected="runs such as 'Fe12 Mn24' that add up to the number of sites",
        )
    relabelled = structure.copy()
    for index, symbol in enumerate(symbols):
        if relabelled[index].specie.symbol != symbol:
            relabelled[index].species = symbol
    return relabelled
