"""Plotly figures of one cell. Words and colours come in as arguments."""

import re
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from pymatgen.core import Element

from heanet.figures.palette import NEUTRAL, text_on

Pair = tuple[str, str]

_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
# Distances that differ by less are not coloured as if they were far apart, Angstrom.
_LEAST_SPAN = 0.2
# Line styles tell pairs apart where colours of a colour-blind reader do not.
_DASHES = ("solid", "dash", "dot", "dashdot")


def pair_label(pair: Pair) -> str:
    """``"Fe–Ni"``, lighter element first."""
    first, second = sorted(pair, key=_number)
    return f"{first}–{second}"


def subscripts(formula: str) -> str:
    """``"Fe3Ni1"`` -> ``"Fe₃Ni"``."""
    without_ones = re.sub(r"(?<=[A-Za-z])1(?![0-9.])", "", formula)
    return without_ones.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def composition_bar(fractions: Mapping[str, float], colours: Mapping[str, str]) -> go.Figure:
    """One bar, cut in proportion to the elements.

    Args:
        fractions: Atomic fraction by element, sum 1.
        colours: ``#rrggbb`` by element.
    """
    figure = go.Figure()
    for symbol, fraction in fractions.items():
        wide_enough = fraction >= 0.06
        figure.add_bar(
            x=[100 * fraction],
            y=[""],
            orientation="h",
            name=symbol,
            marker={"color": colours[symbol], "line": {"width": 0}},
            text=symbol if wide_enough else "",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": text_on(colours[symbol]), "size": 14},
            hovertemplate=f"{symbol}: %{{x:.2f}} at.%<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0, height=44, margin=dict.fromkeys("lrtb", 0))
    figure.update_layout(showlegend=False)
    figure.update_xaxes(visible=False, range=[0, 100], fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


def pair_distribution_figure(
    radii: NDArray[np.float64],
    distributions: Mapping[Pair, NDArray[np.float64]],
    *,
    radius_title: str,
    value_title: str,
) -> go.Figure:
    """Partial pair distributions g(r), one line per unordered element pair.

    Args:
        radii: Middle of each bin in Angstrom, (n_bins,).
        distributions: g(r) by pair, each (n_bins,); 1 where there is no order.
        radius_title: Title of the x axis with its unit.
        value_title: Title of the y axis.
    """
    figure = go.Figure()
    ordered = sorted(distributions.items(), key=lambda item: _by_number(item[0]))
    for number, (pair, values) in enumerate(ordered):
        figure.add_scatter(
            x=radii,
            y=values,
            mode="lines",
            name=pair_label(pair),
            line={"width": 1.8, "dash": _DASHES[(number // 10) % len(_DASHES)]},
            hovertemplate="%{y:.2f}",
        )
    figure.add_hline(y=1, line={"width": 1, "dash": "dot", "color": NEUTRAL})
    figure.update_layout(
        height=360, margin=_MARGIN, hovermode="x unified", legend={"orientation": "h", "y": -0.25}
    )
    figure.update_xaxes(
        title=radius_title, hoverformat=".2f", range=_from_first_peak(radii, distributions)
    )
    figure.update_yaxes(title=value_title, rangemode="tozero")
    return figure


def _from_first_peak(
    radii: NDArray[np.float64], distributions: Mapping[Pair, NDArray[np.float64]]
) -> list[float]:
    """The range of r worth showing: from just before the closest two atoms."""
    occupied = np.flatnonzero(np.sum(list(distributions.values()), axis=0))
    first = float(radii[occupied[0]]) if len(occupied) else 0.0
    return [max(first - 0.5, 0.0), float(radii[-1])]


def distance_matrix_figure(
    nearest: Mapping[Pair, float], *, hover: str, colour_map: str = "Viridis"
) -> go.Figure:
    """Shortest distance of every element pair as a triangle of labelled squares.

    Args:
        nearest: Angstrom, by unordered pair.
        hover: Text of a square with ``{pair}`` and ``{distance}`` (Angstrom) to fill in.
        colour_map: Name of a plotly colour scale.
    """
    elements = sorted({symbol for pair in nearest for symbol in pair}, key=_number)
    by_label = {pair_label(pair): distance for pair, distance in nearest.items()}
    labels = [[pair_label((row, column)) for column in elements] for row in elements]
    distances = np.array([[by_label.get(label, np.nan) for label in row] for row in labels])
    distances[np.triu_indices(len(elements), k=1)] = np.nan  # each pair once
    middle = (np.nanmin(distances) + np.nanmax(distances)) / 2
    span = max(np.nanmax(distances) - np.nanmin(distances), _LEAST_SPAN)
    texts = [["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in distances]
    hovers = [
        [hover.format(pair=label, distance=text) for label, text in zip(*row, strict=True)]
        for row in zip(labels, texts, strict=True)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=distances,
            zmin=middle - span / 2,
            zmax=middle + span / 2,
            x=elements,
            y=elements,
            text=texts,
            texttemplate="%{text}",
            customdata=hovers,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=colour_map,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    figure.update_layout(height=64 + 38 * len(elements), margin=_MARGIN)
    figure.update_xaxes(side="bottom", showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False, fixedrange=True)
    return figure


def _number(symbol: str) -> int:
    return int(Element(symbol).Z)


def _by_number(pair: Pair) -> tuple[int, ...]:
    return tuple(sorted(map(_number, pair)))
