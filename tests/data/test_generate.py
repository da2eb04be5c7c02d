"""The real teacher, real processes and a real kill -9."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from heanet.cli import main
from heanet.data import generate as generate_module
from heanet.data.labels import load_labels
from heanet.data.recipes import CellRecipe
from heanet.data.teacher import check_known
from heanet.errors import ConfigError, DataError

pytest.importorskip("chgnet", reason="CHGNet is not installed (requirements-teacher.txt)")
COMMAND = [
    *(sys.executable, "-W", "ignore", "-m", "heanet", "data", "generate"),
    *("--elements", "Fe", "Ni", "--lattice", "fcc", "--n", "3"),
]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def wait_for(what: str, done: object, seconds: float = 120) -> None:
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"no {what} within {seconds:g} s"
        time.sleep(0.05)


@pytest.mark.slow
def test_killed_half_way_and_repeated_it_is_the_same_set(tmp_path: Path) -> None:
    whole, killed = tmp_path / "a" / "alloys", tmp_path / "b" / "alloys"
    done = subprocess.run(
        [*COMMAND, "--out", str(whole), "--workers", "1"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "3 labelled cells, 0 failed" in done.stdout

    work = killed.parent / ".alloys-work"
    process = subprocess.Popen([*COMMAND, "--out", str(killed), "--workers", "2"])
    wait_for("finished cell", lambda: any(work.glob("Fe*Ni*.json")))
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not killed.exists()
    wait_for("end of the workers", lambda: not any(Path(f"/proc/{w}").exists() for w in workers))
    again = subprocess.run([*COMMAND, "--out", str(killed)], capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert contents(killed) == contents(whole)
    assert not work.exists()

    table = load_labels(whole).table
    assert (table["etot"] < -5).all()
    assert (table["emix"].abs() < 0.2).all()
    assert (table["rmsd"] < 0.2).all()
    assert list(table["lattice"]) == ["fcc"] * 3


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = subprocess.run([*COMMAND, "--out", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert contents(tmp_path) == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--elements", "Fe", "Xx"], "'Xx' is no chemical element"),
        (["--elements", "Fe", ""], "'' is no chemical element"),
        (["--elements", "Fe-Ni", "Fe-"], "'' is no chemical element"),
        (["--elements", "Fe", "Po"], "CHGNet does not know Po"),
        (["--elements", "Fe", "D"], "'D' is no chemical element"),
        (["--seed", "-1"], "Seed -1"),
    ],
)
def test_bad_input_is_one_line(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "set")
    command = ["data", "generate", "--out", out, "--elements", "Fe", "Ni", *given]
    assert main(command) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_element_that_cannot_be_relaxed_is_found_first_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def fails_on_bcc(tasks: Sequence[CellRecipe], work: Path, *_: object, **__: object) -> None:
        for task in tasks:
            made.append(task.name)
            part = {"failed": "no forces"} if task.lattice == "bcc" else {"energy": -5.0}
            generate_module._part(work, task).write_text(json.dumps(part))

    monkeypatch.setattr(generate_module, "_run", fails_on_bcc)
    with pytest.raises(DataError, match=r"Fe2_sqsbcc has no energy: no forces.*Leave Fe out"):
        generate_module.generate(tmp_path / "set", ["Fe", "Ni"], n=4)
    assert {name.partition("_")[0].rstrip("0123456789") for name in made} == {"Fe", "Ni"}
    kept = [path.name for path in (tmp_path / ".set-work").glob("*bcc*")]
    assert [name for name in kept if name.startswith("Fe")] == []


@pytest.mark.parametrize("element", ["Rn", "Am", "Xx"])
def test_elements_that_the_teacher_does_not_know_are_refused(element: str) -> None:
    with pytest.raises(ConfigError, match=element):
        check_known(["Fe", element])
