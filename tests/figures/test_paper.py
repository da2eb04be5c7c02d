"""Figures in print: widths, letters, and what is only for the screen."""

import plotly.graph_objects as go
import pytest

from heanet.figures.palette import SERIES
from heanet.figures.paper import WIDTHS, letter_size, paper_figure, pixels
from heanet.figures.series import MARGIN


@pytest.mark.parametrize("millimetres", WIDTHS)
def test_letters_are_eight_points_high_whatever_the_width(millimetres: int) -> None:
    width = pixels(millimetres)
    assert letter_size(millimetres, width=width) == pytest.approx(8, abs=0.02)
    assert letter_size(millimetres, width=2 * width) == pytest.approx(4, abs=0.01)


def test_a_figure_in_print_is_black_on_white_and_the_one_on_screen_stays() -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4]))
    figure.update_layout(margin=MARGIN, hovermode="x unified")
    paper = paper_figure(figure)
    assert paper.layout.paper_bgcolor == paper.layout.plot_bgcolor == "#ffffff"
    assert paper.layout.template.layout.colorway == SERIES
    assert paper.layout.hovermode is False
    assert (paper.layout.margin.t, paper.layout.margin.b) == (8, 8)
    assert (figure.layout.margin.t, figure.layout.hovermode) == (36, "x unified")


def test_a_margin_that_holds_titles_is_kept() -> None:
    figure = go.Figure().update_layout(margin={**MARGIN, "t": 110})
    assert paper_figure(figure).layout.margin.t == 110
