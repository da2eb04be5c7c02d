"""The MLflow run that belongs to a run's folder: made, found again, added to, described, deleted.

Everything here may wait for a server or find it away; heanet.tracking decides when to try again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from filelock import FileLock

from heanet.data.home import flush, heanet_home, read_json, write_whole
from heanet.errors import CheckpointError
from heanet.training.checkpoints import CARD, WEIGHTS
from heanet.training.epochs import EPOCHS, Epoch, read_epochs
from heanet.training.runfolder import LOG, PREDICTIONS, RUN

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

URI_VARIABLE = "MLFLOW_TRACKING_URI"
EXPERIMENT = "heanet"
RECORD = "mlflow.json"  # in a run's folder: where its record is, and whether it is complete
RECORD_KEY = "record"  # tag of a run, by which it is found where the answer that named it was lost
_LOCK = ".record.lock"
Status = Literal["FINISHED", "FAILED", "KILLED"]
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
_one_by_one = Lock()


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
    return f"sqlite:///{_database()}"


def is_complete(folder: Path) -> bool:
    """Whether everything of a run has arrived in its record."""
    return bool(_read_record(folder).get("complete"))


class MlflowRun:
    """An MLflow run that belongs to a folder.

    Args:
        folder: Of the run.
        facts: What to say of it.
    """

    def __init__(self, folder: Path, facts: Facts) -> None:
        self._folder = folder
        self._client = _client()
        self._facts = facts
        # A delivery that was given up goes on trying while its process lives; one of them makes it.
        with FileLock(folder / _LOCK):
            known = _known_run(self._client, folder, facts)
            self._id = known or _new_run(self._client, folder, facts)
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

    if not os.environ.get(URI_VARIABLE):
        _make_database(_database())
    return MlflowClient(tracking_uri())


def _database() -> Path:
    return heanet_home().resolve() / "mlflow.db"


def _make_database(file: Path) -> None:
    """The tables of the local record, whole before anybody sees them.

    MLflow makes them step by step, and neither two processes at once nor a kill in between leave
    something that can be used.
    """
    if file.exists():
        return
    # What makes the tables is not made for two threads of one process, whatever their files.
    with _one_by_one, FileLock(file.with_name(".mlflow.lock")):
        if file.exists():
            return
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        for left in file.parent.glob(".mlflow*.db*"):  # by a kill
            left.unlink()
        # Another name each time: MLflow keeps connections by name, also to a file that is gone.
        scratch = file.with_name(f".mlflow-{uuid4().hex}.db")
        store = SqlAlchemyStore(f"sqlite:///{scratch}", (file.parent / "artifacts").as_uri())
        store.engine.dispose()
        flush(scratch)
        scratch.rename(file)


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
    made = client.search_runs([experiment], f"tags.{RECORD_KEY} = '{key}'")
    tags = {**facts.tags, RECORD_KEY: key}
    run = made[0] if made else client.create_run(experiment, run_name=facts.name, tags=tags)
    params = [Param(name, value) for name, value in facts.settings.items()]
    client.log_batch(run.info.run_id, params=params)
    _write_record(folder, run.info.run_id, facts, complete=False)
    return str(run.info.run_id)


def client_and_experiment(name: str) -> "tuple[MlflowClient, str]":
    """What talks to the record, and the experiment of that name in it, made if it is missing."""
    client = _client()
    return client, _experiment(client, name)


def _experiment(client: "MlflowClient", name: str = EXPERIMENT) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    local = tracking_uri().startswith("sqlite:")
    artifacts = (heanet_home().resolve() / "artifacts").as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=artifacts))


def _metrics(epoch: Epoch) -> "list[Metric]":
    from mlflow.entities import Metric

    record = epoch.record
    values = {"train_loss": record.train_loss, "lr": record.lr, "seconds": record.seconds}
    if record.validation_loss is not None:
        values["validation_loss"] = record.validation_loss
    values |= {f"validation_mae.{task}": mae for task, mae in record.validation_mae.items()}
    return [Metric(key, value, epoch.at, record.epoch) for key, value in values.items()]


def failures() -> tuple[type[BaseException], ...]:
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
    write_whole(folder / RECORD, json.dumps(record) + "\n")


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
        with suppress(*failures()):
            act(_client(), str(known["run"]))

    thread = Thread(target=go, daemon=True)
    thread.start()
    return thread
