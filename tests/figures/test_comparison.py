"""Models side by side: means, whiskers, order, n, and the numbers as written."""

import pytest

from heanet.figures.comparison import Part, mean_text, slice_figure, spread_figure

PARTS = [
    Part("fcc", 82, {"HEANet": (0.010, 0.014), "Mean": (0.5,)}),
    Part("bcc", 70, {"Mean": (0.4,)}),
]
ERRORS = {"Mean": (0.5,), "HEANet": (0.010, 0.014, 0.012), "SchNet": (0.02, 0.03)}


def slices(*, log_value: bool = False) -> list:
    figure = slice_figure(
        PARTS,
        models=["HEANet", "Mean"],
        log_value=log_value,
        value_title="MAE (eV/atom)",
        unit="eV/atom",
        hover="{model}|{part}|{n}|{error}|{seeds}|{unit}",
    )
    return [figure, *figure.data]


def test_a_bar_is_the_mean_over_seeds_and_its_whisker_their_spread() -> None:
    _figure, heanet, mean = slices()
    assert heanet.name == "HEANet"
    assert list(heanet.x) == [0]  # it has no error on bcc
    assert list(heanet.y) == [pytest.approx(0.012)]
    assert list(heanet.error_y.array) == [pytest.approx(0.004 / 2**0.5)]
    assert list(mean.x) == [0, 1]
    assert list(mean.y) == [0.5, 0.4]
    assert heanet.error_y.visible
    assert not mean.error_y.visible  # of one seed


def test_n_stands_under_each_part_and_the_unit_beside_the_axis() -> None:
    figure, heanet, _mean = slices()
    assert list(figure.layout.xaxis.ticktext) == ["fcc<br>n = 82", "bcc<br>n = 70"]
    assert figure.layout.yaxis.title.text == "MAE (eV/atom)"
    assert list(heanet.hovertext) == ["HEANet|fcc|82|0.0120 ± 0.0028|2|eV/atom"]


def test_no_bar_stands_on_a_logarithmic_axis() -> None:
    figure, *traces = slices(log_value=True)
    assert [trace.type for trace in traces] == ["scatter", "scatter"]
    assert len({trace.marker.symbol for trace in traces}) == 2
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.scattermode == "group"
    assert [trace.type for trace in slices()[1:]] == ["bar", "bar"]


def spread(*, log_value: bool = False) -> list:
    figure = spread_figure(
        ERRORS,
        log_value=log_value,
        value_title="MAE (eV/atom)",
        unit="eV/atom",
        hover="{model}|{seed}|{error}|{unit}",
    )
    return [figure, *figure.data]


def test_the_best_model_is_on_top_with_its_mean_and_spread() -> None:
    figure, bars, strokes, _dots = spread()
    assert list(bars.x) == list(strokes.x) == pytest.approx([0.012, 0.025, 0.5])
    first, last = figure.layout.yaxis.range
    assert first > last
    assert list(figure.layout.yaxis.ticktext) == [
        "HEANet<br>0.0120 ± 0.0020",
        "SchNet<br>0.0250 ± 0.0071",
        "Mean<br>0.500",
    ]


def test_every_seed_is_a_dot_in_the_row_of_its_model() -> None:
    *_others, dots = spread()
    assert list(dots.x) == [0.010, 0.014, 0.012, 0.02, 0.03, 0.5]
    assert list(dots.y) == [0, 0, 0, 1, 1, 2]
    assert dots.hovertext[1] == "HEANet|2|0.0140|eV/atom"


def test_means_on_a_logarithmic_axis_are_strokes_alone() -> None:
    figure, *traces = spread(log_value=True)
    assert [trace.type for trace in traces] == ["scatter", "scatter"]
    assert figure.layout.xaxis.type == "log"
    assert {0.01, 0.02, 0.05, 0.1, 0.5} <= set(figure.layout.xaxis.tickvals)


@pytest.mark.parametrize(
    ("errors", "text"),
    [
        ((0.0057, 0.0059), "0.00580 ± 0.00014"),
        ((0.00581,), "0.00581"),
        ((12.0, 14.0), "13.0 ± 1.4"),
        ((0.0, 0.0), "0"),
    ],
)
def test_mean_and_spread_have_the_same_decimals(errors: tuple[float, ...], text: str) -> None:
    assert mean_text(errors) == text
