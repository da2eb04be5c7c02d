"""The record of a run: complete, nothing twice, and never in the way of the training."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Run

from heanet import mlflowrun, tracking
from heanet.config import TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Split
from heanet.errors import CheckpointError
from heanet.mlflowrun import RECORD, is_complete, tracking_uri
from heanet.tracking import train_tracked
from heanet.training.checkpoints import load_card
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.record import EpochRecord
from tests.alloys import SMALL, alloy, small_dataset

ROOT = Path(__file__).parents[1]
TRAIN = TrainConfig(epochs=6, batch_size=8, lr=1e-2, is_validate=True)
SPLIT = Split("b2", np.arange(16), np.arange(16, 20), np.arange(20, 24))


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    found = small_dataset()
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(found.names)}
    monkeypatch.setattr(type(found.source), "read_cell", lambda _self, name: cells[name])
    return found


def the_run() -> Run:
    """The only one of the experiment."""
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name(mlflowrun.EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id])
    return run


def history(run: Run, key: str) -> list[tuple[int, float]]:
    points = MlflowClient(tracking_uri()).get_metric_history(run.info.run_id, key)
    return [(point.step, point.value) for point in points]


def stop_after(n: int) -> tuple[Callable[[EpochRecord], None], Callable[[], bool]]:
    seen: list[int] = []
    return lambda record: seen.append(record.epoch), lambda: len(seen) >= n


def test_a_finished_run_is_recorded_whole(dataset: Dataset, home: Path) -> None:
    folder = home / "trained" / "one"
    card = train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    run = the_run()
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "one"
    assert run.data.params["epochs"] == "6"
    assert run.data.params["tasks"] == "etot emix eform ms mb rmsd"
    tags = run.data.tags
    assert (tags["split"], tags["rows.train"], tags["rows.test"]) == ("b2", "16", "4")
    assert tags["data.fingerprint"] == dataset.source.fingerprint
    assert {"version.torch", "version.commit"} <= set(tags)
    records = [epoch.record for epoch in read_epochs(folder / EPOCHS)]
    assert history(run, "train_loss") == [(r.epoch, pytest.approx(r.train_loss)) for r in records]
    expected = [(r.epoch, pytest.approx(r.validation_mae["ms"])) for r in records]
    assert history(run, "validation_mae.ms") == expected
    artifacts = home / "artifacts" / run.info.run_id / "artifacts"
    assert load_card(artifacts) == card
    assert is_complete(folder)


def test_a_stopped_run_goes_on_in_its_own_record(dataset: Dataset, home: Path) -> None:
    folder = home / "trained" / "one"
    on_epoch, should_stop = stop_after(3)
    stopped = train_tracked(
        folder, dataset, SPLIT, SMALL, TRAIN, on_epoch=on_epoch, should_stop=should_stop
    )
    assert stopped is None
    assert the_run().info.status == "KILLED"
    assert not is_complete(folder)
    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    run = the_run()
    assert run.info.status == "FINISHED"
    assert [step for step, _ in history(run, "train_loss")] == [1, 2, 3, 4, 5, 6]


def test_other_settings_are_another_record(dataset: Dataset, home: Path) -> None:
    folder = home / "trained" / "one"
    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    first = (folder / RECORD).read_text()
    other = TRAIN.model_copy(update={"seed": 1})
    train_tracked(folder, dataset, SPLIT, SMALL, other, overwrite=True)
    assert (folder / RECORD).read_text() != first
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name(mlflowrun.EXPERIMENT)
    seeds = {run.data.params["seed"] for run in client.search_runs([experiment.experiment_id])}
    assert seeds == {"0", "1"}
    assert [e.record.epoch for e in read_epochs(folder / EPOCHS)] == [1, 2, 3, 4, 5, 6]


def test_a_refused_start_leaves_the_record_of_the_run_alone(dataset: Dataset, home: Path) -> None:
    """The folder is busy, or holds a finished run with other settings."""
    folder = home / "trained" / "one"
    train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    before = (folder / RECORD).read_text()
    with FileLock(folder / ".lock"), pytest.raises(CheckpointError, match="Another process"):
        train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    other = TRAIN.model_copy(update={"seed": 1})
    with pytest.raises(CheckpointError, match="other data or settings"):
        train_tracked(folder, dataset, SPLIT, SMALL, other)
    assert (folder / RECORD).read_text() == before
    assert the_run().info.status == "FINISHED"


def test_a_failed_run_says_so(
    dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the roof is on fire")

    monkeypatch.setattr(tracking, "train_run", fails)
    with pytest.raises(RuntimeError, match="roof"):
        train_tracked(home / "trained" / "one", dataset, SPLIT, SMALL, TRAIN)
    assert the_run().info.status == "FAILED"


def test_a_record_that_cannot_be_written_is_completed_later(
    dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder stands where the database should be; then it is gone."""
    folder, database = home / "trained" / "one", home / "mlflow.db"
    database.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr("mlflow.store.db.utils.MAX_RETRY_COUNT", 1)
        card = train_tracked(folder, dataset, SPLIT, SMALL, TRAIN)
    assert card is not None
    assert not is_complete(folder)
    database.rmdir()
    assert train_tracked(folder, dataset, SPLIT, SMALL, TRAIN) == card
    run = the_run()
    assert (run.info.status, is_complete(folder)) == ("FINISHED", True)
    assert [step for step, _ in history(run, "lr")] == [1, 2, 3, 4, 5, 6]


