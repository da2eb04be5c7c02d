"""Reading in a process that can be killed."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from heanet import apart
from heanet.apart import Apart
from heanet.data.labeltables import read_label_table
from heanet.data.structures import read_structures
from heanet.errors import DataError, StructureError
from tests.data.test_structures import DISORDERED, POSCAR, XYZ

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def switched_on(read_here: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.delenv(apart.SWITCH)


@pytest.fixture
def readers() -> Iterator[Callable[..., Apart]]:
    made = []

    def make(**options: int) -> Apart:
        made.append(Apart("tests.apart_reader", **({"seconds": 20, "memory": 2**29} | options)))
        return made[-1]

    yield make
    for reader in made:
        reader.close()


def ask(reader: Apart, what: bytes) -> bytes:
    return reader.ask(what, name="cell", error=StructureError)


def test_one_worker_serves_file_after_file_and_what_it_prints_is_no_answer(
    readers: Callable[..., Apart],
) -> None:
    reader = readers()
    first, second = ask(reader, b"print").split(), ask(reader, b"\0" * 100_000).split(maxsplit=2)
    assert first[1:] == [b"cell", b"print"]
    assert second[2] == b"\0" * 100_000
    assert first[0] == second[0] != str(os.getpid()).encode()


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_worker_that_has_ended_is_buried_though_nobody_asks_again(
    readers: Callable[..., Apart], monkeypatch: pytest.MonkeyPatch, is_asked: bool
) -> None:
    """It would stay a process without life, with two open files."""
    monkeypatch.setattr(apart, "_LOOK", 0.2)
    reader = readers()
    reader.prepare()
    if is_asked:
        ask(reader, b"print")
    child = psutil.Process(reader._idle[0]._process.pid)
    before = psutil.Process().num_fds()
    child.kill()
    deadline = time.monotonic() + 60
    while child.is_running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.is_running()  # of a process that is not buried it is still true
    while reader._idle and time.monotonic() < deadline:
        time.sleep(0.05)
    assert psutil.Process().num_fds() == before - 2


@pytest.mark.parametrize("how", [b"loop", b"sleep"])
def test_what_does_not_end_is_killed(readers: Callable[..., Apart], how: bytes) -> None:
    reader = readers(seconds=1)
    with pytest.raises(StructureError, match="'cell' took more than 1 s and was given up"):
        ask(reader, how)
    assert ask(reader, b"next").endswith(b"next")


@pytest.mark.parametrize("how", [b"crash", b"leave"])
def test_what_breaks_the_process_takes_nothing_else_with_it(
    readers: Callable[..., Apart], how: bytes
) -> None:
    reader = readers()
    ask(reader, b"good")  # "leave" of a worker that waited looks like one that went home
    with pytest.raises(StructureError, match="broke the process that was reading it"):
        ask(reader, how)
    assert ask(reader, b"next").endswith(b"next")


def test_memory_has_a_limit_and_errors_keep_their_parts(readers: Callable[..., Apart]) -> None:
    reader = readers()
    with pytest.raises(StructureError, match=r"'cell' needs more than 0\.5 GB"):
        ask(reader, b"fill")
    with pytest.raises(RuntimeError, match="ZeroDivisionError: ours"):
        ask(reader, b"bug")
    with pytest.raises(DataError) as caught:
        ask(reader, b"refuse")
    assert (caught.value.given, caught.value.expected) == ("It is bad", "a good one")
    assert caught.value.fix == "Mend it"


def test_a_worker_that_went_home_is_replaced(readers: Callable[..., Apart]) -> None:
    reader = readers()
    first = int(ask(reader, b"a").split()[0])
    process = psutil.Process(first)
    process.kill()
    while process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    second, name, data = ask(reader, b"b").split()
    assert int(second) != first
    assert (name, data) == (b"cell", b"b")


def workers() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children():
        # A child of another test may end just now, or lie there unburied.
        with contextlib.suppress(psutil.NoSuchProcess):
            if "tests.apart_reader" in process.cmdline():
                found.append(process)
    return found


def test_a_worker_that_was_started_ahead_serves_the_first_file(
    readers: Callable[..., Apart], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = readers()
    reader.prepare()
    reader.prepare()
    (worker,) = workers()
    assert ask(reader, b"first").split()[0] == str(worker.pid).encode()
    reader.prepare()
    assert workers() == [worker]
    worker.kill()
    while worker.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    reader.prepare()
    (other,) = workers()
    assert other.pid != worker.pid
    assert ask(reader, b"next").split()[0] == str(other.pid).encode()
    reader.close()
    monkeypatch.setenv(apart.SWITCH, "off")
    reader.prepare()
    assert workers() == []


def test_readers_take_turns(readers: Callable[..., Apart]) -> None:
    reader = readers()
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda k=k: found.append(ask(reader, str(k).encode())))
        for k in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.split()[2] for answer in found) == [str(k).encode() for k in range(6)]
    assert len({answer.split()[0] for answer in found}) <= apart.MAX_WORKERS


def test_no_worker_outlives_the_one_who_asks() -> None:
    script = (
        "import os; from tests.apart_reader import answer; from heanet.apart import Apart\n"
        "from heanet.errors import DataError\n"
        "r = Apart('tests.apart_reader', seconds=9, memory=2**29)\n"
        "print(r.ask(b'x', name='n', error=DataError).split()[0].decode(), flush=True)\n"
        "os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 9, done.stderr
    worker = int(done.stdout)
    if psutil.pid_exists(worker):
        psutil.Process(worker).wait(timeout=20)
    assert not psutil.pid_exists(worker)


def test_files_come_out_as_they_do_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every digit, number per atom and note passes the pipe."""
    xyz = XYZ.replace("pos:R:3", "pos:R:3:magmoms:R:1").replace("0 0 0\nNi", "0 0 0.1 2.2\nNi")
    xyz = xyz.rstrip() + " 0.1\n"
    files = {"a.vasp": POSCAR.replace("3.6", "3.6123456789012345"), "b": xyz, "c": DISORDERED}
    table = "name;E (eV)\n文件;1,5\n\nb;2\n".encode()
    there = [read_structures(t.encode(), name=n, order_seed=3) for n, t in files.items()]
    labels = read_label_table(table, name="t.csv")
    monkeypatch.setenv(apart.SWITCH, "off")
    for (name, text), cells in zip(files.items(), there, strict=True):
        here = read_structures(text.encode(), name=name, order_seed=3)
        assert [cell.as_dict() for cell in cells] == [cell.as_dict() for cell in here]
        assert [cell.properties for cell in cells] == [cell.properties for cell in here]
    assert there[1][0].site_properties == {"magmom": [2.2, 0.1]}
    same = read_label_table(table, name="t.csv")
    assert labels.cells.equals(same.cells)
    assert list(labels.cells.index) == [2, 4]
    assert vars(labels) | {"cells": 0} == vars(same) | {"cells": 0}
