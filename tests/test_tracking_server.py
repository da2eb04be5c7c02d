"""The record of a run on a real MLflow server, which may be away for a while."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from requests import ConnectionError as NoAnswer

from heanet import mlflowrun, tracking
from heanet.config import StartConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Split
from heanet.mlflowrun import EXPERIMENT, URI_VARIABLE, is_complete, tracking_uri
from heanet.tracking import train_tracked
from heanet.training.checkpoints import CARD, WEIGHTS
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.loop import EpochRecord
from tests.alloys import SMALL, alloy, small_dataset
from tests.mlflow_server import PYTHON, Server, postgres_programs, tables

TRAIN = TrainConfig(epochs=12, batch_size=8, lr=1e-2, is_validate=True)
SPLIT = Split("b2", np.arange(16), np.arange(16, 20), np.arange(20, 24))
EVERY_METRIC = {
    *("train_loss", "validation_loss", "lr", "seconds"),
    *(f"validation_mae.{task}" for task in SMALL.tasks),
}
PATIENCE = 60.0  # seconds; a machine may be busy
History = list[tuple[int, float, int]]


@pytest.fixture(scope="module")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server; where it is not installed the test is skipped, but not in CI."""
    if not PYTHON.exists():
        message = "no MLflow server on this machine (make setup-dev)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    folder = tmp_path_factory.mktemp("mlflow")
    with tables(folder) as found:
        server = Server(folder, found)
        yield server
        server.kill()


