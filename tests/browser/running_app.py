"""The app in a process of its own, and how Chromium is started for it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT = 90.0  # seconds
STOP_TIMEOUT = 90.0
# Software rendering draws WebGL on machines without a graphics card.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]
NO_BROWSER = "no Chromium on this machine (Debian: apt-get install chromium-headless-shell)"


def chromium() -> str | None:
    """Path of the browser; the one without windows takes half the computing of the other."""
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


@dataclass(frozen=True)
class App:
    """A running app.

    Attributes:
        url: Its address.
        pid: Of its process.
    """

    url: str
    pid: int


@contextmanager
def running_app(home: Path, **environment: str) -> Iterator[str]:
    """Address of the app in a process of its own, as long as the context lasts.

    Args:
        home: Its HEANET_HOME.
        environment: Further variables.
    """
    with started_app(home, **environment) as app:
        yield app.url


@contextmanager
def started_app(home: Path, **environment: str) -> Iterator[App]:
    """The app in a process of its own on a free port; as ``running_app``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (home / "app.log").open("w")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "HEANET_HOME": str(home), "OMP_NUM_THREADS": "1", **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_listening(port, process, home / "app.log")
        yield App(url, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_TIMEOUT)
        finally:
            process.kill()
            process.wait()
            log.close()


def _wait_until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The app stopped while starting:\n{log.read_text()}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
            return
        time.sleep(0.05)
    raise RuntimeError(f"The app did not answer within {START_TIMEOUT} s:\n{log.read_text()}")
