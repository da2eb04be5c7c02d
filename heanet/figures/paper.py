"""Figures as they go into a paper: how wide, in which letters, on white.

One pixel of a figure is two thirds of a point, so that its letters of 12 pixels are 8 points high
in print and every stroke keeps its proportion to them. In the browser the theme of the page lays
its own inks over this template.
"""

import plotly.graph_objects as go

from heanet.figures.colours import COLOUR_MAP
from heanet.figures.palette import SERIES
from heanet.figures.series import MARGIN

# Of journals: one column and two columns, millimetres.
WIDTHS = (85, 175)
DPI = 600  # of PNG; journals ask for 300 and more
POINTS_PER_PIXEL = 2 / 3
LETTERS = 12  # pixels
_MM_PER_POINT = 25.4 / 72
_INK = "#1a1a1a"
_LINES = "#c9ced1"
_AXIS = {
    "automargin": True,
    "color": _INK,
    "gridcolor": _LINES,
    "zerolinecolor": _LINES,
    "linecolor": _INK,
    "ticks": "",
    "title": {"standoff": 8, "font": {"size": LETTERS}},
}
TEMPLATE = go.layout.Template(
    layout={
        "colorway": list(SERIES),
        "colorscale": {"sequential": COLOUR_MAP},
        "font": {"family": "Arial, Helvetica, 'Liberation Sans', sans-serif", "size": LETTERS},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
)


def paper_figure(figure: go.Figure) -> go.Figure:
    """A copy on white, with black letters and nothing that only a screen has."""
    paper = go.Figure(figure)
    paper.update_layout(template=TEMPLATE, font_color=_INK, dragmode=False, hovermode=False)
    paper.update_layout(paper_bgcolor="#ffffff", plot_bgcolor="#ffffff")
    if figure.layout.margin.t == MARGIN["t"]:
        paper.update_layout(margin_t=MARGIN["b"])  # no bar of buttons in print
    return paper


def pixels(millimetres: float) -> int:
    """Width of a figure that is so wide in print."""
    return round(millimetres / _MM_PER_POINT / POINTS_PER_PIXEL)


def letter_size(millimetres: float, *, width: int) -> float:
    """Height of the letters in print, in points.

    Args:
        millimetres: Width in print.
        width: In pixels, of the figure as it is laid out.
    """
    return LETTERS * millimetres / _MM_PER_POINT / width
