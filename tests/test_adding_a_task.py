"""A task is one entry of one table: the entry of the document, put into a copy of the package."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from heanet.data.keptsets import import_upload
from heanet.data.labels import load_labels
from heanet.properties import PUBLISHED_TASKS, TASK_KEYS
from tests.data.own_upload import cells_of_labels, csv, labels, pack

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "adding-a-task.md").read_text(encoding="utf-8")
# Commands one after the other in one process, each with what it prints.
RUN = """
import contextlib, io, json, sys
from heanet.cli import main
printed = []
for words in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(words)
    printed.append([code, out.getvalue()])
print(json.dumps(printed))
"""
# Error bars come from several networks and held-out rows.
ENSEMBLE = """
import json
from heanet.config import ModelConfig, TrainConfig
from heanet.fileprediction import predict_files
from heanet.prediction import load_model
from heanet.training.checkpoints import load_checkpoint, save_checkpoint
from heanet.training.evaluate import Member, calibrate, cross_validate, fit_ensemble
from heanet.training.inputs import dataset_for
from heanet.training.registry import find_checkpoint
card, _ = load_checkpoint(find_checkpoint("mtl_1_bulk_HEA_20_b2"))
dataset = dataset_for("moduli", card.model, corrected=True, progress=False)
members = [Member(card.model, card.train.model_copy(update={"seed": s})) for s in (0, 1)]
held_out = cross_validate(dataset, members, n_folds=2, progress=False)
ensemble = fit_ensemble(dataset, held_out.folds[0], members, progress=False)
changes = {"calibration": calibrate(dataset, held_out)[0], "seeds": (0, 1),
           "best_epochs": (20, 20), "references": ensemble.references}
from pathlib import Path
save_checkpoint(Path("barred"), card.model_copy(update=changes), ensemble.members)
(row,) = predict_files([Path("cells/FeNi2Cr_sqsbcc.vasp")], load_model("barred"))
print(json.dumps(row["predictions"]))
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, flags=re.DOTALL)


def commands() -> list[list[str]]:
    lines = blocks("sh")[-1].replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[line.index("heanet") + 1 :] for line in words if line]


def moduli() -> pd.DataFrame:
    """The labels of an upload, with one that the project knows nothing of."""
    table = labels()
    iron = table["structure"].str.extract(r"Fe(\d*)")[0].replace("", "1").fillna("0").astype(float)
    return table.assign(**{"bulk modulus (GPa)": 170.0 + iron})


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the entry, and an upload beside it."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "heanet", folder / "heanet", ignore=shutil.ignore_patterns("__pycache__")
    )
    table = folder / "heanet" / "properties.py"
    text = table.read_text(encoding="utf-8")
    end = "\n)\n\nTASKS: "
    assert text.count(end) == 1
    (entry,) = (block for block in blocks("python") if block.startswith("Task("))
    table.write_text(text.replace(end, f"\n{entry.rstrip()},{end}"), encoding="utf-8")
    (folder / "cells.zip").write_bytes(pack(cells_of_labels()))
    (folder / "labels.csv").write_bytes(csv(moduli()))
    (folder / "plain.csv").write_bytes(csv(labels()))
    (folder / "cells").mkdir()
    for name, content in cells_of_labels().items():
        (folder / "cells" / name).write_bytes(content)
    return folder


def run(folder: Path, script: str, *words: str) -> Any:
    environment = os.environ | {
        "HEANET_HOME": str(folder / "home"), "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def printed(copy: Path) -> list[str]:
    """What each command of the document prints; the last line of the second import as well."""
    plain = ["data", "import", "cells.zip", "--table", "plain.csv", "--name", "plain"]
    found = run(copy, RUN, json.dumps([*commands(), plain]))
    assert [code for code, _ in found] == [0] * len(found)
    return [text for _, text in found]


def test_an_entry_is_all_that_importing_training_and_predicting_need(printed: list[str]) -> None:
    imported, alone, together, predicted, _ = printed
    assert imported.startswith("moduli: moduli\n24 cells in ")
    line = next(line.split() for line in alone.splitlines() if "b2 train:" in line)
    assert (line[0], line[1], line[5]) == ("bulk", "19", "GPa")
    learnt = [line.split()[0] for line in together.splitlines() if "b2 train:" in line]
    assert learnt == ["eform", "v0", "bulk"]
    (row,) = json.loads(predicted)
    assert list(row["predictions"]) == ["bulk"]
    found = row["predictions"]["bulk"]
    assert found["unit"] == "GPa"
    # Labels lie between 170 and 182.
    assert 165 < found["value"] < 187


def test_its_label_is_kept_with_the_set_and_a_set_without_it_is_as_it_was(
    copy: Path, printed: list[str], home: Path
) -> None:
    assert "24 cells" in printed[-1]
    sets = copy / "home" / "data"
    columns = pd.read_csv(sets / "moduli" / "labels.csv").columns
    assert list(columns) == ["name", "lattice", *PUBLISHED_TASKS, "volume", "bulk"]
    record = json.loads((sets / "moduli" / "source.json").read_text(encoding="utf-8"))
    assert record["columns"]["bulk"]["unit"] == "GPa"
    plain = load_labels(sets / "plain")
    assert list(plain.table.columns) == ["lattice", *TASK_KEYS]
    own, _ = import_upload(copy / "cells.zip", copy / "plain.csv", name="plain", method="")
    assert own.parent == home / "data"
    assert load_labels(own).fingerprint == plain.fingerprint


def test_it_gets_error_bars_like_any_other(copy: Path, printed: list[str]) -> None:
    assert printed
    found = run(copy, ENSEMBLE)
    assert list(found) == ["bulk"]
    assert 0 < found["bulk"]["std"] < 20
