"""Models side by side: their errors on parts of the rows, and over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from heanet.figures.palette import NEUTRAL
from heanet.figures.predictions import number
from heanet.figures.series import (
    LEGEND_BELOW,
    MARGIN,
    colour,
    decimals_for,
    faded,
    rows_axis,
    significant,
    symbol,
    value_axis,
)

_SLICE_HEIGHT = 420
_ROW = 44  # pixels a model


@dataclass(frozen=True)
class Part:
    """A part of the rows.

    Attributes:
        title: "fcc", "3 elements", "Ni".
        n: Number of rows in it.
        errors: Error of every seed, at least one, by model; a model may be missing.
    """

    title: str
    n: int
    errors: Mapping[str, Sequence[float]]


def slice_figure(
    parts: Sequence[Part],
    *,
    models: Sequence[str],
    log_value: bool,
    value_title: str,
    unit: str,
    hover: str,
) -> go.Figure:
    """Error of every model on every part: mean over seeds, whiskers of one standard deviation.

    Bars on a linear axis; dots on a logarithmic one, where a bar has no zero to stand on.

    Args:
        parts: From left to right; the number of rows stands under each.
        models: In the order of the legend; the first gets the first colour.
        log_value: Logarithmic y axis.
        value_title: Title of the y axis with its unit.
        unit: As shown in ``hover``.
        hover: Text with ``{model}``, ``{part}``, ``{n}``, ``{error}`` (mean, and its spread where
            there are several seeds), ``{seeds}`` (how many) and ``{unit}`` to fill in.
    """
    figure = go.Figure()
    for index, model in enumerate(models):
        marks = _marks(parts, model, unit, hover)
        if log_value:
            marker = {"color": colour(index), "size": 9, "symbol": symbol(index)}
            figure.add_scatter(**marks, mode="markers", marker=marker)
        else:
            figure.add_bar(**marks, marker={"color": colour(index), "line": {"width": 0}})
    figure.update_layout(barmode="group", scattermode="group", bargap=0.25, showlegend=True)
    figure.update_layout(height=_SLICE_HEIGHT, margin=MARGIN, legend=LEGEND_BELOW)
    figure.update_xaxes(
        tickvals=list(range(len(parts))),
        ticktext=[f"{part.title}<br>n = {part.n}" for part in parts],
        range=[-0.5, len(parts) - 0.5],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    means = [_mean(errors) for part in parts for errors in part.errors.values()]
    figure.update_yaxes(value_axis(means, title=value_title, log_value=log_value))
    return figure


def spread_figure(
    errors: Mapping[str, Sequence[float]],
    *,
    log_value: bool,
    value_title: str,
    unit: str,
    hover: str,
) -> go.Figure:
    """Error of every seed as a dot, their mean as a stroke and a bar, best model on top.

    Mean and spread stand below the model's name. On a logarithmic axis there are no bars, which
    would have no zero to stand on.

    Args:
        errors: Error of every seed, by model; all on the same rows; at least one seed each.
        log_value: Logarithmic x axis.
        value_title: Title of the x axis with its unit.
        unit: As shown in ``hover``.
        hover: Text of a dot with ``{model}``, ``{seed}`` (place in the list, from 1), ``{error}``
            and ``{unit}`` to fill in.
    """
    models = sorted(errors, key=lambda model: _mean(errors[model]))
    means = {"x": [_mean(errors[model]) for model in models], "y": list(range(len(models)))}
    figure = go.Figure()
    if not log_value:
        bar = {"color": faded(NEUTRAL, 0.4), "line": {"width": 0}}
        figure.add_bar(**means, orientation="h", marker=bar, hoverinfo="skip")
    stroke = {"symbol": "line-ns", "size": 20, "line": {"width": 2.5, "color": NEUTRAL}}
    figure.add_scatter(**means, mode="markers", marker=stroke, hoverinfo="skip")
    figure.add_trace(_seed_dots(errors, models, unit, hover))
    figure.update_layout(height=100 + _ROW * len(models), margin=MARGIN)
    figure.update_layout(showlegend=False, bargap=0.35)
    everything = [error for seeds in errors.values() for error in seeds]
    figure.update_xaxes(value_axis(everything, title=value_title, log_value=log_value))
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(rows_axis([f"{model}<br>{mean_text(errors[model])}" for model in models]))
    return figure


def mean_text(errors: Sequence[float]) -> str:
    """``"0.00581 ± 0.00012"``: mean and standard deviation over seeds; of one seed its error."""
    mean = _mean(errors)
    if len(errors) < 2 or mean == 0:
        return significant(mean)
    decimals = decimals_for(mean)
    return f"{number(mean, decimals)} ± {number(_spread(errors), decimals)}"


def _mean(errors: Sequence[float]) -> float:
    return float(np.mean(errors))


def _spread(errors: Sequence[float]) -> float:
    """Standard deviation over two or more seeds (n - 1)."""
    return float(np.std(errors, ddof=1))


def _marks(parts: Sequence[Part], model: str, unit: str, hover: str) -> dict[str, Any]:
    """What the bars and the dots of a model have in common; parts without errors are left out."""
    found = [(i, part, part.errors[model]) for i, part in enumerate(parts) if model in part.errors]
    texts = [
        hover.format(
            model=model,
            part=part.title,
            n=part.n,
            error=mean_text(errors),
            seeds=len(errors),
            unit=unit,
        )
        for _, part, errors in found
    ]
    several = any(len(errors) > 1 for _, _, errors in found)
    whiskers = {
        "array": [_spread(errors) if len(errors) > 1 else 0.0 for _, _, errors in found],
        # One seed has no spread; a whisker of no length would look like a small one.
        "visible": several,
        "color": NEUTRAL,
        "thickness": 1.5,
        "width": 3,
    }
    return {
        "x": [i for i, _, _ in found],
        "y": [_mean(errors) for _, _, errors in found],
        "error_y": whiskers,
        "name": model,
        "offsetgroup": model,
        "hovertext": texts,
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _seed_dots(
    errors: Mapping[str, Sequence[float]], models: Sequence[str], unit: str, hover: str
) -> go.Scatter:
    dots = [
        (error, place, hover.format(model=model, seed=k, error=significant(error), unit=unit))
        for place, model in enumerate(models)
        for k, error in enumerate(errors[model], start=1)
    ]
    return go.Scatter(
        x=[error for error, _, _ in dots],
        y=[place for _, place, _ in dots],
        mode="markers",
        marker={"size": 9, "color": colour(0), "opacity": 0.8},
        hovertext=[text for _, _, text in dots],
        hovertemplate="%{hovertext}<extra></extra>",
    )
