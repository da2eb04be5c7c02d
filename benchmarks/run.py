"""Run benchmarks, each in a process of its own, and compare with the ones that are kept.

A process of its own begins with clean memory and with its number of threads fixed before any
library is loaded. Every finished benchmark is written at once, so an interrupted run goes on with
those that are missing.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.catalogue import BENCHMARKS, find
from benchmarks.document import write_document
from benchmarks.results import FOLDER, Line, Result, folder_of, load
from heanet.commit import ROOT, code_commit
from heanet.errors import EXIT_FAILED, DataError

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run_all(names: Sequence[str], *, quick: bool, fresh: bool) -> int:
    """Measure benchmarks, keep their results and write the document; the exit code.

    Args:
        names: Which ones; none for all that this commit has no results of.
        quick: Small sizes, kept apart.
        fresh: Measure again what this commit has results of.
    """
    folder = folder_of(quick=quick)
    wanted = [name for name in _wanted(names) if fresh or names or not _is_done(name, folder)]
    minutes = sum(find(name).minutes for name in wanted)
    if not quick:
        print(f"{', '.join(wanted) or 'nothing'}: about {minutes:.0f} minutes on two quiet cores")
    failed = [name for name in wanted if not _measured(name, folder, quick=quick)]
    for name in wanted:
        if name not in failed and (result := load(name, folder)):
            print("\n".join(lines_of(result)))
    write_document()
    return EXIT_FAILED if failed else 0


def check_all(names: Sequence[str], *, quick: bool, tolerance: float) -> int:
    """Measure anew and compare with the results that are kept; 1 if any is worse.

    Args:
        names: Which ones; none for all that are kept.
        quick: Compare small sizes with small sizes.
        tolerance: Share of the kept median that a new one may be worse by.

    Raises:
        DataError: Nothing is kept to compare with.
    """
    folder = folder_of(quick=quick)
    kept = {name: result for name in _wanted(names) if (result := load(name, folder))}
    if not kept or set(names) - set(kept):
        raise DataError(
            f"No result of {', '.join(set(names) - set(kept)) or 'any benchmark'} in '{folder}'",
            fix="Measure it first, without --check.",
        )
    worse = False
    with tempfile.TemporaryDirectory() as scratch:
        for name, before in kept.items():
            if not _measured(name, Path(scratch), quick=quick):
                worse = True
                continue
            now = load(name, Path(scratch))
            assert now is not None, "it was measured"  # noqa: S101
            for line, verdict in compared(before, now, tolerance=tolerance):
                print(f"{name}: {line.what}: {verdict}")
                worse |= verdict.startswith("WORSE")
    return EXIT_FAILED if worse else 0


def compared(before: Result, now: Result, *, tolerance: float) -> list[tuple[Line, str]]:
    """A verdict on every line that both results have."""
    kept = {line.what: line for line in before.found.lines}
    found = []
    for line in now.found.lines:
        if (old := kept.get(line.what)) is None:
            continue
        word = "WORSE" if line.worse_than(old, tolerance=tolerance) else "as before"
        values = f"{line.median:.4g} {line.unit}, kept {old.median:.4g}"
        found.append((line, f"{word} ({values}, tolerance {tolerance:.0%})"))
    return found


def lines_of(result: Result) -> list[str]:
    """What a result says, a line of text each."""
    return [
        f"{result.name}: {line.what}: {line.median:.4g} {line.unit} "
        f"({min(line.values):.4g} to {max(line.values):.4g}, {len(line.values)} repeats"
        f"{_goal(line)})"
        for line in result.found.lines
    ]


def _goal(line: Line) -> str:
    if line.goal is None:
        return ""
    return f"; goal {line.better} {line.goal:g}{'' if line.reached else ', missed'}"


def _wanted(names: Sequence[str]) -> list[str]:
    for name in names:
        find(name)
    return list(names or BENCHMARKS)


def _is_done(name: str, folder: Path) -> bool:
    """Whether the code as it is, all of it committed, has a result."""
    result, commit = load(name, folder), code_commit()
    made_by = result.about.get("commit") if result else None
    return bool(commit) and not commit.endswith("+") and made_by == commit


def _measured(name: str, folder: Path, *, quick: bool) -> bool:
    """Whether a benchmark ran to its end in a process of its own."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "benchmarks", name, str(folder), *(["quick"] if quick else [])]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | dict.fromkeys(_THREADS, "1") | {"PYTHONPATH": path}
    done = subprocess.run(command, env=environment, check=False)  # noqa: S603
    return done.returncode == 0


__all__ = ["FOLDER", "check_all", "compared", "lines_of", "run_all"]
