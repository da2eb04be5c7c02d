"""The comparison itself, small: it runs, resumes, and its tables say what the fits said."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from heanet.comparison import cases as cases_module
from heanet.comparison import run as run_module
from heanet.comparison.cases import Outcome, resume_path
from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.inputs import Inputs
from heanet.comparison.plan import Case, case_split
from heanet.comparison.results import leaderboard
from heanet.comparison.run import LOCK, failure, missing, run
from heanet.comparison.tables import curve_table, error_table, prediction_table
from heanet.data.dataset import Dataset
from heanet.errors import TrainingError

pytestmark = pytest.mark.usefixtures("small_recipes")

FOLDS = [Case("heanet", "rmsd", "grouped", fold, seed) for seed in (0, 1) for fold in range(1, 6)]
CASES = [
    *FOLDS,
    Case("heanet", "all", "b2", 0, 0),
    Case("published", "energies", "b2", 0, 0),
    Case("schnet", "magnetic", "b2", 0, 0),
    Case("gp", "all", "b2", 0, 0),
    Case("mean", "all", "b2", 0, 0),
]


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


GOOD, BAD, LAST = CASES[-1], CASES[-2], CASES[0]


def test_a_fit_that_fails_does_not_keep_the_others_from_being_made(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = run_module.run_case

    def one_fails(inputs: Inputs, case: Case, **options: object) -> Outcome | None:
        if case == BAD:
            raise TrainingError("The loss is no longer finite in epoch 2", fix="Lower --lr.")
        return real(inputs, case, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "run_case", one_fails)
        failed = run(dataset, [GOOD, BAD, LAST], tmp_path, workers=1, commit="")
    assert list(failed) == [BAD]
    assert str(failure(failed)) == (
        "1 fit failed: gp-all-b2-seed0 (The loss is no longer finite in epoch 2). "
        "The same command tries them again."
    )
    assert missing(dataset, [GOOD, BAD, LAST], tmp_path) == [BAD]
    assert run(dataset, [GOOD, BAD, LAST], tmp_path, workers=1, commit="") == {}
    assert missing(dataset, [GOOD, BAD, LAST], tmp_path) == []


def test_a_killed_worker_is_told_and_what_is_finished_is_kept(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = run_module.run_case

    def killed(inputs: Inputs, case: Case, **options: object) -> Outcome | None:
        if case == BAD:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(inputs, case, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "run_case", killed)
    failed = run(dataset, [GOOD, BAD, LAST], tmp_path, workers=1, commit="")
    assert list(failed) == [BAD, LAST]
    said = str(failure(failed))
    assert said.startswith("2 fits failed: gp-all-b2-seed0, heanet-rmsd-grouped-fold1-seed0 (a ")
    assert "a worker process was killed" in said
    assert missing(dataset, [GOOD, BAD, LAST], tmp_path) == [BAD, LAST]


def test_many_failures_make_a_short_line_and_each_reason_is_told() -> None:
    failed: dict[Case, BaseException] = dict.fromkeys(FOLDS, TrainingError("Too hot"))
    failed[GOOD] = ValueError("too cold")
    assert str(failure(failed)) == (
        f"11 fits failed: {', '.join(str(case) for case in FOLDS[:5])} and 5 more (Too hot); "
        "mean-all-b2-seed0 (ValueError: too cold). The same command tries them again."
    )


def test_two_runs_do_not_share_a_store(dataset: Dataset, tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / LOCK),
        pytest.raises(TrainingError, match=r"Another process is fitting.*HEANET_HOME"),
    ):
        run(dataset, [GOOD], tmp_path, workers=1, commit="")
    assert missing(dataset, [GOOD], tmp_path) == [GOOD]
    run(dataset, [GOOD], tmp_path, workers=1, commit="")
    assert missing(dataset, [GOOD], tmp_path) == []


def test_a_fit_is_given_up_only_once_its_outcome_is_saved(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "save_outcome", full)
        failed = run(dataset, [LAST], tmp_path, workers=1, commit="")
    assert "No space left on device" in str(failure(failed))
    assert resume_path(tmp_path, LAST).is_file()
    assert run(dataset, [LAST], tmp_path, workers=1, commit="") == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOCK, f"{LAST}.json"]


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
    assert set(table.columns) == {*keys, "fold", "rows", "value"}
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
