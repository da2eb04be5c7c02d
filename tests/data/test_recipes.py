"""Which cells a generated set holds."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.data.recipes import ATOMS, families, plan_cells
from heanet.errors import ConfigError
from heanet.properties import Lattice

FIVE = [("Cr", "Mn", "Fe", "Co", "Ni"), ("Cr", "Fe", "Co", "Ni", "Pd")]


def test_families_are_symbols_or_words_with_dashes() -> None:
    assert families(["Ni", "Cr", "Fe"]) == [("Cr", "Fe", "Ni")]
    assert families(["Ni-Cr", "Fe-Pd"]) == [("Cr", "Ni"), ("Fe", "Pd")]


@pytest.mark.parametrize("elements", [["Fe"], ["Fe", "Fe"], ["Fe-Ni", "Co"], ["Fe-Fe"]])
def test_wrong_families_are_refused(elements: list[str]) -> None:
    with pytest.raises(ConfigError):
        families(elements)


def test_the_plan_is_balanced_over_lattices_component_counts_and_systems() -> None:
    recipes = plan_cells(FIVE, ["fcc", "bcc"], 400, seed=0)
    kinds = Counter((len(r.counts), r.lattice) for r in recipes)
    assert set(kinds.values()) == {50}
    systems = Counter((tuple(s for s, _ in r.counts), r.lattice) for r in recipes)
    for size in (2, 3, 4, 5):
        numbers = [n for (system, _), n in systems.items() if len(system) == size]
        assert max(numbers) - min(numbers) <= 1
    assert not any({"Mn", "Pd"} <= {s for s, _ in r.counts} for r in recipes)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 120),
    lattices=st.sampled_from([["fcc"], ["hcp", "bcc"], ["fcc", "bcc", "hcp"]]),
)
def test_cells_are_different_and_fit_their_lattice(
    seed: int, n: int, lattices: list[Lattice]
) -> None:
    recipes = plan_cells(FIVE, lattices, n, seed=seed)
    assert len({r.name for r in recipes}) == n
    shares = {(r.lattice, tuple((s, k / r.n_atoms) for s, k in r.counts)) for r in recipes}
    assert len(shares) == n
    for recipe in recipes:
        assert ATOMS[0] <= recipe.n_atoms <= ATOMS[1]
        assert all(number > 0 for _, number in recipe.counts)
        assert recipe.lattice != "hcp" or recipe.n_atoms % 2 == 0


def test_a_longer_plan_begins_with_the_shorter_one_and_a_seed_fixes_it() -> None:
    short = plan_cells(FIVE, ["fcc"], 30, seed=3)
    assert plan_cells(FIVE, ["fcc"], 60, seed=3)[:30] == short
    assert plan_cells(FIVE, ["fcc"], 30, seed=4) != short


def test_published_patterns_come_first() -> None:
    found = [dict(r.counts) for r in plan_cells([("Fe", "Ni")], ["fcc"], 3, seed=0)]
    assert found[0]["Fe"] == found[0]["Ni"]
    assert {found[1]["Fe"] / found[1]["Ni"], found[2]["Fe"] / found[2]["Ni"]} == {3.0, 1 / 3}


def test_more_cells_than_there_are_is_an_error() -> None:
    with pytest.raises(ConfigError, match="at most"):
        plan_cells([("Fe", "Ni")], ["fcc"], 100_000, seed=0)
