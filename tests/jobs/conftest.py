"""A scheduler with two workers for all tests, and small trainings for it."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heanet.config import ModelConfig, RunConfig, TrainConfig
from heanet.data.labels import import_set
from heanet.jobs import cluster, watch
from tests.conftest import write_published

PATIENCE = 120.0  # seconds
TINY = ModelConfig(
    tasks=("etot", "ms"),
    hidden_channels=8,
    n_filters=8,
    n_interactions=1,
    tower_h1=8,
    tower_h2=8,
    spacing=0.05,
)


def wait_for(what: Callable[[], object], *, patience: float = PATIENCE) -> None:
    """Wait until something is true; the test fails where it never is."""
    deadline = time.monotonic() + patience
    while not what():
        if time.monotonic() > deadline:
            states = [(run.name, run.status, run.n_done, run.message) for run in watch.runs()]
            pytest.fail(f"Still not so after {patience:.0f} s: {states}")
        time.sleep(0.1)


def wait_until(name: str, *statuses: str) -> watch.Run:
    """The run, as soon as it has one of some statuses."""
    wait_for(lambda: watch.find(name).status in statuses)
    return watch.find(name)


@pytest.fixture(scope="session")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with two workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEANET_HOME", str(tmp_path_factory.mktemp("cluster")))
        patch.setenv("HEANET_SLOTS", "2")
        client = cluster.connect_or_start()
        client.wait_for_workers(2, timeout=PATIENCE)
        address = client.scheduler.address
        patch.undo()
        yield address
        patch.setenv("HEANET_HOME", str(tmp_path_factory.getbasetemp()))
        client = cluster._client(address)
        client.shutdown()
        cluster.disconnect()


@pytest.fixture
def shared(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Launches go to the shared scheduler."""
    monkeypatch.setenv("HEANET_SCHEDULER", scheduler)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Launches start a scheduler of their own, with one worker."""
    monkeypatch.setenv("HEANET_SLOTS", "1")
    monkeypatch.delenv("HEANET_SCHEDULER", raising=False)
    yield
    cluster.shut_down()


@pytest.fixture
def config(home: Path, tmp_path: Path) -> RunConfig:
    """A training of a second, on an imported set of 24 cells."""
    import_set(write_published(tmp_path / "alloys"))
    assert os.environ["HEANET_HOME"] == str(home)
    train = TrainConfig(epochs=20, is_validate=True, batch_size=8)
    return RunConfig(data="alloys", split="b2", model=TINY, train=train)


def with_train(config: RunConfig, **changes: object) -> RunConfig:
    """The same training, fitted in another way."""
    return config.model_copy(update={"train": config.train.model_copy(update=changes)})
