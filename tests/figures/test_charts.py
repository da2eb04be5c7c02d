import numpy as np
import pytest

from heanet.figures import charts
from heanet.figures.palette import text_on


def test_pairs_are_named_by_atomic_number() -> None:
    assert charts.pair_label(("Ni", "Fe")) == charts.pair_label(("Fe", "Ni")) == "Fe–Ni"


@pytest.mark.parametrize(
    ("formula", "shown"),
    [("Co1Fe2", "CoFe₂"), ("Co17Cr13", "Co₁₇Cr₁₃"), ("Fe10", "Fe₁₀"), ("Fe1Ni11", "FeNi₁₁")],
)
def test_subscripts(formula: str, shown: str) -> None:
    assert charts.subscripts(formula) == shown


def test_composition_bar_adds_up_to_a_hundred() -> None:
    figure = charts.composition_bar({"Fe": 0.97, "Ni": 0.03}, {"Fe": "#000000", "Ni": "#ffff00"})
    assert [trace.x[0] for trace in figure.data] == pytest.approx([97, 3])
    assert [trace.text for trace in figure.data] == ["Fe", ""]  # no room for the second
    assert figure.data[0].textfont.color == "#ffffff"


def test_pair_distributions_start_before_the_first_peak() -> None:
    radii = np.arange(0.025, 6, 0.05)
    peak = np.where(np.abs(radii - 2.525) < 0.01, 8.0, 0.0)
    figure = charts.pair_distribution_figure(
        radii, {("Ni", "Ni"): 0 * peak, ("Fe", "Ni"): peak}, radius_title="r", value_title="g"
    )
    assert [trace.name for trace in figure.data] == ["Fe–Ni", "Ni–Ni"]
    assert max(figure.data[0].y) == 8
    assert figure.layout.xaxis.range[0] == pytest.approx(2.025)


def test_distance_matrix_shows_each_pair_once() -> None:
    nearest = {("Fe", "Fe"): 2.5, ("Fe", "Ni"): 2.4567, ("Cr", "Ni"): 2.6}
    heatmap = charts.distance_matrix_figure(nearest, hover="{pair} is {distance}").data[0]
    assert list(heatmap.x) == ["Cr", "Fe", "Ni"]
    assert [list(row) for row in heatmap.text] == [
        ["", "", ""],
        ["", "2.50", ""],
        ["2.60", "2.46", ""],
    ]
    assert heatmap.customdata[2][1] == "Fe–Ni is 2.46"


def test_equal_distances_get_equal_colours() -> None:
    nearest = {("Fe", "Fe"): 2.5456, ("Fe", "Ni"): 2.5456 + 1e-9}
    heatmap = charts.distance_matrix_figure(nearest, hover="{pair}").data[0]
    assert heatmap.zmax - heatmap.zmin == pytest.approx(0.2)


@pytest.mark.parametrize(("colour", "text"), [("#ffffff", "#000000"), ("#0072b2", "#ffffff")])
def test_text_can_be_read(colour: str, text: str) -> None:
    assert text_on(colour) == text
