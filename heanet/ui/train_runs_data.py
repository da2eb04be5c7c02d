"""What the pages know of runs beside where they stand: curves, best errors, settings of their own.

Read from the folders of the runs. What is finished is read once; of what goes on, only what is new.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from heanet.config import Config, RunConfig
from heanet.errors import HeanetError
from heanet.jobs.watch import Run
from heanet.properties import TASKS
from heanet.training.checkpoints import Metric, ModelCard, load_card
from heanet.training.epochs import EPOCHS
from heanet.training.errorcurves import error_curves
from heanet.training.registry import checkpoint_of
from heanet.training.runfolder import LOG, REFERENCES
from heanet.ui import task_words

_CURVES = "train_runs_curves"  # dict: name -> (stamp, table), the latest last
ROW_ORDER = ("test", "validation", "train")  # what says most of new cells first
_KEPT = 8  # runs whose curves a session keeps
_TAIL_BYTES, _TAIL_LINES = 2**16, 200
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Best:
    """The epoch of a run whose weights are kept.

    Attributes:
        epoch: Counted from 1.
        errors: Mean absolute error on the validation rows by task, in ``curve_unit``.
    """

    epoch: int
    errors: dict[str, float]


def curve_unit(task: str) -> str:
    """Unit of a task's errors over epochs: that of its residual per atom (mb in µB/atom)."""
    own = TASKS[task].residual
    per_atom = next(t for t in TASKS.values() if t.residual == own and not t.extensive)
    return task_words.unit(per_atom.key)


def kept_curves(run: Run) -> pd.DataFrame:
    """The curves of a run (heanet.training.errorcurves); only new epochs are read.

    Raises:
        CheckpointError: The file of the epochs is damaged.
    """
    kept: dict[str, tuple[int, pd.DataFrame]] = st.session_state.setdefault(_CURVES, {})
    begun = _stamp(run.folder / REFERENCES)[0]
    stamp, table = kept.pop(run.name, (begun, None))
    last = 0 if table is None or not len(table) else int(table["epoch"].iloc[-1])
    if table is None or stamp != begun or last > run.n_done:  # trained anew in the same folder
        table = error_curves(run.folder)
    elif last < run.n_done:
        new = error_curves(run.folder, after=last)
        table = pd.concat([table, new], ignore_index=True) if last else new
    kept[run.name] = (begun, table)
    while len(kept) > _KEPT:
        kept.pop(next(iter(kept)))
    return table


def best_of(curves: pd.DataFrame) -> Best | None:
    """The epoch with the smallest validation loss; None without validation rows."""
    losses = curves["validation_loss"].to_numpy(dtype=float)
    if not np.isfinite(losses).any():
        return None
    row = curves.iloc[int(np.nanargmin(losses))]
    prefix = "validation."
    errors = {
        str(name).removeprefix(prefix): float(value)
        for name, value in row.items()
        if str(name).startswith(prefix) and pd.notna(value)
    }
    return Best(int(row["epoch"]), errors)


def best_errors(run: Run) -> Best | None:
    """The best epoch so far; None without validation rows, or where it cannot be read."""
    return _best_errors(str(run.folder), _stamp(run.folder / EPOCHS))


def card_of(run: Run) -> ModelCard | None:
    """The card of the best checkpoint that a run has; None without one that can be read."""
    folder = checkpoint_of(run.folder)
    return None if folder is None else _card(str(folder), _stamp(folder / "card.json"))


def row_set_of(card: ModelCard, metric: Metric) -> str:
    """Which row set of its split an error of a card is counted on; empty where it is another."""
    head = metric.rows.partition(":")[0].removeprefix(card.split).strip()
    return head if head in ROW_ORDER else ""


def differing(config: RunConfig) -> dict[str, tuple[str, str]]:
    """The options that are not at their defaults: value and default by name, as text."""
    given, default = flat(config), flat(RunConfig())
    return {name: (given[name], default[name]) for name in given if given[name] != default[name]}


def flat(config: Config) -> dict[str, str]:
    """All options of a configuration and of its parts by name, as text."""
    found: dict[str, str] = {}
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, Config):
            found |= flat(value)
        else:
            found[name] = " ".join(value) if isinstance(value, tuple) else str(value)
    return found


def log_tail(run: Run) -> str:
    """The last lines of a run's log; empty before it has one."""
    try:
        with (run.folder / LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_TAIL_LINES:])


def tasks_in(curves: pd.DataFrame) -> list[str]:
    """The tasks that curves have, in canonical order."""
    found = {str(name).partition(".")[2] for name in curves.columns if "." in str(name)}
    return in_task_order(found)


def in_task_order(tasks: Iterable[str]) -> list[str]:
    """Tasks, each once, in canonical order."""
    found = set(tasks)
    return [task for task in TASKS if task in found]


def _stamp(path: Path) -> Stamp:
    """Time and size of a file: what was read before is old when they change."""
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=2048)
def _best_errors(folder: str, stamp: Stamp) -> Best | None:  # noqa: ARG001 - part of the key
    try:
        return best_of(error_curves(Path(folder)))
    except HeanetError:
        return None


@lru_cache(maxsize=256)
def _card(folder: str, stamp: Stamp) -> ModelCard | None:  # noqa: ARG001 - part of the key
    try:
        return load_card(Path(folder))
    except HeanetError:
        return None
