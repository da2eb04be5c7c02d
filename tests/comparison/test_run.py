"""The comparison itself, small: it runs, resumes, and its tables say what the fits said."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heanet.comparison import cases as cases_module
from heanet.comparison.cases import Inputs, Outcome, case_key, load_outcome, run_case, save_outcome
from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS, Recipe
from heanet.comparison.plan import Case, case_split
from heanet.comparison.results import leaderboard
from heanet.comparison.run import missing, outcome_path, outcomes, run
from heanet.comparison.tables import curve_table, error_table, prediction_table
from heanet.config import TrainConfig
from heanet.data.dataset import Dataset, make_dataset
from heanet.data.labels import load_labels
from heanet.nn.baselines import SchNetConfig
from heanet.nn.model import grid_of
from tests.alloys import SMALL
from tests.conftest import write_published

TRAIN = TrainConfig(epochs=3, batch_size=8)
SMALL_RECIPES = {
    "heanet": Recipe("element", lambda tasks: SMALL.model_copy(update={"tasks": tasks}), TRAIN),
    "published": replace(
        CONTENDERS["published"].recipe,  # type: ignore[type-var]
        train=TRAIN.model_copy(update={"is_validate": True, "loss": "l1"}),
    ),
    "schnet": Recipe(
        "atom",
        lambda tasks: SchNetConfig(tasks=tasks, hidden_channels=8, n_filters=4, n_interactions=1),
        TRAIN,
    ),
}
FOLDS = [Case("heanet", "rmsd", "grouped", fold, seed) for seed in (0, 1) for fold in range(1, 6)]
CASES = [
    *FOLDS,
    Case("heanet", "all", "b2", 0, 0),
    Case("published", "energies", "b2", 0, 0),
    Case("schnet", "magnetic", "b2", 0, 0),
    Case("gp", "all", "b2", 0, 0),
    Case("mean", "all", "b2", 0, 0),
]


@pytest.fixture(scope="module", autouse=True)
def small_recipes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for key, recipe in SMALL_RECIPES.items():
            patch.setitem(CONTENDERS, key, replace(CONTENDERS[key], recipe=recipe))
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("comparison")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEANET_HOME", str(folder / "home"))
        labels = load_labels(write_published(folder / "alloys"))
        return make_dataset(labels, grid=grid_of(SMALL), progress=False)


@pytest.fixture(scope="module")
def found(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    store = tmp_path_factory.mktemp("outcomes")
    run(dataset, CASES, store, workers=1, commit="abc1234")
    return list(outcomes(dataset, CASES, store))


def test_every_kind_of_model_predicts_every_row_of_its_split(
    dataset: Dataset, found: list[Outcome]
) -> None:
    assert [outcome.case for outcome in found] == CASES
    for outcome in found:
        split = case_split(dataset, outcome.case)
        assert outcome.tested == tuple(dataset.names[i] for i in split.test)
        rows = np.concatenate([split.train, split.validation, split.test])
        assert set(outcome.values) == set(TASK_GROUPS[outcome.case.group])
        for values in outcome.values.values():
            assert set(values) == {dataset.names[i] for i in rows}
        assert not set(outcome.trained) & set(outcome.tested)


def test_validation_rows_train_where_they_choose_nothing(found: list[Outcome]) -> None:
    by_model = {o.case.model: o for o in found if o.case.split == "b2"}
    assert len(by_model["published"].chosen_on) == 2
    assert len(by_model["published"].trained) == 19
    for model in ("heanet", "schnet", "gp", "mean"):
        assert by_model[model].chosen_on == ()
        assert len(by_model[model].trained) == 21


def test_the_training_mean_is_the_mean_of_the_training_labels(
    dataset: Dataset, found: list[Outcome]
) -> None:
    (mean,) = [outcome for outcome in found if outcome.case.model == "mean"]
    expected = dataset.labels.loc[list(mean.trained), "etot"].mean()
    assert mean.values["etot"][mean.tested[0]] == pytest.approx(expected, abs=1e-5)


def test_an_interrupted_comparison_computes_only_what_is_missing(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    run(dataset, CASES[:2], store, workers=1, commit="")
    before = {path.name: path.stat().st_mtime_ns for path in store.glob("*.json")}
    assert missing(dataset, CASES[:3], store) == CASES[2:3]
    run(dataset, CASES[:3], store, workers=1, commit="")
    after = {path.name: path.stat().st_mtime_ns for path in store.glob("*.json")}
    assert before.items() < after.items()
    assert len(after) == 3
    monkeypatch.setattr(cases_module, "CASE_VERSION", 2)
    assert missing(dataset, CASES[:3], store) == CASES[:3]


def test_other_settings_or_labels_are_another_case(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[0]
    key = case_key(dataset, case)
    recipe = replace(SMALL_RECIPES["heanet"], train=TRAIN.model_copy(update={"lr": 0.1}))
    monkeypatch.setitem(CONTENDERS, "heanet", replace(CONTENDERS["heanet"], recipe=recipe))
    assert case_key(dataset, case) != key
    other = replace(dataset, source=replace(dataset.source, fingerprint="other"))
    gp = Case("gp", "all", "b2", 0, 0)
    assert case_key(other, gp) != case_key(dataset, gp)


def test_a_damaged_outcome_is_made_again(dataset: Dataset, tmp_path: Path) -> None:
    run(dataset, CASES[:1], tmp_path, workers=1, commit="")
    path = outcome_path(tmp_path, CASES[0])
    path.write_text(path.read_text()[:100])
    assert load_outcome(path) is None
    assert missing(dataset, CASES[:1], tmp_path) == CASES[:1]


def test_an_outcome_is_read_back_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    outcome = run_case(Inputs(dataset), CASES[0], work=tmp_path, commit="abc1234")
    save_outcome(outcome, tmp_path / "one.json")
    again = load_outcome(tmp_path / "one.json")
    assert again is not None
    assert again.__dict__ == outcome.__dict__


def test_the_errors_are_those_of_the_predictions(dataset: Dataset, found: list[Outcome]) -> None:
    errors = error_table(found, dataset)
    outcome = next(o for o in found if o.case == CASES[10])
    row = errors[
        (errors["split"] == "b2") & (errors["model"] == "heanet") & (errors["rows"] == "test")
        & (errors["by"] == "all") & (errors["task"] == "ms")
    ].iloc[0]  # fmt: skip
    truth = dataset.labels.loc[list(outcome.tested), "ms"]
    guess = pd.Series(outcome.values["ms"])[truth.index]
    assert row["mae"] == pytest.approx((guess - truth).abs().mean(), rel=1e-5)
    assert row["rmse"] == pytest.approx(((guess - truth) ** 2).mean() ** 0.5, rel=1e-5)
    assert (row["n"], row["unit"], row["labels"], row["commit"]) == (
        3, "muB/atom", "corrected", "abc1234",
    )  # fmt: skip


def test_pooled_folds_hold_out_every_row_once(dataset: Dataset, found: list[Outcome]) -> None:
    errors = error_table(found, dataset)
    pooled = errors[(errors["fold"] == "pooled") & (errors["by"] == "all")]
    assert set(pooled["n"]) == {24}
    assert set(pooled["shared"]) == {0}
    folds = errors[
        (errors["split"] == "grouped") & (errors["seed"] == "0") & (errors["rows"] == "test")
        & (errors["by"] == "all") & (errors["fold"] != "pooled")
    ]  # fmt: skip
    mean = (folds["mae"] * folds["n"]).sum() / folds["n"].sum()
    assert pooled.loc[pooled["seed"] == "0", "mae"].item() == pytest.approx(mean, rel=1e-5)


def test_unfinished_folds_are_not_pooled(dataset: Dataset, found: list[Outcome]) -> None:
    without = [outcome for outcome in found if outcome.case != FOLDS[3]]
    errors = error_table(without, dataset)
    assert set(errors.loc[errors["fold"] == "pooled", "seed"]) == {"1"}
    assert len(leaderboard(errors, split="grouped")) == 1


def test_an_ensemble_is_the_mean_of_the_seeds(dataset: Dataset, found: list[Outcome]) -> None:
    errors = error_table(found, dataset)
    together = errors[
        (errors["seed"] == "ensemble") & (errors["fold"] == "pooled") & (errors["by"] == "all")
    ]
    values = {
        seed: {
            name: o.values["rmsd"][name]
            for o in found
            if o.case.split == "grouped" and o.case.seed == seed
            for name in o.tested
        }
        for seed in (0, 1)
    }
    mean = (pd.Series(values[0]) + pd.Series(values[1])) / 2
    truth = dataset.labels.loc[mean.index, "rmsd"]
    assert together["mae"].item() == pytest.approx((mean - truth).abs().mean(), rel=1e-5)


def test_parts_of_the_rows_add_up(dataset: Dataset, found: list[Outcome]) -> None:
    errors = error_table(found, dataset)
    pooled = errors[(errors["fold"] == "pooled") & (errors["seed"] == "0")]
    sizes = {by: rows["n"].sum() for by, rows in pooled.groupby("by")}
    assert sizes["all"] == sizes["n_elements"] == sizes["lattice"] == 24
    assert set(pooled.loc[pooled["by"] == "element", "part"]) == {"Cr", "Fe", "Ni"}


def test_a_shared_composition_is_counted(dataset: Dataset, found: list[Outcome]) -> None:
    errors = error_table(found, dataset)
    rows = errors[(errors["split"] == "b2") & (errors["rows"] == "test") & (errors["by"] == "all")]
    outcome = next(o for o in found if o.case == CASES[10])
    of = dict(zip(dataset.names, dataset.compositions, strict=True))
    tested = {of[name] for name in outcome.tested}
    assert set(rows["compositions"]) == {len(tested)}
    assert rows.iloc[0]["shared"] == len(tested & {of[name] for name in outcome.trained})


def test_predictions_hold_each_row_once_and_no_label(found: list[Outcome]) -> None:
    table = prediction_table(found)
    keys = ["model", "group", "split", "seed", "task", "name"]
    assert not table.duplicated(keys).any()
    assert set(table.columns) == {*keys, "rows", "value"}
    own = table[(table["model"] == "heanet") & (table["split"] == "b2") & (table["task"] == "ms")]
    assert own["rows"].value_counts().to_dict() == {"train": 21, "test": 3}
    held_out = table[table["split"] == "grouped"]
    assert set(held_out["rows"]) == {"test"}


def test_curves_have_an_entry_per_epoch_and_series(found: list[Outcome]) -> None:
    table = curve_table(found)
    own = table[(table["model"] == "heanet") & (table["split"] == "b2")]
    assert sorted(own["epoch"].unique()) == [1, 2, 3]
    assert set(own["series"]) == {"train_loss", "etot", "emix", "eform", "ms", "rmsd"}
    assert np.isfinite(own["value"]).all()


def test_the_last_point_of_a_curve_is_the_test_error(
    dataset: Dataset, found: list[Outcome]
) -> None:
    """A network that keeps its last epoch ends where its curve ends."""
    curve = curve_table(found)
    ends = curve[(curve["split"] == "grouped") & (curve["epoch"] == 3) & (curve["seed"] == "1")]
    ends = ends[ends["series"] == "rmsd"].set_index("fold")["value"]
    errors = error_table(found, dataset)
    rows = errors[
        (errors["split"] == "grouped") & (errors["rows"] == "test") & (errors["seed"] == "1")
        & (errors["fold"] != "pooled")
    ]  # fmt: skip
    assert rows.set_index("fold")["mae"].to_dict() == pytest.approx(ends.to_dict(), rel=1e-3)


def test_the_leaderboard_is_the_mean_over_seeds(dataset: Dataset, found: list[Outcome]) -> None:
    errors = error_table(found, dataset)
    board = leaderboard(errors, split="grouped")
    pooled = errors[(errors["fold"] == "pooled") & (errors["by"] == "all")]
    seeds = pooled.loc[pooled["seed"] != "ensemble", "mae"]
    row = board.iloc[0]
    assert (row["model"], row["group"], row["task"], row["seeds"]) == ("heanet", "rmsd", "rmsd", 2)
    assert row["mae"] == pytest.approx(seeds.mean())
    assert row["mae_spread"] == pytest.approx(seeds.std())
    assert row["ensemble_mae"] == pooled.loc[pooled["seed"] == "ensemble", "mae"].item()
