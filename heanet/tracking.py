"""The record of a training in MLflow, written beside the training and never in its way.

What counts is the run's own folder: its epochs (heanet.training.epochs), its resume file and its
checkpoint. A thread carries what is new there to MLflow every few seconds. A tracking server that
is away delays the record, not the training; whatever it missed is carried over later, by the end of
the run or when the same command is given again. Epochs keep the time and number that the folder has
for them, so nothing is recorded twice.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from heanet.config import ModelConfig, RunConfig, StartConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.home import heanet_home, make_private, read_json, write_whole
from heanet.data.splits import Split
from heanet.errors import CheckpointError
from heanet.training.checkpoints import CARD, WEIGHTS, ModelCard, versions
from heanet.training.epochs import EPOCHS, Epoch, read_epochs
from heanet.training.inputs import inputs_of
from heanet.training.record import EpochRecord
from heanet.training.runfolder import LOG, PREDICTIONS, RUN, note
from heanet.training.runs import data_card, train_run

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

URI_VARIABLE = "MLFLOW_TRACKING_URI"
EXPERIMENT = "heanet"
RECORD = "mlflow.json"  # in a run's folder: where its record is, and whether it is complete
_KEY = "record"  # tag of a run, by which it is found where the answer that named it was lost
Status = Literal["FINISHED", "FAILED", "KILLED"]
_EVERY, _LONGEST = 2.0, 60.0  # seconds between two deliveries; after failures
_PATIENCE = 20.0  # seconds that a finished run waits for its record
_LAST_TRIES, _MOMENT = 3, 0.5  # to complete it; seconds between them
_ARTIFACTS = (RUN, EPOCHS, CARD, WEIGHTS, PREDICTIONS, LOG)
# Epochs carried over at a time, and whole, so that one that is there lacks nothing; MLflow takes
# 1000 metrics, and an epoch has about ten.
_BATCH = 50
# A server that does not answer is asked again by us, not by MLflow for minutes; what MLflow tells
# of its tables would stand between the lines of a progress bar; its makers get no reports.
_MLFLOW = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class Facts:
    """What a record says of a run beside its epochs.

    Attributes:
        name: Of the run.
        settings: Every option by name.
        tags: Data, split, code and software.
    """

    name: str
    settings: Mapping[str, str]
    tags: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Of what makes a training another one: settings, data and split, not the software."""
        own = {k: v for k, v in self.tags.items() if not k.startswith("version.")}
        text = json.dumps([self.name, dict(self.settings), own], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def tracking_uri() -> str:
    """Where records go: ``MLFLOW_TRACKING_URI``, else a SQLite file in HEANET_HOME."""
    if given := os.environ.get(URI_VARIABLE):
        return given
    return f"sqlite:///{heanet_home().resolve() / 'mlflow.db'}"


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
    told, ended = _Told(), Event()
    delivery = Thread(target=_deliver, args=(folder, facts, told, ended), daemon=True)
    delivery.start()
    try:
        yield told
    finally:
        ended.set()
        delivery.join(_PATIENCE)


def describe(folder: Path, *, title: str, note: str) -> Thread | None:
    """Carry title and note of a run over to its record, in the background.

    Args:
        folder: Of the run.
        title: Shown in place of its name.
        note: In Markdown.

    Returns:
        What does it; None for a run that has no record.
    """
    tags = {"mlflow.runName": title or folder.name, "mlflow.note.content": note}

    def tell(client: "MlflowClient", run: str) -> None:
        for key, value in tags.items():
            client.set_tag(run, key, value)

    return _about_record(folder, tell)


def forget(folder: Path) -> Thread | None:
    """Delete the record of a run, in the background; None for a run that has none."""
    return _about_record(folder, lambda client, run: client.delete_run(run))


def _about_record(folder: Path, act: "Callable[[MlflowClient, str], None]") -> Thread | None:
    known = _read_record(folder)
    if known.get("uri") != tracking_uri():
        return None

    def go() -> None:
        with suppress(*_failures()):
            act(_client(), str(known["run"]))

    thread = Thread(target=go, daemon=True)
    thread.start()
    return thread


def is_complete(folder: Path) -> bool:
    """Whether everything of a run has arrived in its record."""
    return bool(_read_record(folder).get("complete"))


def _deliver(folder: Path, facts: Facts, told: _Told, ended: Event) -> None:
    """Carry over what is new until the run has ended, patiently where nobody answers."""
    pause, tries, record = _EVERY, _LAST_TRIES, None
    while tries:
        last = ended.wait(pause)
        if last and told.status is None:
            return
        try:
            record = record or _Record(folder, facts)
            record.send(told.status if last else None)
            if last:
                return
            pause = _EVERY
        except _failures() as error:
            record, pause = None, min(2 * pause, _LONGEST)
            if last:  # a moment later the answer may be another one
                tries -= 1
                time.sleep(_MOMENT)
            if not tries:
                note(folder, f"The record of this run is not complete: {error}")


class _Record:
    """An MLflow run that belongs to a folder.

    Args:
        folder: Of the run.
        facts: What to say of it.
    """

    def __init__(self, folder: Path, facts: Facts) -> None:
        self._folder = folder
        self._client = _client()
        self._facts = facts
        self._id = _known_run(self._client, folder, facts) or _new_run(self._client, folder, facts)
        history = self._client.get_metric_history(self._id, "train_loss")
        self._sent = max((point.step for point in history), default=0)

    def send(self, status: Status | None) -> None:
        """Carry over the epochs that are new, and the end of the run where it has ended."""
        new = read_epochs(self._folder / EPOCHS, after=self._sent)
        for k in range(0, len(new), _BATCH):
            metrics = [metric for epoch in new[k : k + _BATCH] for metric in _metrics(epoch)]
            self._client.log_batch(self._id, metrics=metrics)
        if new:
            self._sent = new[-1].record.epoch
        if status is None:
            return
        for name in _ARTIFACTS:
            if (self._folder / name).exists():
                self._client.log_artifact(self._id, str(self._folder / name))
        self._client.set_terminated(self._id, status)
        _write_record(self._folder, self._id, self._facts, complete=status == "FINISHED")


def _client() -> "MlflowClient":
    _set_up_mlflow()
    from mlflow import MlflowClient  # takes seconds: not before it is needed

    return MlflowClient(tracking_uri())


def _set_up_mlflow() -> None:
    """Before MLflow is imported for the first time: it reads some of this then."""
    for key, value in _MLFLOW.items():
        os.environ.setdefault(key, value)


def _known_run(client: "MlflowClient", folder: Path, facts: Facts) -> str | None:
    """The run of an earlier start of the same training, on the same server, going again."""
    known = _record_of(folder, facts)
    if not known.get("run"):
        return None
    run = client.get_run(str(known["run"]))
    if run.info.status != "RUNNING":
        client.update_run(run.info.run_id, status="RUNNING")
    return str(run.info.run_id)


def _new_run(client: "MlflowClient", folder: Path, facts: Facts) -> str:
    """A run with its settings; the one that an earlier try made whose answer was lost."""
    from mlflow.entities import Param

    experiment = _experiment(client)
    key = str(_record_of(folder, facts).get("key") or uuid4().hex)
    _write_record(folder, "", facts, complete=False, key=key)
    made = client.search_runs([experiment], f"tags.{_KEY} = '{key}'")
    tags = {**facts.tags, _KEY: key}
    run = made[0] if made else client.create_run(experiment, run_name=facts.name, tags=tags)
    params = [Param(name, value) for name, value in facts.settings.items()]
    client.log_batch(run.info.run_id, params=params)
    _write_record(folder, run.info.run_id, facts, complete=False)
    return str(run.info.run_id)


def _experiment(client: "MlflowClient") -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    local = tracking_uri().startswith("sqlite:")
    artifacts = (heanet_home().resolve() / "artifacts").as_uri() if local else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts))


