"""Parity: every point can be clicked, nothing lies outside, what has no label is not drawn."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.figures.parity import PointSet, parity_figure


def point_set(title: str, names: list[str], truth: list[float], predicted: list[float]) -> PointSet:
    return PointSet(title, names, np.array(truth), np.array(predicted))


TRAIN = point_set("train", ["a_fcc", "b_fcc"], [0.0, 1.0], [0.1, 0.9])
FCC = point_set("fcc", ["c_fcc", "d<b>_fcc", "e_fcc"], [0.5, 2.0, np.nan], [0.75, 1.5, 0.3])
BCC = point_set("bcc", ["f_bcc"], [-1.0], [-0.9996])


def parity(*test: PointSet, **options: object) -> go.Figure:
    settings: dict[str, object] = {
        "truth_title": "DFT (eV/atom)",
        "predicted_title": "Predicted (eV/atom)",
        "unit": "eV/atom",
        "decimals": 3,
        "hover": "{name}|{set}|{truth}|{predicted}|{error}|{unit}",
    }
    return parity_figure(test, **(settings | options))


def test_points_carry_the_names_of_their_rows() -> None:
    train, fcc, bcc = parity(FCC, BCC, train=TRAIN).data
    assert list(train.customdata) == ["a_fcc", "b_fcc"]
    assert list(fcc.customdata) == ["c_fcc", "d<b>_fcc"]
    assert list(fcc.x) == [0.5, 2.0]
    assert list(fcc.y) == [0.75, 1.5]
    assert list(bcc.customdata) == ["f_bcc"]


def test_a_row_without_label_or_prediction_is_not_counted() -> None:
    lost = point_set("test", ["x", "y", "z"], [1.0, np.nan, 2.0], [np.nan, 1.0, 2.0])
    (points,) = parity(lost).data
    assert points.name == "test · n = 1"
    assert list(points.customdata) == ["z"]


def test_hover_says_name_values_and_error_with_unit() -> None:
    fcc, bcc = parity(FCC, BCC).data
    assert list(fcc.hovertext) == [
        "c_fcc|fcc|0.500|0.750|+0.250|eV/atom",
        # A name is shown letter by letter.
        "d&lt;b&gt;_fcc|fcc|2.000|1.500|−0.500|eV/atom",
    ]
    assert list(bcc.hovertext) == ["f_bcc|bcc|−1.000|−1.000|0.000|eV/atom"]
    assert fcc.hovertemplate == "%{hovertext}<extra></extra>"


def test_training_points_are_faint_and_test_sets_differ_in_colour_and_shape() -> None:
    train, fcc, bcc = parity(FCC, BCC, train=TRAIN).data
    assert train.marker.opacity < fcc.marker.opacity
    assert train.marker.size < fcc.marker.size
    assert len({trace.marker.color for trace in (train, fcc, bcc)}) == 3
    assert fcc.marker.symbol != bcc.marker.symbol
    # Test points look alike whether or not training points are drawn below them.
    assert parity(FCC, BCC).data[0].marker == fcc.marker
    # Choosing one point does not fade the others.
    assert fcc.unselected.marker.opacity == fcc.marker.opacity


def test_the_chosen_row_has_a_ring_and_others_do_not() -> None:
    ring = parity(FCC, train=TRAIN, chosen="b_fcc").data[-1]
    assert (ring.x, ring.y) == ((1.0,), (0.9,))
    assert ring.marker.symbol == "circle-open"
    assert ring.hoverinfo == "skip"
    assert len(parity(FCC, chosen="no such row").data) == 1
    assert len(parity(FCC, chosen="e_fcc").data) == 1  # it has no label


def test_the_identity_line_and_a_band_of_the_given_width() -> None:
    band, line = parity(FCC, band=0.2).layout.shapes
    assert line.x0 == line.y0
    assert line.x1 == line.y1
    corners = [tuple(map(float, c.split(","))) for c in band.path[2:-2].split(" L ")]
    assert [y - x for x, y in corners] == pytest.approx([-0.2, -0.2, 0.2, 0.2])
    assert len(parity(FCC).layout.shapes) == 1


def test_axes_are_equal_and_titled() -> None:
    layout = parity(FCC).layout
    assert list(layout.xaxis.range) == list(layout.yaxis.range)
    assert layout.yaxis.scaleanchor == "x"
    assert layout.xaxis.title.text == "DFT (eV/atom)"
    assert layout.yaxis.title.text == "Predicted (eV/atom)"


def test_without_points_there_is_still_a_plot() -> None:
    assert list(parity(point_set("test", [], [], [])).layout.xaxis.range) == [0, 1]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=9))
def test_every_point_lies_inside(pairs: list[tuple[float, float]]) -> None:
    truth, predicted = map(list, zip(*pairs, strict=True))
    figure = parity(point_set("test", [f"row {i}" for i in range(len(pairs))], truth, predicted))
    low, high = figure.layout.xaxis.range
    assert low < high
    assert all(low < value < high for pair in pairs for value in pair)
