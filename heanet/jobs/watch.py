"""How the runs of this HEANET_HOME are doing: read from their folders, and from the scheduler."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from heanet.config import RunConfig
from heanet.errors import CheckpointError, HeanetError, did_you_mean
from heanet.jobs.about import About, read_about
from heanet.jobs.cluster import connect, scheduler_id, ticket_states
from heanet.jobs.launch import LAUNCH, Launch, read_launch
from heanet.training.checkpoints import CARD
from heanet.training.epochs import EPOCHS, last_epoch
from heanet.training.record import EpochRecord
from heanet.training.runfolder import CANCEL, RUN, STOPPED, is_locked, read_config, trained_home

Status = Literal["queued", "running", "finished", "cancelled", "failed", "interrupted"]


@dataclass(frozen=True)
class Run:
    """A run as it stands.

    Attributes:
        name: Its folder's.
        folder: Where everything of it is.
        config: What it was asked for.
        about: Title and note that people gave it.
        status: "interrupted" is a run whose process or scheduler was lost.
        message: Why it failed.
        ahead: Runs that are before it in the line; 0 unless it is queued.
        last: Its last epoch; None before the first.
        at: When its state last changed, seconds since 1970.
        stopping: Whether it was asked to stop, and will after its epoch.
    """

    name: str
    folder: Path
    config: RunConfig
    about: About
    status: Status
    message: str
    ahead: int
    last: EpochRecord | None
    at: float
    stopping: bool = False

    @property
    def n_done(self) -> int:
        """Epochs that are done."""
        return self.last.epoch if self.last else 0

    @property
    def seconds_left(self) -> float | None:
        """Until it is finished, at the pace so far; None while that is not known."""
        if self.status != "running" or self.last is None:
            return None
        return self.last.seconds / self.n_done * (self.config.train.epochs - self.n_done)

    @property
    def at_rest(self) -> bool:
        """Whether nobody works on it or is going to."""
        return self.status not in ("queued", "running")

    @property
    def can_resume(self) -> bool:
        """Whether there is something left to do for it."""
        return self.at_rest and self.status != "finished"


def runs() -> list[Run]:
    """All runs, the newest first. A folder that cannot be read is left out."""
    folders = {
        path.parent for name in (RUN, CARD, LAUNCH) for path in trained_home().glob(f"*/{name}")
    }
    launches = {folder: read_launch(folder) for folder in folders}
    alive = _alive(launches.values())
    found = []
    for folder, launch in launches.items():
        try:
            found.append(_run(folder, launch, alive))
        except HeanetError:
            continue
    found.sort(key=lambda run: (run.at, run.name), reverse=True)
    line = sorted(
        (launch.place, folder.name)
        for folder, launch in launches.items()
        if launch is not None and launch.state == "queued" and launch.ticket in alive
    )
    ahead = {name: k for k, (_, name) in enumerate(line)}
    return [replace(run, ahead=ahead.get(run.name, 0)) for run in found]


def find(name: str) -> Run:
    """One run by its name.

    Raises:
        CheckpointError: There is none, or its folder is damaged.
    """
    known = {run.name: run for run in runs()}
    if name in known:
        return known[name]
    folder = trained_home() / name
    if Path(name).name == name and folder.is_dir():
        read_config(folder)  # says what is the matter with it
    raise CheckpointError(
        f"There is no run '{name}'",
        expected=f"one of {', '.join(known)}" if known else "one that was launched",
        fix=did_you_mean(name, known),
    )


def _alive(launches: Iterable[Launch | None]) -> set[str]:
    """Tickets that a scheduler is going to honour, or honours."""
    open_ones = [x for x in launches if x is not None and x.state in ("queued", "running")]
    if not open_ones:
        return set()
    try:
        client = connect()
    except HeanetError:  # the page says so when something is to be launched
        return set()
    if client is None:
        return set()
    identity = scheduler_id(client)
    states = ticket_states(client, [x.ticket for x in open_ones if x.scheduler == identity])
    return {ticket for ticket, state in states.items() if state not in ("erred", "memory")}


def _run(folder: Path, launch: Launch | None, alive: set[str]) -> Run:
    last = last_epoch(folder / EPOCHS)
    moved = [folder / name for name in (CARD, LAUNCH, RUN) if (folder / name).exists()]
    return Run(
        name=folder.name,
        folder=folder,
        config=read_config(folder),
        about=read_about(folder),
        status=_status(folder, launch, alive),
        message=launch.message if launch else "",
        ahead=0,
        last=last.record if last else None,
        at=launch.at if launch else max(path.stat().st_mtime for path in moved),
        stopping=(folder / CANCEL).exists(),
    )


def _status(folder: Path, launch: Launch | None, alive: set[str]) -> Status:
    """The lock tells of trainings that no scheduler knows of, on the command line for one."""
    if (folder / CARD).exists():
        return "finished"
    if is_locked(folder):
        return "running"
    if launch is None:  # trained by a command, and stopped by its user or by nobody
        return "cancelled" if (folder / STOPPED / CARD).exists() else "interrupted"
    if launch.state in ("queued", "running"):
        return launch.state if launch.ticket in alive else "interrupted"
    return "interrupted" if launch.state == "finished" else launch.state
