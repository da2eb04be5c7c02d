"""What a worker does with a ticket: the run that is next in line, from start to end.

Tickets and runs come in pairs, but Dask gives tickets out as its workers get free, in no order that
a user would call one. So a ticket does not work for the run that it was made for: it takes the one
that waits longest and leaves its own run to the other's ticket.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from heanet.errors import HeanetError
from heanet.jobs.launch import (
    State,
    change_launch,
    launches,
    read_launch,
    the_line,
    write_launch,
)
from heanet.tracking import train
from heanet.training.runfolder import read_config

_NICE = 10  # a tenth of the weight of what is not nice


def serve(environment: Mapping[str, str], scheduler: str) -> str:
    """Train the run that is next in line.

    Args:
        environment: Variables of the process that launched it: where HEANET_HOME and the records
            are.
        scheduler: Identity of the scheduler that gave the ticket.

    Returns:
        Name of the run; empty if none is left, because it was cancelled.
    """
    from distributed import Status, get_worker

    worker = get_worker()
    with _environment(environment):
        folder = take(str(worker.get_current_task()), scheduler)
        if folder is None:
            return ""
        _give_way()
        # A worker that has lost its scheduler ends: nobody would know of what it did.
        alive = (Status.running, Status.paused)
        run(folder, str(worker.get_current_task()), should_stop=lambda: worker.status not in alive)
    return folder.name


def _give_way() -> None:
    """Let this thread, and those that it starts, compute after the people at the pages.

    Niceness is that of a thread on Linux: the worker itself goes on answering its scheduler. Linux
    may weigh sessions before it looks at threads, and the workers have one of their own.
    """
    with suppress(OSError):
        nice = max(os.getpriority(os.PRIO_PROCESS, 0), _NICE)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice)
        Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")


def take(ticket: str, scheduler: str) -> Path | None:
    """The folder of the run that a ticket works for from now on; None if there is none left."""
    with the_line():
        open_ones = {
            folder: launch
            for folder, launch in launches().items()
            if launch.scheduler == scheduler and launch.state in ("queued", "running")
        }
        own = next((f for f, launch in open_ones.items() if launch.ticket == ticket), None)
        if own is None:
            return None
        if open_ones[own].state == "running":  # its worker was killed: go on with it
            return own
        waiting = {f: launch for f, launch in open_ones.items() if launch.state == "queued"}
        folder = min(waiting, key=lambda f: waiting[f].place)
        if folder != own:
            swapped = {"ticket": waiting[folder].ticket}
            write_launch(own, waiting[own].model_copy(update=swapped))
        now = {"ticket": ticket, "state": "running"}
        write_launch(folder, waiting[folder].model_copy(update=now))
        return folder


def run(folder: Path, ticket: str, *, should_stop: Callable[[], bool]) -> None:
    """Train what a folder asks for, and say in it how that ended.

    Args:
        folder: Of the run.
        ticket: What the run is trained for; one that was launched anew meanwhile is another's.
        should_stop: Asked after every epoch.
    """
    end = partial(_end, folder, ticket)
    try:
        card = train(folder, read_config(folder), should_stop=should_stop, progress=False)
    except (HeanetError, OSError, MemoryError) as error:
        end("failed", str(error))
        return
    except Exception as error:  # a bug of ours: its traceback is in the log
        end("failed", f"{type(error).__name__}: {error}")
        return
    if card is not None:
        end("finished")
    elif not should_stop():
        end("cancelled")


def _end(folder: Path, ticket: str, state: State, message: str = "") -> None:
    with the_line():
        launch = read_launch(folder)
        if launch is not None and launch.ticket == ticket:
            change_launch(folder, state=state, message=" ".join(message.split()))


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The launcher's variables; a worker may serve several launchers, one after the other."""
    before = {key: os.environ.get(key, "") for key in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str]) -> None:
    """Set variables of this process; empty ones are removed."""
    for key, value in variables.items():
        if value:
            os.environ[key] = value
        else:
            os.environ.pop(key, None)
