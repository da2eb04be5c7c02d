"""Plotly figures of predictions. Words and colours come in as arguments."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from pymatgen.core import Element

from heanet.figures.palette import NEUTRAL

_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
_SUM_OPACITY = 0.4  # lets its whisker be seen
_ROW = 40  # pixels a bar
_DOT_ROW = 30  # pixels a cell
# Room for the numbers beside the bars, as a part of the span of all bars.
_ROOM = 0.22


def share_figure(
    shares: Mapping[str, float],
    colours: Mapping[str, str],
    *,
    decimals: int,
    unit: str,
    sum_label: str,
    half_width: float | None,
) -> go.Figure:
    """A bar per element and one for their sum, which is the prediction.

    Args:
        shares: Part of the prediction by element, in ``unit``.
        colours: ``#rrggbb`` by element.
        decimals: Digits worth showing.
        unit: As shown.
        sum_label: Name of the sum's bar.
        half_width: Half of the prediction's interval, drawn on the sum; None draws none.
    """
    elements = sorted(shares, key=lambda symbol: Element(symbol).Z)
    total = sum(shares.values())
    values = [*(shares[symbol] for symbol in elements), total]
    sum_row = f"<b>{sum_label}</b>"
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[*elements, sum_row],
            orientation="h",
            marker={
                "color": [*(colours[symbol] for symbol in elements), NEUTRAL],
                "opacity": [*[1.0] * len(elements), _SUM_OPACITY],
            },
            customdata=[signed(value, decimals) for value in values],
            hovertemplate=f"%{{y}}: %{{customdata}} {unit}<extra></extra>",
        )
    )
    if half_width is not None:
        figure.add_scatter(
            x=[total],
            y=[sum_row],
            mode="markers",
            marker={"color": NEUTRAL, "size": 7},
            error_x={"array": [half_width], "color": NEUTRAL, "thickness": 2, "width": 6},
            hoverinfo="skip",
        )
    # Numbers stand beyond their bar and, for the sum, beyond its whisker.
    ends = [*values[:-1], total + (half_width or 0.0) * (1 if total >= 0 else -1)]
    figure.add_scatter(
        x=ends,
        y=[*elements, sum_row],
        mode="text",
        text=[f" {signed(value, decimals)} " for value in values],
        textposition=["middle right" if value >= 0 else "middle left" for value in values],
        cliponaxis=False,
        hoverinfo="skip",
    )
    whisker = half_width or 0.0
    figure.update_xaxes(
        title=unit, range=_with_room([*values, total - whisker, total + whisker]), fixedrange=True
    )
    figure.update_xaxes(zeroline=True, zerolinecolor=NEUTRAL)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    figure.add_hline(y=len(elements) - 0.5, line={"width": 1, "color": NEUTRAL, "dash": "dot"})
    height = 60 + _ROW * len(values)
    figure.update_layout(height=height, margin=_MARGIN, showlegend=False, bargap=0.35)
    return figure


def comparison_figure(
    names: Sequence[str],
    values: Sequence[float],
    half_widths: Sequence[float | None],
    *,
    decimals: int,
    unit: str,
) -> go.Figure:
    """One property of several cells as dots with their intervals, in the order given.

    Args:
        names: Of the cells, each once.
        values: In ``unit``, (n_cells,).
        half_widths: Half of each interval, (n_cells,); None draws none.
        decimals: Digits worth showing.
        unit: As shown.
    """
    texts = [
        number(value, decimals) + ("" if half is None else f" ± {number(half, decimals)}")
        for value, half in zip(values, half_widths, strict=True)
    ]
    figure = go.Figure(
        go.Scatter(
            x=list(values),
            # Positions, not names: a name that looks like a number or a date stays a name.
            y=list(range(len(names))),
            mode="markers",
            marker={"size": 9},
            error_x={"array": [half or 0.0 for half in half_widths], "thickness": 1.5, "width": 5},
            customdata=list(zip(names, texts, strict=True)),
            hovertemplate=f"%{{customdata[0]}}: %{{customdata[1]}} {unit}<extra></extra>",
        )
    )
    figure.update_xaxes(title=unit, fixedrange=True, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.5, -0.5],
        fixedrange=True,
        automargin=True,
    )
    figure.update_layout(height=70 + _DOT_ROW * len(names), margin=_MARGIN, showlegend=False)
    return figure


def number(value: float, decimals: int) -> str:
    """With a true minus sign, and zero without one."""
    return f"{value:z.{decimals}f}".replace("-", "−")


def signed(value: float, decimals: int) -> str:
    """As ``number``, positive ones with a plus sign."""
    text = number(value, decimals)
    return f"+{text}" if value > 0 and float(text) != 0 else text


def _with_room(values: Sequence[float]) -> list[float]:
    """A range that holds zero and all values, with room for a number on the sides in use."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = _ROOM * (high - low) or 1.0
    return [low - room if low < 0 else -room / 4, high + room if high > 0 else room / 4]
