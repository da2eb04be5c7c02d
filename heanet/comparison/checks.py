"""What a table of results must be for its numbers to be believed.

A table that somebody else wrote, cut short or edited is refused by name before a number of it is
shown; nothing of it is dropped in silence.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.plan import N_FOLDS, SPLITS
from heanet.comparison.tables import ENSEMBLE, ERROR_COLUMNS, KEYS, POOLED, SLICES
from heanet.errors import DataError, did_you_mean
from heanet.properties import TASKS

PUBLISHED_COLUMNS = (
    *("experiment", "split", "strategy", "group", "epochs", "task", "unit", "rows", "reported"),
    *("checkpoint", "same_rows", "n_same", "trained_of_same", "shuffled", "unseen", "n_unseen"),
)
PUBLISHED_TEXT = (
    *("experiment", "split", "strategy", "group", "task", "unit", "rows", "checkpoint"),
)
REMAKE = "Make it again with `heanet compare --rebuild`."
_ROW_SETS = ("train", "validation", "test")
_CHOICES: dict[str, Sequence[str]] = {
    "model": tuple(CONTENDERS),
    "group": tuple(TASK_GROUPS),
    "split": SPLITS,
    "fold": ("", *map(str, range(1, N_FOLDS + 1)), POOLED),
    "rows": _ROW_SETS,
    "by": SLICES,
    "task": tuple(TASKS),
    "labels": ("corrected", "raw"),
}
_NEVER_EMPTY = ("model", "group", "split", "seed", "rows", "by", "part", "task", "unit", "labels")
_COUNTS = ("n", "compositions", "shared")
# Of a saved network; an error is empty where no row has a label.
_AGAIN_COUNTS = ("n_same", "trained_of_same", "n_unseen")
_AGAIN_ERRORS = ("same_rows", "shuffled", "unseen")


def check_errors(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """The table itself, if it can be believed.

    Args:
        table: A table of errors.
        source: Its name in messages.

    Raises:
        DataError: Columns are missing or unknown, a field is empty, a name or unit is unknown, a
            number is not one, two rows say the same thing, or models were not judged on the same
            rows.
    """
    check_columns(table, ERROR_COLUMNS, source)
    for column in _NEVER_EMPTY:
        refuse(table, table[column].isna() | (table[column] == ""), column, source, "a word")
    for column, known in _CHOICES.items():
        check_choice(table, column, known, source)
    seeds = (table["seed"] == ENSEMBLE) | table["seed"].str.fullmatch("[0-9]+")
    refuse(table, ~seeds, "seed", source, f"a number or {ENSEMBLE}")
    check_units(table, source)
    for column in (*_COUNTS, "mae", "rmse"):
        check_numbers(table, column, source)
    check_numbers(table, "r2", source, negative=True, empty=True)
    more = table["shared"] > table["compositions"]
    refuse(table, more, "shared", source, "at most as many as compositions")
    refuse_repeats(table, KEYS, source)
    _check_same_rows(table, source)
    return table


def check_published(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """The table itself, if it can be believed.

    Args:
        table: Published figures.
        source: Its name in messages.

    Raises:
        DataError: Columns are missing or unknown, a name or unit is unknown, or a number is not
            one.
    """
    check_columns(table, PUBLISHED_COLUMNS, source)
    for column, known in {"task": _CHOICES["task"], "rows": _ROW_SETS}.items():
        check_choice(table, column, known, source)
    check_choice(table, "split", (*SPLITS, ""), source)
    check_units(table, source)
    check_numbers(table, "epochs", source)
    saved = table["checkpoint"] != ""
    check_numbers(table[~saved], "reported", source)
    for column in _AGAIN_COUNTS:
        check_numbers(table[saved], column, source)
    for column in ("reported", *_AGAIN_ERRORS):
        check_numbers(table[saved], column, source, empty=True)
    return table


def check_columns(table: pd.DataFrame, columns: Sequence[str], source: str) -> None:
    """Raise a DataError unless a table has exactly these columns."""
    missing = [column for column in columns if column not in table.columns]
    unknown = [str(column) for column in table.columns if column not in columns]
    if missing or unknown:
        faults = [f"lacks {', '.join(missing)}"] * bool(missing)
        faults += [f"has the unknown {', '.join(unknown)}"] * bool(unknown)
        raise DataError(
            f"'{source}' {' and '.join(faults)}", expected=f"the columns {' '.join(columns)}"
        )


def refuse(table: pd.DataFrame, bad: pd.Series, column: str, source: str, expected: str) -> None:
    """Raise a DataError for the first row that is marked; rows count from 1 below the head."""
    if not bad.any():
        return
    row = table.index[bad][0]
    value = table.loc[row, column]
    if pd.isna(value) or value == "":
        raise DataError(
            f"'{source}' is damaged: its row {row + 1} has no {column}",
            expected=expected,
            fix=REMAKE,
        )
    raise DataError(f"Row {row + 1} of '{source}' has '{value}' as {column}", expected=expected)


def check_choice(table: pd.DataFrame, column: str, known: Sequence[str], source: str) -> None:
    """Raise a DataError for the first value of a column that is not a known one."""
    unknown = table[column][~table[column].isin(known)]
    if len(unknown):
        given = str(unknown.iloc[0])
        raise DataError(
            f"'{source}' has the {column} '{given}' (row {unknown.index[0] + 1})",
            expected=f"one of {' '.join(filter(None, known))}",
            fix=did_you_mean(given, known),
        )


def check_units(table: pd.DataFrame, source: str) -> None:
    """Raise a DataError unless every error is in the unit of its task."""
    for task, unit in table[["task", "unit"]].drop_duplicates().itertuples(index=False):
        if unit != TASKS[task].unit:
            raise DataError(
                f"'{source}' gives {task} in '{unit}'",
                expected=TASKS[task].unit,
                fix="Convert the errors, or leave the task out.",
            )


def check_numbers(
    table: pd.DataFrame, column: str, source: str, *, negative: bool = False, empty: bool = False
) -> None:
    """Raise a DataError for the first field that is no number; ``empty`` ones may be allowed."""
    numbers = pd.to_numeric(table[column], errors="coerce")
    bad = ~np.isfinite(numbers) if negative else ~np.isfinite(numbers) | (numbers < 0)
    if empty:
        bad &= table[column].notna()
    refuse(table, bad, column, source, "a number" if negative else "a number, zero or more")


def refuse_repeats(table: pd.DataFrame, keys: Sequence[str], source: str) -> None:
    """Raise for the first row whose keys an earlier row has too."""
    twice = table.duplicated(list(keys))
    if twice.any():
        first = table.loc[twice, list(keys)].iloc[0]
        raise DataError(
            f"'{source}' says twice: {' '.join(str(part) for part in first if part != '')}",
            expected="every error once",
            fix="Remove one of the rows.",
        )


def _check_same_rows(table: pd.DataFrame, source: str) -> None:
    """Test rows are the same for every model; other rows for every seed of one model."""
    tested = table["rows"] == "test"
    where = ["split", "fold", "by", "part", "task"]
    others = ["model", "group", "rows", *where]
    for rows, keys in ((table[tested], where), (table[~tested], others)):
        counts = rows.groupby(keys, sort=False)[["n", "compositions"]].nunique()
        differ = counts[(counts > 1).any(axis=1)]
        if len(differ):
            said = " ".join(part for part in differ.index[0] if part)
            raise DataError(
                f"'{source}' has errors on different numbers of rows for {said}",
                expected="one n and one number of compositions",
                fix=REMAKE,
            )
