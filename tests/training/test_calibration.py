import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.errors import DataError
from heanet.training.calibration import Z_90, Array, Calibration, cross_coverage, fit_calibration

FLOOR, SCALE = 0.03, 1.8


def _sample(n: int, seed: int) -> tuple[Array, Array]:
    """Normal errors whose width grows with a known spread, from 0.002 to 0.2."""
    rng = np.random.default_rng(seed)
    spread = rng.lognormal(np.log(0.02), 1.0, n)
    return rng.normal(0, SCALE * np.hypot(FLOOR, spread)), spread


@pytest.mark.parametrize("seed", range(5))
def test_nine_of_ten_fresh_rows_lie_inside_the_interval(seed: int) -> None:
    calibration = fit_calibration(*_sample(1000, seed))
    errors, spread = _sample(20_000, seed + 100)
    inside = np.abs(errors) <= Z_90 * calibration.std(spread)
    assert inside.mean() == pytest.approx(0.90, abs=0.03)
    # Not only on average: where the members agree, and where they do not.
    for part in (spread < 0.01, spread > 0.05):
        assert inside[part].mean() == pytest.approx(0.90, abs=0.06)


def test_floor_and_scale_are_found() -> None:
    calibration = fit_calibration(*_sample(20_000, 7))
    assert calibration.floor == pytest.approx(FLOOR, rel=0.1)
    assert calibration.scale == pytest.approx(SCALE, rel=0.05)


def test_members_that_say_nothing_leave_one_error_bar_for_all() -> None:
    errors = np.random.default_rng(3).normal(0, 0.5, 5000)
    calibration = fit_calibration(errors, np.zeros(5000))
    assert calibration.std(np.zeros(2)) == pytest.approx([0.5, 0.5], rel=0.05)


@pytest.mark.parametrize(
    ("n", "covered"), [(10, 10), (11, 11), (19, 18), (20, 19), (100, 91), (364, 329)]
)
def test_the_interval_reaches_the_conformal_rank(n: int, covered: int) -> None:
    # The smallest rank with (n + 1) * 0.9 rows or more, all rows where there are too few.
    errors, spread = _sample(n, seed=n)
    std = fit_calibration(errors, spread).std(spread)
    # The row of that rank lies on the edge of the interval, on either side by rounding.
    assert (np.abs(errors) <= Z_90 * std * (1 + 1e-9)).sum() == covered
    assert (np.abs(errors) <= Z_90 * std * (1 - 1e-9)).sum() == covered - 1


@settings(deadline=None, max_examples=25)
@given(st.floats(1e-4, 1e4))
def test_error_bars_scale_with_the_unit(unit: float) -> None:
    errors, spread = _sample(200, seed=1)
    one, other = fit_calibration(errors, spread), fit_calibration(unit * errors, unit * spread)
    np.testing.assert_allclose(other.std(unit * spread), unit * one.std(spread), rtol=1e-3)


def test_the_std_is_the_scaled_root_of_both_squares() -> None:
    calibration = Calibration(floor=3.0, scale=2.0)
    assert calibration.std(np.array([0.0, 4.0])).tolist() == [6.0, 10.0]
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration


@pytest.mark.parametrize("n", [0, 9])
def test_fewer_than_ten_rows_are_refused(n: int) -> None:
    with pytest.raises(DataError, match=f"{n} held-out rows. Expected at least 10"):
        fit_calibration(np.ones(n), np.ones(n))


def test_without_any_error_the_spread_is_the_error_bar() -> None:
    calibration = fit_calibration(np.zeros(20), np.linspace(0, 1, 20))
    assert calibration.std(np.array([0.0, 0.3])).tolist() == [0.0, 0.3]


def _folds(n: int, k: int) -> list[np.ndarray]:
    return [np.arange(i, n, k) for i in range(k)]


def test_cross_coverage_of_like_folds_is_the_promised_one() -> None:
    errors, spread = _sample(5000, seed=11)
    assert cross_coverage(errors, spread, _folds(5000, 5)) == pytest.approx(0.90, abs=0.02)


def test_cross_coverage_of_equal_errors_is_whole() -> None:
    assert cross_coverage(np.full(40, -0.2), np.zeros(40), _folds(40, 4)) == 1.0


def test_a_fold_is_judged_by_the_others_alone() -> None:
    errors = np.full(40, 0.1)
    folds = _folds(40, 4)
    errors[folds[0]] = 10.0
    # The others' rows lie inside; with its own rows the bad fold would lie inside as well.
    assert cross_coverage(errors, np.zeros(40), folds) == 0.75


def test_folds_that_leave_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match="9 held-out rows"):
        cross_coverage(np.ones(18), np.ones(18), _folds(18, 2))