def test_a_tracking_server_that_is_away_costs_nothing_but_the_record(
    dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    folder = home / "trained" / "one"
    assert train_tracked(folder, dataset, SPLIT, SMALL, TRAIN) is not None
    assert not is_complete(folder)
    assert not (home / "mlflow.db").exists()


@pytest.mark.parametrize("first", ["mlflowrun._client()", "mlflowrun.failures()"])
def test_mlflow_reports_nothing_to_its_makers(home: Path, first: str) -> None:
    """It would, except where it takes a variable like CI or PYTEST_CURRENT_TEST for a test."""
    code = (
        f"from heanet import mlflowrun; {first}; "
        "from mlflow.telemetry import client, utils; "
        "print(utils._IS_IN_CI_ENV_OR_TESTING, client.get_telemetry_client())"
    )
    keep = ("PATH", "HOME", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    environment = {key: os.environ[key] for key in keep if key in os.environ}
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment, "HEANET_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["False", "None"]


def test_the_database_is_the_owners_alone(dataset: Dataset, home: Path) -> None:
    train_tracked(home / "trained" / "one", dataset, SPLIT, SMALL, TRAIN)
    assert home.stat().st_mode & 0o077 == 0
    with sqlite3.connect(home / "mlflow.db") as database:
        assert database.execute("select count(*) from runs").fetchone() == (1,)


def test_a_killed_training_leaves_no_gap_and_nothing_twice(
    make_published: Callable[..., Path], home: Path
) -> None:
    """kill -9 in the middle of an epoch; the same command goes on."""
    command = [
        *(sys.executable, "-m", "heanet", "train", "--task", "etot", "--epochs", "1500"),
        *("--data", str(make_published()), "--spacing", "0.05", "--n_interactions", "1"),
        *("--hidden_channels", "8", "--n_filters", "8", "--tower_h1", "8", "--tower_h2", "8"),
    ]
    folder = home / "trained" / "mtl_1_etot_HEA_1500_b2"
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while len(read_epochs(folder / EPOCHS)) < 300 or not (folder / RECORD).exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    run = the_run()
    assert run.info.status == "FINISHED"
    told = [epoch.record for epoch in read_epochs(folder / EPOCHS)]
    assert [record.epoch for record in told] == list(range(1, 1501))
    assert history(run, "train_loss") == [(r.epoch, pytest.approx(r.train_loss)) for r in told]
