"""The record of a training in MLflow, written beside the training and never in its way.

What counts is the run's own folder: its epochs (heanet.training.epochs), its resume file and its
checkpoint. A thread carries what is new there to MLflow every few seconds. A tracking server that
is away delays the record, not the training; whatever it missed is carried over later, by the end of
the run or when the same command is given again. Epochs keep the time and number that the folder has
for them, so nothing is recorded twice.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from heanet.config import ModelConfig, RunConfig, StartConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.home import heanet_home, make_folder, make_private
from heanet.data.splits import Split
from heanet.errors import CheckpointError
from heanet.mlflowrun import Facts, MlflowRun, Status, failures
from heanet.training.checkpoints import ModelCard, versions
from heanet.training.inputs import inputs_of
from heanet.training.record import EpochRecord
from heanet.training.runfolder import note
from heanet.training.runs import data_card, train_run

_EVERY, _LONGEST = 2.0, 60.0  # seconds between two deliveries; after failures
_PATIENCE = 20.0  # seconds that a finished run waits for its record
_LAST_TRIES, _MOMENT = 3, 0.5  # to complete it; seconds between them


def run_facts(
    dataset: Dataset,
    split: Split,
    model: ModelConfig,
    train: TrainConfig,
    start: StartConfig,
    *,
    name: str,
) -> Facts:
    """What the record of a training says."""
    data = data_card(dataset)
    row_sets = {f"rows.{key}": str(len(rows)) for key, rows in split.row_sets.items()}
    options = {k: v for c in (model, train, start) for k, v in c.model_dump(mode="json").items()}
    return Facts(
        name=name,
        settings={key: _plain(value) for key, value in options.items()},
        tags={
            "data": data.name,
            "data.title": data.title,
            "data.fingerprint": data.fingerprint,
            "split": split.name,
            **row_sets,
            **{f"version.{key}": value for key, value in versions().items()},
        },
    )


def train(
    folder: Path,
    config: RunConfig,
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    overwrite: bool = False,
    progress: bool = True,
) -> ModelCard | None:
    """Train into a folder: what the command line, the pages and Python alike call.

    Args:
        folder: The run's own folder; created. What an interrupted run left in it is continued.
        config: What to train on what.
        on_epoch: Called after every epoch.
        should_stop: Asked after every epoch.
        overwrite: Replace a run with other settings.
        progress: Show progress bars where a terminal is attached.

    Returns:
        The card of the checkpoint, or None if the run was stopped; it can be resumed.

    Raises:
        CheckpointError: The folder holds a run with other data or settings.
        ConfigError: There is no such split.
        DataError: There is no such set, it is damaged, or too small for the split.
        TrainingError: The loss is not finite any more.
    """
    dataset, split = inputs_of(config, progress=progress)
    return train_tracked(
        folder,
        dataset,
        split,
        config.model,
        config.train,
        start=config.start,
        on_epoch=on_epoch,
        should_stop=should_stop,
        overwrite=overwrite,
        progress=progress,
    )


def train_tracked(
    folder: Path,
    dataset: Dataset,
    split: Split,
    model: ModelConfig,
    train: TrainConfig,
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    start: StartConfig = StartConfig(),  # noqa: B008 - frozen
    overwrite: bool = False,
    progress: bool = True,
) -> ModelCard | None:
    """``train_run`` with its record; arguments, result and errors are the same."""
    make_private(heanet_home())
    facts = run_facts(dataset, split, model, train, start, name=folder.name)
    with recorded(folder, facts) as told:
        try:
            card = train_run(
                folder,
                dataset,
                split,
                model,
                train,
                on_epoch=on_epoch,
                should_stop=should_stop,
                start=start,
                overwrite=overwrite,
                progress=progress,
            )
        except CheckpointError:
            told.status = None  # the folder is another run's, and so is the record in it
            raise
        told.status = "FINISHED" if card is not None else "KILLED"
    return card


class _Told:
    """How a run ended, told by who knows; None where it never began."""

    status: Status | None = "FAILED"


@contextmanager
def recorded(folder: Path, facts: Facts) -> Iterator[_Told]:
    """Keep the record of a run up to date while the block lasts, and complete it at its end.

    Args:
        folder: Of the run.
        facts: What to say of it beside its epochs.
    """
    make_folder(folder)
    told, ended = _Told(), Event()
    delivery = Thread(target=_deliver, args=(folder, facts, told, ended), daemon=True)
    delivery.start()
    try:
        yield told
    finally:
        ended.set()
        delivery.join(_PATIENCE)


def _deliver(folder: Path, facts: Facts, told: _Told, ended: Event) -> None:
    """Carry over what is new until the run has ended, patiently where nobody answers."""
    pause, tries, record = _EVERY, _LAST_TRIES, None
    while tries:
        last = ended.wait(pause)
        if last and told.status is None:
            return
        try:
            record = record or MlflowRun(folder, facts)
            record.send(told.status if last else None)
            if last:
                return
            pause = _EVERY
        except failures() as error:
            record, pause = None, min(2 * pause, _LONGEST)
            if last:  # a moment later the answer may be another one
                tries -= 1
                time.sleep(_MOMENT)
            if not tries:
                note(folder, f"The record of this run is not complete: {error}")


def _plain(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
