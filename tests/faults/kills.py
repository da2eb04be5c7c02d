"""Operations killed at random moments, begun again, and looked through for what is lost."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from distributed import LocalCluster

from heanet.jobs.cluster import SCHEDULER_VARIABLE
from tests.faults.operations import OPERATIONS, Found, Operation, in_place, said

_MODULE = "tests.faults.operations"
PATIENCE = 300.0  # seconds for a start that is left alone


@dataclass
class Figures:
    """What came of an operation's kills.

    Attributes:
        operation: Its name.
        seconds: That it takes when left alone, from its start on.
        moments: Of the kills, seconds from the start.
        finished: Starts that ran to their end.
        kept: Parts and results that had been reported as done before a kill.
        lost: What of it was away, damaged, made again or different afterwards.
    """

    operation: str
    seconds: float
    moments: list[float] = field(default_factory=list)
    finished: int = 0
    kept: int = 0
    lost: list[str] = field(default_factory=list)


@contextmanager
def one_worker() -> Iterator[str]:
    """Address of a scheduler with a worker, both in this process, which nobody kills."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster.scheduler_address


def disturb(
    operation: Operation,
    folder: Path,
    *,
    kills: int,
    seed: int,
    scheduler: str,
    tell: Callable[[str], None] = lambda _text: None,
) -> Figures:
    """Kill an operation at random moments; after each it is begun again where it was.

    Args:
        operation: What to kill.
        folder: An empty one.
        kills: How many times.
        seed: Of the moments.
        scheduler: Where screening finds its worker.
        tell: Hears of every start.
    """
    place, fresh = folder / "place", folder / "fresh"
    place.mkdir()
    start = partial(_Start, operation.name, place=place, scheduler=scheduler)
    start("prepare").ended()
    shutil.copytree(place, fresh)
    seconds = start("start").ended()
    peace = operation.results(place)
    assert peace, "in peace it leaves results"
    figures = Figures(operation.name, seconds)
    rng = random.Random(f"{operation.name} {seed}")
    before = _anew(place, fresh)
    while len(figures.moments) < kills:
        moment = rng.uniform(0, seconds)
        running = start("start")
        if running.killed_after(moment):
            figures.moments.append(moment)
            before = _look(operation, place, before, peace, figures)
            tell(f"{operation.name}: killed after {moment:.2f} s, {before.n_done} done")
        else:
            figures.finished += 1
            _look_at_end(operation, place, peace, figures)
            before = _anew(place, fresh)
            tell(f"{operation.name}: at its end before {moment:.2f} s")
    start("start").ended()
    figures.finished += 1
    _look_at_end(operation, place, peace, figures)
    shutil.rmtree(place)
    shutil.rmtree(fresh)
    return figures


@dataclass(frozen=True)
class _Done:
    """What an operation had reported as done when it was killed."""

    parts: Found = field(default_factory=dict)
    results: Found = field(default_factory=dict)

    @property
    def n_done(self) -> int:
        return len({**self.parts, **self.results})


def _anew(place: Path, fresh: Path) -> _Done:
    shutil.rmtree(place)
    shutil.copytree(fresh, place)
    return _Done()


def _look(
    operation: Operation, place: Path, before: _Done, peace: Found, figures: Figures
) -> _Done:
    """What is there after a kill; what is missing of all before goes into the figures."""
    try:
        now = _Done(operation.parts(place), operation.results(place))
    except Exception as error:  # whatever a reader says of something that is not whole
        figures.lost.append(f"{type(error).__name__}: {error}")
        return _Done()
    figures.kept += now.n_done
    if set(now.results) != set(peace):  # parts go once the whole is there
        figures.lost += _differences({k: now.parts.get(k) for k in before.parts}, before.parts)
    figures.lost += _differences({k: now.results.get(k) for k in before.results}, before.results)
    figures.lost += _differences(now.results, {k: peace.get(k) for k in now.results})
    return now


def _look_at_end(operation: Operation, place: Path, peace: Found, figures: Figures) -> None:
    """What an operation leaves that ran to its end, beside what it leaves in peace."""
    try:
        figures.lost += _differences(operation.results(place), peace)
    except Exception as error:  # as above
        figures.lost.append(f"{type(error).__name__}: {error}")


def _differences(found: Mapping[str, str | None], expected: Mapping[str, str | None]) -> list[str]:
    names = {**expected, **found}
    return [
        f"{name}: {found.get(name)}, not {expected.get(name)}"
        for name in names
        if found.get(name) != expected.get(name)
    ]


class _Start:
    """A process with a group of its own that does a step of an operation."""

    def __init__(self, name: str, step: str, *, place: Path, scheduler: str) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_MODULE])
        here, there = context.Pipe(duplex=False)
        self._what, self._place = f"{name}: {step}", place
        arguments = name, step, place, scheduler, there
        self._process = context.Process(target=_work, args=arguments)
        self._process.start()
        there.close()
        here.recv()  # it begins now
        self._began = time.monotonic()
        here.close()

    def ended(self) -> float:
        """Wait for its end; the seconds that it took."""
        if self.killed_after(PATIENCE):
            raise AssertionError(f"{self._what} is not done after {PATIENCE:g} s")
        return time.monotonic() - self._began

    def killed_after(self, seconds: float) -> bool:
        """Kill it and all that it has started after some seconds; False where it was done."""
        self._process.join(max(0.0, self._began + seconds - time.monotonic()))
        if self._process.exitcode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.join()
            return self._process.exitcode == -signal.SIGKILL
        if self._process.exitcode:
            text = said(self._place).read_text()[-4000:]
            raise AssertionError(f"{self._what} ended with {self._process.exitcode}: {text}")
        return False


def _work(name: str, step: str, place: Path, scheduler: str, there: Connection) -> None:
    """In the new process: do a step of an operation."""
    os.setsid()
    os.environ[SCHEDULER_VARIABLE] = scheduler
    there.send(None)
    in_place(getattr(OPERATIONS[name], step), place)
