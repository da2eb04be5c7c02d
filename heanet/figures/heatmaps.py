"""Heat maps: errors as ratios to a baseline's, and how labels go together."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf, isfinite, log2, nan
from typing import Literal

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from heanet.figures.predictions import signed
from heanet.figures.series import MARGIN, rows_axis, significant
from heanet.figures.squares import Square, colour_axis, columns_axis, draw_squares

_ROW, _LABEL_ROW = 30, 56  # pixels
_FACET_HEAD = 96  # pixels: a facet's title above, its ticks below
_BAR = 100  # pixels: the colour bar above all facets
_TITLE_SIZE = 13
_WRAP = 16  # letters of a line of a column's title
_MOST = 2.0  # factors of two at which the colours end: 0.25 and 4
_LEAST_PAIRS = 3  # two points always correlate perfectly


@dataclass(frozen=True)
class RatioCell:
    """One square of the ratio heat map.

    Attributes:
        facet: Panel that it is in (a task).
        row: Model and task group.
        column: Split.
        error: Of the model; NaN where there is none.
        baseline: Error of the baseline on the same rows; NaN where there is none.
        unit: Of both, as shown.
        n: Number of rows that both are from.
        reason: Why one of them is missing, in words.
    """

    facet: str
    row: str
    column: str
    error: float
    baseline: float
    unit: str
    n: int
    reason: str = ""

    @property
    def ratio(self) -> float:
        """Error over the baseline's; NaN where one is missing or the baseline has no error."""
        return self.error / self.baseline if self.baseline > 0 else nan


