"""``compare --rebuild`` as it is run: interrupted, killed, with fits that fail."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from heanet.cli import main
from heanet.comparison import run as run_module
from heanet.comparison.cases import Outcome
from heanet.comparison.inputs import Inputs
from heanet.comparison.plan import Case
from heanet.data.labels import load_labels
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
def small_set(make_published: Callable[..., Path]) -> Path:
    return make_published()


@pytest.fixture
def store(small_set: Path, home: Path) -> Path:
    """Where the outcomes on the small set lie."""
    return home / "comparison" / load_labels(small_set).fingerprint[:12]


@pytest.fixture
def arguments(small_set: Path, tmp_path: Path) -> list[str]:
    """A rebuild of a small set's results, to which the models are to be added."""
    return [
        *("compare", "--rebuild", "--splits", "b2", "--groups", "rmsd"),
        *("--data", str(small_set), "--out", str(tmp_path / "docs"), "--models"),
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
    """Outcomes, and states to go on from; a state may have the one before it beside it."""
    names = {path.name for path in store.iterdir() if path.suffix in {".json", ".safetensors"}}
    return sorted(name for name in names if not name.startswith("previous-"))


# Two workers leave a fit waiting, four have one of them wait for work.
@pytest.mark.parametrize(("whom", "workers"), [("parent", 2), ("group", 4)])
def test_ctrl_c_ends_every_process_and_keeps_what_is_there(
    whom: str, workers: int, arguments: list[str], store: Path
) -> None:
    """The shell sends it to the whole process group, a scheduler to the parent alone."""
    with long_rebuild(arguments, store, workers=workers) as process:
        send = os.kill if whom == "parent" else os.killpg
        send(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)  # until no process holds the other end
        assert process.returncode == 1
        assert err == "4 of 4 fits to be made\nheanet: interrupted\n"
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
    assert kept(store) == [*FITS[:workers], FINISHED]


def test_a_killed_rebuild_leaves_no_worker(arguments: list[str], store: Path) -> None:
    with long_rebuild(arguments, store, workers=2) as process:
        process.kill()
        process.communicate(timeout=30)
    assert kept(store) == [*FITS[:2], FINISHED]


def test_a_failed_fit_is_named_and_the_others_are_tabulated(
    arguments: list[str],
    store: Path,
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
    failed = "heanet: 1 fit failed: gp-all-b2-seed0 (The matrix has no root). The same command"
    assert capsys.readouterr().err.startswith(f"1 of 1 fits to be made\n{failed}")
    assert main([*arguments, "gp", "mean"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"2 of 2 fits to be made\n{failed}")
    assert err.count("\n") == 2
    assert out.startswith(f"{tmp_path / 'docs' / 'results.md'}: 1 of ")
    assert "mean" in (tmp_path / "docs" / "results" / "errors.csv").read_text()
    assert kept(store) == [FINISHED]


def test_a_wrong_folder_is_refused_before_anything_is_fitted(
    arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "mean", "--published", "/nope"]) == 2
    err = capsys.readouterr().err
    assert "Leave --published out" in err
    assert err.count("\n") == 1
    assert not (home / "comparison").exists()


def test_the_outcomes_of_another_set_stay(
    make_published: Callable[..., Path], home: Path, tmp_path: Path
) -> None:
    def shifted(labels: pd.DataFrame) -> None:
        labels["rmsd"] += 0.01

    for folder, edit in (("one", None), ("two", shifted)):
        source = make_published(edit, folder=folder)
        command = ["compare", "--rebuild", "--models", "mean", "--splits", "b2", "--data"]
        assert main([*command, str(source), "--out", str(tmp_path / f"docs-{folder}")]) == 0
    assert len(list((home / "comparison").glob(f"*/{FINISHED}"))) == 2


def test_published_figures_stand_beside_results_on_their_own_set_only(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "mean", "--published", str(tmp_path)]) == 2
    assert "published figures are of hea-dft, these results of alloys" in capsys.readouterr().err
