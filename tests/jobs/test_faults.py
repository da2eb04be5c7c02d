"""What can go wrong while a training goes on, done for real: kills, a full disk, a damaged file."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from safetensors import safe_open

from heanet.config import RunConfig
from heanet.jobs import cluster, queue, watch
from heanet.mlflowrun import EXPERIMENT, is_complete, tracking_uri
from heanet.tracking import train
from heanet.training.checkpoints import WEIGHTS, load_checkpoint
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.resume import load_resume
from heanet.training.runfolder import LOG, RESUME, trained_home
from tests.jobs.conftest import wait_for, wait_until, with_train

N_EPOCHS = 2000  # tens of seconds: several states are saved on the way


@pytest.fixture(scope="session")
def undisturbed() -> dict[str, bytes]:
    """Weights of trainings that nothing happened to, by what was trained."""
    return {}


@pytest.fixture
def long(config: RunConfig) -> RunConfig:
    return with_train(config, epochs=N_EPOCHS)


@pytest.fixture
def expected(long: RunConfig, undisturbed: dict[str, bytes], tmp_path: Path) -> bytes:
    """The weights of ``long``, trained in peace; the same in every test."""
    key = long.model_dump_json()
    if key not in undisturbed:
        train(tmp_path / "peace", long)
        undisturbed[key] = (tmp_path / "peace" / WEIGHTS).read_bytes()
    return undisturbed[key]


def saved_epochs(folder: Path) -> int:
    """Epochs in the file that a run would go on from."""
    path = folder / RESUME
    if not path.exists():
        return 0
    with safe_open(path, framework="pt") as file:
        return file.metadata()["run"].count('"epoch"')


def assert_whole(folder: Path, expected: bytes) -> None:
    """Same weights as in peace, and nothing missing or twice in folder and record."""
    assert (folder / WEIGHTS).read_bytes() == expected
    records = [epoch.record for epoch in read_epochs(folder / EPOCHS)]
    assert [record.epoch for record in records] == list(range(1, N_EPOCHS + 1))
    wait_for(lambda: is_complete(folder))  # the record comes after the checkpoint
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id])
    (run,) = [run for run in runs if run.info.run_name == folder.name]
    assert run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, "train_loss")
    assert [point.step for point in history] == list(range(1, N_EPOCHS + 1))
    assert history[-1].value == pytest.approx(records[-1].train_loss)
    artifacts = {artifact.path for artifact in client.list_artifacts(run.info.run_id)}
    assert artifacts == {
        "card.json",
        "epochs.jsonl",
        "log.txt",
        "predictions.csv",
        "run.json",
        "weights.safetensors",
    }


@pytest.mark.usefixtures("shared")
def test_a_killed_worker_is_replaced_and_its_run_goes_on(long: RunConfig, expected: bytes) -> None:
    folder = queue.submit(long, "one")
    wait_for(lambda: saved_epochs(folder) > 0)
    client = cluster.connect()
    assert client is not None
    for pid in client.run(os.getpid).values():
        os.kill(pid, signal.SIGKILL)
    done = watch.find("one").n_done
    run = wait_until("one", "finished", "failed", "cancelled")
    assert (run.status, run.message) == ("finished", "")
    assert done < N_EPOCHS
    assert (folder / LOG).read_text().count("Going on") == 1
    assert_whole(folder, expected)


@pytest.mark.usefixtures("own")
def test_a_killed_scheduler_interrupts_and_resume_goes_on(long: RunConfig, expected: bytes) -> None:
    folder = queue.submit(long, "one")
    queue.submit(long, "two")
    wait_for(lambda: saved_epochs(folder) > 0)
    client = cluster.connect()
    assert client is not None
    os.kill(client.run_on_scheduler(os.getpid), signal.SIGKILL)
    wait_until("one", "interrupted")
    wait_until("two", "interrupted")
    assert 0 < watch.find("one").n_done < N_EPOCHS
    queue.delete("two")
    queue.resume("one")
    assert watch.find("one").status in ("queued", "running")
    assert wait_until("one", "finished", "failed").status == "finished"
    assert_whole(folder, expected)


@pytest.mark.usefixtures("shared")
def test_a_damaged_state_is_refused_and_the_one_before_it_used(
    long: RunConfig, expected: bytes
) -> None:
    folder = queue.submit(long, "one")
    wait_for(lambda: saved_epochs(folder) > 0)
    queue.cancel("one")
    wait_until("one", "cancelled")
    content = (folder / RESUME).read_bytes()
    (folder / RESUME).write_bytes(content[: len(content) // 2])
    queue.resume("one")
    assert wait_until("one", "finished", "failed").status == "finished"
    assert "The last state is refused, the one before it is used" in (folder / LOG).read_text()
    assert_whole(folder, expected)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The folder of the runs on a small disk of its own."""
    folder = trained_home()
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("a disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room left."""
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 512)


@pytest.mark.usefixtures("shared")
def test_a_full_disk_fails_clearly_and_loses_nothing(
    small_disk: Path, config: RunConfig, long: RunConfig, expected: bytes
) -> None:
    earlier = queue.submit(config, "earlier")
    wait_until("earlier", "finished")
    weights = (earlier / WEIGHTS).read_bytes()
    folder = queue.submit(long, "one")
    wait_for(lambda: saved_epochs(folder) > 0)
    with pytest.raises(OSError, match="No space left"):
        fill(small_disk / "filler")
    run = wait_until("one", "failed", "finished")
    assert run.status == "failed"
    assert "No space left on device" in run.message
    assert (earlier / WEIGHTS).read_bytes() == weights
    load_checkpoint(earlier)
    with safe_open(folder / RESUME, framework="pt") as file:
        assert len(list(file.keys())) > 0
    (small_disk / "filler").unlink()
    queue.resume("one")
    assert wait_until("one", "finished", "failed").status == "finished"
    assert_whole(folder, expected)


def test_a_clock_that_is_set_back_changes_nothing_but_dates(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    # The event loop of a connection in this process would live by the same clock: its next message
    # would be sent a day later.
    cluster.disconnect()
    real = time.time
    offset = [0.0]
    monkeypatch.setattr(time, "time", lambda: real() - offset[0])

    def set_back(record: object) -> None:
        if record.epoch == 5:
            offset[0] = 86_400.0

    folder = home / "trained" / "one"
    assert train(folder, config, on_epoch=set_back) is not None
    epochs = read_epochs(folder / EPOCHS)
    assert epochs[5].at < epochs[4].at - 80_000_000
    seconds = [epoch.record.seconds for epoch in epochs]
    assert seconds == sorted(seconds)
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id])
    history = client.get_metric_history(run.info.run_id, "lr")
    assert sorted(point.step for point in history) == list(range(1, 21))
    assert is_complete(folder)
    assert watch.find("one").status == "finished"


def test_a_state_that_belongs_to_nobody_is_named(config: RunConfig, home: Path) -> None:
    """Both states damaged: said so, instead of starting anew behind one's back."""
    folder = home / "trained" / "one"
    assert train(folder, config, should_stop=lambda: True) is None
    for path in folder.glob(f"*{RESUME}"):
        path.write_bytes(b"broken")
    with pytest.raises(Exception, match="cannot be read"):
        load_resume(folder / RESUME, key="any")
    with pytest.raises(Exception, match="Delete it to start the run anew"):
        train(folder, config)