@pytest.fixture
def server(one_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server as the one that records go to, delivered often; not always running."""
    monkeypatch.setenv(URI_VARIABLE, one_server.uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(int(PATIENCE)))
    monkeypatch.setattr(tracking, "_EVERY", 0.1)
    monkeypatch.setattr(tracking, "_LONGEST", 0.1)
    monkeypatch.setattr(tracking, "_PATIENCE", PATIENCE)
    return one_server


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    found = small_dataset()
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(found.names)}
    monkeypatch.setattr(type(found.source), "read_cell", lambda _self, name: cells[name])
    return found


def the_run(folder: Path) -> Run:
    """The only one that is named like the folder."""
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs(
        [experiment.experiment_id], f"attributes.run_name = '{folder.name}'"
    )
    return run


def histories(run: Run) -> dict[str, History]:
    """Step, value and time of every metric, ordered by step."""
    client = MlflowClient(tracking_uri())
    return {
        key: sorted(
            (point.step, point.value, point.timestamp)
            for point in client.get_metric_history(run.info.run_id, key)
        )
        for key in run.data.metrics
    }


def written(folder: Path) -> dict[str, History]:
    """The same from the run's own folder."""
    found: dict[str, History] = {}
    for record, at in read_epochs(folder / EPOCHS):
        values = {name: getattr(record, name) for name in ("train_loss", "lr", "seconds")}
        values["validation_loss"] = record.validation_loss
        values |= {f"validation_mae.{task}": mae for task, mae in record.validation_mae.items()}
        for key, value in values.items():
            found.setdefault(key, []).append((record.epoch, value, at))
    return found


def assert_recorded_whole(folder: Path, epochs: int) -> None:
    run, found = the_run(folder), histories(the_run(folder))
    assert (run.info.status, is_complete(folder)) == ("FINISHED", True)
    assert set(found) == EVERY_METRIC
    steps = {key: [step for step, _, _ in points] for key, points in found.items()}
    assert steps == {key: list(range(1, epochs + 1)) for key in EVERY_METRIC}
    assert found == written(folder)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


def test_a_server_away_until_after_the_training_gets_the_record_later(
    server: Server, dataset: Dataset, home: Path
) -> None:
    server.kill()
    folder = home / "trained" / "early"
    card = train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    assert card is not None
    assert not is_complete(folder)
    server.start()
    before = (folder / EPOCHS).read_bytes()
    assert train_tracked(folder, dataset, SPLIT, SMALL, TRAIN) == card
    assert (folder / EPOCHS).read_bytes() == before
    assert_recorded_whole(folder, 12)


def test_a_training_is_recorded_whole(
    server: Server, dataset: Dataset, home: Path, tmp_path: Path
) -> None:
    server.start()
    folder = home / "trained" / "whole"
    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    assert_recorded_whole(folder, 12)
    run = the_run(folder)
    assert run.data.params["hidden_channels"] == "16"
    assert set(run.data.params) == {
        *SMALL.model_dump(),
        *TRAIN.model_dump(),
        *StartConfig().model_dump(),
    }
    tags = run.data.tags
    assert (tags["data.fingerprint"], tags["split"]) == (dataset.source.fingerprint, "b2")
    assert [tags[f"rows.{key}"] for key in ("train", "validation", "test")] == ["16", "4", "4"]
    assert {"version.torch", "version.commit"} <= set(tags)
    assert run.info.artifact_uri.startswith("mlflow-artifacts:")
    client = MlflowClient(tracking_uri())
    names = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert {EPOCHS, CARD, WEIGHTS} <= names
    for name in names:
        fetched = Path(client.download_artifacts(run.info.run_id, name, str(tmp_path)))
        assert fetched.read_bytes() == (folder / name).read_bytes(), name


def test_the_tables_are_in_postgresql_where_that_is_installed(
    server: Server, dataset: Dataset, home: Path
) -> None:
    server.start()
    expected = "sqlite" if postgres_programs() is None else "postgresql"
    assert server.tables.uri.startswith(expected)
    train_tracked(home / "trained" / "counted", dataset, SPLIT, SMALL, TRAIN)
    client = MlflowClient(tracking_uri())
    experiments = [found.experiment_id for found in client.search_experiments()]
    told = len(client.search_runs(experiments))
    assert told >= 1
    assert server.tables.count_runs() == told


def test_server_and_sqlite_hold_the_same_record(
    server: Server, dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.start()
    folder = home / "trained" / "both"
    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    there = the_run(folder)
    on_server = histories(there)
    monkeypatch.delenv(URI_VARIABLE)
    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    assert (home / "mlflow.db").exists()
    here = the_run(folder)
    assert histories(here) == on_server
    assert set(on_server) == EVERY_METRIC
    assert here.data.params == there.data.params
    assert here.info.status == there.info.status == "FINISHED"
    drop = {"record", "mlflow.user"}
    assert {k: v for k, v in here.data.tags.items() if k not in drop} == {
        k: v for k, v in there.data.tags.items() if k not in drop
    }


def test_a_lost_answer_leaves_no_second_run(
    server: Server, dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server makes the run, and the connection breaks before it says which."""
    server.start()
    create, made = MlflowClient.create_run, []

    def create_and_hang_up(*arguments: object, **options: object) -> Run:
        made.append(create(*arguments, **options))
        if len(made) == 1:
            raise NoAnswer("hung up")
        return made[-1]

    monkeypatch.setattr(MlflowClient, "create_run", create_and_hang_up)
    folder = home / "trained" / "unanswered"

    def on_epoch(record: EpochRecord) -> None:
        if record.epoch == 1:
            wait_until(lambda: bool(made), "a run was made")

    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN, on_epoch=on_epoch)
    assert len(made) == 1
    assert_recorded_whole(folder, 12)
    assert the_run(folder).data.params["epochs"] == "12"


def test_a_server_killed_in_the_middle_is_told_what_it_missed(
    server: Server, dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has stored the first part of a delivery, and dies before it says so."""
    server.start()
    folder, log_batch = home / "trained" / "interrupted", MlflowClient.log_batch
    killed, seen_after_return = Event(), []

    def log_batch_once(client: MlflowClient, *arguments: object, **options: object) -> None:
        log_batch(client, *arguments, **options)
        if options.get("metrics") and not killed.is_set():
            server.kill()
            killed.set()
            raise NoAnswer("killed")

    monkeypatch.setattr(MlflowClient, "log_batch", log_batch_once)
    monkeypatch.setattr(mlflowrun, "_BATCH", 2)

    def on_epoch(record: EpochRecord) -> None:
        if record.epoch == 5:
            wait_until(killed.is_set, "a part was delivered")
        if record.epoch == 20:
            server.start()
            had = {step for step, _, _ in histories(the_run(folder))["train_loss"]}
            assert had < set(range(1, 20))
            wait_until(lambda: bool(the_run(folder).data.metrics), "runs are there")
            wait_until(
                lambda: histories(the_run(folder))["train_loss"][-1][0] >= 20,
                "deliveries go on during the training",
            )
            seen_after_return.append(record.epoch)

    train = TRAIN.model_copy(update={"epochs": 30})
    assert train_tracked(folder, dataset, SPLIT, SMALL, train, on_epoch=on_epoch) is not None
    assert seen_after_return == [20]
    assert_recorded_whole(folder, 30)
