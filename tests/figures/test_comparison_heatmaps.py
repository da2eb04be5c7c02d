"""Heat maps: numbers in the squares, colours centred, gaps with their reason."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from heanet.figures.heatmaps import RatioCell, correlation_figure, ratio_heat_map, ratio_text
from heanet.figures.palette import text_on
from heanet.figures.squares import square_colour

CELLS = [
    RatioCell("emix", "HEANet", "a0", 0.005, 0.01, "eV/atom", 74),
    RatioCell("emix", "HEANet", "a2", 0.04, 0.01, "eV/atom", 152),
    RatioCell("emix", "SchNet", "a0", nan, 0.01, "eV/atom", 74, "Not trained."),
    RatioCell("ms", "HEANet", "a2", 1.0, 0.01, "µB/atom", 152),
]


def ratios(cells: list[RatioCell], across: int = 3) -> go.Figure:
    return ratio_heat_map(
        cells,
        hover="{facet}|{row}|{column}|{error}|{baseline}|{ratio}|{unit}|{n}",
        colour_title="Error / baseline",
        across=across,
    )


def test_a_square_is_coloured_by_factors_of_two() -> None:
    squares = ratios(CELLS).data[0]
    assert squares.z == pytest.approx(np.array([[-1.0, 2.0], [nan, nan]]), nan_ok=True)
    beyond = ratios(CELLS).data[3]  # a hundred times the baseline's error
    assert beyond.z[0][1] == 2.0
    axis = ratios(CELLS).layout.coloraxis
    assert (axis.cmin, axis.cmax) == (-2, 2)
    assert dict(zip(axis.colorbar.tickvals, axis.colorbar.ticktext, strict=True))[0] == "1"
    assert axis.colorbar.title.text == "Error / baseline"


def test_the_ratio_is_written_in_its_square() -> None:
    numbers = ratios(CELLS).data[1]
    assert list(numbers.text) == ["0.50", "4.00"]
    assert list(zip(numbers.x, numbers.y, strict=True)) == [(0, 0), (1, 0)]
    assert list(numbers.textfont.color) == [
        text_on(square_colour(-1, most=2)),
        text_on(square_colour(2, most=2)),
    ]


def test_hover_says_both_errors_with_unit_and_n() -> None:
    squares = ratios(CELLS).data[0]
    assert squares.customdata[0][0] == "emix|HEANet|a0|0.00500|0.0100|0.50|eV/atom|74"


def test_a_missing_square_is_a_stroke_with_its_reason() -> None:
    strokes = ratios(CELLS).data[2]
    assert list(zip(strokes.x, strokes.y, strict=True)) == [(0, 1), (1, 1)]
    assert list(strokes.hovertext) == ["SchNet · a0<br>Not trained.", "SchNet · a2"]


def test_facets_share_rows_and_columns() -> None:
    figure = ratios(CELLS)
    assert [title.text for title in figure.layout.annotations] == ["emix", "ms"]
    assert list(figure.layout.xaxis2.ticktext) == ["a0", "a2"]
    assert list(figure.layout.yaxis.ticktext) == ["HEANet", "SchNet"]
    assert [trace.xaxis for trace in figure.data] == ["x"] * 3 + ["x2"] * 3
    assert ratios(CELLS, across=1).layout.height > figure.layout.height
    first, last = figure.layout.yaxis.range
    assert first > last  # the first row on top


@pytest.mark.parametrize(
    ("error", "baseline", "z"),
    [(0.0, 1.0, -2.0), (1.0, 0.0, None), (nan, 1.0, None), (inf, 1, None)],
)
def test_errors_of_zero_and_errors_that_are_none(
    error: float, baseline: float, z: float | None
) -> None:
    cell = replace(CELLS[0], error=error, baseline=baseline)
    squares, _numbers, strokes = ratios([cell]).data
    assert len(strokes.x) == (z is None)
    if z is not None:
        assert squares.z[0][0] == z


def test_no_cells_are_an_empty_map() -> None:
    assert ratios([]).data == ()


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1, "1.00"),
        (0.314, "0.31"),
        (0.0314, "0.031"),
        (0.0999, "0.10"),
        (9.99, "9.99"),
        (9.996, "10"),
        (12.3, "12"),
        (314.2, "314"),
        (0, "0"),
    ],
)
def test_ratios_have_digits_where_they_matter(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text


@pytest.mark.parametrize("value", np.linspace(-2, 2, 41))
def test_every_number_can_be_read(value: float) -> None:
    colour = square_colour(value, most=2)
    assert contrast(colour, text_on(colour)) > 4.5  # of WCAG 2, level AA


def test_colours_run_from_blue_to_orange_over_grey() -> None:
    assert square_colour(-2, most=2) == square_colour(-9, most=2) == "#0072b2"
    assert square_colour(0, most=2) == "#eeeeee"
    assert square_colour(1, most=2) == "#eca679"
    assert square_colour(1, most=1) == "#d55e00"


LABELS = pd.DataFrame(
    {
        "etot": [1.0, 2.0, 3.0, 4.0, nan],
        "emix": [1.0, 8.0, 27.0, 1000.0, 5.0],
        "ms": [3.0, 2.0, 1.0, nan, nan],
        "mb": [7.0, 7.0, 7.0, 7.0, 7.0],
    }
)
TITLES = {"etot": "Total energy", "emix": "Mixing energy", "ms": "Magnetisation", "mb": "Moment"}


def correlation(method: str) -> go.Figure:
    return correlation_figure(
        LABELS,
        titles=TITLES,
        method=method,
        hover="{first}|{second}|{value}|{n}",
        missing="{first}|{second}|none of {n}",
    )


def test_correlation_is_over_the_rows_with_both_labels() -> None:
    squares = correlation("pearson").data[0]
    expected = np.corrcoef([1, 2, 3, 4], [1, 8, 27, 1000])[0, 1]
    assert squares.z[0][0] == pytest.approx(expected)
    assert squares.customdata[0][0] == f"Total energy|Mixing energy|+{expected:.2f}|4"
    assert squares.customdata[1][0] == "Total energy|Magnetisation|−1.00|3"


def test_each_pair_stands_once() -> None:
    figure = correlation("spearman")
    assert figure.data[0].z[:2] == pytest.approx(
        np.array([[1, nan, nan], [-1, -1, nan]]), nan_ok=True
    )
    assert list(figure.layout.xaxis.ticktext) == ["Total energy", "Mixing energy", "Magnetisation"]
    assert list(figure.layout.yaxis.ticktext) == ["Mixing energy", "Magnetisation", "Moment"]
    assert list(figure.data[1].text) == ["+1.00", "−1.00", "−1.00"]
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)


def test_labels_that_are_all_the_same_have_no_correlation() -> None:
    strokes = correlation("pearson").data[2]
    assert list(strokes.hovertext) == [
        "Total energy|Moment|none of 4",
        "Mixing energy|Moment|none of 5",
        "Magnetisation|Moment|none of 3",
    ]
    assert list(strokes.y) == [2, 2, 2]


def contrast(first: str, second: str) -> float:
    """Contrast ratio of WCAG 2."""
    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
