"""Who leads, and when nobody does."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.comparison.ranking import compare, leading

ERROR = st.floats(0.001, 10)
SPREAD = st.one_of(st.just(float("nan")), st.floats(0, 1))


def lines(*errors: tuple[float, float], metric: str = "mae") -> pd.DataFrame:
    return pd.DataFrame(errors, columns=[metric, f"{metric}_spread"])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0.10, 0.01), (0.12, 0.01), "lower"),
        ((0.10, 0.01), (0.12, 0.02), "tie"),  # the larger of the two spreads counts
        ((0.13, 0.01), (0.12, np.nan), "tie"),
        ((0.14, 0.01), (0.12, np.nan), "higher"),
        ((0.12, np.nan), (0.12, np.nan), "tie"),
        ((0.121, np.nan), (0.12, np.nan), "higher"),
    ],
)
def test_a_difference_within_the_spread_is_a_tie(
    one: tuple[float, float], other: tuple[float, float], expected: str
) -> None:
    table = lines(one, other)
    table["mae"] = table["mae"].round(6)
    # 0.13 - 0.12 is a hair more than 0.01 in floating point.
    table["mae_spread"] += 1e-12
    assert compare(table.iloc[0], table.iloc[1]) == expected


@given(st.tuples(ERROR, SPREAD), st.tuples(ERROR, SPREAD))
def test_the_other_way_round_it_is_the_other_way_round(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    table = lines(one, other)
    turned = {"lower": "higher", "higher": "lower", "tie": "tie"}
    assert compare(table.iloc[1], table.iloc[0]) == turned[compare(table.iloc[0], table.iloc[1])]


def test_all_that_tie_with_the_best_lead() -> None:
    table = lines((0.12, 0.01), (0.10, 0.02), (0.13, 0.01), (np.nan, np.nan))
    assert leading(table).tolist() == [True, True, False, False]


def test_r2_is_best_where_it_is_largest() -> None:
    table = lines((0.90, 0.01), (0.99, 0.01), (0.985, np.nan), metric="r2")
    assert leading(table, metric="r2").tolist() == [False, True, True]
    assert compare(table.iloc[0], table.iloc[1], metric="r2") == "higher"


def test_nothing_leads_nothing() -> None:
    assert leading(lines((np.nan, np.nan))).tolist() == [False]