def ratio_heat_map(
    cells: Sequence[RatioCell], *, hover: str, colour_title: str, across: int = 3
) -> go.Figure:
    """Error over the baseline's error: blue below 1, orange above, on a scale of factors of two.

    Facets, rows and columns come in the order in which the cells name them. Where there is no
    ratio, a stroke stands for the square, with the reason on hover.

    Args:
        cells: Each facet, row and column at most once together.
        hover: Text of a square with ``{facet}``, ``{row}``, ``{column}``, ``{error}``,
            ``{baseline}``, ``{ratio}``, ``{unit}`` and ``{n}`` to fill in.
        colour_title: Title of the colour bar.
        across: Panels side by side.
    """
    facets, rows, columns = (
        list(dict.fromkeys(getattr(cell, key) for cell in cells))
        for key in ("facet", "row", "column")
    )
    across = min(across, len(facets)) or 1
    figure, height = _panels(facets, across=across, n_rows=len(rows))
    for index, facet in enumerate(facets):
        inside = {(cell.row, cell.column): cell for cell in cells if cell.facet == facet}
        squares = [
            _ratio_square(inside.get((row, column)), row, column, i, j, hover)
            for i, row in enumerate(rows)
            for j, column in enumerate(columns)
        ]
        for trace in draw_squares(squares, n_rows=len(rows), n_columns=len(columns), most=_MOST):
            figure.add_trace(trace, row=index // across + 1, col=index % across + 1)
    figure.update_annotations(font_size=_TITLE_SIZE)
    figure.update_layout(height=height + _BAR, margin={**MARGIN, "t": _BAR}, showlegend=False)
    figure.update_layout(coloraxis=_ratio_colours(colour_title))
    figure.update_xaxes(columns_axis(columns))
    figure.update_yaxes(rows_axis(rows))
    return figure


def _panels(facets: Sequence[str], *, across: int, n_rows: int) -> tuple[go.Figure, int]:
    """An empty panel per facet, and the height of all of them in pixels."""
    down = ceil(len(facets) / across) or 1
    height = down * (_FACET_HEAD + _ROW * n_rows)
    figure = make_subplots(
        rows=down,
        cols=across,
        shared_yaxes=True,
        subplot_titles=list(facets),
        horizontal_spacing=0.02,
        vertical_spacing=_FACET_HEAD / height if down > 1 else 0,
    )
    return figure, height


def correlation_figure(
    labels: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    method: Literal["pearson", "spearman"],
    hover: str,
    missing: str,
) -> go.Figure:
    """Correlation of every pair of labels, over the rows that have both, as a triangle of squares.

    Args:
        labels: One column per task, (n_rows, n_tasks); NaN where a label is missing.
        titles: Words on the axes by column of ``labels``, in the order drawn; two or more.
        method: Pearson: of the values; Spearman: of their ranks.
        hover: Text of a square with ``{first}``, ``{second}``, ``{value}`` and ``{n}`` (rows with
            both labels) to fill in.
        missing: Text of a square without a value (too few rows, or all of them the same), with
            ``{first}``, ``{second}`` and ``{n}`` to fill in.
    """
    tasks = list(titles)
    values = labels[tasks].corr(method=method, min_periods=_LEAST_PAIRS).to_numpy()
    there = labels[tasks].notna().to_numpy().astype(int)
    counts = there.T @ there  # rows with both labels
    squares = []
    for i, row in enumerate(tasks[1:]):
        for j, column in enumerate(tasks[: i + 1]):  # each pair once
            value, n = float(values[i + 1, j]), int(counts[i + 1, j])
            text = signed(value, 2)
            words = hover if isfinite(value) else missing
            said = words.format(first=titles[column], second=titles[row], value=text, n=n)
            squares.append(Square(i, j, value, text, said))
    size = len(tasks) - 1
    figure = go.Figure(draw_squares(squares, n_rows=size, n_columns=size, most=1.0))
    figure.update_layout(height=130 + _LABEL_ROW * size, margin=MARGIN, showlegend=False)
    figure.update_layout(coloraxis=colour_axis(most=1.0, bar=None))
    figure.update_xaxes(columns_axis([_wrapped(titles[task]) for task in tasks[:-1]]))
    figure.update_yaxes(rows_axis([_wrapped(titles[task]) for task in tasks[1:]]))
    return figure


def ratio_text(ratio: float) -> str:
    """Two decimals around 1, two digits that count far from it: 0.031, 0.31, 1.00, 12."""
    return f"{ratio:.2f}" if 0.0995 <= ratio < 9.995 else significant(ratio, 2)


def _ratio_square(
    cell: RatioCell | None, row: str, column: str, i: int, j: int, hover: str
) -> Square:
    """Coloured by the logarithm, so that half and twice the error are equally far from 1."""
    if cell is None or not isfinite(cell.ratio):
        reason = f"<br>{cell.reason}" if cell and cell.reason else ""
        return Square(i, j, nan, "", f"{row} · {column}{reason}")
    text = ratio_text(cell.ratio)
    said = hover.format(
        facet=cell.facet,
        row=row,
        column=column,
        error=significant(cell.error),
        baseline=significant(cell.baseline),
        ratio=text,
        unit=cell.unit,
        n=cell.n,
    )
    factors = log2(cell.ratio) if cell.ratio > 0 else -inf
    return Square(i, j, max(-_MOST, min(_MOST, factors)), text, said)


def _ratio_colours(title: str) -> dict[str, object]:
    bar = {
        # At the top of the figure plotly draws a title on top into the bar.
        "title": {"text": title, "side": "bottom"},
        "orientation": "h",
        "xref": "container",
        "x": 0,
        "xanchor": "left",
        "xpad": 28,
        "lenmode": "pixels",
        "len": 220,
        "yref": "container",
        "y": 1,
        "yanchor": "top",
        "tickvals": [-2, -1, 0, 1, 2],
        "ticktext": ["≤ 0.25", "0.5", "1", "2", "≥ 4"],
        "thickness": 12,
    }
    return colour_axis(most=_MOST, bar=bar)


def _wrapped(title: str) -> str:
    return "<br>".join(textwrap.wrap(title, _WRAP))
