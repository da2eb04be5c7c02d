"""A full disk, one that takes nothing, a locked record, two processes at once, other locales."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from heanet import tracking
from heanet.cli import main
from heanet.data.home import HOME_VARIABLE
from heanet.data.labels import import_set, imported_sets, load_labels
from heanet.mlflowrun import is_complete
from heanet.training.checkpoints import CARD, load_checkpoint
from heanet.training.epochs import EPOCHS, read_epochs
from tests.conftest import write_published

ROOT = Path(__file__).parents[2]
Disk = Callable[..., Path]
TRAIN = ["train", "--data", "alloys", "--task", "etot", "--hidden_channels", "8", "--n_filters",
         "8", "--n_interactions", "1", "--tower_h1", "8", "--tower_h2", "8", "--batch_size", "8",
         "--epochs", "5", "--name", "one"]  # fmt: skip


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record is waited for on a busy machine as well."""
    monkeypatch.setattr(tracking, "_PATIENCE", 300.0)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return write_published(tmp_path / "alloys")


@pytest.fixture
def model(home: Path, published: Path) -> Path:
    """A model that was trained here."""
    import_set(published)
    assert main(TRAIN) == 0
    return home / "trained" / "one"


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """What a command says that fails as it should: on one line, and without a traceback."""
    code = main([str(word) for word in words])
    said = capsys.readouterr().err
    assert code in (1, 2), said
    (line,) = [line for line in said.splitlines() if line.startswith("heanet: ")]
    assert "Traceback" not in said
    return line


# A disk that takes nothing, or is full


