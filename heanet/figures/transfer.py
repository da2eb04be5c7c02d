"""Errors over the number of training rows, a line per strategy, whiskers for the spread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from heanet.figures.series import (
    LEGEND_BELOW,
    MARGIN,
    colour,
    faded,
    significant,
    symbol,
    value_axis,
)

_HEIGHT = 460
_BAND = 0.15  # opacity
_ASIDE = 1.025  # factor between whiskers of one number of rows, which would cover each other
_ROOM = 1.25  # factor left and right of the outermost rows


@dataclass(frozen=True)
class RowsPoint:
    """One error of a strategy.

    Attributes:
        percent: Of the target's rows that train.
        rows: Their number, positive.
        error: Mean error, in the unit of the axis.
        spread: Standard deviation over the fits; NaN draws no whisker.
        note: More words on hover, such as what was learnt together.
    """

    percent: int
    rows: float
    error: float
    spread: float
    note: str = ""


@dataclass(frozen=True)
class RowsCurve:
    """The errors of a strategy.

    Attributes:
        title: In the legend.
        look: Index of its colour and symbol, the same whichever others are drawn.
        points: By ascending rows; of a level the one that it is at.
        level: Whether no row of the target trains: a horizontal line.
    """

    title: str
    look: int
    points: tuple[RowsPoint, ...]
    level: bool = False


def rows_figure(
    curves: Sequence[RowsCurve],
    *,
    log_value: bool,
    rows_title: str,
    value_title: str,
    hover: str,
    level_hover: str,
) -> go.Figure:
    """Learning curves over the rows that train, on a logarithmic axis; levels as broken lines.

    Args:
        curves: Those with points are drawn in this order.
        log_value: Logarithmic y axis.
        rows_title: Title of the x axis.
        value_title: Title of the y axis with its unit.
        hover: Text of a point with ``{title}``, ``{percent}``, ``{rows}``, ``{error}`` (with its
            spread) and ``{note}`` to fill in.
        level_hover: The same of a level, without rows.
    """
    drawn = [curve for curve in curves if curve.points]
    ticks = {p.rows: p.percent for curve in drawn if not curve.level for p in curve.points}
    rows = sorted(ticks) or [1.0]
    ends = (rows[0] / _ROOM, rows[-1] * _ROOM)
    moving = [curve for curve in drawn if not curve.level]
    figure = go.Figure()
    for curve in drawn:
        if curve.level:
            figure.add_traces(_level(curve, ends, level_hover))
        else:
            aside = _ASIDE ** (moving.index(curve) - (len(moving) - 1) / 2)
            figure.add_trace(_line(curve, aside, hover))
    figure.update_layout(height=_HEIGHT, margin=MARGIN, legend=LEGEND_BELOW, showlegend=True)
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(_rows_axis(ticks, ends, rows_title))
    points = [point for curve in drawn for point in curve.points]
    ends_of_whiskers = [p.error + sign * p.spread for p in points for sign in (-1, 1)]
    errors = [point.error for point in points]
    figure.update_yaxes(
        value_axis([*errors, *ends_of_whiskers], title=value_title, log_value=log_value)
    )
    return figure


def error_words(error: float, spread: float) -> str:
    """``"0.0233 ± 0.0063"``: the spread with as many decimals as the error."""
    text = significant(error)
    if math.isnan(spread):
        return text
    decimals = len(text.partition(".")[2])
    return f"{text} ± {spread:.{decimals}f}"


def _line(curve: RowsCurve, aside: float, hover: str) -> go.Scatter:
    points = curve.points
    return go.Scatter(
        x=[point.rows * aside for point in points],
        y=[point.error for point in points],
        error_y={
            "type": "data",
            "array": [point.spread for point in points],
            "color": colour(curve.look),
            "thickness": 1.2,
            "width": 4,
        },
        mode="lines+markers",
        name=curve.title,
        line={"width": 2, "color": colour(curve.look)},
        marker={"size": 9, "symbol": symbol(curve.look), "color": colour(curve.look)},
        hovertext=[_said(curve, point, hover) for point in points],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _level(curve: RowsCurve, ends: tuple[float, float], hover: str) -> list[go.Scatter]:
    """A broken line from side to side, in a band of its spread."""
    (point,) = curve.points
    low, high = point.error - point.spread, point.error + point.spread
    band = go.Scatter(
        x=[ends[0], ends[1], ends[1], ends[0]],
        y=[high, high, low, low],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colour(curve.look), _BAND),
        legendgroup=curve.title,
        showlegend=False,
        hoverinfo="skip",
    )
    line = go.Scatter(
        x=[ends[0], (ends[0] * ends[1]) ** 0.5, ends[1]],
        y=[point.error] * 3,
        mode="lines",
        name=curve.title,
        legendgroup=curve.title,
        line={"width": 2, "dash": "dash", "color": colour(curve.look)},
        hovertext=[_said(curve, point, hover)] * 3,
        hovertemplate="%{hovertext}<extra></extra>",
    )
    return [band, line] if low > 0 else [line]


def _said(curve: RowsCurve, point: RowsPoint, hover: str) -> str:
    return hover.format(
        title=curve.title,
        percent=point.percent,
        rows=f"{point.rows:g}",
        error=error_words(point.error, point.spread),
        note=point.note,
    )


def _rows_axis(ticks: dict[float, int], ends: tuple[float, float], title: str) -> dict[str, Any]:
    """Ticks where rows trained, with their part of all rows below."""
    return {
        "type": "log",
        "title": title,
        "tickvals": list(ticks),
        "ticktext": [f"{rows:g}<br>{percent} %" for rows, percent in ticks.items()],
        "range": [math.log10(end) for end in ends],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
