"""Published figures beside the same network on the same rows and on rows that it never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heanet.figures.palette import NEUTRAL
from heanet.figures.series import (
    LEGEND_BELOW,
    MARGIN,
    colour,
    rows_axis,
    significant,
    value_axis,
)

Kind = Literal["reported", "same", "unseen"]
KINDS: tuple[Kind, ...] = ("reported", "same", "unseen")

_ROW = 30  # pixels
_AXIS = 74  # pixels: an axis title and its ticks
# A figure repeated to the printed digit still shows: a ring around the dot.
_MARKERS: dict[Kind, dict[str, Any]] = {
    "reported": {
        "symbol": "circle-open",
        "size": 15,
        "color": NEUTRAL,
        "line": {"width": 2.5, "color": NEUTRAL},
    },
    "same": {"symbol": "square", "size": 8, "color": colour(0)},
    "unseen": {"symbol": "diamond", "size": 11, "color": colour(1)},
}


@dataclass(frozen=True)
class ReportedError:
    """The errors of one published network in one task; NaN where there is none.

    Attributes:
        panel: Rows of a panel share an axis and its unit (a task).
        row: Words for the network.
        reported: Figure in the notes.
        same: Of the network's file, evaluated again on the rows that the figure is from.
        unseen: Of the same file on rows that it never saw.
        rows: What the notes call the rows of the figure, in words.
        n_same: Number of rows behind ``same``.
        trained_of_same: How many of them the network was trained on.
        n_unseen: Number of rows behind ``unseen``.
    """

    panel: str
    row: str
    reported: float
    same: float
    unseen: float
    rows: str = ""
    n_same: int = 0
    trained_of_same: int = 0
    n_unseen: int = 0

    def value(self, kind: Kind) -> float:
        """The error of that kind."""
        return {"reported": self.reported, "same": self.same, "unseen": self.unseen}[kind]


def reported_figure(
    errors: Sequence[ReportedError],
    *,
    axis_titles: Mapping[str, str],
    titles: Mapping[Kind, str],
    hovers: Mapping[Kind, str],
) -> go.Figure:
    """Up to three dots per network and task on a logarithmic axis, joined by a thin line.

    Args:
        errors: Top to bottom within their panel.
        axis_titles: Title of the x axis with its unit, by panel, in the order drawn; a panel
            without errors is left out.
        titles: In the legend, by kind of error.
        hovers: Text of a dot by kind with ``{panel}``, ``{row}``, ``{rows}``, ``{value}``,
            ``{n_same}``, ``{trained}`` (of ``n_same``) and ``{n_unseen}`` to fill in.
    """
    by_panel = {p: [error for error in errors if error.panel == p] for p in axis_titles}
    panels = {panel: found for panel, found in by_panel.items() if found}
    rows = [len(found) for found in panels.values()] or [1]
    height = sum(_ROW * n + _AXIS for n in rows)
    figure = make_subplots(
        rows=len(rows),
        row_heights=rows,
        vertical_spacing=_AXIS / height if len(rows) > 1 else 0,
    )
    for index, (panel, found) in enumerate(panels.items(), start=1):
        place = {"row": index, "col": 1}
        figure.add_trace(_lines(found), **place)
        for kind in KINDS:
            dots = _dots(found, kind, titles[kind], hovers[kind])
            dots.showlegend = index == 1
            figure.add_trace(dots, **place)
        values = [error.value(kind) for error in found for kind in KINDS]
        axis = value_axis(values, title=axis_titles[panel], log_value=True)
        figure.update_xaxes(axis, fixedrange=True, **place)
        figure.update_yaxes(rows_axis([error.row for error in found]), **place)
    figure.update_layout(height=height + 30, margin=MARGIN)
    # Above: below so many rows it would not be seen.
    figure.update_layout(legend={**LEGEND_BELOW, "y": 1, "yanchor": "top"})
    return figure


def _lines(errors: Sequence[ReportedError]) -> go.Scatter:
    """From the lowest to the highest error of every row, with a gap between rows."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, error in enumerate(errors):
        values = [value for kind in KINDS if isfinite(value := error.value(kind))]
        if len(values) > 1:
            x += [min(values), max(values), None]
            y += [place, place, None]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"width": 1.5, "color": NEUTRAL},
        hoverinfo="skip",
        showlegend=False,
    )


def _dots(errors: Sequence[ReportedError], kind: Kind, title: str, hover: str) -> go.Scatter:
    found = [(i, e, e.value(kind)) for i, e in enumerate(errors) if isfinite(e.value(kind))]
    return go.Scatter(
        x=[value for _, _, value in found],
        y=[place for place, _, _ in found],
        mode="markers",
        name=title,
        legendgroup=kind,
        marker=_MARKERS[kind],
        hovertext=[
            hover.format(
                panel=error.panel,
                row=error.row,
                rows=error.rows,
                value=significant(value),
                n_same=error.n_same,
                trained=error.trained_of_same,
                n_unseen=error.n_unseen,
            )
            for _, error, value in found
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
