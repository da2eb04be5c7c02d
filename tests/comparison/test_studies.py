"""Fits that start from other fits: what they take, what they may see, and what is told of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from heanet.comparison.ablation import (
    COMMITTEES,
    ENSEMBLE,
    MEASURED,
    MEASURED_ALONE,
    MEASURED_OF,
    STEPS,
    ablation_cases,
    ablation_table,
)
from heanet.comparison.ablationreport import ablation_section
from heanet.comparison.cases import Outcome, case_key, resume_path
from heanet.comparison.contenders import CONTENDERS, START_RATES, TASK_GROUPS, VARIANTS
from heanet.comparison.plan import DIRECTIONS, TEACHER, TOGETHER, Case, case_split, part_name
from heanet.comparison.run import missing, outcome_path
from heanet.comparison.sources import Stores, load_source, source_key, source_of
from heanet.comparison.studies import Ground, run_study, study_outcomes
from heanet.comparison.transfer import (
    PERCENTS,
    POOLED,
    STRATEGIES,
    ZERO_SHOT,
    transfer_cases,
    transfer_table,
)
from heanet.data.dataset import Dataset
from heanet.data.splits import Rows
from heanet.errors import TrainingError
from heanet.mlflowrun import client_and_experiment
from heanet.studyrecord import EXPERIMENT, record_fits

pytestmark = pytest.mark.usefixtures("small_recipes")

SOURCE = Case("heanet", "energies", "to-many", 0, 0)


@pytest.fixture(scope="module", autouse=True)
def two_and_three() -> Iterator[None]:
    """The small set has no alloys of four or five components."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DIRECTIONS, "to-many", ("2", "3"))
        patch.setitem(DIRECTIONS, "to-few", ("3", "2"))
        yield


def part(strategy: str, *, fold: int = 1, percent: int = 40) -> Case:
    return Case("heanet", "energies", "to-many", fold, 0, strategy, percent)


