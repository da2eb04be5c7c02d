"""Warren-Cowley parameters of alloys that are known on paper."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from heanet.data.alloys import Alloy, build_alloy, build_ordered
from heanet.data.shortrangeorder import shell_radii, short_range_order


def alphas(structure: Structure) -> dict[tuple[int, str], float]:
    order = short_range_order(structure)
    return {
        (int(row.shell), str(row.pair)): float(row.alpha) for row in order.itertuples(index=False)
    }


# Pairs of the first three shells: all unlike (1 - 1/(2 c_a c_b)) or none of them.
@pytest.mark.parametrize(
    ("prototype", "elements", "unlike", "expected"),
    [
        ("B2", ["Fe", "Co"], "Fe-Co", [-1, 1, 1]),
        ("L1_2", ["Fe", "Ni"], "Fe-Ni", [-1 / 3, 1, -1 / 3]),
        ("L1_0", ["Fe", "Pd"], "Fe-Pd", [-1 / 3, 1, -1 / 3]),
        # Every Al has eight Fe nearest and six Fe next, and the twelve third ones are Al.
        ("D0_3", ["Al", "Fe"], "Al-Fe", [-1 / 3, -1 / 3, 1]),
    ],
)
def test_ordered_alloys_have_their_known_order(
    prototype: str, elements: list[str], unlike: str, expected: list[float]
) -> None:
    found = alphas(build_ordered(prototype, elements))
    assert [found[shell, unlike] for shell in (1, 2, 3)] == pytest.approx(expected)


def test_like_neighbours_are_missing_in_b2() -> None:
    found = alphas(build_ordered("B2", ["Fe", "Co"], repeats=2))
    assert found[1, "Fe-Fe"] == pytest.approx(1)
    assert found[2, "Fe-Fe"] == pytest.approx(-1)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**31 - 1), lattice=st.sampled_from(("fcc", "bcc", "hcp")))
def test_each_element_meets_as_many_neighbours_as_there_are(seed: int, lattice: str) -> None:
    """sum_b c_b alpha_ab = 0 for every a and shell."""
    fractions = {"Cr": 0.5, "Fe": 0.3, "Ni": 0.2}
    found = alphas(build_alloy(Alloy(fractions, lattice, 20, seed=seed)))
    symbols = list(fractions)
    for shell in (1, 2, 3):
        for a in symbols:
            pairs = [f"{x}-{y}" for x, y in (sorted((a, b), key=symbols.index) for b in symbols)]
            terms = [fractions[b] * found[shell, p] for b, p in zip(symbols, pairs, strict=True)]
            assert sum(terms) == pytest.approx(0, abs=1e-9)


def test_a_large_random_alloy_has_no_order() -> None:
    order = short_range_order(build_alloy(Alloy({"Fe": 0.5, "Ni": 0.5}, "fcc", 2_000)))
    assert order["alpha"].abs().max() < 0.06


def test_a_supercell_has_the_order_of_its_cell() -> None:
    cell = build_alloy(Alloy({"Cr": 0.5, "Ni": 0.5}, "bcc", 16, seed=2))
    pd.testing.assert_frame_equal(short_range_order(cell), short_range_order(cell * (2, 1, 2)))


def test_shells_lie_where_the_lattice_has_them() -> None:
    edge = 2.86
    cell = build_ordered("B2", ["Fe", "Co"])
    cell.scale_lattice(edge**3)
    middles = [np.mean(shell) / edge for shell in shell_radii(cell)]
    assert middles == pytest.approx([np.sqrt(3) / 2, 1, np.sqrt(2)])


def test_pairs_are_named_by_atomic_number() -> None:
    order = short_range_order(build_alloy(Alloy({"Ni": 0.5, "Cr": 0.5}, "fcc", 8)))
    assert list(order["pair"].unique()) == ["Cr-Cr", "Cr-Ni", "Ni-Ni"]
    assert list(order["shell"].unique()) == [1, 2, 3]
