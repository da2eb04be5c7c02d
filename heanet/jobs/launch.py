"""Where a launched run stands: one small file in its folder, written by whoever moves it on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from filelock import FileLock

from heanet.config import Config, parse_config
from heanet.data.home import make_private, read_json, write_whole
from heanet.errors import ConfigError
from heanet.training.runfolder import trained_home

LAUNCH = "launch.json"
_LINE = ".line.lock"
State = Literal["queued", "running", "finished", "cancelled", "failed"]


class Launch(Config):
    """The last launch of a run.

    Attributes:
        state: How far it came. A run whose process was killed stays "running" here; only the
            scheduler knows better (heanet.jobs.watch).
        place: In the line of all launches: the lowest waiting one is next.
        ticket: Key of the task that works for it.
        scheduler: Identity of the scheduler that holds the ticket; another one knows nothing of it.
        message: Why it failed.
        at: When this was written, seconds since 1970.
    """

    state: State
    place: int
    ticket: str
    scheduler: str
    message: str = ""
    at: float = 0.0


def read_launch(folder: Path) -> Launch | None:
    """The last launch of a run; None for one that was trained without the scheduler."""
    values = read_json(folder / LAUNCH)
    try:
        return None if values is None else parse_config(Launch, values)
    except ConfigError:  # of another version; the run itself is not touched by it
        return None


def write_launch(folder: Path, launch: Launch) -> None:
    """Keep where a run stands, even on a full disk if something was kept before."""
    now = launch.model_copy(update={"at": time.time()})
    text = now.model_dump_json() + "\n"
    path = folder / LAUNCH
    try:
        write_whole(path, text)
    except OSError:
        if not path.exists():
            raise
        # The block that the old content lies in has room for the new one.
        with path.open("r+", encoding="utf-8") as file:
            file.write(text)
            file.truncate()


def change_launch(folder: Path, **changes: object) -> None:
    """Change some of what is kept of a run's last launch, which must be there."""
    launch = read_launch(folder)
    if launch is not None:
        write_launch(folder, launch.model_copy(update=changes))


def launches() -> dict[Path, Launch]:
    """The last launch of every run that had one, by its folder."""
    found = {path.parent: read_launch(path.parent) for path in trained_home().glob(f"*/{LAUNCH}")}
    return {folder: launch for folder, launch in found.items() if launch is not None}


@contextmanager
def the_line() -> Iterator[None]:
    """Held by whoever changes the order or the states of the runs: one process at a time."""
    folder = make_private(trained_home())
    with FileLock(folder / _LINE, timeout=30):
        yield
