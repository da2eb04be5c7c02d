"""One benchmark in this process: ``python -m benchmarks NAME FOLDER [quick]``."""

import sys
import time
import warnings
from pathlib import Path

from benchmarks.about import about_machine
from benchmarks.catalogue import find
from benchmarks.results import Result, save
from heanet.errors import EXIT_FAILED, HeanetError


def main(name: str, folder: str, *options: str) -> int:
    """Measure and write the result; the exit code."""
    warnings.simplefilter("ignore")  # of libraries; a table is read from our output
    benchmark, quick, start = find(name), "quick" in options, time.monotonic()
    try:
        found = benchmark.measure(quick=quick)
    except HeanetError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        print(f"{name}: it needs {error.name}. Run `make setup-dev` first.", file=sys.stderr)
        return EXIT_FAILED
    result = Result(
        name=name,
        title=benchmark.title,
        quick=quick,
        found=found,
        about=about_machine(),
        seconds=time.monotonic() - start,
    )
    save(result, Path(folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
