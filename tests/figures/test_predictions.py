"""Figures of predictions: bars that add up, intervals, labels, units."""

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.figures.predictions import comparison_figure, number, share_figure, signed

COLOURS = {"Cr": "#8a99c7", "Fe": "#e06633", "Ni": "#50d050", "Pd": "#006985"}
SHARES = {"Ni": -0.0123, "Cr": 0.05, "Fe": 0.0004}


def shares(values: dict[str, float] = SHARES, half_width: float | None = 0.02) -> go.Figure:
    return share_figure(
        values,
        COLOURS,
        decimals=4,
        unit="eV/atom",
        sum_label="Sum",
        half_width=half_width,
    )


def test_bars_stand_by_atomic_number_and_end_in_their_sum() -> None:
    bars = shares().data[0]
    assert list(bars.y) == ["Cr", "Fe", "Ni", "<b>Sum</b>"]
    assert list(bars.x[:3]) == [0.05, 0.0004, -0.0123]
    assert bars.x[3] == pytest.approx(0.0381)
    assert list(bars.marker.color[:3]) == [COLOURS[a] for a in ("Cr", "Fe", "Ni")]


def test_numbers_carry_sign_and_unit() -> None:
    figure = shares()
    assert list(figure.data[0].customdata) == ["+0.0500", "+0.0004", "−0.0123", "+0.0381"]
    assert figure.layout.xaxis.title.text == "eV/atom"
    assert "eV/atom" in figure.data[0].hovertemplate
    assert [text.strip() for text in figure.data[-1].text] == list(figure.data[0].customdata)


def test_only_the_sum_has_an_interval() -> None:
    _bars, whisker, _numbers = shares().data
    assert list(whisker.x) == [pytest.approx(0.0381)]
    assert list(whisker.y) == ["<b>Sum</b>"]
    assert list(whisker.error_x.array) == [0.02]
    # The number of the sum stands beyond its whisker.
    assert shares().data[-1].x[3] == pytest.approx(0.0581)


def test_without_error_bars_nothing_is_drawn_for_them() -> None:
    assert [trace.type for trace in shares(half_width=None).data] == ["bar", "scatter"]


@given(
    st.dictionaries(st.sampled_from(sorted(COLOURS)), st.floats(-10, 10), min_size=1),
    st.floats(0, 5),
)
def test_everything_drawn_lies_inside_the_axis(values: dict[str, float], half_width: float) -> None:
    figure = shares(values, half_width)
    low, high = figure.layout.xaxis.range
    total = sum(values.values())
    for x in [0.0, total - half_width, total + half_width, *values.values()]:
        assert low <= x <= high


def test_compared_cells_keep_their_order_names_and_intervals() -> None:
    figure = comparison_figure(
        ["1e5", "b_fcc"], [-0.01, 0.2], [0.03, None], decimals=3, unit="µB/atom"
    )
    (dots,) = figure.data
    assert list(dots.x) == [-0.01, 0.2]
    assert list(figure.layout.yaxis.ticktext) == ["1e5", "b_fcc"]
    first, last = figure.layout.yaxis.range
    assert first > last  # the first cell on top
    assert list(dots.error_x.array) == [0.03, 0.0]
    assert [list(row) for row in dots.customdata] == [
        ["1e5", "−0.010 ± 0.030"],
        ["b_fcc", "0.200"],
    ]
    assert "µB/atom" in dots.hovertemplate


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [(-0.0004, "0.000", "0.000"), (-1.5, "−1.500", "−1.500"), (0.0004, "0.000", "0.000")],
)
def test_zero_has_no_sign(value: float, plain: str, with_sign: str) -> None:
    assert number(value, 3) == plain
    assert signed(value, 3) == with_sign