def test_predicting_needs_nothing_to_write_to(
    home: Path, disk: Disk, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk(home, read_only=True)
    cell = next((published / "structures").iterdir())
    assert main(["predict", str(cell), "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert set(row["predictions"]) >= {"etot", "ms"}


def test_evaluating_goes_on_where_no_graphs_can_be_kept(
    home: Path, model: Path, disk: Disk, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(home / "cache")
    (home / "cache").mkdir()
    disk(home, read_only=True)
    assert main(["evaluate", "--checkpoint", "one", "--split", "b2"]) == 0
    assert "b2 test" in capsys.readouterr().out
    assert list((home / "cache").iterdir()) == []
    assert model.is_dir()


def test_an_import_where_nothing_can_be_written_names_the_folder(
    home: Path, disk: Disk, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk(home, read_only=True)
    said = refused(capsys, "data", "import", published)
    assert str(home / "data") in said
    assert "Read-only file system" in said
    assert "HEANET_HOME" in said


def test_an_import_onto_a_full_disk_names_the_folder_and_leaves_nothing(
    home: Path, disk: Disk, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk(home, size="64k")
    said = refused(capsys, "data", "import", published)
    assert f"'{home / 'data'}' cannot be written (No space left on device)" in said
    assert list((home / "data").iterdir()) == []


def test_a_training_where_nothing_can_be_written_names_the_folder(
    home: Path, disk: Disk, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_set(published)
    disk(home, read_only=True)
    said = refused(capsys, *TRAIN)
    assert str(home / "trained") in said
    assert "Read-only file system" in said


def test_a_training_on_a_full_disk_names_the_folder_and_goes_on_elsewhere(
    disk: Disk, published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_set(published)
    out = disk(tmp_path / "out", size="32k")
    said = refused(capsys, *TRAIN, "--out", out)
    assert str(out / "one") in said
    assert "No space left on device" in said
    assert not (out / "one" / CARD).exists()
    assert main([*TRAIN, "--out", str(tmp_path)]) == 0


SCREEN = ["screen", "--elements", "Cr", "Fe", "--step", "10", "--workers", "1"]


def test_a_screening_where_nothing_can_be_written_names_the_folder(
    disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = disk(tmp_path / "out", read_only=True)
    said = refused(capsys, *SCREEN, "--out", out / "grid.parquet")
    assert f"'{out}' cannot be written (Read-only file system)" in said


def test_a_screening_onto_a_full_disk_names_the_folder_and_goes_on_once_there_is_room(
    disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = disk(tmp_path / "out", size="16k")
    said = refused(capsys, *SCREEN, "--out", out / "grid.parquet")
    assert f"'{out}' cannot be written (No space left on device)" in said
    assert not (out / "grid.parquet").exists()
    subprocess.run(["mount", "-o", "remount,size=8m", str(out)], check=True)
    assert main([*SCREEN, "--out", str(out / "grid.parquet")]) == 0
    assert [path.name for path in out.iterdir()] == ["grid.parquet"]


# The record is held by another process


def test_a_training_goes_on_while_the_record_is_locked_and_is_recorded_later(
    home: Path, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_complete(model)
    again = [*TRAIN[:-1], "two"]
    with closing(sqlite3.connect(home / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with monkeypatch.context() as patch:
            patch.setattr(tracking, "_PATIENCE", 3.0)  # MLflow itself tries for minutes
            assert main(again) == 0
        folder = home / "trained" / "two"
        load_checkpoint(folder)
        assert len(read_epochs(folder / EPOCHS)) == 5
        assert not is_complete(folder)
        assert "The same command completes it" in capsys.readouterr().err.replace("\n", " ")
        other.execute("ROLLBACK")
    assert main(again) == 0
    assert is_complete(folder)
    with closing(sqlite3.connect(home / "mlflow.db")) as record:
        rows = record.execute(
            "SELECT r.name, r.status, count(DISTINCT m.step) FROM runs r JOIN metrics m USING "
            "(run_uuid) WHERE m.key = 'train_loss' GROUP BY r.run_uuid ORDER BY r.name"
        ).fetchall()
    assert rows == [("one", "FINISHED", 5), ("two", "FINISHED", 5)]


# Two processes on one HEANET_HOME

_BOTH = """
import sys, time
from pathlib import Path
from heanet.cli import main
import heanet.tracking, heanet.prediction
heanet.tracking._PATIENCE = 300.0
cell, train = sys.argv[1], sys.argv[2:]
print("ready", flush=True)
input()
codes = [main(["data", "import", str(Path(cell).parents[1])]), main(train), main(["predict", cell])]
sys.exit(max(codes))
"""


def test_two_processes_import_train_and_predict_in_one_home(home: Path, published: Path) -> None:
    cell = next((published / "structures").iterdir())
    environment = {**os.environ, HOME_VARIABLE: str(home), "OMP_NUM_THREADS": "1"}
    both = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _BOTH, str(cell), *TRAIN[:-1], name],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in ("one", "two")
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:  # both begin now
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=500)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert imported_sets() == ["alloys"]
    assert len(load_labels("alloys").structures(progress=False)) == 24
    assert [path.name for path in (home / "data").iterdir()] == ["alloys"]
    cards = [load_checkpoint(home / "trained" / name)[0] for name in ("one", "two")]
    assert cards[0].data == cards[1].data
    assert cards[0].metrics == cards[1].metrics
    assert [is_complete(home / "trained" / name) for name in ("one", "two")] == [True, True]


# Another time zone, another locale

_HERE = r"""
import json, locale, sys
from pathlib import Path
try:
    locale.setlocale(locale.LC_ALL, "")
except locale.Error:
    pass
from heanet.data.labels import import_set, load_labels
from heanet.data.labeltables import read_label_table
from heanet.data.structures import read_structures
folder = Path(sys.argv[1])
labels = load_labels(import_set(folder))
(cell,) = read_structures(sorted((folder / "structures").iterdir())[0])
table = b"name,eform (meV/atom),when\nFe_sqsbcc,1.5,2026-03-29\n"
rows = read_label_table(table, name="t.csv")
print(json.dumps([labels.fingerprint, float(labels.table["etot"].sum()), cell.volume, repr(rows)]))
"""


def test_numbers_dates_and_names_are_the_same_wherever_one_is(
    tmp_path: Path, published: Path
) -> None:
    """Fingerprints of what is written, and what is read, in four surroundings."""
    there = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    german = [name for name in ("de_DE.utf8", "de_DE.UTF-8") if name in there.split()]
    surroundings = [
        {"LC_ALL": "C.UTF-8", "TZ": "UTC"},
        {"LC_ALL": "C", "TZ": "Asia/Shanghai"},
        {"LC_ALL": "C", "TZ": "America/St_Johns", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        *({"LC_ALL": name, "TZ": "Europe/Berlin"} for name in german),
    ]
    found = []
    for k, surrounding in enumerate(surroundings):
        environment = {**os.environ, **surrounding, HOME_VARIABLE: str(tmp_path / f"home-{k}")}
        command = [sys.executable, "-W", "ignore", "-c", _HERE, str(published)]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert found[0][1] < 0
    assert all(one == found[0] for one in found)


def test_times_are_those_of_no_zone(
    home: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that is begun in one time zone and read in another says the same."""
    at = [epoch.at for epoch in read_epochs(model / EPOCHS)]
    log = (model / "log.txt").read_text().splitlines()[0].split()[:2]
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        now = 1000 * time.time()
        assert main([*TRAIN[:-1], "two"]) == 0
        assert [epoch.at for epoch in read_epochs(model / EPOCHS)] == at
        later = read_epochs(home / "trained" / "two" / EPOCHS)
        assert all(now <= epoch.at <= 1000 * time.time() for epoch in later)
        second = (home / "trained" / "two" / "log.txt").read_text().splitlines()[0].split()[:2]
        first_at = time.strptime(" ".join(log).rstrip("Z"), "%Y-%m-%d %H:%M:%S")
        second_at = time.strptime(" ".join(second).rstrip("Z"), "%Y-%m-%d %H:%M:%S")
        assert 0 <= time.mktime(second_at) - time.mktime(first_at) < 3600
    finally:
        monkeypatch.undo()
        time.tzset()
