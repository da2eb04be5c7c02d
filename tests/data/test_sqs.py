"""The search for quasirandom arrangements: repeatable, better than chance, and it can be ended."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from heanet.data import sqs
from heanet.data.ideallattice import ideal_sites
from heanet.data.shortrangeorder import short_range_order
from heanet.data.sqs import estimate_seconds, find_sqs
from heanet.errors import StructureError

CANTOR = {"Cr": 8, "Mn": 8, "Fe": 8, "Co": 8, "Ni": 8}


def disorder(symbols: list[str]) -> float:
    """Mean distance from random in the nearest two shells of 40 fcc sites."""
    sites = ideal_sites("fcc", 40)
    order = short_range_order(Structure(sites.lattice, symbols, sites.frac_coords), 2)
    return float(order["alpha"].abs().mean())


@settings(max_examples=15)
@given(
    numbers=st.lists(st.integers(1, 8), min_size=1, max_size=4),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_atom_gets_a_site(numbers: list[int], seed: int) -> None:
    counts = dict(zip(("Cr", "Fe", "Co", "Ni"), numbers, strict=False))
    sites = ideal_sites("bcc", sum(numbers))
    assert Counter(find_sqs(sites, counts, seed=seed, iterations=200)) == counts


def test_the_same_seed_gives_the_same_arrangement() -> None:
    sites = ideal_sites("fcc", 40)
    first, again, other = (
        find_sqs(sites, CANTOR, seed=seed, iterations=5_000) for seed in (3, 3, 4)
    )
    assert first == again != other


def test_it_is_closer_to_random_than_chance_is() -> None:
    sites = ideal_sites("fcc", 40)
    rng = np.random.default_rng(0)
    drawn = [disorder(rng.permutation(np.repeat(list(CANTOR), 8)).tolist()) for _ in range(40)]
    found = [disorder(find_sqs(sites, CANTOR, seed=s, iterations=20_000)) for s in range(4)]
    assert np.mean(found) < 0.75 * np.mean(drawn)
    assert max(found) < np.quantile(drawn, 0.1)


def test_progress_rises_to_the_end() -> None:
    told: list[float] = []
    find_sqs(ideal_sites("fcc", 40), CANTOR, seed=0, iterations=20_000, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    assert len(told) > 5


def test_a_stopped_search_gives_the_best_so_far() -> None:
    told: list[float] = []
    symbols = find_sqs(
        ideal_sites("fcc", 40),
        CANTOR,
        seed=0,
        iterations=2_000_000,
        on_progress=told.append,
        should_stop=lambda: len(told) > 3,
    )
    assert Counter(symbols) == CANTOR
    assert told[-1] < 0.5


def test_one_element_needs_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs, "_search", None)
    assert find_sqs(ideal_sites("fcc", 3), {"Ni": 3}, seed=0) == ["Ni"] * 3


@pytest.mark.parametrize(("n_atoms", "iterations"), [(400, 10**9), (2_001, 1)])
def test_hours_are_refused_beforehand(n_atoms: int, iterations: int) -> None:
    half = n_atoms // 2
    counts = {"Fe": half, "Ni": n_atoms - half}
    with pytest.raises(StructureError, match=r"hours.*at most 1 hour|at most 2,000 atoms"):
        find_sqs(ideal_sites("fcc", n_atoms), counts, seed=0, iterations=iterations)


def test_the_estimate_grows_with_atoms_and_arrangements() -> None:
    assert estimate_seconds(80, 10_000) > estimate_seconds(40, 10_000)
    assert estimate_seconds(40, 10**7) == pytest.approx(10 * estimate_seconds(40, 10**6), rel=0.01)
