"""`data fetch mp` as a user meets it: one line per error, interruptions, training on the set."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from heanet.cli import main
from heanet.data.labels import load_labels
from heanet.training.checkpoints import load_card
from heanet.training.runfolder import trained_home
from tests.data.mp_server import SAMPLE, Asked, MaterialsProject

pytest.importorskip("mp_api", reason="mp-api is not installed (requirements-mp.txt)")

ROOT = Path(__file__).parents[1]
FOUR = ["data", "fetch", "mp", "--elements", "Cr", "Fe", "Co", "Ni"]
# Two crystals at a time, so that there is a middle to be interrupted in.
SMALL_PARTS = (
    "from heanet.data import mpset; mpset._SYSTEMS_AT_ONCE, mpset._CRYSTALS_AT_ONCE = 4, 2; "
    "from heanet.cli import main; raise SystemExit(main())"
)
NETWORK = ["--hidden_channels", "8", "--n_filters", "8", "--n_interactions", "1",
           "--n_gaussian", "8", "--tower_h1", "8", "--tower_h2", "8", "--spacing", "0.05",
           "--epochs", "3", "--batch_size", "4"]  # fmt: skip


@pytest.fixture
def stuck(materials_project: MaterialsProject) -> Event:
    """Set once the server has answered for four crystals and keeps the next question waiting."""
    reached, released = Event(), Event()

    def wait(_: Asked) -> None:
        if len(materials_project.read) == 4 and not reached.is_set():
            reached.set()
            released.wait(60)

    materials_project.before_answering = wait
    return reached


def start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PARTS, *FOUR],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def goes_on(materials_project: MaterialsProject, home: Path) -> None:
    """The same command fetches what is missing, and nothing else."""
    assert [path.name for path in (home / "data").iterdir()] == [".fetch-mp-eform"]
    had = list(materials_project.read)
    assert len(had) == 4
    materials_project.questions.clear()
    process = start()
    out, _err = process.communicate(timeout=120)
    assert process.returncode == 0
    assert out.splitlines()[1].startswith("8 cells in ")
    assert materials_project.systems == []
    every = {document["material_id"] for document in SAMPLE["data"]}
    assert sorted(materials_project.read) == sorted(every - set(had))
    assert len(load_labels("mp-eform").table) == 8
    assert [path.name for path in (home / "data").iterdir()] == ["mp-eform"]


@pytest.mark.slow
def test_a_killed_download_goes_on(
    materials_project: MaterialsProject, stuck: Event, home: Path
) -> None:
    process = start()
    assert stuck.wait(120)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    goes_on(materials_project, home)


@pytest.mark.slow
def test_ctrl_c_is_one_line_and_goes_on(
    materials_project: MaterialsProject, stuck: Event, home: Path
) -> None:
    process = start()
    assert stuck.wait(120)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines() == [
        "heanet: The download was interrupted. The same command goes on where it stopped."
    ]
    goes_on(materials_project, home)


@pytest.mark.parametrize(
    ("env", "args", "code", "says"),
    [
        ({"MP_API_KEY": ""}, [], 2, "Expected it in the environment variable MP_API_KEY."),
        ({"MP_API_KEY": "short"}, [], 2, "in MP_API_KEY has 5 characters. Expected 32 letters"),
        ({"MP_API_KEY": "b" * 32}, [], 2, "refused the key in MP_API_KEY (401)."),
        ({"MP_API_ENDPOINT": "http://127.0.0.1:9"}, [], 1, "cannot be asked (no connection)."),
        ({}, ["--property", "band_gap"], 2, "Unknown property 'band_gap' of the Materials"),
        ({}, ["--limit", "0"], 2, "A limit of 0 cells. Expected at least 1."),
        ({}, ["--elements", "Au"], 2, "has no crystals of Au in up to 1 components."),
    ],
)
@pytest.mark.usefixtures("materials_project")
def test_what_goes_wrong_is_one_line(
    env: dict[str, str],
    args: list[str],
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert main(["data", "fetch", "mp", *args]) == code
    err = capsys.readouterr().err
    assert says in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("split", ["fold 1 of 5", "b2", "without 2 components"])
@pytest.mark.usefixtures("materials_project")
def test_eform_is_trained_and_evaluated_where_the_other_energies_are_missing(
    split: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(FOUR) == 0
    train = ["train", "--data", "mp-eform", "--task", "eform", "--split", split, "--name", "first"]
    assert main([*train, *NETWORK, "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    checkpoint = str(tmp_path / "first")
    evaluate = ["evaluate", "--checkpoint", checkpoint, "--split", split, "--output", "json"]
    assert main(evaluate) == 0
    (line,) = json.loads(capsys.readouterr().out)
    n_test = {"fold 1 of 5": 2, "b2": 1, "without 2 components": 4}[split]
    assert (line["task"], line["unit"], line["n"]) == ("eform", "eV/atom", n_test)
    assert line["rows"].startswith(f"{split} test: 0 of {n_test} trained on")
    assert 0 < line["mae"] < 1
    cell = home / "data" / "mp-eform" / "structures" / "mp-3300103"
    assert main(["predict", str(cell), "--model", checkpoint, "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert list(row["predictions"]) == ["eform"]
    assert (row["lattice"], row["lattice_source"]) == ("fcc", "geometry")
    assert main([*train[:3], "--task", "etot", *train[5:], *NETWORK]) == 2
    assert "have no label of etot" in capsys.readouterr().err


@pytest.mark.usefixtures("materials_project")
def test_what_was_learnt_there_goes_on_with_alloys(
    make_published: Callable[..., Path],
) -> None:
    """As the presets of the Train page do it; the alloys' own elemental energies are fitted."""
    assert main(FOUR) == 0
    first = ["train", "--data", "mp-eform", "--task", "eform", "--is_validate"]
    assert main([*first, "--name", "mp-eform-b2", *NETWORK]) == 0
    load_labels(make_published(folder="mine"))
    then = ["train", "--task", "eform", "--split", "b2", "--strategy", "tl1", "--name", "then"]
    assert main([*then, "--init", "mp-eform-b2", *NETWORK]) == 0
    card = load_card(trained_home() / "then")
    assert (card.data.name, card.split) == ("mine", "b2")
    assert card.start is not None
    assert (card.start.source, card.start.data) == ("mp-eform-b2", "mp-eform")
    assert "mp-3300103" in card.start.names
    log = (trained_home() / "then" / "log.txt").read_text(encoding="utf-8")
    assert re.search(r"Start tl1: (\d+) of \1 tensors from mp-eform-b2, no tower drawn", log)
    assert "Elemental references: fitted on these rows" in log
    ground = card.references[0].ground
    assert ground["Fe"] < -1
