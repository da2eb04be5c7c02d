import numpy as np
import pytest

from heanet.figures.lessons import (
    distributions_figure,
    element_graph_figure,
    entropy_figure,
    lines_figure,
    marked_bars,
    relation_figure,
    strip_figure,
)
from heanet.figures.palette import NEUTRAL
from heanet.figures.series import colour

COLOURS = {"Cr": "#8a99c7", "Fe": "#e06633", "Ni": "#50d050"}
FRACTIONS = {"Cr": 0.25, "Fe": 0.5, "Ni": 0.25}


def graph(chosen: tuple[str, str]):  # noqa: ANN201 - plotly has no types
    return element_graph_figure(
        FRACTIONS,
        COLOURS,
        chosen=chosen,
        hover_node="{element}: {fraction}",
        hover_edge="{other} around {centre}",
    )


def test_every_ordered_pair_has_an_edge_and_the_chosen_one_stands_out() -> None:
    figure = graph(("Fe", "Ni"))
    *edges, nodes = figure.data
    assert len(edges) == 9
    strong = [edge for edge in edges if edge.line.color == colour(1)]
    assert [edge.hovertemplate for edge in strong] == ["Ni around Fe<extra></extra>"]
    assert edges[-1] is strong[0], "drawn over the others"
    sizes = dict(zip(nodes.text, nodes.marker.size, strict=True))
    assert sizes["Fe"] > sizes["Cr"] == sizes["Ni"]


def test_an_edge_leads_from_the_other_element_to_the_centre() -> None:
    *edges, nodes = graph(("Fe", "Ni")).data
    places = {s: np.array([x, y]) for s, x, y in zip(nodes.text, nodes.x, nodes.y, strict=True)}
    path = np.stack([edges[-1].x, edges[-1].y], axis=1)
    first, last = path[0], path[-1]
    assert np.linalg.norm(first - places["Ni"]) < np.linalg.norm(first - places["Fe"])
    assert np.linalg.norm(last - places["Fe"]) < np.linalg.norm(last - places["Ni"])
    assert edges[-1].marker.size[-1] > edges[-1].marker.size[0] == 0, "one arrow head, at its end"


def test_one_element_has_a_loop_alone() -> None:
    figure = element_graph_figure(
        {"Fe": 1.0}, COLOURS, chosen=("Fe", "Fe"), hover_node="{element}", hover_edge="{other}"
    )
    assert len(figure.data) == 2
    assert np.isfinite(np.array(figure.data[0].x, dtype=float)).all()


def test_the_own_entropy_is_a_line_over_the_bars() -> None:
    figure = entropy_figure(
        [0.0, 0.69], own=1.2, own_title="yours", axis_title="R", parts_title="n"
    )
    assert list(figure.data[0].y) == [0.0, 0.69]
    assert figure.layout.shapes[0].y0 == 1.2
    assert figure.layout.yaxis.range[1] > 1.2, "the line is in the picture"


def test_the_strip_counts_rows_from_one() -> None:
    figure = strip_figure(
        [("#d55e00", 37, "tested"), ("#56b4e9", 254, "trained")],
        hover="{use} {first}-{last} ({n})",
        axis_title="rows",
    )
    assert [bar.hovertemplate for bar in figure.data] == [
        "tested 1-37 (37)<extra></extra>",
        "trained 38-291 (254)<extra></extra>",
    ]
    assert figure.layout.xaxis.range == (0, 291)


def test_the_marked_bar_has_another_colour() -> None:
    figure = marked_bars(
        [("a", 0.067), ("b", 0.007)], marked=1, axis_title="x", decimals=3, hover="{title} {value}"
    )
    assert list(figure.data[0].marker.color) == [NEUTRAL, colour(0)]
    assert list(figure.data[0].text) == ["0.067", "<b>0.007</b>"]
    assert list(figure.data[0].hovertext) == ["a 0.067", "b 0.007"]


def test_a_line_of_one_point_is_level() -> None:
    figure = lines_figure(
        [("zero", [0.0], [0.02]), ("scratch", [15.0, 30.0], [0.05, 0.03])],
        axes=("rows", "MAE"),
        unit="eV/atom",
    )
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([0.0, 30.0], [0.02, 0.02])
    assert list(figure.data[1].y) == [0.05, 0.03]


def test_distributions_begin_before_the_first_shell() -> None:
    middles = np.arange(20) + 0.5
    before = np.zeros(20)
    before[8] = 12.0
    figure = distributions_figure(
        middles, before, before, titles=("first", "changed"), axes=("r", "atoms")
    )
    assert figure.layout.xaxis.range == (6.5, 19.5)
    assert [trace.name for trace in figure.data] == ["first", "changed"]
    empty = distributions_figure(
        middles, np.zeros(20), before, titles=("first", "changed"), axes=("r", "atoms")
    )
    assert empty.layout.xaxis.range[1] == 19.5


def test_the_line_of_equal_values_spans_the_rows() -> None:
    x, y = np.array([-0.1, 0.2, np.nan]), np.array([-8.0, -7.0, -6.0])
    figure = relation_figure(x, y, ["a", "b", "c"], axes=("x", "y"), unit="eV/atom")
    assert list(figure.data[0].x) == list(figure.data[0].y) == pytest.approx([-0.1, 0.2])
    assert list(figure.data[1].customdata) == ["a", "b", "c"]
