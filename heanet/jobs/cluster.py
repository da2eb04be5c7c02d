"""The Dask scheduler and its workers: found, or started beside this process and not inside it.

``HEANET_SCHEDULER`` (for example tcp://10.0.0.5:8786) names a cluster of one's own, as in
docs/cluster.md. Without it a scheduler and ``n_slots`` worker processes are started on first use.
They belong to HEANET_HOME, outlive whoever started them, and are found again through the file in
which Dask's scheduler says how it is reached. They listen on 127.0.0.1 alone, and end after hours
without work.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
from filelock import FileLock

from heanet.data.home import HOME_VARIABLE, heanet_home, make_private, write_whole
from heanet.errors import TrainingError

if TYPE_CHECKING:
    from distributed import Client, Scheduler

SCHEDULER_VARIABLE, SLOTS_VARIABLE = "HEANET_SCHEDULER", "HEANET_SLOTS"
_WORKER_PID = "worker.pid"  # of the process that keeps the workers alive, beside the scheduler file
RESOURCE = "training"  # each worker offers one: a training has a worker to itself
_IDLE = "8 hours"
# A training is not to blame for the death of its worker, and those that wait with it even less.
_DASK = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1000"}
_START, _ANSWER = 60.0, 5.0  # seconds to wait
_ROOT = Path(__file__).resolve().parents[2]
_connected: "dict[str, Client]" = {}
_lock = threading.Lock()
_started: list[subprocess.Popen[bytes]] = []  # asked now and then, so that ended ones are buried


def n_slots() -> int:
    """Trainings at a time on this machine: ``HEANET_SLOTS``, else one per core, at most four."""
    given = os.environ.get(SLOTS_VARIABLE, "")
    return int(given) if given.isdigit() and int(given) else min(os.cpu_count() or 1, 4)


def scheduler_file() -> Path:
    """Where the scheduler of this HEANET_HOME says how it is reached."""
    return heanet_home().resolve() / "dask" / "scheduler.json"


def connect() -> "Client | None":
    """The scheduler, if it is there; connections are shared by all threads of the process.

    Raises:
        TrainingError: HEANET_SCHEDULER is set, and nobody answers there.
    """
    given = os.environ.get(SCHEDULER_VARIABLE)
    address = given or _address_in(scheduler_file())
    reason = ""
    known = _connected.get(address)
    if known is not None and known.status == "running":
        return known
    if address and _listens(address):
        try:
            return _client(address)
        except OSError as error:
            reason = f": {error}"
    if given:
        raise TrainingError(
            f"No scheduler answers at {given} ({SCHEDULER_VARIABLE}){reason}",
            fix="Start it, or unset the variable to train on this machine; see docs/cluster.md.",
        )
    return None


def connect_or_start() -> "Client":
    """The scheduler with at least one worker, started if need be.

    Raises:
        TrainingError: It does not come up, or the cluster's workers offer no training slot.
    """
    client = connect()
    if client is not None and os.environ.get(SCHEDULER_VARIABLE):
        _check_offers(client)
        return client
    folder = make_private(scheduler_file().parent)
    with FileLock(folder / ".start", timeout=2 * _START):
        client = connect()
        is_new = client is None
        if client is None:
            scheduler_file().unlink(missing_ok=True)
            _start("scheduler", "--port", "0", "--idle-timeout", _IDLE)
            client = _await_scheduler()
        lacks_workers = not client.scheduler_info()["workers"]
        if is_new or (lacks_workers and not _is_alive(folder / _WORKER_PID)):
            # Dask would pause or kill workers at its own idea of a share of the memory.
            slots = ("--nworkers", str(n_slots()), "--nthreads", "1", "--memory-limit", "0")
            given = ("--resources", f"{RESOURCE}=1", "--local-directory", str(folder))
            ready = ("--preload", "heanet.jobs.work")  # what a training imports takes seconds
            process = _start("worker", *slots, *given, *ready, "--death-timeout", "60")
            write_whole(folder / _WORKER_PID, str(process.pid))
        _await_worker(client)
    return client


def scheduler_id(client: "Client") -> str:
    """Identity of a scheduler: another one, restarted at the same address, has another."""
    return str(client.scheduler_info()["id"])


def ticket_states(client: "Client", tickets: Sequence[str]) -> dict[str, str]:
    """Dask's states of the tasks that the scheduler knows; a lost scheduler knows none."""
    if not tickets:
        return {}
    with suppress(OSError):
        return dict(client.run_on_scheduler(_states, tuple(tickets)))
    return {}


