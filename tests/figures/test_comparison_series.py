"""How series are told apart, how errors are written, how axes are ticked."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.figures.palette import SERIES
from heanet.figures.series import (
    DASHES,
    colour,
    dash,
    faded,
    rows_axis,
    significant,
    symbol,
    value_axis,
)


def test_the_first_series_differ_in_colour_and_shape() -> None:
    assert len({colour(i) for i in range(len(SERIES))}) == len(SERIES)
    assert len({symbol(i) for i in range(6)}) == 6
    # When the colours repeat the lines change.
    many = range(len(SERIES) * len(DASHES))
    assert len({(colour(i), dash(i)) for i in many}) == len(many)


def test_faded_keeps_the_colour() -> None:
    assert faded("#0072b2", 0.25) == "rgba(0,114,178,0.25)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.005812, "0.00581"),
        (3.618, "3.62"),
        (9.996, "10.0"),
        (18.238, "18.2"),
        (1234.6, "1235"),
        (-0.02, "−0.0200"),
        (0.0, "0"),
        (float("nan"), ""),
    ],
)
def test_errors_are_written_with_three_digits_that_count(value: float, text: str) -> None:
    assert significant(value) == text


@given(st.floats(1e-6, 1e6))
def test_a_written_error_is_close_to_it(value: float) -> None:
    assert float(significant(value)) == pytest.approx(value, rel=5e-3)
    assert "e" not in significant(value)


def test_a_linear_axis_of_errors_starts_at_zero() -> None:
    axis = value_axis([0.5], title="MAE (eV/atom)", log_value=False)
    assert (axis["type"], axis["rangemode"], axis["title"]) == ("linear", "tozero", "MAE (eV/atom)")


@given(st.lists(st.floats(1e-5, 1e5), min_size=1))
def test_ticks_of_a_logarithmic_axis_reach_beyond_all_values(values: list[float]) -> None:
    axis = value_axis(values, title="MAE", log_value=True)
    ticks = axis["tickvals"]
    assert ticks[0] < min(values)
    assert ticks[-1] > max(values)
    assert all(1.1 < b / a < 10.1 for a, b in pairwise(ticks))
    assert [float(text) for text in axis["ticktext"]] == pytest.approx(ticks)


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show() -> None:
    axis = value_axis([0.0, -1.0, float("nan"), 0.3], title="MAE", log_value=True)
    assert axis["tickvals"] == [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
    assert value_axis([], title="MAE", log_value=True)["tickvals"][0] == 0.1


def test_values_close_together_have_more_ticks_between_them() -> None:
    between = [
        [tick for tick in value_axis([0.006, high], title="", log_value=True)["tickvals"]
         if 0.006 <= tick <= high]
        for high in (0.0075, 0.018, 0.031)
    ]  # fmt: skip
    assert between == [[0.006, 0.007], [0.006, 0.008, 0.01, 0.015], [0.01, 0.02]]


def test_rows_keep_their_names_whatever_they_look_like() -> None:
    axis = rows_axis(["1e5", "2024-01-01"])
    assert (axis["tickvals"], axis["ticktext"]) == ([0, 1], ["1e5", "2024-01-01"])
    assert axis["range"] == [1.5, -0.5]
