"""Errors over the rows that train: where points stand, what is a level, what is said."""

from math import isnan, log10, nan

import plotly.graph_objects as go
import pytest

from heanet.figures.series import colour, symbol
from heanet.figures.transfer import RowsCurve, RowsPoint, error_words, rows_figure

SCRATCH = RowsCurve(
    "from scratch",
    0,
    (RowsPoint(10, 15.0, 0.02, 0.006, "all six"), RowsPoint(80, 121.0, 0.007, nan)),
)
TL1 = RowsCurve("tl1", 3, (RowsPoint(10, 15.0, 0.01, 0.001),))
ZERO = RowsCurve("zero-shot", 1, (RowsPoint(0, 0.0, 0.008, 0.001, "energies"),), level=True)


def drawn(*curves: RowsCurve, log_value: bool = True) -> go.Figure:
    return rows_figure(
        curves,
        log_value=log_value,
        rows_title="Rows",
        value_title="MAE (eV/atom)",
        hover="{title}|{percent}|{rows}|{error}|{note}",
        level_hover="{title}|{error}|{note}",
    )


def test_points_stand_at_their_rows_with_whiskers() -> None:
    (line,) = drawn(SCRATCH).data
    assert list(line.x) == [15.0, 121.0]
    assert list(line.y) == [0.02, 0.007]
    assert line.error_y.array[0] == 0.006
    assert isnan(line.error_y.array[1])
    assert (line.line.color, line.marker.symbol) == (colour(0), symbol(0))
    assert list(line.hovertext) == [
        "from scratch|10|15|0.0200 ± 0.0060|all six",
        "from scratch|80|121|0.00700|",
    ]


def test_whiskers_of_one_number_of_rows_stand_aside() -> None:
    scratch, tl1 = drawn(SCRATCH, TL1).data
    assert scratch.x[0] < 15 < tl1.x[0]
    assert scratch.x[0] * tl1.x[0] == pytest.approx(15**2)
    assert "|15|" in tl1.hovertext[0]


def test_a_level_goes_from_side_to_side_in_its_band() -> None:
    figure = drawn(SCRATCH, ZERO)
    _, band, line = figure.data
    assert set(line.y) == {0.008}
    assert line.line.dash == "dash"
    ends = [log10(line.x[0]), log10(line.x[-1])]
    assert list(figure.layout.xaxis.range) == pytest.approx(ends)
    assert line.x[0] < 15
    assert line.x[-1] > 121
    assert sorted(set(band.y)) == pytest.approx([0.007, 0.009])
    assert line.hovertext[0] == "zero-shot|0.00800 ± 0.00100|energies"


def test_a_band_that_would_reach_zero_is_left_out() -> None:
    wide = RowsCurve("zero-shot", 1, (RowsPoint(0, 0.0, 0.008, 0.01),), level=True)
    assert [trace.name for trace in drawn(wide).data] == ["zero-shot"]


def test_the_axis_is_ticked_where_rows_trained() -> None:
    axis = drawn(SCRATCH, TL1, ZERO).layout.xaxis
    assert axis.type == "log"
    assert list(axis.tickvals) == [15.0, 121.0]
    assert list(axis.ticktext) == ["15<br>10 %", "121<br>80 %"]


def test_errors_are_linear_or_logarithmic() -> None:
    assert drawn(SCRATCH).layout.yaxis.type == "log"
    assert drawn(SCRATCH, log_value=False).layout.yaxis.type == "linear"


def test_a_level_alone_and_nothing_at_all_are_drawn() -> None:
    alone = drawn(ZERO)
    assert len(alone.data) == 2
    assert list(alone.layout.xaxis.tickvals) == []
    assert any(0.007 <= tick <= 0.009 for tick in alone.layout.yaxis.tickvals)
    assert len(drawn().data) == 0


def test_a_spread_has_the_decimals_of_its_error() -> None:
    assert error_words(0.0233, 0.00631) == "0.0233 ± 0.0063"
    assert error_words(16.0, 5.24) == "16.0 ± 5.2"
    assert error_words(0.2, nan) == "0.200"
