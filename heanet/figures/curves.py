"""Learning curves laid over one another: raw faint, smoothed strong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from heanet.errors import ConfigError
from heanet.figures.series import LEGEND_BELOW, MARGIN, colour, dash, faded, value_axis

Array = NDArray[np.float64]

_HEIGHT = 440
_RAW, _BAND = 0.25, 0.15  # opacities
# More points than this on one line are not seen; smoothing comes before, thinning after.
MAX_POINTS = 1000


@dataclass(frozen=True, eq=False)
class Curve:
    """One series of one or more runs (seeds) with the same settings.

    Attributes:
        title: In the legend.
        epochs: (n_epochs,), ascending.
        values: One run a row, (n_runs, n_epochs); NaN where a run has no value.
    """

    title: str
    epochs: NDArray[np.int64]
    values: Array


def smooth(values: Array, *, strength: float) -> Array:
    """Exponential smoothing along the last axis, without a pull towards zero at the start.

    Each value becomes the mean of itself and all before it, the one k steps back weighted with
    ``strength**k``, and the weights sum to 1 from the first value on (the bias correction of
    doi 10.48550/arXiv.1412.6980, section 3). NaN stays NaN and has no weight.

    Args:
        values: (..., n_steps).
        strength: 0 leaves the values as they are; towards 1 everything is smoothed away.

    Raises:
        ConfigError: ``strength`` is not in [0, 1).
    """
    if not 0 <= strength < 1:
        raise ConfigError(f"A smoothing strength of {strength}", expected="0 or more, less than 1")
    steps_first = pd.DataFrame(values.reshape(-1, values.shape[-1]).T)
    means = steps_first.ewm(alpha=1 - strength, adjust=True).mean().where(steps_first.notna())
    return np.asarray(means.to_numpy().T.reshape(values.shape), dtype=np.float64)


def curve_figure(
    curves: Sequence[Curve],
    *,
    strength: float,
    log_value: bool,
    epoch_title: str,
    value_title: str,
    unit: str = "",
) -> go.Figure:
    """Curves with one legend entry each.

    Of several runs the mean of the smoothed ones is drawn, with a band from the lowest to the
    highest of them, as far as every run has values.

    Args:
        curves: The first gets the first colour.
        strength: Of ``smooth``.
        log_value: Logarithmic y axis.
        epoch_title: Title of the x axis.
        value_title: Title of the y axis with its unit.
        unit: Beside the value on hover; empty for a loss.
    """
    figure = go.Figure()
    for index, curve in enumerate(curves):
        smoothed = smooth(curve.values, strength=strength)
        if strength > 0 or len(curve.values) > 1:
            for run in curve.values:
                figure.add_trace(_raw(curve, run, index))
        if len(curve.values) > 1:
            figure.add_trace(_band(curve, smoothed, index))
        figure.add_trace(_mean(curve, smoothed, index, unit))
    figure.update_layout(height=_HEIGHT, margin=MARGIN, hovermode="x unified")
    figure.update_layout(legend=LEGEND_BELOW, showlegend=True)
    figure.update_xaxes(title=epoch_title, rangemode="tozero", zeroline=False)
    drawn = np.concatenate([np.empty(0), *(curve.values.ravel() for curve in curves)])
    figure.update_yaxes(value_axis(drawn.tolist(), title=value_title, log_value=log_value))
    return figure


def thinned(n_points: int) -> NDArray[np.intp]:
    """Evenly spread indices of at most MAX_POINTS points, the first and the last among them."""
    return np.unique(np.linspace(0, n_points - 1, min(n_points, MAX_POINTS)).round().astype(int))


def _everywhere(smoothed: Array) -> NDArray[np.intp]:
    """Thinned indices of the epochs at which every run has a value."""
    found = np.flatnonzero(np.isfinite(smoothed).all(axis=0))
    return found[thinned(len(found))] if len(found) else found


def _raw(curve: Curve, run: Array, index: int) -> go.Scatter:
    kept = thinned(len(run))
    return go.Scatter(
        x=curve.epochs[kept],
        y=run[kept],
        mode="lines",
        legendgroup=str(index),
        showlegend=False,
        line={"width": 1, "color": faded(colour(index), _RAW)},
        hoverinfo="skip",
    )


def _band(curve: Curve, smoothed: Array, index: int) -> go.Scatter:
    kept = _everywhere(smoothed)
    epochs, runs = curve.epochs[kept], smoothed[:, kept]
    return go.Scatter(
        x=np.concatenate([epochs, epochs[::-1]]),
        y=np.concatenate([runs.max(axis=0), runs.min(axis=0)[::-1]]),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colour(index), _BAND),
        legendgroup=str(index),
        showlegend=False,
        hoverinfo="skip",
    )


def _mean(curve: Curve, smoothed: Array, index: int, unit: str) -> go.Scatter:
    kept = _everywhere(smoothed)
    return go.Scatter(
        x=curve.epochs[kept],
        y=smoothed[:, kept].mean(axis=0),
        mode="lines",
        name=curve.title,
        legendgroup=str(index),
        line={"width": 2.2, "color": colour(index), "dash": dash(index)},
        hovertemplate=f"%{{y:.3~g}} {unit}".rstrip(),
    )
