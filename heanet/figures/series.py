"""How series are told apart, by colour and by shape, and how errors are written.

The colours are in ``heanet.figures.palette``. Backgrounds and words are left to the page's theme.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from heanet.figures.palette import SERIES
from heanet.figures.predictions import number

# Above, room for the mode bar, which would cover what is drawn there.
MARGIN = {"l": 8, "r": 8, "t": 36, "b": 8}
LEGEND_BELOW = {
    "orientation": "h",
    "xref": "container",
    "x": 0,
    "xanchor": "left",
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
}
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")
DASHES = ("solid", "dash", "dot", "dashdot")
# Ticks of a logarithmic decade by the largest over the smallest value, up to which they serve.
_TICKS = {
    1.0: (1, 2, 5),  # a single value
    1.8: (1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9),
    5.0: (1, 1.5, 2, 3, 4, 5, 6, 8),
    math.inf: (1, 2, 5),
}
_DECADES = 6  # a logarithmic axis over more of them is ticked at the powers of ten alone


def colour(index: int) -> str:
    """Colour of the series with that index; repeats after the last one."""
    return SERIES[index % len(SERIES)]


def symbol(index: int) -> str:
    """Marker of the series with that index."""
    return SYMBOLS[index % len(SYMBOLS)]


def dash(index: int) -> str:
    """Line style of the series with that index: another one when the colours repeat."""
    return DASHES[index // len(SERIES) % len(DASHES)]


def faded(hex_colour: str, opacity: float) -> str:
    """``#rrggbb`` as a colour that lets the ground through."""
    red, green, blue = (int(hex_colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def significant(value: float, digits: int = 3) -> str:
    """A number with that many digits that count, never in powers of ten: ``"0.00581"``."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else ""
    return number(value, decimals_for(value, digits))


def decimals_for(value: float, digits: int = 3) -> int:
    """Decimals with which a number other than zero has that many digits that count."""
    exponent = int(f"{value:.{digits - 1}e}".partition("e")[2])  # once rounded: 9.996 is 10.0
    return max(0, digits - 1 - exponent)


def rows_axis(titles: Sequence[str]) -> dict[str, Any]:
    """A y axis with one row per title, the first on top.

    Positions, not titles: a title that looks like a number or a date stays a title.
    """
    return {
        "tickvals": list(range(len(titles))),
        "ticktext": list(titles),
        "range": [len(titles) - 0.5, -0.5],
        "fixedrange": True,
        "automargin": True,
        "showgrid": False,
        "zeroline": False,
    }


def value_axis(values: Iterable[float], *, title: str, log_value: bool) -> dict[str, Any]:
    """An axis of errors; a logarithmic one is ticked at 1, 2 and 5, written out in full.

    Where all values lie so close together that these would be one tick or two, there are more.

    Args:
        values: All that are drawn; a logarithmic axis shows the positive ones.
        title: With the unit.
        log_value: Whether it is logarithmic.
    """
    axis = {"title": title, "showgrid": True, "zeroline": False}
    if not log_value:
        return {**axis, "type": "linear", "rangemode": "tozero"}
    shown = [v for v in values if v > 0 and math.isfinite(v)] or [1.0]
    exponents = [math.floor(math.log10(v)) for v in shown]
    decades = range(min(exponents) - 1, max(exponents) + 2)
    ratio = max(shown) / min(shown)
    steps = next(steps for most, steps in _TICKS.items() if ratio <= most)
    ticks = [float(f"{step}e{decade}") for decade in decades for step in steps]
    if len(decades) > _DECADES:
        ticks = ticks[::3]
    return {**axis, "type": "log", "tickvals": ticks, "ticktext": [f"{t:.15g}" for t in ticks]}
