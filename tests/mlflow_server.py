"""A real MLflow server, for tests of the record: started, killed, and back with the same tables.

Its tables are in PostgreSQL where that is installed (Debian: apt-get install postgresql), in a
cluster made for it, else in SQLite.
"""

import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-server" / "bin" / "python"
START_TIMEOUT = 180.0  # seconds
_OWNER = "heanet"  # of the database


class Tables(NamedTuple):
    """Where a server keeps its runs.

    Attributes:
        uri: As the server is told.
        count_runs: Asks the database itself, past the server.
    """

    uri: str
    count_runs: Callable[[], int]


class Server:
    """A server on a port of its own, in a process group of its own; not started yet.

    Args:
        folder: For its artifacts and what it says.
        tables: Outlive the server.
    """

    def __init__(self, folder: Path, tables: Tables) -> None:
        self.tables = tables
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.uri = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        command = [
            *(str(PYTHON), "-m", "mlflow", "server", "--workers", "2"),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--backend-store-uri", self.tables.uri),
            *("--artifacts-destination", str(self._folder / "artifacts")),
        ]
        with (self._folder / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder,
                env=_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"MLflow did not start:\n{(self._folder / 'server.log').read_text()}")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it and all its workers at once, as a failing machine would, unless it is down."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        while self._listens():  # workers end a moment after their parent
            time.sleep(0.05)
        self._process = None

    def _answers(self) -> bool:
        with suppress(OSError), urlopen(f"{self.uri}/health", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False


def _environment() -> dict[str, str]:
    """Nothing of ours but what any program needs, no report to MLflow's makers, no job workers."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    return {
        **own,
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def postgres_programs() -> Path | None:
    """Folder of the newest PostgreSQL, as Debian lays it out; None where there is none."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((p.parent for p in found), key=lambda bin_: int(bin_.parent.name), default=None)


@contextmanager
def tables(folder: Path) -> Iterator[Tables]:
    """An empty database as long as the context lasts.

    Args:
        folder: For the file, where it is SQLite.
    """
    programs = postgres_programs()
    if programs is not None:
        with _postgres(programs) as found:
            yield found
        return
    path = folder / "mlflow.db"

    def count_runs() -> int:
        with closing(sqlite3.connect(path)) as database:
            return int(database.execute("select count(*) from runs").fetchone()[0])

    yield Tables(f"sqlite:///{path}", count_runs)


@contextmanager
def _postgres(programs: Path) -> Iterator[Tables]:
    """A cluster that listens on a socket in its owner's own folder and nowhere else."""
    folder = Path(tempfile.mkdtemp(prefix="heanet-pg-"))  # a socket's path must be short
    # PostgreSQL refuses to run as root; Debian's package makes this user for it.
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(program: str, *arguments: str) -> str:
        with (folder / f"{program}.out").open("w+") as out:  # the cluster would hold a pipe open
            done = subprocess.run(
                [str(programs / program), *arguments],
                cwd=folder,
                user=owner and owner.pw_uid,
                group=owner and owner.pw_gid,
                extra_groups=[] if owner else None,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
            out.seek(0)
            said = out.read()
        if done.returncode:
            pytest.fail(f"{program} of PostgreSQL failed:\n{said}")
        return said

    where = ("-h", str(folder), "-U", _OWNER)
    data = ("-D", str(folder / "data"))
    try:
        run("initdb", *data, "-U", _OWNER, "--auth=trust", "--no-locale", "-E", "UTF8", "--no-sync")
        run("pg_ctl", *data, "start", "-w", "-o", f"-c listen_addresses='' -k {folder}")
        try:
            run("createdb", *where, "mlflow")
            yield Tables(
                f"postgresql+psycopg2://{_OWNER}@/mlflow?host={folder}",
                lambda: int(run("psql", *where, "-Atc", "select count(*) from runs", "mlflow")),
            )
        finally:
            run("pg_ctl", *data, "stop", "-w", "-m", "immediate")  # it is thrown away
    finally:
        shutil.rmtree(folder)