@pytest.fixture(scope="module")
def ground(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("study")
    return Ground(dataset, folder / "own", dataset, folder / "teacher")


@pytest.fixture(scope="module")
def made(small_recipes: None, ground: Ground) -> dict[str, Outcome]:  # noqa: ARG001
    cases = [SOURCE, *map(part, ("scratch", TOGETHER, "tl1", "tl2", "frozen", TEACHER))]
    assert run_study(ground, cases, workers=1) == {}
    found = study_outcomes(ground, cases)
    assert [outcome.case for outcome in found] == cases
    return {"source": found[0], **{outcome.case.strategy: outcome for outcome in found[1:]}}


def names(dataset: Dataset, rows: Rows) -> set[str]:
    return {dataset.names[i] for i in rows}


def test_the_source_trains_on_one_kind_and_the_others_are_tested_on_the_other(
    dataset: Dataset, made: dict[str, Outcome]
) -> None:
    counts = dict(zip(dataset.names, dataset.n_components, strict=True))
    source = made["source"]
    assert {counts[n] for n in source.trained} == {2}
    assert {counts[n] for n in source.tested} == {3}
    assert len(source.tested) == 12
    composition = dict(zip(dataset.names, dataset.compositions, strict=True))
    for strategy in ("scratch", "tl1", "tl2", "frozen", TEACHER):
        outcome = made[strategy]
        assert {counts[n] for n in (*outcome.trained, *outcome.tested)} == {3}
        assert len(outcome.trained) == 5  # 40 % of 12
        seen = {composition[n] for n in outcome.trained}
        assert not seen & {composition[n] for n in outcome.tested}
    both = made[TOGETHER]
    assert set(both.trained) == set(source.trained) | set(made["scratch"].trained)
    assert both.tested == made["scratch"].tested


def test_every_strategy_ends_somewhere_else(made: dict[str, Outcome]) -> None:
    name = made["scratch"].tested[0]
    values = [made[s].values["eform"][name] for s in ("scratch", "tl1", "tl2", "frozen", TEACHER)]
    assert len(set(values)) == len(values)


def test_a_source_keeps_its_weights_and_what_they_know(
    ground: Ground, made: dict[str, Outcome]
) -> None:
    stores = Stores(ground.store, ground.teacher_store)
    source = load_source(stores.weights(SOURCE))
    assert source_key(stores.weights(SOURCE)) == made["source"].key
    assert source.elements == ("Cr", "Fe", "Ni")
    assert source.lattices == ("bcc", "fcc")
    assert source.model.tasks == TASK_GROUPS["energies"]
    taught = source_of(part(TEACHER))
    assert taught == Case("heanet", "energies", TEACHER, 0, 0)
    assert stores.weights(taught).parent == ground.teacher_store
    assert source_of(part("scratch")) is None
    assert source_of(part(TOGETHER)) is None
    with pytest.raises(TrainingError, match="universal potential"):
        Stores(ground.store).weights(taught)
    broken = stores.weights(SOURCE).with_name("broken.safetensors")
    broken.write_bytes(b"no weights")
    assert source_key(broken) == ""
    with pytest.raises(TrainingError, match="cannot be read"):
        load_source(broken)


def test_a_source_without_its_weights_is_made_again(
    ground: Ground, made: dict[str, Outcome]
) -> None:
    stores = Stores(ground.store, ground.teacher_store)
    before = load_source(stores.weights(SOURCE)).tensors
    stores.weights(SOURCE).unlink()
    assert missing(ground.dataset, [SOURCE, part("tl1"), part("scratch")], ground.store) == [
        SOURCE,
        part("tl1"),
    ]
    assert run_study(ground, [part("tl1")], workers=1) == {}
    again = load_source(stores.weights(SOURCE)).tensors
    assert all(torch.equal(again[name], before[name]) for name in before)
    assert missing(ground.dataset, [SOURCE, part("tl1")], ground.store) == []
    assert study_outcomes(ground, [part("tl1")])[0].values == made["tl1"].values


def test_a_fit_from_another_source_is_another_fit(ground: Ground, tmp_path: Path) -> None:
    key = case_key(ground.dataset, part("tl1"), Stores(ground.store))
    assert key != case_key(ground.dataset, part("tl1"), Stores(tmp_path))
    assert key != case_key(ground.dataset, part("frozen"), Stores(ground.store))
    own = case_key(ground.dataset, part("scratch"), Stores(ground.store))
    assert own == case_key(ground.dataset, part("scratch"), Stores(tmp_path))


def test_a_part_is_the_split_that_its_name_says(dataset: Dataset) -> None:
    assert part_name(part("tl1")) == "3 components, repeat 2, fold 1 of 5, 40 %"
    along = "2 components with 3 components, repeat 2, fold 1 of 5, 40 %"
    assert part_name(part(TOGETHER)) == along
    split = case_split(dataset, part("tl1"))
    np.testing.assert_array_equal(split.test, dataset.split(part_name(part("tl1"))).test)
    tested = [i for k in range(1, 6) for i in case_split(dataset, part("tl1", fold=k)).test]
    assert sorted(tested) == np.flatnonzero([n == 3 for n in dataset.n_components]).tolist()


def test_the_plan_has_every_strategy_group_and_part_five_times() -> None:
    cases = transfer_cases(with_teacher=True)
    assert len(set(cases)) == len(cases)
    own = [case for case in cases if case.model == "heanet" and case.percent]
    arms = {(c.split, c.strategy, c.group, c.percent) for c in own}
    assert len(own) == 5 * len(arms)
    assert {s for _, s, _, _ in arms} == set(STRATEGIES) - {ZERO_SHOT}
    assert {p for *_, p in arms} == set(PERCENTS)
    assert all(case.seed == case.fold - 1 for case in own)
    assert {source_of(c) for c in own if c.strategy == "tl1"} <= set(cases)
    assert TEACHER not in {case.strategy for case in transfer_cases(with_teacher=False)}
    assert len({str(case) for case in cases}) == len(cases)
    assert set(START_RATES) == set(STRATEGIES) - {"scratch", ZERO_SHOT, TOGETHER}


def fake(case: Case, dataset: Dataset, off: float, **changes: tuple[str, ...]) -> Outcome:
    """An outcome whose every prediction is off by the same."""
    split = case_split(dataset, case)
    rows = np.concatenate([split.train, split.validation, split.test])
    tasks = TASK_GROUPS[case.group]
    values = {
        t: {dataset.names[i]: float(dataset.labels[t].iloc[i]) + off for i in rows} for t in tasks
    }
    known = {
        "trained": tuple(dataset.names[i] for i in split.train),
        "chosen_on": (),
        "tested": tuple(dataset.names[i] for i in split.test),
    }
    return Outcome(case=case, key="k", commit=f"c{case.fold}", values=values, curve=[], seconds=1.0,
                   **{**known, **changes})  # fmt: skip


def test_the_table_pools_the_folds_and_judges_zero_shot_on_the_same_rows(dataset: Dataset) -> None:
    folds = range(1, 6)
    parts = [Case("heanet", "rmsd", "to-many", k, k - 1, "tl1", 40) for k in folds]
    sources = [Case("heanet", "rmsd", "to-many", 0, k - 1) for k in folds]
    outcomes = [fake(case, dataset, 0.01 * case.fold) for case in parts]
    outcomes += [fake(case, dataset, 0.1 * (case.seed + 1)) for case in sources]
    table = transfer_table(outcomes, dataset)
    tl1 = table[(table["strategy"] == "tl1")].set_index("fold")
    assert tl1["mae"].drop(POOLED).round(6).tolist() == [0.01, 0.02, 0.03, 0.04, 0.05]
    sizes = tl1["n"].drop(POOLED)
    assert tl1.loc[POOLED, "n"] == sizes.sum() == 12
    expected = (sizes * tl1["mae"].drop(POOLED)).sum() / 12
    assert tl1.loc[POOLED, "mae"] == pytest.approx(expected, rel=1e-5)
    assert set(tl1["n_train"]) == {5.0}
    assert tl1.loc[POOLED, "commit"] == "c1 c2 c3 c4 c5"
    zero = table[table["strategy"] == ZERO_SHOT].set_index("fold")
    assert zero["mae"].drop(POOLED).round(6).tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert zero["n"].to_dict() == tl1["n"].to_dict()
    assert set(zero["percent"]) == set(zero["n_train"]) == {0}
    less = transfer_table(outcomes[1:5], dataset)
    assert POOLED not in set(less["fold"])


def test_rows_that_train_along_do_not_count_as_rows_of_the_target(dataset: Dataset) -> None:
    case = Case("heanet", "all", "to-many", 1, 0, TOGETHER, 40)
    outcome = fake(case, dataset, 0.0)
    assert len(outcome.trained) == 5 + 12
    assert set(transfer_table([outcome], dataset)["n_train"]) == {5.0}


def test_the_ablation_averages_seeds_and_steps(dataset: Dataset) -> None:
    """Errors of +2 and -1 average to 0.5; a committee averages over its steps as well."""
    cases = [c for c in ablation_cases(with_teacher=True) if c.group in {"all", "rmsd"}]
    first, second = (next(s for s in STEPS if s.key == key) for key in ("base", "alone"))
    own = [c for c in cases if (c.model, c.strategy) == ("heanet", "scratch") and c.seed in {0, 1}]
    off = {("all", 0): 2.0, ("all", 1): -1.0, ("rmsd", 0): -4.0, ("rmsd", 1): -4.0}
    table = ablation_table([fake(c, dataset, off[c.group, c.seed]) for c in own], dataset)
    rmsd = table[(table["task"] == "rmsd") & (table["part"] == "all")]
    base = rmsd[rmsd["step"] == first.key].set_index("seed")["mae"]
    assert base.to_dict() == {"0": 2.0, "1": 1.0, ENSEMBLE: 0.5}
    alone = rmsd[rmsd["step"] == second.key].set_index("seed")["mae"]
    assert alone[ENSEMBLE] == 4.0
    committee = rmsd[rmsd["step"] == "all and alone"]["mae"]
    assert committee.tolist() == [pytest.approx((2 - 1 - 4 - 4) / -4)]
    assert "unrelaxed input" not in set(table["step"])
    parts = table[(table["step"] == "base") & (table["task"] == "rmsd") & (table["seed"] == "0")]
    assert parts.set_index("part")["n"].to_dict() == {"all": 24, "2": 12, "3": 12}


def test_a_measured_displacement_takes_the_place_of_a_prediction(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = dataset.labels["rmsd"]
    seen = {str(name): float(labels[name]) + 0.5 for name in labels.index[:6]}
    monkeypatch.setattr("heanet.comparison.ablation.displacements", lambda _: seen)
    steps = {step.key: step for step in STEPS if step.key in COMMITTEES[MEASURED_OF]}
    own = [
        case
        for case in ablation_cases(with_teacher=True)
        if any(
            (case.model, case.strategy, case.group in step.groups)
            == (step.model, step.strategy, True)
            for step in steps.values()
        )
    ]
    found = [fake(case, dataset, 2.0) for case in own]
    table = ablation_table(found, dataset, teacher=dataset)
    rmsd = table[(table["task"] == "rmsd") & (table["part"] == "all")].set_index("step")
    assert rmsd.loc[MEASURED_OF, "mae"] == pytest.approx(2.0)
    assert rmsd.loc[MEASURED, "mae"] == pytest.approx((6 * 0.5 + 18 * 2.0) / 24)
    assert rmsd.loc[MEASURED_ALONE, ["mae", "n"]].tolist() == pytest.approx([0.5, 6])
    assert MEASURED not in set(table[table["task"] != "rmsd"]["step"])
    source = dataset.source
    said = f"{source.name}, 24 cells, fingerprint {source.fingerprint[:12]}"
    named = {step: set(own["teacher"]) for step, own in table.groupby("step")}
    assert [named[step] for step in ("base", "all and alone", MEASURED_ALONE)] == [{""}] * 3
    assert [named[step] for step in ("teacher", MEASURED_OF, MEASURED)] == [{said}] * 3
    assert f"The teacher's labels are those of {said}" in ablation_section(table)
    assert "teacher's labels" not in ablation_section(ablation_table(found, dataset))


def test_steps_and_committees_name_what_there_is() -> None:
    keys = [step.key for step in STEPS]
    assert len(set(keys)) == len(keys)
    assert {step.model for step in STEPS} <= {*CONTENDERS, *VARIANTS}
    assert {key for steps in COMMITTEES.values() for key in steps} <= set(keys)
    assert set(VARIANTS) == {step.model for step in STEPS} - {"heanet"}


def test_fits_are_recorded_once(
    dataset: Dataset, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    one = fake(part("tl1"), dataset, 0.25)
    home.mkdir(exist_ok=True)
    assert record_fits("transfer", [one], dataset, progress=False) == ""
    assert record_fits("transfer", [one], dataset, progress=False) == ""
    client, experiment = client_and_experiment(EXPERIMENT)
    (run,) = client.search_runs([experiment])
    assert run.info.run_name == str(one.case)
    assert run.info.status == "FINISHED"
    assert run.data.metrics["test_mae.eform"] == pytest.approx(0.25)
    assert run.data.params["split_name"] == part_name(one.case)
    assert run.data.params["strategy"] == "tl1"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert "127.0.0.1" in record_fits("transfer", [one], dataset, progress=False)


def test_nothing_unfinished_stays_behind(ground: Ground, made: dict[str, Outcome]) -> None:
    for outcome in made.values():
        assert outcome_path(ground.store, outcome.case).exists()
        assert not resume_path(ground.store, outcome.case).exists()
