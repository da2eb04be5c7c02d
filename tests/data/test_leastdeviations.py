import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.data import leastdeviations
from heanet.data.leastdeviations import FEW_ROWS, robust_fit


def test_the_fit_is_the_least_sum_of_absolute_deviations() -> None:
    # With one coefficient and equal weights that is the median.
    assert robust_fit(np.ones((5, 1)), np.array([1.0, 2.0, 3.0, 100.0, -50.0])) == pytest.approx(
        [2.0]
    )
    assert robust_fit(np.ones((3, 1)), np.array([1.0, np.nan, np.inf])) == pytest.approx([1.0])
    assert robust_fit(np.ones((2, 2)), np.array([np.nan, np.nan])) == pytest.approx([0.0, 0.0])
    assert robust_fit(np.array([[0.0, 1.0]]), np.array([4.0])) == pytest.approx([0.0, 4.0])


@settings(max_examples=50, deadline=None)
@given(
    n=st.integers(1, 80),
    k=st.integers(1, 6),
    wrong=st.integers(0, 20),
    seed=st.integers(0, 10_000),
)
def test_both_forms_leave_the_same_deviations(n: int, k: int, wrong: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.dirichlet(np.ones(k), n)
    y = x @ rng.normal(size=k) + rng.normal(0, 0.01, n)
    y[:wrong] += 100
    sums = [
        np.abs(y - x @ solve(x, y)).sum()
        for solve in (leastdeviations._least_deviations, leastdeviations._least_deviations_of_many)
    ]
    assert sums[0] == pytest.approx(sums[1], abs=1e-5)


def test_many_rows_are_fitted_and_wrong_ones_among_them_move_nothing() -> None:
    rng = np.random.default_rng(0)
    x = rng.dirichlet(np.ones(5), 4 * FEW_ROWS)
    energies = np.array([-9.5, -8.2, -5.5, -7.0, 1.0])
    y = x @ energies
    y[::10] += rng.normal(0, 5, len(y[::10]))
    assert robust_fit(x, y) == pytest.approx(energies, abs=1e-7)
