"""Learning curves: what smoothing does, and what is drawn of several runs."""

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heanet.errors import ConfigError
from heanet.figures.curves import MAX_POINTS, Curve, curve_figure, smooth

SERIES = arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 40)),
    elements=st.floats(-100, 100, width=32),
)
STRENGTHS = st.floats(0, 0.99)


def test_each_value_is_the_weighted_mean_of_all_up_to_it() -> None:
    smoothed = smooth(np.array([4.0, 0.0, 2.0]), strength=0.5)
    assert smoothed == pytest.approx([4, (2 * 0 + 4) / 3, (4 * 2 + 2 * 0 + 4) / 7])


@given(SERIES)
def test_strength_zero_changes_nothing(values: np.ndarray) -> None:
    assert smooth(values, strength=0) == pytest.approx(values)


@given(st.floats(-100, 100), st.integers(1, 60), STRENGTHS)
def test_a_constant_stays_constant(value: float, n_steps: int, strength: float) -> None:
    assert smooth(np.full(n_steps, value), strength=strength) == pytest.approx([value] * n_steps)


@given(SERIES, STRENGTHS)
def test_smoothing_stays_within_what_it_has_seen(values: np.ndarray, strength: float) -> None:
    smoothed = smooth(values, strength=strength)
    assert smoothed.shape == values.shape
    assert (smoothed <= np.maximum.accumulate(values, axis=-1) + 1e-9).all()
    assert (smoothed >= np.minimum.accumulate(values, axis=-1) - 1e-9).all()


@given(SERIES, STRENGTHS)
def test_the_future_does_not_change_the_past(values: np.ndarray, strength: float) -> None:
    half = values.shape[-1] // 2 + 1
    whole = smooth(values, strength=strength)[:, :half]
    assert whole == pytest.approx(smooth(values[:, :half], strength=strength))


@given(SERIES, STRENGTHS)
def test_runs_are_smoothed_apart(values: np.ndarray, strength: float) -> None:
    one_by_one = np.stack([smooth(run, strength=strength) for run in values])
    assert smooth(values, strength=strength) == pytest.approx(one_by_one)


def test_a_missing_value_stays_missing_and_has_no_weight() -> None:
    smoothed = smooth(np.array([np.nan, 3.0, np.nan, 3.0]), strength=0.9)
    assert smoothed == pytest.approx([np.nan, 3, np.nan, 3], nan_ok=True)


@pytest.mark.parametrize("strength", [1.0, -0.1, 1.5])
def test_a_strength_that_is_none_is_refused(strength: float) -> None:
    with pytest.raises(ConfigError, match="less than 1"):
        smooth(np.ones(3), strength=strength)


EPOCHS = np.arange(1, 5)
ONE = Curve("one", EPOCHS, np.array([[8.0, 4.0, 2.0, 1.0]]))
TWO = Curve("two", EPOCHS, np.array([[8.0, 4.0, 2.0, np.nan], [6.0, 2.0, 0.5, 0.25]]))


def curves(*shown: Curve, strength: float = 0.0, log_value: bool = False) -> go.Figure:
    return curve_figure(
        shown,
        strength=strength,
        log_value=log_value,
        epoch_title="Epoch",
        value_title="MAE (eV/atom)",
        unit="eV/atom",
    )


def test_every_curve_has_one_legend_entry_that_holds_all_its_lines() -> None:
    figure = curves(ONE, TWO, strength=0.5)
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == ["one", "two"]
    assert [trace.legendgroup for trace in figure.data] == ["0", "0", "1", "1", "1", "1"]


def test_raw_lines_are_drawn_faintly_below_the_smoothed_one() -> None:
    raw, smoothed = curves(ONE, strength=0.5).data
    assert list(raw.y) == [8, 4, 2, 1]
    assert raw.line.color == "rgba(0,114,178,0.25)"
    assert raw.hoverinfo == "skip"
    assert list(smoothed.y) == pytest.approx(list(smooth(ONE.values[0], strength=0.5)))
    assert smoothed.line.color == "#0072b2"
    assert len(curves(ONE).data) == 1  # nothing smoothed: the raw line would be the same


def test_the_band_and_the_mean_end_where_a_run_ends() -> None:
    first, second, band, mean = curves(TWO).data
    assert list(first.y) == pytest.approx([8, 4, 2, np.nan], nan_ok=True)
    assert list(second.y) == [6, 2, 0.5, 0.25]
    assert list(mean.x) == [1, 2, 3]
    assert list(mean.y) == [7, 3, 1.25]
    assert list(band.x) == [1, 2, 3, 3, 2, 1]
    assert list(band.y) == [8, 4, 2, 0.5, 2, 6]
    assert band.fill == "toself"


def test_long_curves_are_smoothed_before_they_are_thinned() -> None:
    values = np.random.default_rng(0).random((1, 5 * MAX_POINTS))
    raw, smoothed = curves(Curve("long", np.arange(5 * MAX_POINTS), values), strength=0.9).data
    assert len(raw.x) == len(smoothed.x) == MAX_POINTS
    assert (smoothed.x[0], smoothed.x[-1]) == (0, 5 * MAX_POINTS - 1)
    everything = smooth(values[0], strength=0.9)
    assert smoothed.y == pytest.approx(everything[smoothed.x])


def test_a_logarithmic_axis_is_ticked_in_full_numbers() -> None:
    axis = curves(ONE, log_value=True).layout.yaxis
    assert axis.type == "log"
    assert axis.title.text == "MAE (eV/atom)"
    assert list(axis.ticktext) == ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"]
    assert curves(ONE).layout.yaxis.type == "linear"


def test_no_curves_are_an_empty_plot() -> None:
    assert curves().data == ()
    assert curves(log_value=True).layout.xaxis.title.text == "Epoch"


def test_a_curve_without_values_draws_nothing() -> None:
    (line,) = curves(Curve("none", EPOCHS, np.full((1, 4), np.nan))).data
    assert list(line.x) == []
