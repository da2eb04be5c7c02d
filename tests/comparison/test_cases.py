"""One case: what it may learn from, the unit of its curve, and going on where it was."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from heanet.comparison.cases import (
    Inputs,
    Outcome,
    case_key,
    load_outcome,
    resume_path,
    run_case,
    save_outcome,
)
from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.plan import Case, case_split
from heanet.comparison.run import missing, outcome_path, run
from heanet.data.dataset import Dataset
from heanet.data.splits import Rows
from tests.comparison.small import SMALL_RECIPES, TRAIN

pytestmark = pytest.mark.usefixtures("small_recipes")

FOLD = Case("heanet", "rmsd", "grouped", 1, 0)
MODELS = tuple(CONTENDERS)


def made(dataset: Dataset, case: Case, work: Path) -> Outcome:
    work.mkdir(exist_ok=True)
    outcome = run_case(Inputs(dataset), case, work=work, commit="abc1234")
    assert outcome is not None
    return outcome


def scrambled(dataset: Dataset, rows: Rows) -> Dataset:
    """Labels of some rows exchanged among them and made absurd."""
    labels = dataset.labels.copy()
    labels.iloc[rows] = 3 * labels.iloc[np.roll(rows, 1)].to_numpy() + 7
    return replace(dataset, labels=labels)


@pytest.mark.parametrize("model", MODELS)
def test_the_labels_of_the_test_rows_change_no_prediction(
    model: str, dataset: Dataset, tmp_path: Path
) -> None:
    case = Case(model, "all", "b2", 0, 0)
    split = case_split(dataset, case)
    before = made(dataset, case, tmp_path / "before")
    after = made(scrambled(dataset, split.test), case, tmp_path / "after")
    assert after.values == before.values
    # The scrambled labels were there: those who watch the test rows saw them, and nobody else.
    assert (after.curve != before.curve) == bool(before.curve)
    assert made(scrambled(dataset, split.train), case, tmp_path / "train").values != before.values


@pytest.mark.parametrize("model", ["heanet", "schnet", "published"])
def test_a_curve_is_in_the_unit_of_its_task(
    model: str, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error in the best epoch is that of the predictions, in Bohr magnetons per atom."""
    monkeypatch.setitem(TASK_GROUPS, "magnetic", ("ms",))  # one tower: no mean over a group
    outcome = made(dataset, Case(model, "magnetic", "b2", 0, 0), tmp_path)
    truth = dataset.labels["ms"]
    error = np.mean([abs(outcome.values["ms"][name] - truth[name]) for name in outcome.tested])
    curve = [point["ms"] for point in outcome.curve]
    assert len(curve) == TRAIN.epochs
    if model == "published":  # the validation rows choose its epoch
        assert np.min(np.abs(np.array(curve) / error - 1)) < 1e-3
    else:
        assert curve[-1] == pytest.approx(error, rel=1e-3)


@pytest.fixture
def stopped(dataset: Dataset, tmp_path: Path) -> Iterator[Path]:
    """A folder with a fit that was stopped after its second epoch."""
    asked = iter([False, False, True])
    outcome = run_case(
        Inputs(dataset), FOLD, work=tmp_path, commit="", should_stop=lambda: next(asked)
    )
    assert outcome is None
    yield tmp_path
    assert resume_path(tmp_path, FOLD).is_file()


def test_a_stopped_fit_goes_on_where_it_was(
    stopped: Path, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> None:
    resume = resume_path(stopped, FOLD)
    with safe_open(resume, framework="np") as file:
        record = json.loads(file.metadata()["run"])
    assert [epoch["epoch"] for epoch in record["history"]] == [1, 2]
    record["history"][0]["train_loss"] = 123.0  # a mark: epoch 1 is not made again
    save_file(load_file(resume), resume, metadata={"run": json.dumps(record)})
    outcome = made(dataset, FOLD, stopped)
    assert [point["train_loss"] == 123.0 for point in outcome.curve] == [True, False, False]
    whole = made(dataset, FOLD, tmp_path_factory.mktemp("whole"))
    assert outcome.values == whole.values


@pytest.mark.parametrize("kind", ["damaged", "stale"])
def test_a_state_that_cannot_be_continued_is_begun_anew(
    kind: str, stopped: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    resume = resume_path(stopped, FOLD)
    if kind == "damaged":
        resume.write_bytes(resume.read_bytes()[:100])
    else:
        train = TRAIN.model_copy(update={"lr": 0.003})
        recipe = replace(SMALL_RECIPES["heanet"], train=train)
        monkeypatch.setitem(CONTENDERS, "heanet", replace(CONTENDERS["heanet"], recipe=recipe))
    outcome = made(dataset, FOLD, stopped)
    assert outcome.values == made(dataset, FOLD, stopped / "new").values


def test_two_processes_do_not_write_into_one_scratch_file(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = made(dataset, Case("mean", "all", "b2", 0, 0), tmp_path)
    scratch = []
    monkeypatch.setattr(Path, "replace", lambda self, _: scratch.append(self))
    for process in (11, 12):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        save_outcome(outcome, tmp_path / "one.json")
    assert len(set(scratch)) == 2
    assert tmp_path / "one.json" not in scratch


def test_the_training_mean_is_the_mean_of_the_training_labels(
    dataset: Dataset, tmp_path: Path
) -> None:
    mean = made(dataset, Case("mean", "all", "b2", 0, 0), tmp_path)
    expected = dataset.labels.loc[list(mean.trained), "etot"].mean()
    assert mean.values["etot"][mean.tested[0]] == pytest.approx(expected, abs=1e-5)


def test_other_settings_or_labels_are_another_case(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = FOLD
    key = case_key(dataset, case)
    recipe = replace(SMALL_RECIPES["heanet"], train=TRAIN.model_copy(update={"lr": 0.1}))
    monkeypatch.setitem(CONTENDERS, "heanet", replace(CONTENDERS["heanet"], recipe=recipe))
    assert case_key(dataset, case) != key
    other = replace(dataset, source=replace(dataset.source, fingerprint="other"))
    gp = Case("gp", "all", "b2", 0, 0)
    assert case_key(other, gp) != case_key(dataset, gp)


def test_a_damaged_outcome_is_made_again(dataset: Dataset, tmp_path: Path) -> None:
    run(dataset, [FOLD], tmp_path, workers=1, commit="")
    path = outcome_path(tmp_path, FOLD)
    path.write_text(path.read_text()[:100])
    assert load_outcome(path) is None
    assert missing(dataset, [FOLD], tmp_path) == [FOLD]


def test_an_outcome_is_read_back_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    outcome = made(dataset, FOLD, tmp_path)
    save_outcome(outcome, tmp_path / "one.json")
    again = load_outcome(tmp_path / "one.json")
    assert again is not None
    assert again.__dict__ == outcome.__dict__
