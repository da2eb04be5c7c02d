"""Errors of a run over its epochs, in units: what curves are drawn from, also while it goes on."""

from pathlib import Path

import pandas as pd

from heanet.properties import TASKS
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.runfolder import read_references

COLUMNS = ("epoch", "seconds", "lr", "train_loss", "validation_loss")


def error_curves(folder: Path, *, after: int = 0) -> pd.DataFrame:
    """One row per epoch.

    Args:
        folder: Of the run.
        after: Only epochs later than this one.

    Returns:
        Columns COLUMNS, and for each task "train.TASK" and, with validation rows, also
        "validation.TASK": mean absolute errors in the unit of the group's per-atom task (mb in
        muB/atom). Those of the training rows are of the weights of each step.

    Raises:
        CheckpointError: The file of the epochs is damaged.
    """
    references = read_references(folder)
    spread = references.spread if references else {}
    rows = []
    for epoch in read_epochs(folder / EPOCHS, after=after):
        record = epoch.record
        row: dict[str, float | None] = {name: getattr(record, name) for name in COLUMNS}
        for which, errors in (
            ("train", record.train_mae),
            ("validation", record.validation_mae),
        ):
            for task, error in errors.items():
                row[f"{which}.{task}"] = error * spread.get(TASKS[task].residual, 1.0)
        rows.append(row)
    return pd.DataFrame(rows, columns=None if rows else list(COLUMNS))
