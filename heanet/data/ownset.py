"""A user's own labelled set: a table of labels joined with a zip of structures, and checked.

Nothing is corrected: labels stay as they were given, apart from their unit. Rows come in the order
of their names, so that the same upload is the same set whatever the order of its rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from heanet.data.labelcolumns import (
    Mapped,
    check_mapped,
    read_lattices,
    read_numbers,
)
from heanet.data.labelfiles import TABLE_COLUMNS
from heanet.data.labeltables import LabelTable
from heanet.data.owncells import OwnCell, OwnCells
from heanet.data.ownrows import match_rows
from heanet.data.setproblems import Problem
from heanet.properties import LATTICES, TASK_KEYS, TASKS
from heanet.units import convert, find_unit, kept_unit

# Of the label against the cell: a cell from before its relaxation is off by more.
VOLUME_TOLERANCE = 0.02
# Share of atoms that must show a lattice for a guess from the geometry to go without a word.
CLEAR_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class OwnSet:
    """A table and its structures, joined; not yet kept.

    Attributes:
        table: As labels.csv will hold it: index "name", columns as in every labelled set.
        cells: The cell of each name, in the order of the table.
        lattice_sources: Where the parent lattice of each name comes from: "table", "file name" or
            "geometry".
        problems: What is the matter, blocking problems first; with one of those nothing can be
            kept.
        notes: What was understood and filled in, for people.
        origin: Files, columns and units, for the record of the set.
    """

    table: pd.DataFrame
    cells: dict[str, OwnCell]
    lattice_sources: dict[str, str]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    origin: Mapping[str, Any]

    @property
    def blocked(self) -> bool:
        """Whether something must be put right before it can be kept."""
        return any(problem.blocking for problem in self.problems)

    @property
    def n_components(self) -> dict[str, int]:
        """Number of elements of each cell."""
        return {name: cell.n_elements for name, cell in self.cells.items()}

    @property
    def n_labels(self) -> dict[str, int]:
        """How many cells have a label, by task; a task without any is not there."""
        counts = self.table[list(TASK_KEYS)].notna().sum()
        return {str(task): int(n) for task, n in counts.items() if n}


def join_set(table: LabelTable, mapped: Mapped, cells: OwnCells) -> OwnSet:
    """Join labels and structures by file name, with or without its extension.

    Args:
        table: The user's table.
        mapped: Which column holds what.
        cells: The user's structures.

    Raises:
        ConfigError: A unit does not fit its field.
        DataError: The mapping names a column that is not there, or is not enough.
    """
    check_mapped(table, mapped)
    matched = match_rows(table.column(mapped["name"].heading), cells)
    found = {row: cells.cells[file] for row, file in matched.files.items()}
    labels, problems, notes = _read_labels(table, mapped, found)
    lattices = _find_lattices(table, mapped, found)
    problems += [*matched.problems, *_left_out(labels, lattices, matched.names)]
    good = lattices["lattice"].isin(LATTICES) & labels[list(TASK_KEYS)].notna().any(axis=1)
    # Rows of one name block what comes next; until then the first of them stands for all.
    rows = {matched.names[row]: row for row in reversed(labels.index[good])}
    names = sorted(rows)
    own = {name: found[rows[name]] for name in names}
    chosen = [rows[name] for name in names]
    kept = labels.assign(lattice=lattices["lattice"]).loc[chosen, list(TABLE_COLUMNS)]
    kept.index = pd.Index(names, name="name", dtype=str)
    sources = dict(zip(names, lattices.loc[chosen, "source"], strict=True))
    notes += _fill_from_cells(kept, own)
    problems += [*_empty_tasks(kept, mapped), *_doubts(kept, own, sources)]
    return OwnSet(
        table=kept,
        cells=own,
        lattice_sources=sources,
        problems=tuple(sorted(problems, key=lambda it: not it.blocking)),
        notes=(*table.notes, *notes),
        origin=_origin(table, mapped, cells),
    )


def _read_labels(
    table: LabelTable, mapped: Mapped, found: Mapping[int, OwnCell]
) -> tuple[pd.DataFrame, list[Problem], list[str]]:
    """Labels in the units that are kept, for the rows with a cell; what is wrong in any row."""
    labels = pd.DataFrame(index=list(found), columns=list(TASK_KEYS), dtype=float)
    n_atoms = [cell.n_atoms for cell in found.values()]
    problems: list[Problem] = []
    notes: list[str] = []
    for field in (field for field in TASK_KEYS if field in mapped):
        numbers, wrong, understood = read_numbers(table, mapped[field], field)
        labels[field] = convert(
            numbers.loc[list(found)],
            given=find_unit(field, mapped[field].unit),
            wanted=kept_unit(field),
            n_atoms=n_atoms,
        )
        problems += wrong
        notes += understood
    return labels, problems, notes


def _find_lattices(table: LabelTable, mapped: Mapped, found: Mapping[int, OwnCell]) -> pd.DataFrame:
    """Parent lattice and where it comes from, by row: the table goes before name and geometry."""
    stated = dict.fromkeys(found, "")
    if "lattice" in mapped:
        cells = table.column(mapped["lattice"].heading)
        stated |= dict(zip(cells, read_lattices(list(cells.values())), strict=True))
    rows = [
        (stated[row], "table") if stated[row] else (cell.lattice or "", cell.lattice_source)
        for row, cell in found.items()
    ]
    return pd.DataFrame(rows, index=list(found), columns=["lattice", "source"], dtype=str)


def _left_out(
    labels: pd.DataFrame, lattices: pd.DataFrame, names: Mapping[int, str]
) -> Iterator[Problem]:
    """Rows with a cell that cannot be used all the same."""
    for row in labels.index:
        name, lattice = names[row], lattices.loc[row, "lattice"]
        if labels.loc[row, list(TASK_KEYS)].isna().all():
            yield Problem("no_values", name, f"Row {row}, '{name}': no label at all.")
        elif not lattice:
            yield Problem(
                "lattice",
                name,
                f"'{name}': neither table nor name nor geometry tell its parent lattice.",
            )
        elif lattice not in LATTICES:
            yield Problem(
                "lattice",
                name,
                f"Row {row}, '{name}': the lattice '{lattice}' is none of {' '.join(LATTICES)}.",
            )


def _fill_from_cells(kept: pd.DataFrame, own: Mapping[str, OwnCell]) -> list[str]:
    """Take missing labels that cells tell from them, in place; says for how many."""
    notes = []
    for task in (task for task in TASKS.values() if task.from_cell):
        missing = kept[task.key].isna()
        told = {name: getattr(cell, task.from_cell) for name, cell in own.items()}
        kept.loc[missing, task.key] = pd.Series(told, dtype=float)[kept.index[missing]]
        if missing.any():
            notes.append(f"{task.key} of {int(missing.sum())} cells taken from the cells")
    return notes


def _empty_tasks(kept: pd.DataFrame, mapped: Mapped) -> Iterator[Problem]:
    for task in (task for task in TASK_KEYS if task in mapped):
        if kept[task].isna().all():
            heading = mapped[task].heading
            yield Problem(
                "empty_task",
                heading,
                f"Column '{heading}' holds no value of a cell that is kept: {task} is left out.",
            )


def _doubts(
    kept: pd.DataFrame, own: Mapping[str, OwnCell], sources: Mapping[str, str]
) -> Iterator[Problem]:
    """What is kept as it is, and may be a mistake."""
    for (name, cell), label in zip(own.items(), kept["v0"].tolist(), strict=True):
        if sources[name] == "geometry" and cell.lattice_share < CLEAR_SHARE:
            yield Problem(
                "weak_lattice",
                name,
                f"'{name}': {cell.lattice} is a guess from {cell.lattice_share:.0%} of its atoms; "
                "the others show no lattice or another one.",
            )
        if abs(label / cell.volume - 1) > VOLUME_TOLERANCE:
            yield Problem(
                "volume",
                name,
                f"'{name}': its label says {label:.2f} and its cell has {cell.volume:.2f} "
                "Angstrom^3/atom.",
            )
    for field, task in TASKS.items():
        if task.usual is None:
            continue
        low, high = task.usual
        outside = kept[field][(kept[field] < low) | (kept[field] > high)]
        if len(outside):
            worst = max(outside.tolist(), key=abs)
            yield Problem(
                "unusual",
                field,
                f"{field} of {len(outside)} cells lies outside {low:g} to {high:g} "
                f"{kept_unit(field).key}, up to {worst:.4g}: is its unit right?",
            )


def _origin(table: LabelTable, mapped: Mapped, cells: OwnCells) -> dict[str, Any]:
    columns = {
        field: {"column": column.heading} | ({"unit": column.unit} if column.unit else {})
        for field, column in sorted(mapped.items())
    }
    files = {
        "structures": {"file": cells.name, "sha256": cells.sha256},
        "table": {"file": table.name, "sheet": table.sheet, "sha256": table.sha256},
    }
    return {"files": files, "read_from": columns}
