"""Plotly figures of the lessons. Words and colours come in as arguments."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from heanet.figures.palette import NEUTRAL, text_on
from heanet.figures.predictions import number
from heanet.figures.series import LEGEND_BELOW, colour, faded, symbol, value_axis

Array = NDArray[np.float64]
Pair = tuple[str, str]  # centre, and the element around it

_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
_HEIGHT = 240
_STEPS = 24  # points of a curved edge
_BEND = 0.16  # of an edge, as a part of its length
_NODE = (26.0, 66.0)  # diameters of a node in pixels: of no atoms, and of all of them
_GRAPH, _LINES = 250, 330  # heights in pixels


def entropy_figure(
    equal: Sequence[float], *, own: float, own_title: str, axis_title: str, parts_title: str
) -> go.Figure:
    """The entropy of one to n equal parts as bars, and that of one composition as a line.

    Args:
        equal: Entropy of 1, 2, ... equal parts, units of R.
        own: Of the composition, units of R.
        own_title: Words at the line.
        axis_title: Of the y axis, with its unit.
        parts_title: Of the x axis.
    """
    figure = go.Figure(
        go.Bar(
            x=[str(n) for n in range(1, len(equal) + 1)],
            y=list(equal),
            marker={"color": NEUTRAL},
            text=[number(value, 2) for value in equal],
            textposition="outside",
            hovertemplate="%{x}: %{y:.3f} R<extra></extra>",
        )
    )
    figure.add_hline(
        y=own,
        line={"width": 2.5, "color": colour(1)},
        annotation={
            "text": own_title,
            "font": {"color": colour(1)},
            "xanchor": "left",
            "yanchor": "bottom",
        },
        annotation_position="top left",
    )
    figure.update_layout(height=_HEIGHT, margin=_MARGIN, bargap=0.35, showlegend=False)
    figure.update_xaxes(title=parts_title, type="category", fixedrange=True)
    figure.update_yaxes(title=axis_title, range=[0, max(*equal, own) * 1.2], fixedrange=True)
    return figure


def element_graph_figure(
    fractions: Mapping[str, float],
    colours: Mapping[str, str],
    *,
    chosen: Pair,
    hover_node: str,
    hover_edge: str,
) -> go.Figure:
    """Elements as nodes, sized by atomic fraction, and a directed edge for every ordered pair.

    Args:
        fractions: Atomic fraction by element, at least one.
        colours: ``#rrggbb`` by element.
        chosen: The pair whose edge stands out: its centre gets the message of the other.
        hover_node: With ``{element}`` and ``{fraction}`` to fill in.
        hover_edge: With ``{centre}`` and ``{other}`` to fill in.
    """
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(fractions)) / len(fractions)
    radius = 1.0 if len(fractions) > 1 else 0.0
    places = {
        symbol: radius * np.array([np.cos(angle), np.sin(angle)])
        for symbol, angle in zip(fractions, angles, strict=True)
    }
    figure = go.Figure()
    # The chosen edge comes last, over the others.
    pairs = sorted(((a, b) for a in places for b in places), key=lambda pair: pair == chosen)
    for centre, other in pairs:
        words = hover_edge.format(centre=centre, other=other)
        figure.add_trace(
            _edge(places[other], places[centre], words, strong=chosen == (centre, other))
        )
    figure.add_trace(_nodes(fractions, colours, places, hover_node))
    figure.update_layout(height=_GRAPH, margin=_MARGIN, showlegend=False)
    figure.update_xaxes(visible=False, range=[-2.1, 2.1], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-1.6, 1.6], fixedrange=True, scaleanchor="x")
    return figure


def _edge(start: Array, end: Array, words: str, *, strong: bool) -> go.Scatter:
    """An arrow from one node to another, bent so that both directions are seen; or a loop."""
    path = _loop(start) if np.allclose(start, end) else _bow(start, end)
    shade = colour(1) if strong else faded(NEUTRAL, 0.55)
    return go.Scatter(
        x=path[:, 0],
        y=path[:, 1],
        mode="lines+markers",
        line={"width": 3 if strong else 1.2, "color": shade},
        marker={
            "symbol": "arrow",
            "size": [0] * (len(path) - 1) + [14 if strong else 9],
            "angleref": "previous",
            "color": shade,
        },
        hovertemplate=f"{words}<extra></extra>",
    )


def _bow(start: Array, end: Array) -> Array:
    """Points of a bent line that stops short of both nodes, (n_points, 2)."""
    along = end - start
    aside = np.array([-along[1], along[0]]) * _BEND
    t = np.linspace(0.14, 0.8, _STEPS)[:, None]
    bow: Array = start + t * along + 4 * t * (1 - t) * aside
    return bow


def _loop(node: Array) -> Array:
    """Points of a circle that leaves and enters a node, on its outer side, (n_points, 2)."""
    outwards = node / (np.linalg.norm(node) or 1.0) if node.any() else np.array([0.0, 1.0])
    centre = node + 0.34 * outwards
    first = np.arctan2(-outwards[1], -outwards[0])
    turn = first + np.linspace(0.75, 2 * np.pi - 0.95, _STEPS)
    circle: Array = centre + 0.26 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return circle


def _nodes(
    fractions: Mapping[str, float],
    colours: Mapping[str, str],
    places: Mapping[str, Array],
    hover: str,
) -> go.Scatter:
    smallest, largest = _NODE
    return go.Scatter(
        x=[float(places[symbol][0]) for symbol in fractions],
        y=[float(places[symbol][1]) for symbol in fractions],
        mode="markers+text",
        text=list(fractions),
        textfont={"color": [text_on(colours[symbol]) for symbol in fractions], "size": 14},
        marker={
            "size": [smallest + (largest - smallest) * x**0.5 for x in fractions.values()],
            "color": [colours[symbol] for symbol in fractions],
            "line": {"width": 1, "color": NEUTRAL},
            "opacity": 1,
        },
        customdata=[
            hover.format(element=symbol, fraction=f"{x:.1%}") for symbol, x in fractions.items()
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def distributions_figure(
    middles: Array, before: Array, after: Array, *, titles: tuple[str, str], axes: tuple[str, str]
) -> go.Figure:
    """The same distribution of a cell and of the cell as it was changed, one over the other.

    Args:
        middles: Of the bins, Angstrom, (n_bins,).
        before: Atoms in each bin, (n_bins,).
        after: The same of the changed cell.
        titles: Of the two, in the legend.
        axes: Titles of x and y, with their units.
    """
    first = max(int(np.flatnonzero(before).min(initial=len(before))) - 2, 0)
    figure = go.Figure()
    figure.add_bar(x=middles, y=before, name=titles[0], marker={"color": faded(colour(0), 0.6)})
    figure.add_scatter(
        x=middles,
        y=after,
        name=titles[1],
        mode="lines",
        line={"color": colour(1), "width": 1.6, "shape": "hvh"},
    )
    figure.update_traces(hovertemplate="%{y:.3f}")
    figure.update_layout(
        height=_HEIGHT,
        margin=_MARGIN,
        bargap=0,
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )
    low = float(middles[min(first, len(middles) - 1)])
    figure.update_xaxes(title=axes[0], range=[low, float(middles[-1])], hoverformat=".2f")
    figure.update_yaxes(title=axes[1], rangemode="tozero")
    return figure


def relation_figure(
    x: Array, y: Array, names: Sequence[str], *, axes: tuple[str, str], unit: str
) -> go.Figure:
    """Two labels of the same rows, a dot a row, with the line on which they are equal.

    Args:
        x: First label, (n_rows,).
        y: Second label, (n_rows,).
        names: Of the rows.
        axes: Titles of x and y, with their units.
        unit: On hover.
    """
    figure = go.Figure()
    ends = [float(np.nanmin(x)), float(np.nanmax(x))]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"width": 1.2, "dash": "dash", "color": NEUTRAL}
    )
    figure.data[0].update(hoverinfo="skip")
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"size": 5, "color": colour(0), "opacity": 0.6},
        customdata=list(names),
        hovertemplate=f"%{{customdata}}<br>%{{x:.3f}}, %{{y:.3f}} {unit}<extra></extra>",
    )
    figure.update_layout(height=_HEIGHT + 30, margin=_MARGIN, showlegend=False)
    figure.update_xaxes(title=axes[0], zeroline=False)
    figure.update_yaxes(title=axes[1], zeroline=False)
    return figure


def strip_figure(
    stretches: Sequence[tuple[str, int, str]], *, hover: str, axis_title: str
) -> go.Figure:
    """The rows of a file as one strip, cut where their use changes.

    Args:
        stretches: Colour, number of rows and words of each, from the first row on.
        hover: With ``{use}``, ``{n}``, ``{first}`` and ``{last}`` (rows from 1) to fill in.
        axis_title: Of the x axis.
    """
    figure = go.Figure()
    first = 0
    for shade, n, use in stretches:
        words = hover.format(use=use, n=n, first=first + 1, last=first + n)
        figure.add_bar(
            x=[n],
            y=[""],
            orientation="h",
            name=f"{use} ({n})",
            marker={"color": shade, "line": {"width": 1, "color": "#ffffff"}},
            text=str(n),
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": text_on(shade)},
            hovertemplate=f"{words}<extra></extra>",
        )
        first += n
    figure.update_layout(
        barmode="stack",
        bargap=0,
        height=140,
        margin={**_MARGIN, "t": 40},
        showlegend=True,
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "x": 0,
            "traceorder": "normal",
        },
    )
    figure.update_xaxes(title=axis_title, range=[0, first], fixedrange=True, showgrid=False)
    figure.update_yaxes(visible=False, fixedrange=True)
    return figure


def marked_bars(
    bars: Sequence[tuple[str, float]], *, marked: int, axis_title: str, decimals: int, hover: str
) -> go.Figure:
    """Bars of one quantity with their numbers, one of them marked.

    Args:
        bars: Title and value of each, from top to bottom; values not negative.
        marked: Position of the marked one.
        axis_title: Of the values, with their unit.
        decimals: Digits after the point.
        hover: With ``{title}`` and ``{value}`` to fill in.
    """
    texts = [number(value, decimals) for _, value in bars]
    figure = go.Figure(
        go.Bar(
            x=[value for _, value in bars],
            y=[title for title, _ in bars],
            orientation="h",
            marker={"color": [colour(0) if k == marked else NEUTRAL for k in range(len(bars))]},
            text=[f"<b>{t}</b>" if k == marked else t for k, t in enumerate(texts)],
            textposition="outside",
            hovertext=[
                hover.format(title=title, value=text)
                for (title, _), text in zip(bars, texts, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    room = 1.4 * max((value for _, value in bars), default=1.0)
    figure.update_layout(height=60 + 38 * len(bars), margin=_MARGIN, showlegend=False, bargap=0.3)
    figure.update_xaxes(title=axis_title, range=[0, room], fixedrange=True)
    figure.update_yaxes(autorange="reversed", automargin=True, fixedrange=True)
    return figure


def lines_figure(
    lines: Sequence[tuple[str, Sequence[float], Sequence[float]]],
    *,
    axes: tuple[str, str],
    unit: str,
) -> go.Figure:
    """Errors over the number of rows that trained, a line each; one of a single point is level.

    Args:
        lines: Title, numbers of rows and errors of each.
        axes: Titles of x and y, with their units.
        unit: On hover.
    """
    most = max((max(rows) for _, rows, _ in lines), default=1.0)
    figure = go.Figure()
    for index, (title, rows, errors) in enumerate(lines):
        level = len(rows) == 1
        figure.add_scatter(
            x=[0.0, most] if level else list(rows),
            y=[errors[0]] * 2 if level else list(errors),
            name=title,
            mode="lines" if level else "lines+markers",
            line={"color": colour(index), "width": 2, "dash": "dash" if level else "solid"},
            marker={"symbol": symbol(index), "size": 8},
            hovertemplate=f"{title}: %{{y:.4f}} {unit}<extra></extra>",
        )
    figure.update_layout(height=_LINES, margin=_MARGIN, showlegend=True, legend=LEGEND_BELOW)
    values = [value for _, _, errors in lines for value in errors]
    figure.update_xaxes(title=axes[0], rangemode="tozero")
    figure.update_yaxes(value_axis(values, title=axes[1], log_value=True))
    return figure
