"""``make faults``: operations killed many times, and docs/reliability/faults.json of it."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.kills import Figures, disturb, one_worker
from tests.faults.operations import OPERATIONS
from tests.reliability import made_now, write_section


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="of each operation")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--operations", nargs="+", default=list(OPERATIONS), choices=OPERATIONS)
    given = parser.parse_args()
    found = []
    with one_worker() as scheduler:
        for name in given.operations:
            with tempfile.TemporaryDirectory(prefix="faults-") as folder:
                figures = disturb(
                    OPERATIONS[name],
                    Path(folder),
                    kills=given.kills,
                    seed=given.seed,
                    scheduler=scheduler,
                    tell=lambda text: print(text, flush=True),
                )
            for lost in figures.lost:
                print(f"LOST {name}: {lost}", flush=True)
            found.append(figures)
    if given.operations == list(OPERATIONS):
        write_section("faults", _section(found, given.kills))
    return 1 if any(figures.lost for figures in found) else 0


def _section(found: list[Figures], kills: int) -> dict[str, object]:
    return {
        "title": "Killed at any moment",
        "command": f"make faults KILLS={kills}",
        "text": [
            "Every operation is ended by SIGKILL, with all processes that it has started, at "
            "moments drawn from its whole time, and begun again each time where it was. After a "
            "kill everything that had been reported as done is read: epochs, states to go on from, "
            "cells that were relaxed, chunks, sets, models. It counts as lost where it is away, "
            "cannot be read, was made a second time, or where what the operation leaves in the end "
            "is not, to the last byte of labels, weights and tables, what it leaves in peace.",
            "The teacher of the generation is the real one (CHGNet), on few and small cells. The "
            "worker of the screening is not among the killed: it belongs to a scheduler that was "
            "there before.",
        ],
        "heads": ["operation", "command", "kills", "earliest (s)", "latest (s)", "in peace (s)",
                  "ran to the end", "done before a kill", "lost"],
        "rows": [
            [
                figures.operation,
                OPERATIONS[figures.operation].command,
                len(figures.moments),
                f"{min(figures.moments):.2f}",
                f"{max(figures.moments):.2f}",
                f"{figures.seconds:.2f}",
                figures.finished,
                figures.kept,
                len(figures.lost),
            ]
            for figures in found
        ],
        "made": made_now(),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
