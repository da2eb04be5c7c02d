"""models/make_model.py, on a small set and for few epochs: a model whose bodies were taught."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from heanet.config import ModelConfig
from heanet.fileprediction import predict_files
from heanet.prediction import load_model
from heanet.training.inputs import dataset_for

ROOT = Path(__file__).parents[1]
NAMES = ("hea-six", "hea-built")


@pytest.fixture
def make_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, writing into a temporary folder."""
    spec = importlib.util.spec_from_file_location("make_model", ROOT / "models" / "make_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "make_model", module)  # its workers look there
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(module, "TABLES", tmp_path / "models.md")
    (tmp_path / "models.md").write_text("Before\n<!-- hea-six:start -->\n<!-- hea-six:end -->\n")
    return module


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_models_are_those_of_the_script(make_model: ModuleType, name: str) -> None:
    release, card = make_model.RELEASES[name], load_model(name).card
    members = release.members(None)
    shapes = tuple(member.model for member in members)
    fitted = tuple(member.train for member in members)
    assert (card.models or (card.model,) * len(card.seeds)) == shapes
    assert (
        card.trains or tuple(card.train.model_copy(update={"seed": s}) for s in card.seeds)
    ) == (fitted)
    assert (card.start is not None) == bool(release.lessons)
    if card.start is not None:
        assert card.start.strategy == "teacher"
        assert len(card.start.names) >= 2990
        assert len(card.start.fingerprint) == 64


def test_a_model_is_made_of_parts_and_says_what_it_started_from(
    make_model: ModuleType,
    make_published: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def other_energies(labels: pd.DataFrame) -> None:
        labels["ms"] = labels["ms"] / 2
        labels["mb"] = labels["mb"] / 2

    own, taught = make_published(), make_published(other_energies, folder="teacher")
    whole = make_model.RELEASES["hea-six"]
    parts = tuple(
        replace(part, train=part.train.model_copy(update={"epochs": 2})) for part in whole.parts
    )
    small = replace(whole, parts=(parts[0], parts[2]))
    monkeypatch.setitem(make_model.RELEASES, "hea-six", small)
    monkeypatch.setattr(make_model, "SEEDS", (0, 1))
    monkeypatch.setattr(make_model, "N_FOLDS", 2)
    monkeypatch.setattr(make_model, "SAMPLES", own / "structures")
    # In this process: workers would read the releases as they are.
    monkeypatch.setattr(make_model, "ProcessPoolExecutor", _Here)
    make_model.main("hea-six", data=str(own), teacher=str(taught), workers=1)
    model = load_model(tmp_path / "shipped" / "hea-six")
    card = model.card
    assert [shape.tasks for shape in card.models] == 2 * [parts[0].model.tasks] + 2 * [("rmsd",)]
    assert [train.lr for train in card.trains] == [5e-4, 5e-4, 2e-3, 2e-3]
    assert card.seeds == (0, 1, 0, 1)
    assert card.start is not None
    found = dataset_for(str(taught), ModelConfig(), corrected=True)
    assert (card.start.data, card.start.fingerprint) == ("teacher", found.source.fingerprint)
    assert card.start.names == tuple(found.names)
    assert [metric.n for metric in card.metrics] == [24] * 6
    golden = json.loads((tmp_path / "shipped" / "hea-six" / "golden.json").read_text())
    again = predict_files([own / "structures" / row["file"] for row in golden], model)
    assert len(golden) == 24
    assert [row["predictions"]["ms"]["value"] for row in again] == pytest.approx(
        [row["predictions"]["ms"]["value"] for row in golden]
    )
    table = (tmp_path / "models.md").read_text()
    assert "`hea-six`: 4 networks, trained on 24 cells" in table


def test_without_a_teacher_nothing_is_fitted(make_model: ModuleType) -> None:
    with pytest.raises(SystemExit, match="--teacher"):
        make_model.main("hea-six")


class _Here:
    """A pool of processes, without processes."""

    def __init__(self, workers: int) -> None:
        assert workers == 1

    def __enter__(self) -> "_Here":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    map = staticmethod(map)
