"""Two ways in strict alternation, and how much memory a process takes at most."""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from tqdm import tqdm


def processor_time() -> float:
    """Seconds that this process and those it started have computed, living and ended ones.

    Files of others are read in a process of its own (heanet.apart), which is a part of the work.
    """
    ended = os.times()
    found = time.process_time() + ended.children_user + ended.children_system
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found += sum(child.cpu_times()[:2])
    return found


# The machine's other work is in wall time, not in processor time.
CLOCKS: dict[str, Callable[[], float]] = {
    "processor": processor_time,
    "wall": time.perf_counter,
}
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Side:
    """One way of doing the work.

    Attributes:
        run: Does it once.
        times: How often it is done in a turn; the time of a turn is divided by it.
    """

    run: Callable[[], object]
    times: int = 1


@dataclass(frozen=True)
class Pairs:
    """Seconds of both ways, a pair for each turn."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times as long as ours theirs took, within each pair."""
        return tuple(b / a for a, b in zip(self.ours, self.theirs, strict=True))


def seconds(side: Side, *, clock: str = "processor") -> float:
    """Seconds of one turn, for each time that the work is done."""
    now = CLOCKS[clock]
    gc.collect()
    start = now()
    for _ in range(side.times):
        side.run()
    return (now() - start) / side.times


def alternate(ours: Side, theirs: Side, *, repeats: int, clock: str = "processor") -> Pairs:
    """Time both ways in turns, after one turn of each that does not count.

    Args:
        ours: HEANet's way.
        theirs: The other one.
        repeats: Pairs of turns.
        clock: "processor": the time that the work computes, its processes together, whatever else
            the machine does; "wall" for what several processes do at the same time.
    """
    ours.run(), theirs.run()
    found = [
        (seconds(ours, clock=clock), seconds(theirs, clock=clock))
        for _ in tqdm(range(repeats), desc="Turns", disable=None)
    ]
    first, second = zip(*found, strict=True)
    return Pairs(tuple(first), tuple(second))


def reset_peak() -> int:
    """Forget the highest memory of this process so far; the memory that it has now, bytes.

    Raises:
        OSError: The system is no Linux.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # or new memory would come out of what was given back
    _CLEAR.write_text("5")
    return _memory("VmRSS")


def peak_memory() -> int:
    """Highest resident memory of this process since ``reset_peak``, bytes."""
    return _memory("VmHWM")


def in_child(run: Callable[[], float]) -> float:
    """What a function returns in a copy of this process, so that its memory is its own.

    Raises:
        RuntimeError: The copy died.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=lambda: sender.send(run()))
    child.start()
    child.join()
    if not receiver.poll():
        raise RuntimeError(f"The process that was measured ended with {child.exitcode}")
    return float(receiver.recv())


def _memory(key: str) -> int:
    lines = _STATUS.read_text().splitlines()
    found = next(line for line in lines if line.startswith(f"{key}:"))
    return int(found.split()[1]) * 1024


def two_cores() -> int:
    """Cores of which a benchmark of several uses two at most."""
    return min(2, os.cpu_count() or 1)
