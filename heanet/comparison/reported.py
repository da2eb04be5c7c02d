"""The errors in the notes of the published system, read, checked, each with its saved network.

The notes (X. Wang et al., doi 10.1038/s41524-022-00945-x) as a table in CSV form, one mean absolute
error a line. The table stays where it is; nothing of it is in the project.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from heanet.comparison.contenders import TASK_GROUPS
from heanet.data.splits import PUBLISHED_SPLITS
from heanet.errors import DataError, did_you_mean
from heanet.properties import PUBLISHED_TASKS, TASKS

REPORTED, CHECKPOINTS = "reported_mae.csv", "checkpoints"
LAYOUT = f"the folder of the published system, with '{REPORTED}' and '{CHECKPOINTS}'"
REPORTED_COLUMNS = (
    *("experiment", "split", "strategy", "task_group", "epochs", "use_pbc"),
    *("subset", "task", "mae", "unit", "note"),
)
# Tasks that were learnt together, by the name that the table has for them.
REPORTED_GROUPS: dict[str, tuple[str, ...]] = {
    "all": TASK_GROUPS["all"],
    "energy": TASK_GROUPS["energies"],
    "magnetic": TASK_GROUPS["magnetic"],
    "distortion": TASK_GROUPS["rmsd"],
    **{task: (task,) for task in PUBLISHED_TASKS},
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "split": (*PUBLISHED_SPLITS, ""),  # the notes do not say it of every run
    "strategy": ("scratch", "tl1", "tl2"),
    "task_group": tuple(REPORTED_GROUPS),
    "use_pbc": ("True", "False", ""),
    "subset": ("train", "test"),
    "task": PUBLISHED_TASKS,
}


class Run(NamedTuple):
    """One training of the notes.

    Attributes:
        experiment: As in the table; with " #1", " #2" in the order of their lines where several
            runs of one name gave an error of the same task, split and rows.
        split: a0-a3, b0-b2.
        task_group: Of REPORTED_GROUPS.
    """

    experiment: str
    split: str
    task_group: str


# Which saved network came out of which run. The errors themselves tell: on the rows that they are
# from, the networks give all 24 of them to the last printed digit, but for two that are one lower
# in it (b2: mb of the training rows, rmsd of the test rows). No other run has a saved network: the
# files tl1 and tl2 hold three tasks and give other errors than the runs tl1-500 and tl2-500 of all
# six, and of the six tasks on b2 the notes have no run.
SAVED_NETWORKS: dict[Run, str] = {
    Run("energy-table", "b2", "energy"): "mtl_3_etot_emix_ef_HEA_500_b2.pt",
    Run("energy-table", "b1", "energy"): "mtl_3_etot_emix_ef_HEA_500_b1_best.pt",
    Run("energy-table", "b0", "energy"): "mtl_3_etot_emix_ef_HEA_500_b0_best.pt",
    Run("magnetic-table", "b2", "magnetic"): "mtl_2_ms_mb_HEA_500_b2.pt",
    Run("rmsd-table #2", "b2", "distortion"): "mtl_1_rmsd_HEA_500_b2.pt",
}


def read_reported(path: Path) -> pd.DataFrame:
    """The reported errors, each with the saved network that it belongs to.

    Args:
        path: CSV table with REPORTED_COLUMNS.

    Returns:
        experiment, split, strategy, group (tasks joined by spaces), epochs, task, unit, rows
        ("train" or "test", as the notes call them), reported, checkpoint (file name, or empty).

    Raises:
        DataError: The table is missing, has other columns, tasks or units, holds something else
            than an error, or says one twice. The line is named.
    """
    lines = _read_lines(path)
    for number, line in lines.items():
        _check_line(line, f"'{path.name}', line {number}")
    table = pd.DataFrame(lines.values(), index=list(lines), columns=list(REPORTED_COLUMNS))
    _refuse_repeats(table, path.name)
    same = table.groupby(["experiment", "split", "task_group", "subset", "task"])["mae"]
    numbers = " #" + (same.cumcount() + 1).astype(str)
    table["experiment"] += numbers.where(same.transform("size") > 1, "")
    runs = table[["experiment", "split", "task_group"]].itertuples(index=False, name=None)
    table["checkpoint"] = [SAVED_NETWORKS.get(Run(*run), "") for run in runs]
    table["group"] = [" ".join(REPORTED_GROUPS[group]) for group in table["task_group"]]
    table = table.rename(columns={"subset": "rows", "mae": "reported"})
    table = table.astype({"epochs": int, "reported": float}).reset_index(drop=True)
    return table.drop(columns=["task_group", "use_pbc", "note"])


def _read_lines(path: Path) -> dict[int, dict[str, str]]:
    """The lines of a CSV table by number, their fields as text by column."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            lines = [(reader.line_num, line) for line in reader]
            columns = list(reader.fieldnames or [])
    except FileNotFoundError as error:
        raise DataError(f"There is no '{path.name}' in '{path.parent}'", expected=LAYOUT) from error
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(
            f"'{path.name}' cannot be read: {error}", expected="a table as CSV"
        ) from error
    if sorted(columns) != sorted(REPORTED_COLUMNS):
        raise DataError(
            f"'{path.name}' has the columns {' '.join(columns) or '(none)'}",
            expected=f"each of {' '.join(REPORTED_COLUMNS)} once, and no other",
        )
    for number, line in lines:
        # Fields beyond the columns are under None; columns without a field hold None.
        if None in line or None in line.values():
            raise DataError(
                f"'{path.name}', line {number} has too many or too few fields",
                expected=f"{len(columns)} of them",
            )
    return dict(lines)


def _check_line(line: Mapping[str, str], where: str) -> None:
    """Refuse what is no error of a known task in its unit."""
    for column, known in _CHOICES.items():
        if line[column] not in known:
            raise DataError(
                f"{where}: {column} '{line[column]}'",
                expected=f"one of {' '.join(filter(None, known))}",
                fix=did_you_mean(line[column], known),
            )
    task, group = line["task"], line["task_group"]
    if task not in REPORTED_GROUPS[group]:
        raise DataError(
            f"{where}: task '{task}' in the group '{group}'",
            expected=f"one of {' '.join(REPORTED_GROUPS[group])}",
        )
    if line["unit"] != TASKS[task].unit:
        raise DataError(
            f"{where}: {task} in '{line['unit']}'",
            expected=TASKS[task].unit,
            fix="Convert the error to that unit.",
        )
    if not (line["epochs"].isascii() and line["epochs"].isdecimal()):
        raise DataError(f"{where}: epochs '{line['epochs']}'", expected="a whole number")
    error = pd.to_numeric(line["mae"], errors="coerce")
    if not (np.isfinite(error) and error >= 0):
        raise DataError(f"{where}: mae '{line['mae']}'", expected="a number, zero or more")


def _refuse_repeats(table: pd.DataFrame, source: str) -> None:
    """Two errors of one task and name are of two runs only if their notes say so."""
    repeated = table[table.duplicated([column for column in REPORTED_COLUMNS if column != "mae"])]
    for number, line in repeated.iterrows():
        said = [line[column] for column in ("experiment", "split", "subset", "task")]
        raise DataError(
            f"'{source}', line {number} says again: {' '.join(filter(None, said))}",
            expected="every error once, or a note that tells two runs apart",
            fix="Remove one of the lines.",
        )
