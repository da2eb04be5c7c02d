"""The learning of one run: error over epochs, what it learnt from faint, what chose it strong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from heanet.figures.curves import smooth, thinned
from heanet.figures.series import LEGEND_BELOW, MARGIN, colour, faded, value_axis

Array = NDArray[np.float64]

_HEIGHT = 400
_RAW, _FAINT = 0.25, 0.85  # opacities
_MARK = {"symbol": "diamond", "size": 11, "line": {"width": 1, "color": "#ffffff"}}


@dataclass(frozen=True, eq=False)
class Line:
    """One series of a run.

    Attributes:
        title: In the legend.
        values: One per epoch, (n_epochs,); NaN where there is none.
        faint: Dashed and thin, behind the others.
    """

    title: str
    values: Array
    faint: bool = False


def run_figure(
    epochs: NDArray[np.int64],
    lines: Sequence[Line],
    *,
    best: int | None,
    best_title: str,
    strength: float,
    log_value: bool,
    epoch_title: str,
    value_title: str,
    unit: str = "",
) -> go.Figure:
    """Series of one run over its epochs; zoom and hidden lines outlive new epochs.

    Args:
        epochs: (n_epochs,), ascending.
        lines: The last strong one is that by which the epoch was chosen.
        best: The chosen epoch, marked at its own value; None marks none.
        best_title: Of the mark, in the legend.
        strength: Of ``smooth``; the raw values stay visible behind.
        log_value: Logarithmic y axis.
        epoch_title: Title of the x axis.
        value_title: Title of the y axis with its unit.
        unit: Beside the value on hover; empty for a loss.
    """
    figure = go.Figure()
    for index, line in enumerate(lines):
        smoothed = smooth(line.values, strength=strength)
        if strength > 0:
            figure.add_trace(_raw(epochs, line, index))
        figure.add_trace(_drawn(epochs, line, smoothed, index, unit))
    strong = [k for k, line in enumerate(lines) if not line.faint]
    if best is not None and strong:
        figure.add_traces(_mark(epochs, lines[strong[-1]], strong[-1], best, best_title))
    figure.update_layout(height=_HEIGHT, margin=MARGIN, hovermode="x unified")
    figure.update_layout(legend=LEGEND_BELOW, showlegend=True)
    figure.update_layout(uirevision=value_title)  # another series starts with its own view
    figure.update_xaxes(title=epoch_title, rangemode="tozero", zeroline=False)
    values = np.concatenate([np.empty(0), *(line.values for line in lines)])
    figure.update_yaxes(value_axis(values.tolist(), title=value_title, log_value=log_value))
    return figure


def _raw(epochs: NDArray[np.int64], line: Line, index: int) -> go.Scatter:
    kept = thinned(len(epochs))
    return go.Scatter(
        x=epochs[kept],
        y=line.values[kept],
        mode="lines",
        legendgroup=str(index),
        showlegend=False,
        line={"width": 1, "color": faded(colour(index), _RAW)},
        hoverinfo="skip",
    )


def _drawn(
    epochs: NDArray[np.int64], line: Line, smoothed: Array, index: int, unit: str
) -> go.Scatter:
    kept = thinned(len(epochs))
    faint = {"width": 1.4, "color": faded(colour(index), _FAINT), "dash": "dash"}
    return go.Scatter(
        x=epochs[kept],
        y=smoothed[kept],
        mode="lines+markers" if len(epochs) == 1 else "lines",
        name=line.title,
        legendgroup=str(index),
        line=faint if line.faint else {"width": 2.2, "color": colour(index)},
        hovertemplate=f"%{{y:.3~g}} {unit}".rstrip(),
    )


def _mark(
    epochs: NDArray[np.int64], line: Line, index: int, best: int, title: str
) -> list[go.Scatter]:
    """The chosen epoch, if it is among those that are there."""
    return [
        go.Scatter(
            x=[best],
            y=[float(line.values[k])],
            mode="markers",
            name=title,
            marker={**_MARK, "color": colour(index)},
            hoverinfo="skip",
        )
        for k in np.flatnonzero(epochs == best)
    ]
