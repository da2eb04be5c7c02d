"""A real Chromium on the running app, timed by the browser's own clock.

A wait ends when what the user waits for is on the screen. It begins where the user acts: the page
notes the last click and the last choice of a file, so that what the driver takes to click does not
count.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from heanet.errors import DataError
from tests.browser.running_app import FLAGS, chromium, running_app

PATIENCE = 180_000  # milliseconds
_TASKS = 6
_NOTE = """
for (const kind of ['click', 'change'])
  window.addEventListener(kind, () => { window.acted = performance.now(); }, true);
"""
# The milliseconds since the user acted once all selectors find something, the title is there, and
# nothing of an earlier or unfinished drawing is left; false until then.
_SEEN = """([title, selectors, settled]) => {
  const heads = [...document.querySelectorAll('h1')].filter((e) => e.getClientRects().length);
  if (title && !heads.some((e) => e.innerText.trim().startsWith(title))) return false;
  if (!selectors.every(([what, n]) => document.querySelectorAll(what).length >= n)) return false;
  const app = document.querySelector('[data-testid=stApp]');
  const main = document.querySelector('[data-testid=stMain]');
  if (settled && (app?.dataset.testScriptState !== 'notRunning'
    || main.querySelector('[data-stale=true], [data-testid=stSkeleton]'))) return false;
  return [performance.now() - (window.acted ?? 0)];
}"""
UPLOADER = ("input[type=file]:not([disabled])", 1)
VALUES = ("[data-testid=stMetricValue]", _TASKS)


@dataclass(frozen=True)
class Server:
    """The app as it runs.

    Attributes:
        url: Its address.
        process: Of the app.
        started: When its process was asked for, on ``time.perf_counter``.
    """

    url: str
    process: psutil.Process
    started: float

    def age(self) -> float:
        """Wall-clock seconds since the start."""
        return time.perf_counter() - self.started

    def computed(self) -> float:
        """Processor seconds that the app, without its readers, has taken."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def server(home: Path) -> Iterator[Server]:
    """The app, started cold with a home of its own, as soon as it listens."""
    started = time.perf_counter()
    with running_app(home) as url:
        ours = psutil.Process().children()
        yield Server(url, next(p for p in ours if "streamlit" in p.cmdline()), started)


@contextmanager
def started_browser() -> Iterator[Browser]:
    """The browser.

    Raises:
        DataError: There is none on this machine.
    """
    executable = chromium()
    if executable is None:
        raise DataError(
            "There is no Chromium on this machine",
            fix="Debian: apt-get install chromium-headless-shell",
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def browser_computed() -> float:
    """Processor seconds that all processes of the browser have taken."""
    seconds = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # one that has just ended
            if "chrom" in process.name():
                times = process.cpu_times()
                seconds += times.user + times.system
    return seconds


@contextmanager
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab with a session of its own."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(_NOTE)
    yield context.new_page()
    context.close()


def wait(
    page: Page,
    *selectors: tuple[str, int],
    title: str = "",
    settled: bool = True,
) -> float:
    """Waits for what the user wants to see; seconds since the user acted.

    Args:
        page: The tab.
        selectors: What is to be there, and how often at least.
        title: How the page's own title is to begin.
        settled: Whether the script's run must be over and nothing stale or missing be left.
    """
    wanted: list[Any] = [title, [list(one) for one in selectors], settled]
    found = page.wait_for_function(_SEEN, arg=wanted, polling="raf").json_value()
    return float(found[0]) / 1000


def import_seconds(module: str, repeats: int) -> tuple[float, ...]:
    """Wall-clock seconds of an import in processes of their own."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    command = [sys.executable, "-P", "-c", code]
    return tuple(
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        for _ in range(repeats)
    )


def walk(places: Sequence[str]) -> list[str]:
    """A way over places, back to the first, on which every one follows every other one once."""
    left = {place: [other for other in places if other != place] for place in reversed(places)}
    way: list[str] = []
    stack = [places[0]]
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            way.append(stack.pop())
    return way[::-1]
