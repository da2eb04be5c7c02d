"""What a process holds, and what of a home is still at work: so that nothing stays behind."""

import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from heanet.data.home import HOME_VARIABLE


@dataclass(frozen=True)
class Held:
    """What a process holds.

    Attributes:
        processes: Children and theirs.
        threads: Of its own.
        files: Open ones by kind, those of its children's pipes left out.
        memory: In MB.
    """

    processes: int
    threads: int
    files: Counter[str]
    memory: float


def held(pid: int) -> Held:
    """What a process holds now."""
    process = psutil.Process(pid)
    children = process.children(recursive=True)
    return Held(
        processes=len(children),
        threads=process.num_threads(),
        files=_open_files(pid, n_children=len(process.children())),
        memory=process.memory_info().rss / 2**20,
    )


def _open_files(pid: int, *, n_children: int) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed this moment
            kinds[re.sub(r":\[\d+\]$", "", str(link.readlink()))] += 1
    # A reader of files is asked and answers through pipes, and ends by itself (heanet.apart).
    kinds["pipe"] -= 2 * n_children
    return kinds


def of_home(home: Path) -> list[str]:
    """Commands of the processes that work for a HEANET_HOME."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(HOME_VARIABLE) == str(home):
                found.append(" ".join(process.cmdline())[:200])
    return found
