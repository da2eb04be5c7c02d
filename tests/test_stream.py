"""Predictions of many files: a few cells in memory, every row in order, nothing else changed."""

import csv
import gc
import io
import json
import weakref
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

import heanet
from heanet import fileprediction
from heanet.cli import main
from heanet.fileprediction import predict_files, stream_predictions
from heanet.prediction import Model, load_model
from heanet.properties import PUBLISHED_TASKS, TASKS

N_FILES, BAD = 300, {0, 7, 64, 65, 299}


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("hea-six")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 files of two atoms, five of them broken."""
    found = tmp_path_factory.mktemp("cells")
    rng = np.random.default_rng(0)
    for i in range(N_FILES):
        cell = Structure(
            Lattice.cubic(2.85),
            rng.choice(["Cr", "Fe", "Co", "Ni"], size=2),
            [[0, 0, 0], [0.5, 0.5, 0.5 + 0.01 * rng.random()]],
        )
        text = "broken" if i in BAD else heanet.write_structure(cell, "poscar")
        (found / f"cell{i:03d}_bcc.vasp").write_text(text)
    return found


def test_every_file_has_its_row_in_order(
    folder: Path, capsys: pytest.CaptureFixture[str], model: Model
) -> None:
    files = sorted(folder.iterdir())
    assert main(["predict", str(folder), "--model", "hea-six", "--output", "csv"]) == 2
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["file"] for row in rows] == [str(file) for file in files]
    assert {i for i, row in enumerate(rows) if row["error"]} == BAD
    assert err.count("\n") == len(BAD)
    assert "cell007_bcc.vasp" in err.splitlines()[1]
    for i in (1, 63, 66, 298):
        (alone,) = predict_files([files[i]], model)
        for task in PUBLISHED_TASKS:
            found = float(rows[i][f"{task} ({TASKS[task].unit})"])
            assert found == pytest.approx(alone["predictions"][task]["value"], abs=2e-5)


def test_json_is_one_list_of_the_rows(
    folder: Path, capsys: pytest.CaptureFixture[str], model: Model
) -> None:
    pattern = str(folder / "cell00*.vasp")
    assert main(["predict", pattern, "--model", "hea-six", "--output", "json"]) == 2
    out = capsys.readouterr().out
    files = sorted(folder.glob("cell00*"))
    expected = predict_files(files, model)
    beside = {"cell", "model"}  # in CSV and tables alone
    promised = [{key: row[key] for key in row if key not in beside} for row in expected]
    assert json.loads(out) == promised
    assert out == json.dumps(promised, indent=1, ensure_ascii=False) + "\n"
    assert [Path(row["file"]) for row in expected] == files


def test_only_some_cells_are_in_memory(
    folder: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[weakref.ref[Structure]] = []
    read = fileprediction.read_structures

    def noted(*args: object, **options: object) -> list[Structure]:
        cells = read(*args, **options)
        seen.extend(map(weakref.ref, cells))
        return cells

    monkeypatch.setattr(fileprediction, "read_structures", noted)
    monkeypatch.setattr(fileprediction, "CHUNK", 20)
    most, n_rows = 0, 0
    for row in stream_predictions(sorted(folder.iterdir()), model):
        n_rows += 1
        if n_rows % 10 == 0:
            gc.collect()
            most = max(most, sum(cell() is not None for cell in seen))
        assert ("error" in row) == (n_rows - 1 in BAD)
    assert (n_rows, len(seen)) == (N_FILES, N_FILES - len(BAD))
    assert 10 <= most <= 21


def test_rows_come_before_all_files_are_read(folder: Path, model: Model) -> None:
    files = iter(sorted(folder.iterdir()))
    rows = stream_predictions(files, model)
    next(rows)
    assert len(list(files)) == N_FILES - fileprediction.CHUNK


def test_large_cells_fill_a_chunk_sooner(
    folder: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fileprediction, "CHUNK_ATOMS", 6)
    files = iter(sorted(folder.iterdir())[1:])
    next(stream_predictions(files, model))
    assert len(list(files)) == N_FILES - 1 - 3
