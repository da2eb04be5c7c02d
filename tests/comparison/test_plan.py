"""What is compared: every model on every split, and each row where it belongs."""

from itertools import pairwise

import pytest

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.plan import FOLD_SEED, N_FOLDS, SPLITS, Case, case_split, plan
from heanet.data.splits import grouped_folds
from heanet.errors import ConfigError
from tests.alloys import small_dataset


def test_the_plan_holds_every_network_on_every_split_group_and_seed() -> None:
    networks = [key for key, contender in CONTENDERS.items() if contender.recipe]
    cases = set(plan())
    for model in networks:
        for group in TASK_GROUPS:
            for seed in range(3):
                own = {
                    (c.split, c.fold)
                    for c in cases
                    if c.model == model and c.seed == seed and c.group == group
                }
                assert own == {(s, 0) for s in SPLITS[:-1]} | {("grouped", k) for k in range(1, 6)}


def test_models_without_a_network_are_fitted_once() -> None:
    for model in ("gp", "mean"):
        cases = [case for case in plan() if case.model == model]
        assert {(case.group, case.seed) for case in cases} == {("all", 0)}
        assert len(cases) == len(SPLITS) - 1 + N_FOLDS


def test_the_shipped_models_cross_validation_is_part_of_the_plan() -> None:
    seeds = {c.seed for c in plan() if (c.model, c.group, c.split) == ("heanet", "all", "grouped")}
    assert seeds == {0, 1, 2, 3, 4}


def test_no_case_is_planned_twice() -> None:
    cases = plan(seeds=(0, 1, 0))
    assert all(one != other for one, other in pairwise(sorted(cases)))


def test_a_part_of_the_plan() -> None:
    assert plan(models=["schnet"], groups=["rmsd"], splits=["a2"], seeds=[1]) == [
        Case("schnet", "rmsd", "a2", 0, 1)
    ]


@pytest.mark.parametrize(
    ("part", "name"), [("models", "heanets"), ("groups", "energy"), ("splits", "b3")]
)
def test_an_unknown_name_is_refused_by_name(part: str, name: str) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' is nothing that is compared"):
        plan(**{part: [name]})


def test_a_fold_is_that_of_the_fold_seed() -> None:
    dataset = small_dataset()
    folds = list(grouped_folds(dataset.compositions, n_folds=N_FOLDS, seed=FOLD_SEED))
    for k, fold in enumerate(folds, start=1):
        split = case_split(dataset, Case("heanet", "all", "grouped", k, 0))
        assert split.test.tolist() == fold.test.tolist()


def test_a_case_names_everything_that_it_is() -> None:
    names = [str(case) for case in plan()]
    assert len(set(names)) == len(names)
