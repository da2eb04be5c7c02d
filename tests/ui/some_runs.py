"""Runs for the pages: trained once in a second, copied into the home of each test."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from heanet.config import RunConfig, TrainConfig
from heanet.data.splits import Split
from heanet.jobs.launch import Launch, State, write_launch
from heanet.training.record import EpochRecord
from heanet.training.runfolder import trained_home, write_config
from heanet.training.runs import train_run
from tests.alloys import SMALL, alloy, small_dataset

TRAIN = TrainConfig(epochs=6, batch_size=8, lr=1e-2, is_validate=True)
ROWS = np.arange(16), np.arange(16, 20), np.arange(20, 24)
MODEL = SMALL.model_copy(update={"tasks": ("eform", "ms")})
# Name, split, seed; the oldest first.
FINISHED = (("base-0", "b2", 0), ("base-1", "b2", 1), ("other", "a2", 0))
STOPPED, STOPPED_AFTER = "stopped", 3
_FIRST = 1_700_000_000  # seconds since 1970: of the oldest run, the others a minute apart


def train_some(folder: Path) -> Path:
    """Train the runs into a folder; returns it."""
    dataset = small_dataset()
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(dataset.names)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(dataset.source), "read_cell", lambda _self, name: cells[name])
        for name, split, seed in FINISHED:
            train = TRAIN.model_copy(update={"seed": seed})
            train_run(folder / name, dataset, Split(split, *ROWS), MODEL, train, progress=False)
        note, stop = _stop_after(STOPPED_AFTER)
        train_run(
            folder / STOPPED,
            dataset,
            Split("b2", *ROWS),
            MODEL,
            TRAIN,
            on_epoch=note,
            should_stop=stop,
            progress=False,
        )
    return folder


def copy_some(source: Path) -> None:
    """The runs as those of this home, ``base-0`` the oldest and ``stopped`` the newest."""
    shutil.copytree(source, trained_home())
    for k, name in enumerate([*(name for name, _, _ in FINISHED), STOPPED]):
        for path in (trained_home() / name).iterdir():
            os.utime(path, (_FIRST + 60 * k, _FIRST + 60 * k))
    launch = Launch(state="cancelled", place=1, ticket="t", scheduler="s")
    write_launch(trained_home() / STOPPED, launch)


def add_run(
    name: str,
    *,
    state: State | None = None,
    place: int = 1,
    message: str = "",
    config: RunConfig | None = None,
) -> Path:
    """A run that has done nothing yet; without a state one that no scheduler knows of."""
    folder = trained_home() / name
    folder.mkdir(parents=True)
    write_config(folder, config or RunConfig(data="small", model=MODEL, train=TRAIN))
    if state is not None:
        ticket = f"ticket of {name}"
        launch = Launch(state=state, place=place, ticket=ticket, scheduler="none", message=message)
        write_launch(folder, launch)
    return folder


def _stop_after(n: int) -> tuple[Callable[[EpochRecord], None], Callable[[], bool]]:
    seen: list[int] = []
    return lambda record: seen.append(record.epoch), lambda: len(seen) >= n
