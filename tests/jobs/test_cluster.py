"""The scheduler: found again, shared, on 127.0.0.1 alone, and one's own with TLS."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import distributed  # noqa: F401 - its defaults come before what a test sets
import pytest

from heanet.config import RunConfig
from heanet.errors import TrainingError
from heanet.jobs import cluster, queue, watch
from heanet.training.checkpoints import WEIGHTS
from tests.documents.fences import fences
from tests.jobs.conftest import wait_until

ROOT = Path(__file__).parents[2]


def _thread_niceness() -> list[int]:
    threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    return [os.getpriority(os.PRIO_PROCESS, thread) for thread in threads]


@pytest.mark.usefixtures("own")
def test_another_process_finds_the_scheduler_and_the_run(config: RunConfig, home: Path) -> None:
    """As the page does after a restart; whoever launched is gone by then."""
    launch = (
        "import sys; from heanet.config import *; from heanet.jobs import queue;"
        "queue.submit(parse_config(RunConfig, __import__('json').loads(sys.argv[1])), 'one')"
    )
    long = config.model_copy(update={"train": config.train.model_copy(update={"epochs": 600})})
    command = [sys.executable, "-c", launch, long.model_dump_json()]
    subprocess.run(command, cwd=ROOT, check=True, timeout=120)
    assert watch.find("one").status in ("queued", "running")
    client = cluster.connect()
    assert client is not None
    address = json.loads((home / "dask" / "scheduler.json").read_text())["address"]
    assert client.scheduler.address == address
    addresses = {address, *client.scheduler_info()["workers"]}
    assert {re.split("[/:]+", each)[1] for each in addresses} == {"127.0.0.1"}
    assert cluster.connect_or_start() is client
    wait_until("one", "running", "finished")
    niceness = [max(found) for found in client.run(_thread_niceness).values()]
    assert max(niceness) >= 10  # pages come first
    assert wait_until("one", "finished", "failed").status == "finished"


def test_a_stale_file_names_no_scheduler(home: Path) -> None:
    (home / "dask").mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for text in (json.dumps({"address": f"tcp://127.0.0.1:{port}"}), "{}", "torn"):
        (home / "dask" / "scheduler.json").write_text(text)
        assert cluster.connect() is None


def test_slots_are_cores_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEANET_SLOTS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert cluster.n_slots() == 4
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert cluster.n_slots() == 2
    for given, expected in (("7", 7), ("0", 2), ("many", 2)):
        monkeypatch.setenv("HEANET_SLOTS", given)
        assert cluster.n_slots() == expected


class Offering:
    """A client of a cluster whose workers offer these resources."""

    def __init__(self, *offers: dict[str, float]) -> None:
        self._workers = {f"tcp://{k}": {"resources": offer} for k, offer in enumerate(offers)}

    def scheduler_info(self, n_workers: int) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
        assert n_workers == -1  # all of them
        return {"workers": self._workers}


def test_workers_that_train_one_at_a_time_are_taken_and_no_others() -> None:
    cluster._check_offers(Offering({"training": 1}, {}))
    cluster._check_offers(Offering())  # they come when there is work
    with pytest.raises(TrainingError, match="None of the 2 workers of the cluster offers"):
        cluster._check_offers(Offering({}, {"GPU": 1}))
    with pytest.raises(TrainingError, match="offers 'training' 4 times"):
        cluster._check_offers(Offering({"training": 1}, {"training": 4}))


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """Made by the commands that the documentation gives."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    (commands,) = (it.text for it in fences("docs/cluster.md") if "openssl" in it.text)
    done = subprocess.run(["bash", "-ec", commands], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return tmp_path


@pytest.fixture
def encrypted(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A scheduler of one's own with a worker, reached through TLS; its address."""
    authority, own, key = (
        str(certificates / name) for name in ("authority.pem", "heanet.pem", "heanet.key")
    )
    tls = {
        "distributed.comm.require-encryption": True,
        "distributed.comm.tls.ca-file": authority,
        "distributed.comm.tls.client.cert": own,
        "distributed.comm.tls.client.key": key,
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tls://127.0.0.1:{probe.getsockname()[1]}"
    secrets = ["--tls-ca-file", authority, "--tls-cert", own, "--tls-key", key]
    common = [*secrets, "--no-dashboard", "--protocol", "tls"]
    start = [sys.executable, "-m"]
    port = address.rpartition(":")[2]
    where = ["--host", "127.0.0.1", "--port", port]
    resources = ["--nthreads", "1", "--resources", "training=1"]
    log = (certificates / "log").open("wb")
    commands = [
        [*start, "distributed.cli.dask_scheduler", *where, *common],
        [*start, "distributed.cli.dask_worker", address, *resources, *common],
    ]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) for command in commands
    ]
    monkeypatch.setenv("HEANET_SCHEDULER", address)
    with dask.config.set(tls):
        yield address
        cluster.disconnect()
    for process in reversed(processes):
        process.terminate()
        process.wait(timeout=30)
    log.close()


def test_a_scheduler_of_ones_own_with_tls(config: RunConfig, encrypted: str) -> None:
    """Reached with a certificate, not without."""
    deadline = time.monotonic() + 60
    while True:
        try:
            folder = queue.submit(config, "one")
        except TrainingError:  # it still starts
            assert time.monotonic() < deadline
            time.sleep(0.5)
        else:
            break
    assert wait_until("one", "finished", "failed").status == "finished"
    assert (folder / WEIGHTS).exists()
    cluster.disconnect()
    without = dask.config.set({"distributed.comm.tls.client.cert": None})
    with without, pytest.raises(TrainingError, match=f"No scheduler answers at {encrypted}"):
        cluster.connect()