def _metrics(epoch: Epoch) -> "list[Metric]":
    from mlflow.entities import Metric

    record = epoch.record
    values = {"train_loss": record.train_loss, "lr": record.lr, "seconds": record.seconds}
    if record.validation_loss is not None:
        values["validation_loss"] = record.validation_loss
    values |= {f"validation_mae.{task}": mae for task, mae in record.validation_mae.items()}
    return [Metric(key, value, epoch.at, record.epoch) for key, value in values.items()]


def _failures() -> tuple[type[BaseException], ...]:
    """What goes wrong with a record and is no business of the training."""
    _set_up_mlflow()
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, RequestException, SQLAlchemyError, OSError, CheckpointError


def _read_record(folder: Path) -> dict[str, object]:
    return read_json(folder / RECORD) or {}


def _record_of(folder: Path, facts: Facts) -> dict[str, object]:
    """What is known of the record of this very training on this very server."""
    known = _read_record(folder)
    is_it = (known.get("uri"), known.get("facts")) == (tracking_uri(), facts.digest)
    return known if is_it else {}


def _write_record(
    folder: Path, run_id: str, facts: Facts, *, complete: bool, key: str = ""
) -> None:
    """Note the run of a folder; with a key instead, that one is about to be made."""
    record = {
        "uri": tracking_uri(),
        "run": run_id,
        "facts": facts.digest,
        "complete": complete,
        "key": key,
    }
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RECORD, json.dumps(record) + "\n")


def _plain(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)