def disconnect() -> None:
    """Let go of all connections of this process; schedulers and workers go on."""
    with _lock:
        for client in _connected.values():
            client.close(timeout=2)
        _connected.clear()


def shut_down() -> None:
    """End this HEANET_HOME's own scheduler and workers; their trainings stop and can be resumed."""
    if os.environ.get(SCHEDULER_VARIABLE):
        return
    client = connect()
    if client is not None:
        with suppress(OSError):
            client.shutdown()
    disconnect()


def _states(tickets: tuple[str, ...], dask_scheduler: "Scheduler") -> dict[str, str]:
    tasks = dask_scheduler.tasks
    return {ticket: str(tasks[ticket].state) for ticket in tickets if ticket in tasks}


def _address_in(file: Path) -> str:
    with suppress(OSError, ValueError, KeyError):
        return str(json.loads(file.read_text(encoding="utf-8"))["address"])
    return ""


def _listens(address: str) -> bool:
    """Whether anything listens there: Dask itself would try for many seconds."""
    parts = urlsplit(address)
    with suppress(OSError, ValueError):
        place = (parts.hostname or "127.0.0.1", parts.port or 8786)
        with socket.create_connection(place, timeout=_ANSWER):
            return True
    return False


def _client(address: str) -> "Client":
    from distributed import Client, Security

    security = Security().get_connection_args("client")
    if address.startswith("tls:") and security["ssl_context"] is None:
        raise OSError("it wants a certificate, and none is configured")
    with _lock:
        known = _connected.get(address)
        if known is None or known.status != "running":
            if known is not None:
                known.close(timeout=2)
            _connected[address] = Client(address, timeout=_ANSWER, set_as_default=False)
        return _connected[address]


def _is_alive(file: Path) -> bool:
    """Whether the process whose number a file holds still keeps workers alive."""
    with suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(file.read_text(encoding="utf-8")))
        return process.status() != psutil.STATUS_ZOMBIE and "dask_worker" in " ".join(
            process.cmdline()
        )
    return False


def _start(what: str, *options: str) -> subprocess.Popen[bytes]:
    """A scheduler, or workers with their nannies, in a session of its own."""
    file = scheduler_file()
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}"]
    command += ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard", *options]
    environment = {**os.environ, **_DASK, HOME_VARIABLE: str(heanet_home().resolve())}
    _started[:] = [process for process in _started if process.poll() is None]
    with (file.parent / f"{what}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - every part of the command is our own
            command,
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
    return process


def _await_scheduler() -> "Client":
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        client = connect()
        if client is not None:
            return client
        time.sleep(0.1)
    raise _did_not_start("scheduler")


def _await_worker(client: "Client") -> None:
    try:
        client.wait_for_workers(1, timeout=_START)
    except TimeoutError:
        raise _did_not_start("worker") from None


def _did_not_start(what: str) -> TrainingError:
    return TrainingError(
        f"The {what} for trainings did not start within {_START:.0f} s",
        fix=f"See {scheduler_file().parent / what}.log",
    )


def _check_offers(client: "Client") -> None:
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    offers = [worker["resources"].get(RESOURCE, 0) for worker in workers]
    if any(offer > 1 for offer in offers):
        raise TrainingError(
            f"A worker of the cluster offers '{RESOURCE}' {max(offers):g} times",
            expected="1: trainings in one process would share their random numbers",
            fix="Start more workers instead; see docs/cluster.md.",
        )
    if offers and not any(offers):  # a cluster without workers may get them when there is work
        raise TrainingError(
            f"None of the {len(workers)} workers of the cluster offers '{RESOURCE}'",
            expected="workers that were started with --resources training=1",
            fix="See docs/cluster.md.",
        )
