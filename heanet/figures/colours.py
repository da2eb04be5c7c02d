"""Colours of elements and of values.

Jmol's and VESTA's element colours are read from the table that pymatgen ships. The third scheme is
the palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), whose colours stay apart for all
common kinds of colour blindness; black is replaced by grey, because a black ball shows no shading.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pymatgen.vis
from monty.serialization import loadfn
from numpy.typing import NDArray
from plotly.colors import sample_colorscale
from pymatgen.core import Element

from heanet.figures.palette import OKABE_ITO

Scheme = Literal["jmol", "vesta", "okabe_ito"]
SCHEMES: tuple[Scheme, ...] = ("jmol", "vesta", "okabe_ito")

# The elements of the training data keep their colour whatever else is in the cell.
_OKABE_ITO_FIXED = {
    "Cr": OKABE_ITO["sky"],
    "Mn": OKABE_ITO["purple"],
    "Fe": OKABE_ITO["vermilion"],
    "Co": OKABE_ITO["blue"],
    "Ni": OKABE_ITO["green"],
    "Pd": OKABE_ITO["orange"],
}
_OKABE_ITO_SPARE = (OKABE_ITO["yellow"], "#999999")
_UNKNOWN = "#b0b0b0"
# Uniform to the eye and readable with colour blindness; unlike cividis it also changes in hue,
# which stays visible where the shading of a ball changes the brightness.
COLOUR_MAP = "viridis"


def element_colours(symbols: Sequence[str], scheme: Scheme) -> dict[str, str]:
    """The colour of each element as ``#rrggbb``.

    Okabe-Ito has eight colours: with more elements than that the spare ones repeat, because a
    colour outside the palette would break what it promises.

    Args:
        symbols: Elements of one cell, in any order, repeats allowed.
        scheme: One of ``SCHEMES``.
    """
    elements = sorted(set(symbols), key=lambda symbol: Element(symbol).Z)
    if scheme == "okabe_ito":
        return _okabe_ito(elements)
    table = _pymatgen_table("Jmol" if scheme == "jmol" else "VESTA")
    return {symbol: table.get(symbol, _UNKNOWN) for symbol in elements}


def value_colours(values: NDArray[np.float64], *, low: float, high: float) -> list[str]:
    """Colours of numbers on the map ``COLOUR_MAP``; outside of [low, high] the end colours.

    Args:
        values: (n_values,), NaN gives grey.
        low: Value of the first colour.
        high: Value of the last colour; equal to ``low`` when all values are the same.
    """
    span = high - low
    scaled = np.clip((values - low) / span, 0.0, 1.0) if span > 0 else np.full(len(values), 0.5)
    scaled = np.where(np.isnan(values), np.nan, scaled)
    # 256 steps are more than a screen shows, and far fewer than the atoms of a large cell.
    steps = np.linspace(0.0, 1.0, 256)
    palette = [_hex(colour) for colour in sample_colorscale(COLOUR_MAP, list(steps))]
    return [_UNKNOWN if np.isnan(x) else palette[round(x * 255)] for x in scaled]


def _okabe_ito(elements: Sequence[str]) -> dict[str, str]:
    taken = {_OKABE_ITO_FIXED[symbol] for symbol in elements if symbol in _OKABE_ITO_FIXED}
    spare = [c for c in (*_OKABE_ITO_SPARE, *_OKABE_ITO_FIXED.values()) if c not in taken]
    spare = spare or list(_OKABE_ITO_SPARE)
    colours = {}
    n_spare = 0
    for symbol in elements:
        if symbol in _OKABE_ITO_FIXED:
            colours[symbol] = _OKABE_ITO_FIXED[symbol]
        else:
            colours[symbol] = spare[n_spare % len(spare)]
            n_spare += 1
    return colours


@cache
def _pymatgen_table(name: str) -> dict[str, str]:
    folder = Path(next(iter(pymatgen.vis.__path__)))
    table = loadfn(folder / "ElementColorSchemes.yaml")[name]
    return {symbol: "#{:02x}{:02x}{:02x}".format(*rgb) for symbol, rgb in table.items()}


def _hex(rgb: str) -> str:
    """``"rgb(0, 34, 78)"`` -> ``"#00224e"``."""
    red, green, blue = (round(float(part)) for part in rgb[4:-1].split(","))
    return f"#{red:02x}{green:02x}{blue:02x}"
