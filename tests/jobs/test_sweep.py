"""Sweeps: which runs one launch makes, what they are called, how long they take together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.config import RunConfig, TrainConfig
from heanet.errors import ConfigError
from heanet.jobs.sweep import (
    MAX_RUNS,
    endings,
    free_name,
    parse_seeds,
    sweep,
    taken_names,
    time_needed,
)
from heanet.modelinput import MODELS
from heanet.training.runfolder import MAX_NAME, check_name, trained_home

CONFIG = RunConfig(split="b1", train=TrainConfig(seed=7, epochs=3))


def test_a_sweep_is_every_split_with_every_seed_in_order() -> None:
    found = sweep(CONFIG, "x", splits=["b2", "fold 1 of 5"], seeds=[1, 0])
    assert list(found) == ["x-b2-seed1", "x-b2-seed0", "x-fold-1-of-5-seed1", "x-fold-1-of-5-seed0"]
    assert [(c.split, c.train.seed) for c in found.values()] == [
        ("b2", 1), ("b2", 0), ("fold 1 of 5", 1), ("fold 1 of 5", 0),
    ]  # fmt: skip
    assert {c.train.epochs for c in found.values()} == {3}
    assert found == sweep(CONFIG, "x", splits=["b2", "fold 1 of 5", "b2"], seeds=[1, 0, 1])


def test_names_say_only_what_varies() -> None:
    assert sweep(CONFIG, "x") == {"x": CONFIG}
    assert list(sweep(CONFIG, "x", splits=["b2"], seeds=[3])) == ["x"]
    assert list(sweep(CONFIG, "x", seeds=[0, 1])) == ["x-seed0", "x-seed1"]
    assert list(sweep(CONFIG, "x", splits=["b0", "a2"])) == ["x-b0", "x-a2"]
    assert endings(["b0", "a2"], [4]) == ["-b0", "-a2"]


def test_a_sweep_too_large_or_misnamed_is_refused() -> None:
    assert len(sweep(CONFIG, "x", seeds=range(MAX_RUNS))) == MAX_RUNS
    with pytest.raises(ConfigError, match="5 splits with 13 seeds are 65 runs"):
        sweep(CONFIG, "x", splits=[f"fold {k} of 5" for k in range(1, 6)], seeds=range(13))
    with pytest.raises(ConfigError, match="name 'a b'"):
        sweep(CONFIG, "a b")
    with pytest.raises(ConfigError, match="name ''"):
        sweep(CONFIG, "")
    with pytest.raises(ConfigError, match="seed"):
        sweep(CONFIG, "x", seeds=[2**32])


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0", (0,)),
        ("0, 1,2", (0, 1, 2)),
        ("3-5", (3, 4, 5)),
        ("3 – 5; 1", (3, 4, 5, 1)),
        ("1 1 2", (1, 2)),
        ("7，8、9", (7, 8, 9)),
        (" 4 ", (4,)),
    ],
)
def test_seeds_are_read_as_people_write_them(text: str, seeds: tuple[int, ...]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "one", "1.5", "-1", "5-3", "0-100000", "1,,x", "1-2-3"])
def test_what_is_no_seed_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="whole numbers"):
        parse_seeds(text)


def test_a_free_name_is_free_for_every_run() -> None:
    assert free_name("x", set()) == "x"
    assert free_name("x", {"x", "x-2"}) == "x-3"
    assert free_name("x", {"x"}, added=["-seed0", "-seed1"]) == "x"
    assert free_name("x", {"x-seed1"}, added=["-seed0", "-seed1"]) == "x-2"


@given(
    wanted=st.text("ab", min_size=1, max_size=2 * MAX_NAME),
    n_taken=st.integers(0, 12),
    added=st.sampled_from([[""], ["-seed0", "-seed1"], ["-fold-1-of-5-seed4294967295"]]),
)
def test_free_names_can_be_names(wanted: str, n_taken: int, added: list[str]) -> None:
    taken: set[str] = set()
    for _ in range(n_taken + 1):
        name = free_name(wanted, taken, added=added)
        new = {check_name(name + ending) for ending in added}
        assert not new & taken
        taken |= new


def test_taken_names_are_those_of_runs_and_models() -> None:
    assert taken_names() == set(MODELS.values())
    (trained_home() / "mine").mkdir(parents=True)
    assert taken_names() == {*MODELS.values(), "mine"}


def test_runs_fill_the_slots_in_their_order() -> None:
    assert time_needed([5.0], n_slots=4) == 5.0
    assert time_needed([1.0, 2.0, 3.0], n_slots=1) == 6.0
    # 3 and 1 begin; 2 follows the 1, 4 follows whichever of both ends at 3.
    assert time_needed([3.0, 1.0, 2.0, 4.0], n_slots=2) == 7.0
    assert time_needed([], n_slots=2) == 0.0
