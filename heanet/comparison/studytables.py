"""Tables of the studies beside the results: kept in their folder, and checked when they are read.

A study takes hours that the other results do not need, so its table may be missing: it is empty
then. One that is there must hold, as those of ``heanet.comparison.checks``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from heanet.comparison import ablation
from heanet.comparison.checks import (
    check_choice,
    check_columns,
    check_numbers,
    check_units,
    refuse,
    refuse_repeats,
)
from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.csvfiles import read_csv, write_csv
from heanet.comparison.plan import DIRECTIONS, N_FOLDS
from heanet.comparison.transfer import (
    COLUMNS,
    GP,
    HEANET,
    PERCENTS,
    POOLED,
    STRATEGIES,
    ZERO_SHOT,
)
from heanet.properties import TASKS

TRANSFER, ABLATION = "transfer.csv", "ablation.csv"
STUDY_COMMAND = "heanet study transfer"
_ARM = ("direction", "model", "strategy", "group", "percent")
_TEXT = ("direction", "model", "strategy", "group", "fold", "task", "unit", "commit")
_FOLDS = tuple(map(str, range(1, N_FOLDS + 1)))
_CHOICES = {
    "direction": tuple(DIRECTIONS),
    "model": (HEANET, GP),
    "strategy": STRATEGIES,
    "group": tuple(TASK_GROUPS),
    "percent": (0, *PERCENTS),
    "fold": (*_FOLDS, POOLED),
    "task": tuple(TASKS),
}


def check_transfer(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """The table itself, if it can be believed.

    Args:
        table: The study of transfer, with ``heanet.comparison.transfer.COLUMNS``.
        source: Its name in messages.

    Raises:
        DataError: Columns are missing or unknown, a name, unit or number is none, a task is not of
            its group, zero-shot rows trained on the target or others did not, two rows say the
            same thing, or folds are pooled that are not there.
    """
    check_columns(table, COLUMNS, source)
    for column, known in _CHOICES.items():
        if not table[column].isin(known).all():
            check_choice(table.astype({column: str}), column, list(map(str, known)), source)
    refuse(table, table["commit"].isna() | (table["commit"] == ""), "commit", source, "a word")
    check_units(table, source)
    for column in ("n_train", "n", "mae", "rmse"):
        check_numbers(table, column, source)
    _check_arms(table, source)
    refuse_repeats(table, [*_ARM, "fold", "task"], source)
    _check_pools(table, source)
    return table


def _check_arms(table: pd.DataFrame, source: str) -> None:
    """What a strategy trains on, and which tasks a group holds, is fixed."""
    strange = [
        task not in TASK_GROUPS[group]
        for task, group in zip(table["task"], table["group"], strict=True)
    ]
    bad = pd.Series(strange, index=table.index, dtype=bool)
    refuse(table, bad, "task", source, "a task of the row's group")
    zero = table["strategy"] == ZERO_SHOT
    bad = zero != (table["percent"] == 0)
    refuse(table, bad, "percent", source, f"0 for {ZERO_SHOT}, and for nothing else")
    bad = zero != (table["n_train"] == 0)
    refuse(table, bad, "n_train", source, f"0 for {ZERO_SHOT}, and for nothing else")


def _check_pools(table: pd.DataFrame, source: str) -> None:
    """A pool has the rows of its folds, all of them.

    Folds themselves differ in their rows: a fit says nothing of a cell whose reference its own
    training rows leave open.
    """
    pooled, keys = table["fold"] == POOLED, [*_ARM, "task"]
    parts = table[~pooled].groupby(keys, sort=False)["n"].agg(["sum", "size"])
    found = table[pooled].join(parts, on=keys)
    bad = (found["size"] != N_FOLDS) | (found["sum"] != found["n"])
    refuse(found, bad, "n", source, f"as many rows as its {N_FOLDS} folds have together")


@dataclass(frozen=True)
class _Study:
    """A table: its columns, which of them are text, what must hold, and what makes it."""

    columns: tuple[str, ...]
    text: tuple[str, ...]
    check: Callable[..., pd.DataFrame]
    command: str


def check_ablation(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """The table itself, if it can be believed.

    Args:
        table: The ablation, with ``heanet.comparison.ablation.COLUMNS``.
        source: Its name in messages.

    Raises:
        DataError: Columns are missing or unknown, a name, unit or number is none, or two rows say
            the same thing.
    """
    check_columns(table, ablation.COLUMNS, source)
    steps = (
        *(step.key for step in ablation.STEPS),
        *ablation.COMMITTEES,
        ablation.MEASURED,
        ablation.MEASURED_ALONE,
    )
    choices = {
        "step": steps,
        "group": (*TASK_GROUPS, ablation.COMMITTEE),
        "part": ablation.PARTS,
        "task": tuple(TASKS),
    }
    for column, known in choices.items():
        check_choice(table, column, known, source)
    check_units(table, source)
    for column in ("n", "mae"):
        check_numbers(table, column, source)
    refuse_repeats(table, ["step", "group", "seed", "part", "task"], source)
    return table


_STUDIES = {
    TRANSFER: _Study(COLUMNS, _TEXT, check_transfer, STUDY_COMMAND),
    ABLATION: _Study(
        ablation.COLUMNS,
        ("step", "group", "seed", "part", "task", "unit", "commit", "teacher"),
        check_ablation,
        "heanet study ablation",
    ),
}


def empty_study(name: str) -> pd.DataFrame:
    """The table of a study that was not made.

    Args:
        name: Of its file.
    """
    return pd.DataFrame(columns=list(_STUDIES[name].columns))


def load_study(name: str, folder: Path) -> pd.DataFrame:
    """The table of a study in the folder of the results; empty where there is none.

    Args:
        name: Of its file.
        folder: Of the results.

    Raises:
        DataError: The table is there but damaged, has other columns, names or units, or says a
            thing twice.
    """
    path, study = folder / name, _STUDIES[name]
    if not path.exists():
        return empty_study(name)
    remake = f"Make it again with `{study.command}`."
    return study.check(read_csv(path, study.columns, text=study.text, remake=remake), source=name)


def save_study(name: str, table: pd.DataFrame, folder: Path) -> None:
    """Write the table of a study into the folder of the results; an empty one leaves what is there.

    Args:
        name: Of its file.
        table: The study.
        folder: Of the results, which exists.

    Raises:
        DataError: As ``load_study``.
    """
    if len(table):
        write_csv(folder / name, _STUDIES[name].check(table, source=name))
