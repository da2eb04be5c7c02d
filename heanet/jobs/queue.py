"""Launch, cancel, resume and delete runs."""

import os
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from heanet import mlflowrun
from heanet.config import RunConfig
from heanet.data.home import HOME_VARIABLE, heanet_home, make_private
from heanet.errors import CheckpointError, HeanetError, TrainingError
from heanet.jobs.about import About, write_about
from heanet.jobs.cluster import RESOURCE, connect_or_start, scheduler_id, ticket_states
from heanet.jobs.launch import Launch, change_launch, launches, the_line, write_launch
from heanet.jobs.watch import Run, find
from heanet.jobs.work import serve
from heanet.training.registry import available_models
from heanet.training.runfolder import CANCEL, RUN, check_name, trained_home, write_config

if TYPE_CHECKING:
    from distributed import Client

_LOOKS = 100  # for tickets that are on their way, a tenth of a second apart


def submit(config: RunConfig, name: str) -> Path:
    """Launch a training; it begins as soon as a worker is free, in the order of the launches.

    Args:
        config: What to train on what.
        name: Of the run; its folder's.

    Returns:
        The folder of the run.

    Raises:
        CheckpointError: There is a run or a model of that name.
        ConfigError: The name cannot be one.
        TrainingError: There is no scheduler, and none can be started.
    """
    return submit_all({name: config})[0]


def submit_all(configs: Mapping[str, RunConfig], *, sweep: str = "") -> list[Path]:
    """Launch several trainings, in their order; all or, if a name is taken, none.

    Args:
        configs: What to train on what, by the name of the run.
        sweep: What to call them together.

    Raises:
        CheckpointError: There is a run or a model of one of the names.
        ConfigError: A name cannot be one.
        TrainingError: There is no scheduler, and none can be started.
    """
    client = connect_or_start()
    folders: list[Path] = []
    try:
        for name, config in configs.items():
            folders.append(_new_folder(name))
            write_about(folders[-1], About(sweep=sweep))
            write_config(folders[-1], config)
    except (HeanetError, OSError):
        for folder in folders:
            shutil.rmtree(folder)
        raise
    with the_line():
        tickets = _line_up(client, folders)
    _hand_in(client, tickets)
    return folders


def cancel(name: str) -> None:
    """Stop a run: at once while it waits, after its epoch while it trains.

    What it has learnt so far stays, and it can be resumed.

    Raises:
        CheckpointError: There is no such run.
    """
    with the_line():
        run = find(name)
        if run.status == "queued":
            change_launch(run.folder, state="cancelled")
        elif run.status == "running":
            (run.folder / CANCEL).touch()


def resume(name: str) -> None:
    """Go on with a run that was cancelled, interrupted or failed; it joins the end of the line.

    Raises:
        CheckpointError: There is no such run, or it needs no resuming.
        TrainingError: There is no scheduler, and none can be started.
    """
    _resumable(name)
    client = connect_or_start()
    with the_line():
        run = _resumable(name)  # starting takes a while, and others may have been faster
        (run.folder / CANCEL).unlink(missing_ok=True)
        if not (run.folder / RUN).exists():
            write_config(run.folder, run.config)
        tickets = _line_up(client, [run.folder])
    _hand_in(client, tickets)


def _resumable(name: str) -> Run:
    run = find(name)
    if not run.can_resume:
        raise CheckpointError(f"The run '{name}' is {run.status}: there is nothing to resume")
    return run


def delete(name: str) -> None:
    """Delete a run, its checkpoint and its record; a registered model made of it stays.

    Raises:
        CheckpointError: There is no such run, or it is not at rest.
    """
    with the_line():
        run = find(name)
        if not run.at_rest:
            raise CheckpointError(
                f"The run '{name}' is {run.status}", fix="Cancel it first, then delete it."
            )
        mlflowrun.forget(run.folder)
        grave = heanet_home() / f".deleted-{uuid.uuid4().hex}"
        run.folder.rename(grave)  # gone for everybody at once, however long the rest takes
    shutil.rmtree(grave, ignore_errors=True)


def describe(name: str, *, title: str, note: str) -> None:
    """Give a run a title and a note, here and in its record.

    Raises:
        CheckpointError: There is no such run.
    """
    run = find(name)
    about = run.about.model_copy(update={"title": title.strip(), "note": note.strip()})
    write_about(run.folder, about)
    mlflowrun.describe(run.folder, title=about.title, note=about.note)


def _new_folder(name: str) -> Path:
    """The folder of a new run; whoever makes it first has the name."""
    make_private(trained_home())
    folder = trained_home() / check_name(name)
    if name in available_models() and not folder.exists():
        raise CheckpointError(
            f"There is a model '{name}' already", fix="Choose another name for the run."
        )
    try:
        folder.mkdir()
    except FileExistsError:
        raise CheckpointError(
            f"There is a run '{name}' already", fix="Choose another name, or delete that run."
        ) from None
    return folder


def _line_up(client: "Client", folders: Sequence[Path]) -> list[str]:
    """Put runs at the end of the line, which this process holds; a ticket for each."""
    identity = scheduler_id(client)
    first = 1 + max((launch.place for launch in launches().values()), default=0)
    tickets = [f"training-{uuid.uuid4().hex}" for _ in folders]
    for place, (folder, ticket) in enumerate(zip(folders, tickets, strict=True), start=first):
        launch = Launch(state="queued", place=place, ticket=ticket, scheduler=identity)
        write_launch(folder, launch)
    return tickets


def _hand_in(client: "Client", tickets: Sequence[str]) -> None:
    """Give tickets to the scheduler, and see them arrive: this process may end right away."""
    from distributed import fire_and_forget

    for ticket in tickets:
        fire_and_forget(
            client.submit(
                serve,
                _environment(),
                scheduler_id(client),
                key=ticket,
                resources={RESOURCE: 1},
                pure=False,
            )
        )
    known: set[str] = set()
    for _ in range(_LOOKS):
        known |= set(ticket_states(client, tickets))
        known |= {launch.ticket for launch in launches().values() if launch.state != "queued"}
        if known.issuperset(tickets):
            return
        time.sleep(0.1)
    raise TrainingError(
        f"The scheduler took {len(known.intersection(tickets))} of {len(tickets)} trainings",
        fix="Resume those that are shown as interrupted.",
    )


def _environment() -> dict[str, str]:
    return {
        HOME_VARIABLE: str(heanet_home().resolve()),
        mlflowrun.URI_VARIABLE: os.environ.get(mlflowrun.URI_VARIABLE, ""),
    }
