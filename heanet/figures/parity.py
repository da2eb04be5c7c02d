"""Predicted against calculated values: the parity plot, one task of one model."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from heanet.figures.palette import NEUTRAL
from heanet.figures.predictions import number, signed
from heanet.figures.series import LEGEND_BELOW, MARGIN, colour, faded, symbol

Array = NDArray[np.float64]

_HEIGHT = 520
_PADDING = 0.04  # of the span, on both sides
_FAINT = {"color": NEUTRAL, "symbol": "circle", "size": 5, "opacity": 0.35}
# The identity line goes this many spans beyond the points, so that zooming out still shows it.
_BEYOND = 20.0


@dataclass(frozen=True, eq=False)
class PointSet:
    """Rows that are drawn alike.

    Attributes:
        title: In the legend; the number of points drawn is added.
        names: Of the rows, (n_points,).
        truth: Labels, (n_points,); a row with NaN here or in ``predicted`` is no point.
        predicted: (n_points,), in the unit of ``truth``.
    """

    title: str
    names: Sequence[str]
    truth: Array
    predicted: Array


def parity_figure(
    test: Sequence[PointSet],
    *,
    train: PointSet | None = None,
    truth_title: str,
    predicted_title: str,
    unit: str,
    decimals: int,
    hover: str,
    band: float | None = None,
    chosen: str | None = None,
) -> go.Figure:
    """Predictions over labels, equal axes; the closer to the line the better.

    Every point carries the name of its row as ``customdata``.

    Args:
        test: Strong points; several sets get colours and shapes of their own.
        train: Small faint points below the others.
        truth_title: Title of the x axis with its unit.
        predicted_title: Title of the y axis with its unit.
        unit: As shown in ``hover``.
        decimals: Digits worth showing.
        hover: Text of a point with ``{set}``, ``{name}``, ``{truth}``, ``{predicted}``, ``{error}``
            (predicted - truth, signed) and ``{unit}`` to fill in.
        band: Half-width of the band along the line, for example the MAE; None draws none.
        chosen: Name of the row that gets a ring.
    """
    sets = [*([train] if train else []), *test]
    styles = [*([_FAINT] if train else []), *map(_strong, range(len(test)))]
    drawn = zip(sets, styles, strict=True)
    figure = go.Figure([_points(shown, style, hover, unit, decimals) for shown, style in drawn])
    ring = next((row for shown in sets for row in _row(shown, chosen)), None)
    if ring is not None:
        figure.add_trace(_ring(*ring, chosen or ""))
    low, high = _range(sets)
    _add_line(figure, low, high, band)
    figure.update_layout(height=_HEIGHT, margin=MARGIN, legend=LEGEND_BELOW, showlegend=True)
    axis = {"range": [low, high], "constrain": "domain", "zeroline": False}
    figure.update_xaxes(title=truth_title, showgrid=True, **axis)
    figure.update_yaxes(title=predicted_title, scaleanchor="x", scaleratio=1, **axis)
    return figure


def _drawn(shown: PointSet) -> NDArray[np.intp]:
    """Indices of the rows with label and prediction."""
    return np.flatnonzero(np.isfinite(shown.truth) & np.isfinite(shown.predicted))


def _strong(index: int) -> dict[str, Any]:
    return {"color": colour(index), "symbol": symbol(index), "size": 8, "opacity": 0.85}


def _points(
    shown: PointSet, style: dict[str, Any], hover: str, unit: str, decimals: int
) -> go.Scatter:
    kept = _drawn(shown)
    texts = [
        hover.format(
            set=shown.title,
            name=escape(shown.names[i], quote=False),
            truth=number(shown.truth[i], decimals),
            predicted=number(shown.predicted[i], decimals),
            error=signed(shown.predicted[i] - shown.truth[i], decimals),
            unit=unit,
        )
        for i in kept
    ]
    return go.Scatter(
        x=shown.truth[kept],
        y=shown.predicted[kept],
        mode="markers",
        name=f"{shown.title} · n = {len(kept)}",
        marker=style,
        # A click chooses one cell; the others stay as they are.
        unselected={"marker": {"opacity": style["opacity"]}},
        customdata=[shown.names[i] for i in kept],
        hovertext=texts,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _row(shown: PointSet, chosen: str | None) -> list[tuple[float, float]]:
    """Where a row is drawn; empty if it is not."""
    return [
        (float(shown.truth[i]), float(shown.predicted[i]))
        for i in _drawn(shown)
        if shown.names[i] == chosen
    ]


def _ring(x: float, y: float, name: str) -> go.Scatter:
    return go.Scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={
            "symbol": "circle-open",
            "size": 20,
            "color": NEUTRAL,
            "line": {"width": 3},
        },
        unselected={"marker": {"opacity": 1}},
        customdata=[name],
        hoverinfo="skip",
        showlegend=False,
    )


def _range(sets: Sequence[PointSet]) -> tuple[float, float]:
    """One range for both axes that holds every point."""
    values = [column[_drawn(shown)] for shown in sets for column in (shown.truth, shown.predicted)]
    everything = np.concatenate([*values, np.empty(0)])
    if not len(everything):
        return 0.0, 1.0
    low, high = float(everything.min()), float(everything.max())
    padding = _PADDING * (high - low) or 0.5
    return low - padding, high + padding


def _add_line(figure: go.Figure, low: float, high: float, band: float | None) -> None:
    """The line on which predictions are right, and a band along it, both below the points."""
    far = _BEYOND * (high - low)
    start, end = low - far, high + far
    if band is not None:
        corners = [(start, start - band), (end, end - band), (end, end + band)]
        corners.append((start, start + band))
        path = "M " + " L ".join(f"{x},{y}" for x, y in corners) + " Z"
        fill = faded(NEUTRAL, 0.2)
        figure.add_shape(type="path", path=path, fillcolor=fill, line={"width": 0}, layer="below")
    ends = {"x0": start, "y0": start, "x1": end, "y1": end}
    line = {"width": 1.5, "color": NEUTRAL, "dash": "dash"}
    figure.add_shape(type="line", **ends, line=line, layer="below")
