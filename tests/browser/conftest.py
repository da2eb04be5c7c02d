"""The running app and a real Chromium, for tests of what happens in the browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "ci-output"
START_TIMEOUT = 90.0  # seconds
# Software rendering draws WebGL on machines without a graphics card.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, running in a process of its own on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("heanet-home")
    log = (home / "app.log").open("w")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "HEANET_HOME": str(home), "OMP_NUM_THREADS": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process, home / "app.log")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"The app stopped while starting:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"The app did not answer within {START_TIMEOUT} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the test is skipped, but not in continuous integration."""
    executable = shutil.which("chromium")
    if executable is None:
        message = "no chromium on this machine (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, headless=True, args=_FLAGS
        )
        yield chromium
        chromium.close()


@dataclass
class Tab:
    """A browser tab on the app.

    Attributes:
        page: Playwright's page.
        url: Address of the app.
        requests: Every address that the tab asked for, with the content type that came back.
    """

    page: Page
    url: str
    requests: dict[str, str] = field(default_factory=dict)

    def open(self, path: str = "/") -> None:
        """Goes to a page of the app and waits until it has been drawn."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("h1")
        self.settle()

    def settle(self) -> None:
        """Waits until the app has finished its run."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")

    def wait_for_drawn_cell(self) -> None:
        """Waits for the 3D view."""
        self.page.wait_for_selector(".viewer[data-state=drawn]", timeout=30_000)
        self.page.wait_for_timeout(700)  # WebGL draws in frames of its own

    def foreign_requests(self) -> list[str]:
        """What was asked of any other machine."""
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme in {"http", "https", "ws", "wss"}
            and urlsplit(url).hostname != "127.0.0.1"
        ]

    def screenshot(self, name: str) -> Path:
        """A picture of the whole page under ci-output/."""
        SCREENSHOTS.mkdir(exist_ok=True)
        target = SCREENSHOTS / f"{name}.png"
        height = self.page.evaluate(
            "Math.max(...[...document.querySelectorAll('[data-testid=stMain]')]"
            ".map((main) => main.scrollHeight))"
        )
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": size["width"], "height": max(height, 700)})
        self.page.wait_for_timeout(1200)
        self.page.screenshot(path=target)
        self.page.set_viewport_size(size)
        return target


@pytest.fixture
def open_tab(browser: Browser, app_url: str) -> Iterator[Any]:
    """A function that opens a tab: ``open_tab(width=1400, dark=False)``."""
    contexts: list[BrowserContext] = []

    def make(*, width: int = 1400, dark: bool = False) -> Tab:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        contexts.append(context)
        tab = Tab(context.new_page(), app_url)
        tab.page.on("request", lambda request: tab.requests.setdefault(request.url, ""))
        tab.page.on("websocket", lambda socket: tab.requests.setdefault(socket.url, ""))
        tab.page.on(
            "response",
            lambda answer: tab.requests.update(
                {answer.url: answer.headers.get("content-type", "")}
            ),
        )
        return tab

    yield make
    for context in contexts:
        context.close()
