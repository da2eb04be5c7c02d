"""The file that an interrupted run is continued from.

One safetensors file with the record of the run as JSON in its header: written aside and renamed,
so that a kill at any moment leaves either the old state or the new one. The state before the last
stays beside it, for the day on which the last one cannot be read.
"""

import json
import logging
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from heanet.data.home import storage_error, written_whole
from heanet.errors import CheckpointError

_PARTS = ("best", "weights", "moments")
_log = logging.getLogger("heanet.run")


@dataclass(frozen=True, eq=False)
class ResumeState:
    """Everything that a run needs to go on.

    Attributes:
        key: Fixes data, rows and configuration; only an equal run may go on from here.
        history: One record per finished epoch.
        best_epoch: Epoch of ``best``.
        best_loss: Its validation loss.
        best: Best weights so far, by name.
        weights: Weights after the last epoch, by name.
        moments: State of the optimiser, by "parameter index.name".
    """

    key: str
    history: list[dict[str, Any]]
    best_epoch: int
    best_loss: float
    best: dict[str, Tensor]
    weights: dict[str, Tensor]
    moments: dict[str, Tensor]


def save_resume(state: ResumeState, path: Path) -> None:
    """Write the state; the folder must exist.

    Raises:
        StorageError: There is no room for it; the states that were there are whole.
    """
    tensors = {
        f"{part}.{name}": value.detach().cpu().contiguous().clone()
        for part in _PARTS
        for name, value in getattr(state, part).items()
    }
    record = {
        "key": state.key,
        "history": state.history,
        "best_epoch": state.best_epoch,
        # JSON has no infinity.
        "best_loss": state.best_loss if math.isfinite(state.best_loss) else None,
    }
    try:
        with written_whole(path) as scratch:
            save_file(tensors, scratch, metadata={"run": json.dumps(record)})
            if path.exists():
                _keep_previous(path)
    except (OSError, SafetensorError) as error:
        raise storage_error(path, str(error)) from error


def has_resume(path: Path) -> bool:
    """Whether there is a state to go on from."""
    return path.is_file() or _previous(path).is_file()


def remove_resume(path: Path) -> None:
    """Delete the state and the one before it."""
    path.unlink(missing_ok=True)
    _previous(path).unlink(missing_ok=True)


def load_resume(path: Path, *, key: str) -> ResumeState:
    """Read the last state back, or the one before it where the last one is damaged.

    Raises:
        CheckpointError: Both are damaged, or belong to a run with other settings.
    """
    state = _read_either(path)
    if state.key != key:
        raise CheckpointError(
            f"The resume file '{path}' belongs to a run with other data or settings",
            fix="Choose another --out, or delete the file to start anew.",
        )
    return state


def _keep_previous(path: Path) -> None:
    """The last state as the one before it as well, so that there is a last one at any moment."""
    link = path.with_suffix(f".{os.getpid()}-previous")
    link.unlink(missing_ok=True)
    try:
        os.link(path, link)
    except OSError:  # a file system without hard links
        path.replace(_previous(path))
        return
    link.replace(_previous(path))
    link.unlink(missing_ok=True)  # left where both were the same file already


def _previous(path: Path) -> Path:
    return path.with_name(f"previous-{path.name}")


def _read_either(path: Path) -> ResumeState:
    reasons = []
    for file in (path, _previous(path)):
        try:
            state = _read(file)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            reasons.append(str(error))
        else:
            if reasons:
                _log.warning("The last state is refused, the one before it is used. %s", reasons[0])
            return state
    raise CheckpointError(
        f"The resume file '{path}' cannot be read ({reasons[0]})",
        fix="Delete it to start the run anew.",
    )


def _read(path: Path) -> ResumeState:
    """The state in a file; whatever is wrong with the file is raised as it comes."""
    parts: dict[str, dict[str, Tensor]] = {part: {} for part in _PARTS}
    with safe_open(path, framework="pt") as file:
        record = json.loads(file.metadata()["run"])
        for name in file.keys():  # noqa: SIM118
            part, _, rest = name.partition(".")
            parts[part][rest] = file.get_tensor(name)
    best_loss = record["best_loss"]
    return ResumeState(
        key=record["key"],
        history=record["history"],
        best_epoch=record["best_epoch"],
        best_loss=math.inf if best_loss is None else best_loss,
        best=parts["best"],
        weights=parts["weights"],
        moments=parts["moments"],
    )


def optimiser_moments(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's tensors by "parameter index.name"."""
    states = optimiser.state_dict()["state"]
    return {f"{i}.{name}": value for i, state in states.items() for name, value in state.items()}


def restore_moments(optimiser: torch.optim.Optimizer, moments: dict[str, Tensor]) -> None:
    """Put back what ``optimiser_moments`` gave."""
    states: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, _, key = name.partition(".")
        states.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": states})
