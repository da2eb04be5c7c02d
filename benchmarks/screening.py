"""Screening on one worker and on two, a large one, and what a kill costs.

One worker and two are timed from the call to the file, on workers that are up and have loaded the
model. Then the command is killed in the middle and started again, and one of its workers is killed
as well; finished chunks are not to be computed a second time. The large one is the command as a
user types it, from its start to its end, with the memory of all its processes.
"""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from distributed import LocalCluster

from benchmarks.profiles import python_profile
from benchmarks.results import Curve, Found, Line, Part
from benchmarks.timing import CLOCKS
from heanet.data.compositiongrid import CompositionGrid
from heanet.jobs.cluster import SCHEDULER_VARIABLE, disconnect
from heanet.prediction import load_model
from heanet.screening.folder import work_path
from heanet.screening.run import Screening, screen
from heanet.screening.worker import serve

GOAL = 1.7
_ELEMENTS = ("Cr", "Mn", "Fe", "Co", "Ni")
# Steps and largest share in atomic per cent -> compositions: 1,001, 10,626, 105,826.
_GRIDS = {"small": (10.0, 100.0), "middle": (5.0, 100.0), "large": (2.5, 55.0)}
_ROUNDS = 5
MOST_MINUTES, MOST_MEMORY, GIB = 15.0, 3.0, 2**30
_LOOK = 0.02  # seconds between looks at the work folder


def measure(*, quick: bool) -> Found:
    """Time both numbers of workers, then kill."""
    compared, alone = ("small", "middle") if quick else ("middle", "large")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "grid.parquet"
        pairs = [[_seconds(compared, out, n) for n in (2, 1)] for _ in range(_ROUNDS)]
        out.unlink()
        again = killed_and_resumed("middle", out)
        minutes, memory = _whole(alone, out)
    two, one = zip(*pairs, strict=True)
    n_rows = {name: _screening(name).n_rows for name in (compared, alone)}
    return Found(
        sizes={
            "rows": n_rows[compared],
            "lattices": 2,
            "rows of the large screening": n_rows[alone],
        },
        lines=(
            Line(
                what="two workers over one, workers up and warm, wall time",
                ours="two workers",
                theirs="one worker",
                goal=GOAL,
                values=tuple(b / a for a, b in pairs),
                our_cost=two,
                their_cost=one,
            ),
            Line(
                what="rows in a second, two workers, wall time",
                ours="two workers",
                goal=None,
                unit="rows/s",
                values=tuple(n_rows[compared] / each for each in two),
            ),
            Line(
                what=f"{n_rows[alone] // 2:,} compositions on 2 lattices, start to end, wall time",
                ours="heanet screen --workers 2",
                goal=MOST_MINUTES,
                better="at most",
                unit="minutes",
                values=(minutes,),
            ),
            Line(
                what="memory of all its processes at most",
                ours="heanet screen --workers 2",
                goal=MOST_MEMORY,
                better="at most",
                unit="GiB",
                values=(memory,),
            ),
            Line(
                what="finished chunks that were computed again after the kills",
                ours="killed, started again, a worker killed",
                goal=0.0,
                better="at most",
                unit="chunks",
                values=(float(again),),
            ),
        ),
        curve=Curve(
            size="rows",
            cost="seconds to the Parquet file",
            sizes=(float(n_rows[compared]), float(n_rows[alone])),
            ours=(min(two), 60 * minutes),
            our_name="two workers",
        ),
        profile=_profile(),
    )


def _screening(name: str) -> Screening:
    step, most = _GRIDS[name]
    grid = CompositionGrid(elements=_ELEMENTS, step=step, most=most)
    return Screening(grid, ("fcc", "bcc"))


def _seconds(name: str, out: Path, n_workers: int) -> float:
    """Wall-clock seconds of a screening on workers that have loaded the model before."""
    with LocalCluster(
        n_workers=n_workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        memory_limit=0,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        os.environ[SCHEDULER_VARIABLE] = cluster.scheduler_address
        try:
            screen(_screening("small"), out, overwrite=True, progress=False)
            start = CLOCKS["wall"]()
            screen(_screening(name), out, overwrite=True, progress=False)
            return CLOCKS["wall"]() - start
        finally:
            disconnect()
            os.environ.pop(SCHEDULER_VARIABLE)


def _whole(name: str, out: Path) -> tuple[float, float]:
    """Minutes of the command, and the most memory of all its processes together, GiB."""
    start, most = CLOCKS["wall"](), 0
    process = psutil.Popen(_command(name, out, 2))
    while process.poll() is None:
        most = max(most, _resident(process))
        time.sleep(0.5)
    if process.returncode:
        raise RuntimeError(f"The screening ended with {process.returncode}")
    return (CLOCKS["wall"]() - start) / 60, most / GIB


def _resident(process: psutil.Process) -> int:
    """Bytes; pages that processes share are counted for each."""
    found = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in (process, *process.children(recursive=True)):
            found += each.memory_info().rss
    return found


def killed_and_resumed(name: str, out: Path) -> int:
    """How many chunks that were finished at a kill are written again afterwards.

    Raises:
        RuntimeError: It was over before it could be killed, or does not come to its end.
    """
    command = [*_command(name, out, 2)]
    command.remove("--overwrite")
    first = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    _wait(lambda: len(_written(out)) >= 4, first)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    before = _written(out)
    second = subprocess.Popen(command, start_new_session=True)  # noqa: S603
    _wait(lambda: len(_written(out)) > len(before) + 2, second)
    worker = next(p for p in psutil.Process(second.pid).children(recursive=True) if _serves(p))
    worker.kill()
    again = {chunk for chunk, at in _written(out).items() if before.get(chunk, at) != at}
    while second.poll() is None:
        again |= {chunk for chunk, at in _written(out).items() if before.get(chunk, at) != at}
        time.sleep(_LOOK)
    if second.returncode or not out.exists():
        raise RuntimeError(f"The screening that was killed ended with {second.returncode}")
    return len(again)


def _serves(process: psutil.Process) -> bool:
    """Whether a process is a worker: those are the only ones with the model in memory."""
    return "spawn_main" in " ".join(process.cmdline())


def _wait(reached: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    while not reached():
        if process.poll() is not None:
            raise RuntimeError("The screening was over before it could be killed")
        time.sleep(_LOOK)


def _written(out: Path) -> dict[str, int]:
    """Finished chunks and when they were written."""
    found = {}
    for chunk in work_path(out).glob("chunk-*.parquet"):
        try:
            found[chunk.name] = chunk.stat().st_mtime_ns
        except FileNotFoundError:  # joined and gone by now
            continue
    return found


def _command(name: str, out: Path, workers: int) -> list[str]:
    step, most = _GRIDS[name]
    return [
        *(sys.executable, "-m", "heanet", "screen", "--elements", *_ELEMENTS),
        *("--step", str(step), "--most", str(most), "--lattice", "fcc", "bcc"),
        *("--workers", str(workers), "--out", str(out), "--overwrite"),
    ]


def _profile() -> tuple[Part, ...]:
    """Where a worker's time goes: one chunk."""
    screening = _screening("middle")
    model = load_model(screening.model)
    chunk = list(screening.chunks())[-2]
    given = str(model.folder.resolve()), model.card.weights_sha256, _ELEMENTS, chunk
    serve(*given, screening.lattices)
    return python_profile(lambda: serve(*given, screening.lattices))
