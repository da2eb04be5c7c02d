"""Squares coloured from blue (less) over grey to orange (more), each with its number.

No one depends on the colour: the number is written in it, in black or white, whichever reads
better. A square without a value stays empty but for a stroke, and says why on hover.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from heanet.figures.palette import NEUTRAL, OKABE_ITO, text_on
from heanet.figures.series import rows_axis

# Of Okabe and Ito: stays apart for all common kinds of colour blindness.
COLOUR_SCALE = [
    [0.0, OKABE_ITO["blue"]],
    [0.25, "#7fb6d6"],
    [0.5, "#eeeeee"],
    [0.75, "#eca679"],
    [1.0, OKABE_ITO["vermilion"]],
]
_NUMBER_SIZE = 11


@dataclass(frozen=True)
class Square:
    """One square.

    Attributes:
        row: From the top, from 0.
        column: From the left, from 0.
        value: That the colour shows; NaN draws a stroke instead of a square.
        text: The number as written.
        hover: Text on hover.
    """

    row: int
    column: int
    value: float
    text: str
    hover: str


def draw_squares(
    squares: Sequence[Square], *, n_rows: int, n_columns: int, most: float
) -> list[go.Heatmap | go.Scatter]:
    """The coloured squares, their numbers, and the strokes; colours by ``coloraxis``.

    Args:
        squares: Each place at most once; places without one stay empty.
        n_rows: Of the map.
        n_columns: Of the map.
        most: Value of the last colour; its negative has the first one.
    """
    full = [square for square in squares if not isnan(square.value)]
    empty = [square for square in squares if isnan(square.value)]
    coloured = _coloured(full, n_rows=n_rows, n_columns=n_columns)
    return [coloured, _numbers(full, most=most), _strokes(empty)]


def _coloured(full: Sequence[Square], *, n_rows: int, n_columns: int) -> go.Heatmap:
    values = np.full((n_rows, n_columns), np.nan)
    hovers = np.full((n_rows, n_columns), "", dtype=object)
    for square in full:
        values[square.row, square.column] = square.value
        hovers[square.row, square.column] = square.hover
    return go.Heatmap(
        z=values,
        customdata=hovers,
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        coloraxis="coloraxis",
        xgap=2,
        ygap=2,
    )


def _numbers(full: Sequence[Square], *, most: float) -> go.Scatter:
    return go.Scatter(
        x=[square.column for square in full],
        y=[square.row for square in full],
        mode="text",
        text=[square.text for square in full],
        textfont={
            "size": _NUMBER_SIZE,
            "color": [text_on(square_colour(square.value, most=most)) for square in full],
        },
        hoverinfo="skip",
    )


def _strokes(empty: Sequence[Square]) -> go.Scatter:
    return go.Scatter(
        x=[square.column for square in empty],
        y=[square.row for square in empty],
        mode="markers",
        marker={"symbol": "line-ew", "size": 10, "line": {"width": 2, "color": NEUTRAL}},
        hovertext=[square.hover for square in empty],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def square_colour(value: float, *, most: float) -> str:
    """``#rrggbb`` of a value between ``-most`` and ``most``, beyond them the end colours."""
    place = float(np.clip((value / most + 1) / 2, 0.0, 1.0))
    (rgb,) = sample_colorscale(COLOUR_SCALE, [place], colortype="tuple")
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in rgb)


def colour_axis(*, most: float, bar: dict[str, Any] | None) -> dict[str, Any]:
    """The ``coloraxis`` of a layout, centred at zero.

    Args:
        most: Value of the last colour.
        bar: Plotly's ``colorbar``; None shows none.
    """
    axis = {"colorscale": COLOUR_SCALE, "cmin": -most, "cmax": most, "showscale": bar is not None}
    return {**axis, "colorbar": bar} if bar else axis


def columns_axis(titles: Sequence[str]) -> dict[str, Any]:
    """An x axis with one column per title."""
    axis = {**rows_axis(titles), "range": [-0.5, len(titles) - 0.5]}
    return {**axis, "ticklabeloverflow": "allow"}  # the last title is as needed as the others
