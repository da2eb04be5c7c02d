"""``make fuzz``: damaged files by the hundred thousand, and docs/reliability/fuzz.json of them.

Half of the inputs of each format are damaged at random, half are what coverage led atheris to,
where that is installed. An input must end in a valid cell (table, model) or a HeanetError, within
``LIMIT`` seconds of computing; every other end is kept as a file in build/fuzz and fails the
command.
"""

import argparse
import collections
import importlib.util
import json
import mmap
import os
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from heanet.apart import SWITCH
from heanet.commit import code_commit
from tests.fuzz.formats import FORMATS, ROOT, outcome
from tests.reliability import made_now, write_section

LIMIT = 30  # seconds of computing, as for a user's file (heanet.data.reader)
BUGS = ROOT / "build" / "fuzz"
PLENTY = 20  # failures of one format, after which there is enough to mend


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="inputs per format")
    parser.add_argument("--formats", nargs="+", default=list(FORMATS), choices=FORMATS)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ[SWITCH] = "off"  # as in a worker of heanet.apart, this process being one
    if given.part:
        _part(given.part[0], int(given.part[1]), int(given.part[2]))
        return 0
    guided = given.count // 2 if importlib.util.find_spec("atheris") else 0
    rows: list[dict[str, Any]] = []
    for fmt in given.formats:
        known = [code_commit(), given.count, given.first, guided]
        rows.append(_kept(fmt, known) or _tried(fmt, given.first, given.count, guided))
        _place_of(fmt).write_text(json.dumps([known, rows[-1]]))
        print(json.dumps(rows[-1]), flush=True)
    if given.formats == list(FORMATS):
        write_section("fuzz", _section(rows))
    return 1 if any(row["failures"] for row in rows) else 0


def _place_of(fmt: str) -> Path:
    BUGS.mkdir(parents=True, exist_ok=True)
    return BUGS / f"{fmt}.row.json"


def _kept(fmt: str, known: list[object]) -> dict[str, object] | None:
    """What an earlier command found with the same code and inputs: it was stopped in between."""
    try:
        before, row = json.loads(_place_of(fmt).read_text())
    except (OSError, ValueError):
        return None
    whole = before == known and not str(known[0]).endswith("+") and not row["failures"]
    return row if whole else None


def _tried(fmt: str, first: int, count: int, guided: int) -> dict[str, object]:
    """The figures of one format."""
    start = time.monotonic()
    row = _random(fmt, first, count - guided)
    led = _guided(fmt, guided)
    failures = row["failures"] + led.pop("failures", 0)
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024  # of all so far
    return {"format": fmt, **row, **led, "failures": failures, "seconds": seconds, "peak": peak}


def _random(fmt: str, first: int, count: int) -> dict[str, Any]:
    """Ends of the inputs ``first`` to ``first + count``, in processes that may break."""
    place, done = BUGS / f"{fmt}.place", BUGS / f"{fmt}.json"
    total: collections.Counter[str] = collections.Counter()
    slowest, failures, at = 0.0, 0, first
    while at < first + count and failures < PLENTY:
        place.write_bytes(at.to_bytes(8, "little"))
        done.write_text(json.dumps({}))
        command = [sys.executable, "-m", "tests.fuzz.run", "--part", fmt, str(at)]
        code = subprocess.run([*command, str(first + count)], cwd=ROOT, check=False).returncode
        found = json.loads(done.read_text())
        total.update(found.get("ends", {}))
        slowest = max(slowest, found.get("slowest", 0.0))
        if code == 0:
            break
        failures += 1
        at = int.from_bytes(place.read_bytes(), "little")
        (BUGS / f"{fmt}-{at}").write_bytes(FORMATS[fmt].input(at))
        print(f"{fmt} {at}: ended with {code}", flush=True)
        at += 1
    refused = sum(n for end, n in total.items() if end != "read")
    return {"random": total.total(), "read": total["read"], "refused": refused,
            "failures": failures, "slowest": slowest}  # fmt: skip


def _part(fmt: str, first: int, last: int) -> None:
    """Read inputs until one breaks this process; its number is in the file of the place then."""
    warnings.simplefilter("error")
    ends: collections.Counter[str] = collections.Counter()
    slowest, done = 0.0, BUGS / f"{fmt}.json"
    with (BUGS / f"{fmt}.place").open("r+b") as file, mmap.mmap(file.fileno(), 8) as place:
        for number in range(first, last):
            place[:] = number.to_bytes(8, "little")
            data = FORMATS[fmt].input(number)
            start = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, LIMIT)
            try:
                ends[outcome(fmt, data)] += 1
            except Exception:
                traceback.print_exc()
                done.write_text(json.dumps({"ends": ends, "slowest": slowest}))
                sys.exit(70)
            signal.setitimer(signal.ITIMER_PROF, 0)
            slowest = max(slowest, time.process_time() - start)
            if number % 200 == 0:
                done.write_text(json.dumps({"ends": ends, "slowest": slowest}))
    done.write_text(json.dumps({"ends": ends, "slowest": slowest}))


def _guided(fmt: str, count: int) -> dict[str, Any]:
    """Inputs that atheris (libFuzzer) grew, new code paths leading to more; none without it."""
    if not count:
        return {"guided": 0}
    corpus = BUGS / f"{fmt}.corpus"
    corpus.mkdir(exist_ok=True)
    for k, data in enumerate(FORMATS[fmt].seeds()):
        (corpus / f"seed-{k}").write_bytes(data)
    command = [sys.executable, "-m", "tests.fuzz.guided", fmt, f"-runs={count}", "-seed=1"]
    command += ["-timeout=3600", "-rss_limit_mb=4096", "-max_len=65536", "-verbosity=1"]
    done = subprocess.run(
        [*command, f"-artifact_prefix={BUGS / fmt}-", str(corpus)],
        cwd=ROOT, check=False, stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip
    ran = re.search(r"Done (\d+) runs", done.stderr)
    if done.returncode or not ran:
        print(done.stderr[-4000:], flush=True)
        return {"guided": 0, "failures": 1}
    covered = re.findall(r"cov: (\d+)", done.stderr)
    return {"guided": int(ran.group(1)), "covered": int(covered[-1])}


def _section(rows: list[dict[str, Any]]) -> dict[str, object]:
    columns = ["format", "random", "guided", "read", "refused", "failures", "slowest", "covered"]
    heads = ["format", "damaged at random", "led by coverage", "read", "refused", "failures",
             "slowest (s)", "branches reached"]  # fmt: skip
    cells = [
        [f"{row[key]:.2f}" if key == "slowest" else row.get(key, "-") for key in columns]
        for row in rows
    ]
    return {
        "title": "Damaged and hostile files",
        "command": "make fuzz",
        "text": [
            "Every reader of users' files gets files that can be read, damaged: bytes, words, "
            "lines, encodings, JSON values, parts of archives. Each input must end in a valid cell "
            f"(table, model) or in an error that says what to do, within {LIMIT} s of computing. "
            "Of the inputs that were damaged at random it is counted how many were read and how "
            "many refused.",
            *_memory(rows),
        ],
        "heads": heads,
        "rows": cells,
        "made": made_now(),
    }


def _memory(rows: list[dict[str, Any]]) -> list[str]:
    """How much a reader took at most, where it was looked at for every format."""
    peaks = [row["peak"] for row in rows if "peak" in row]
    whole = len(peaks) == len(rows)
    return [f"No reader took more than {max(peaks)} MB of memory."] if whole else []


if __name__ == "__main__":
    sys.exit(main())
