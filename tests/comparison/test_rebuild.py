"""``compare --rebuild`` as it is run: interrupted, killed, with fits that fail."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heanet.cli import main
from heanet.comparison import run as run_module
from heanet.comparison.cases import Inputs, Outcome
from heanet.comparison.plan import Case
from heanet.errors import TrainingError

ROOT = Path(__file__).parents[2]
# The command with fits that last for hours and whose state is saved after every epoch.
LONG = """
import sys
import pytest
from heanet.cli import main
from heanet.training import loop
from tests.comparison.small import use_small_recipes
loop.SAVE_EVERY = 0.0
use_small_recipes(pytest.MonkeyPatch(), epochs=1_000_000)
sys.exit(main(sys.argv[1:]))
"""
FINISHED = "mean-all-b2-seed0.json"
FITS = [f"heanet-rmsd-b2-seed{seed}.safetensors" for seed in (0, 1, 2)]


@pytest.fixture
def arguments(make_published: Callable[..., Path], tmp_path: Path) -> list[str]:
    """A rebuild of a small set's results, to which the models are to be added."""
    return [
        *("compare", "--rebuild", "--splits", "b2", "--groups", "rmsd"),
        *("--data", str(make_published()), "--out", str(tmp_path / "docs"), "--models"),
    ]


@contextlib.contextmanager
def long_rebuild(
    arguments: list[str], store: Path, *, workers: int
) -> Iterator[subprocess.Popen[str]]:
    """A rebuild in a process group of its own: a fit finished, the others going on."""
    process = subprocess.Popen(
        [sys.executable, "-c", LONG, *arguments, "mean", "heanet", "--workers", str(workers)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        wanted = [FINISHED, *FITS[:workers]]
        while not all((store / name).exists() for name in wanted):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kept(store: Path) -> list[str]:
    return sorted(path.name for path in store.iterdir() if path.suffix in {".json", ".safetensors"})


# Two workers leave a fit waiting, four have one of them wait for work.
@pytest.mark.parametrize(("whom", "workers"), [("parent", 2), ("group", 4)])
def test_ctrl_c_ends_every_process_and_keeps_what_is_there(
    whom: str, workers: int, arguments: list[str], home: Path
) -> None:
    """The shell sends it to the whole process group, a scheduler to the parent alone."""
    store = home / "comparison"
    with long_rebuild(arguments, store, workers=workers) as process:
        send = os.kill if whom == "parent" else os.killpg
        send(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)  # until no process holds the other end
        assert process.returncode == 1
        assert err == "heanet: interrupted\n"
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    assert kept(store) == [*FITS[:workers], FINISHED]


def test_a_killed_rebuild_leaves_no_worker(arguments: list[str], home: Path) -> None:
    store = home / "comparison"
    with long_rebuild(arguments, store, workers=2) as process:
        process.kill()
        process.communicate(timeout=30)
    assert kept(store) == [*FITS[:2], FINISHED]


def test_a_failed_fit_is_named_and_the_others_are_tabulated(
    arguments: list[str],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real = run_module.run_case

    def one_fails(inputs: Inputs, case: Case, **options: object) -> Outcome | None:
        if case.model == "gp":
            raise TrainingError("The matrix has no root")
        return real(inputs, case, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "run_case", one_fails)
    assert main([*arguments, "gp"]) == 1
    said = "heanet: 1 fit failed: gp-all-b2-seed0 (The matrix has no root). The same command"
    assert capsys.readouterr().err.startswith(said)
    assert main([*arguments, "gp", "mean"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith(said)
    assert err.count("\n") == 1
    assert out.startswith(f"{tmp_path / 'docs' / 'results.md'}: 1 of ")
    assert "mean" in (tmp_path / "docs" / "results" / "errors.csv").read_text()
    assert kept(home / "comparison") == [FINISHED]


def test_a_wrong_folder_is_refused_before_anything_is_fitted(
    arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "mean", "--published", "/nope"]) == 2
    err = capsys.readouterr().err
    assert "/nope" in err
    assert err.count("\n") == 1
    assert not (home / "comparison").exists()
