"""``make soak``: many sessions at once against one app that trains, and docs/reliability of them.

Everybody goes round after round through upload, 3D view, prediction, comparison and the view of the
trainings, some in tabs of a real Chromium, the others over the same WebSocket without a browser.
After a first round the app is left alone until it is quiet, and counted; the same once all have
gone. What is more then was left behind.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from playwright.async_api import async_playwright

from heanet.apart import MAX_WORKERS, SWITCH
from heanet.config import RunConfig, TrainConfig
from heanet.data.home import HOME_VARIABLE
from heanet.jobs import cluster, queue, watch
from tests.browser.leftovers import Held, held, of_home
from tests.browser.running_app import FLAGS, App, chromium, started_app
from tests.browser.soak_visits import Seen, Visitor
from tests.browser.socket_session import SocketSession, uploaded_bytes
from tests.reliability import made_now, write_section

TRAININGS = 2
_FOREVER = 100_000  # epochs
_KEPT = 5  # seconds that the app keeps a session whose browser has gone
_QUIET = 200  # seconds until everything that ends by itself has ended
_START = 480  # seconds for trainings to begin on a machine that is busy with other things
_PATIENCE = 120  # seconds for processes to end
# Seconds between two actions of a visitor at most: people look at what they asked for.
_PAUSE = 20.0
_POOL = 3  # threads, and connections to the scheduler of the trainings


@dataclass
class Figures:
    """What a soak measured.

    Attributes:
        sessions: At a time.
        tabs: Of them in a browser.
        seconds: How long.
        pause: Seconds that a visitor thinks at most.
        rounds: Upload, view, predict, compare, trainings.
        errors: Whatever went wrong.
        waits: Seconds for each page: number, median, 95th percentile.
        memory: Of the app in MB: after the first round, at most, after the last.
        left: What is more than after the first round, by name.
        contexts: WebGL contexts of views that had gone.
        uploads: Bytes of uploaded files that the app still had.
        behind: Commands of processes that outlived the app.
        epochs: That the trainings did meanwhile.
    """

    sessions: int
    tabs: int
    seconds: float
    pause: float
    rounds: int = 0
    errors: list[str] = field(default_factory=list)
    waits: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    memory: tuple[float, float, float] = (0.0, 0.0, 0.0)
    left: dict[str, int] = field(default_factory=dict)
    contexts: int = 0
    uploads: int = 0
    behind: list[str] = field(default_factory=list)
    epochs: int = 0


def soak(*, sessions: int, tabs: int, seconds: float, home: Path, pause: float = _PAUSE) -> Figures:
    """Visit an app of one's own, and count.

    Args:
        sessions: At a time.
        tabs: Of them in a browser.
        seconds: For so long after the first round.
        home: An empty HEANET_HOME.
        pause: Seconds that a visitor thinks at most.
    """
    os.environ[HOME_VARIABLE] = str(home)
    # Cells of our own are read here; those of the visitors are not.
    os.environ[SWITCH] = "off"
    os.environ[cluster.SLOTS_VARIABLE] = str(TRAININGS)
    kept = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(_KEPT), SWITCH: ""}
    figures = Figures(sessions, tabs, seconds, pause)
    _tell("trainings begin")
    with _trainings() as names, started_app(home, **kept) as app:
        asyncio.run(_visited(app, figures, names))
        log = (home / "app.log").read_text(encoding="utf-8", errors="replace")
    figures.errors += [line for line in log.splitlines() if "Traceback" in line or "Error" in line]
    figures.behind = _outlived(home)
    return figures


def _tell(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


@contextmanager
def _trainings() -> Iterator[list[str]]:
    """Trainings, launched as from the page, that go on for as long as the context does."""
    names = [f"soak-{k}" for k in range(1, TRAININGS + 1)]
    fit = TrainConfig(epochs=_FOREVER, batch_size=32, is_validate=True)
    try:
        queue.submit_all({name: RunConfig(train=fit) for name in names})
        deadline = time.monotonic() + _START
        while not all(_n_done([name]) for name in names):
            if time.monotonic() > deadline:
                runs = [watch.find(name) for name in names]
                raise RuntimeError(f"The trainings did not begin: {runs}")
            time.sleep(1)
        yield names
    finally:
        cluster.shut_down()


def _n_done(names: list[str]) -> int:
    """Epochs of some trainings together, those that have not begun without any."""
    return sum(run.n_done for run in watch.runs() if run.name in names)


async def _visited(app: App, figures: Figures, names: list[str]) -> None:
    first, seen = Seen(), Seen()
    _tell("first round")
    warmed = await _go(app, first, figures, seconds=0.0)
    _tell(f"until it is quiet; so far {first}")
    before = await _quiet(app)
    _tell(f"{figures.seconds:.0f} s of rounds; the app holds {before}")
    n_done = _n_done(names)
    most = max(await _go(app, seen, figures, seconds=figures.seconds), warmed)
    figures.epochs = _n_done(names) - n_done
    _tell(f"until it is quiet; {seen.rounds} rounds")
    after = await _quiet(app)
    _tell(f"the app holds {after}")
    figures.errors = first.errors + seen.errors
    figures.errors += [
        f"training {name}: {watch.find(name).status}"
        for name in names
        if watch.find(name).status != "running"
    ]
    figures.rounds, figures.contexts = seen.rounds, max(first.contexts, seen.contexts)
    figures.waits = {
        what: (len(all_), float(np.median(all_)), float(np.percentile(all_, 95)))
        for what, all_ in seen.waits.items()
    }
    figures.memory = (before.memory, most, after.memory)
    figures.left = _more(before, after)
    figures.uploads = uploaded_bytes(app.url)


async def _go(app: App, seen: Seen, figures: Figures, *, seconds: float) -> float:
    """Let all visitors in, one by one, and out again; the most memory of the app meanwhile."""
    until = time.monotonic() + seconds
    people = [Visitor(app.url, number, seen, figures.pause) for number in range(figures.sessions)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), headless=True, args=FLAGS
        )
        gone = asyncio.Event()
        watcher = asyncio.create_task(_most_memory(app.pid, gone))
        visits = []
        for person in people:
            in_tab = person.number < figures.tabs
            visit = person.browse(browser, until) if in_tab else person.visit(until)
            visits.append(asyncio.create_task(visit))
            await asyncio.sleep(figures.pause / figures.sessions)
        await asyncio.gather(*visits)
        gone.set()
        await browser.close()
    return await watcher


async def _most_memory(pid: int, gone: asyncio.Event) -> float:
    most = 0.0
    while not gone.is_set():
        most = max(most, held(pid).memory)
        await asyncio.sleep(2)
    return most


async def _quiet(app: App) -> Held:
    """What the app holds once all sessions have gone and nothing changes any more."""
    await asyncio.sleep(2 * _KEPT)
    # Sessions that have gone are forgotten when another one goes.
    async with SocketSession.open(app.url) as session:
        await session.show("")
    await asyncio.sleep(1)
    deadline = time.monotonic() + _QUIET
    now = held(app.pid)
    while time.monotonic() < deadline:
        await asyncio.sleep(5)
        then, now = now, held(app.pid)
        if (now.threads, now.files) == (then.threads, then.files):
            break
    return now


def _more(before: Held, after: Held) -> dict[str, int]:
    """What there is more of; of readers, which stay for the next file, as many as may wait.

    Pools begin a thread, or open a connection to the scheduler, when all of theirs are at work,
    which may first happen in a later round. What each round left behind would be one more for every
    round.
    """
    counts = {
        "processes": after.processes - max(before.processes, MAX_WORKERS),
        "threads": after.threads - before.threads - _POOL,
        **{
            f"files: {kind}": n - before.files[kind] - (_POOL if kind == "socket" else 0)
            for kind, n in after.files.items()
        },
    }
    return {what: n for what, n in counts.items() if n > 0}


def _outlived(home: Path) -> list[str]:
    """Processes of the home that have not ended, a while after they should have."""
    deadline = time.monotonic() + _PATIENCE
    while (found := of_home(home)) and time.monotonic() < deadline:
        time.sleep(1)
    return found


def section(figures: Figures) -> dict[str, object]:
    """The part of docs/reliability.md."""
    before, most, after = figures.memory
    return {
        "title": "Many sessions at once",
        "command": "make soak",
        "text": [
            f"{figures.sessions} sessions at a time for {figures.seconds / 60:g} minutes against "
            f"one app, while {TRAININGS} trainings run on the same machine, launched as from the "
            f"page (they did {figures.epochs:,} epochs meanwhile). {figures.tabs} of the sessions "
            "are tabs of a real Chromium, the others use the same WebSocket without drawing: "
            "each opens a cell that nobody had before, sees it in 3D, has it predicted, looks at "
            "the comparison and at the trainings, and begins anew, with up to "
            f"{figures.pause:g} s of thought between two actions.",
            f"{figures.rounds:,} rounds; {len(figures.errors)} errors, messages of error, lost "
            "connections or errors in the browser's console.",
            f"The app took {before:.0f} MB after the first round, {most:.0f} MB at most and "
            f"{after:.0f} MB ({after - before:+.0f} MB) after all had gone. Left behind then: "
            f"{_said(figures.left) or 'no process, thread or open file'}; "
            f"{figures.contexts} WebGL contexts, {figures.uploads} bytes of uploaded files, "
            f"{len(figures.behind)} processes after the end of the app.",
        ],
        "heads": ["what was waited for", "times", "median (s)", "95 of 100 below (s)"],
        "rows": [
            [what, n, f"{median:.2f}", f"{p95:.2f}"]
            for what, (n, median, p95) in sorted(figures.waits.items())
        ],
        "made": made_now(),
    }


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {what}" for what, n in counts.items())


def is_whole(figures: Figures) -> bool:
    """Whether nothing went wrong and nothing was left behind; how long it took is not asked."""
    return not (
        figures.errors or figures.left or figures.contexts or figures.uploads or figures.behind
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=25)
    parser.add_argument("--tabs", type=int, default=3, help="of them in a browser")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--pause", type=float, default=_PAUSE, help="seconds of thought at most")
    parser.add_argument("--figures", type=Path, help="file that they are written to as JSON")
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="heanet-soak-") as folder:
        figures = soak(
            sessions=given.sessions,
            tabs=given.tabs,
            seconds=60 * given.minutes,
            home=Path(folder),
            pause=given.pause,
        )
    text = json.dumps(asdict(figures), indent=1)
    sys.stdout.write(f"{text}\n")
    if given.figures:
        given.figures.write_text(text, encoding="utf-8")
    if given.document:
        write_section("soak", section(figures))
    return 0 if is_whole(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
