"""The learning of one run: what is drawn where."""

import numpy as np
import pytest

from heanet.figures.curves import MAX_POINTS, smooth
from heanet.figures.runcurves import Line, run_figure

EPOCHS = np.array([1, 2, 3, 4])
TRAIN = Line("training", np.array([4.0, 3.0, 2.0, 1.0]), faint=True)
VALIDATION = Line("validation", np.array([5.0, 4.0, 2.5, 3.0]))
TITLES = {"best_title": "best", "epoch_title": "Epoch", "value_title": "MAE (eV)", "unit": "eV"}


def test_training_is_dashed_and_the_best_epoch_sits_on_the_validation_curve() -> None:
    figure = run_figure(EPOCHS, [VALIDATION, TRAIN], best=3, strength=0, log_value=False, **TITLES)
    validation, train, best = figure.data
    assert (validation.name, train.name, best.name) == ("validation", "training", "best")
    assert (validation.line.dash, train.line.dash) == (None, "dash")
    assert validation.line.width > train.line.width
    assert train.y.tolist() == [4, 3, 2, 1]
    assert (list(best.x), list(best.y)) == ([3], [2.5])
    assert validation.hovertemplate.endswith(" eV")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Epoch", "MAE (eV)")


def test_smoothing_keeps_the_raw_curve_and_the_mark_at_its_own_value() -> None:
    figure = run_figure(EPOCHS, [VALIDATION], best=3, strength=0.5, log_value=True, **TITLES)
    raw, smoothed, best = figure.data
    assert raw.y.tolist() == VALIDATION.values.tolist()
    assert not raw.showlegend
    expected = smooth(VALIDATION.values, strength=0.5)
    assert smoothed.y == pytest.approx(expected)
    assert smoothed.y[2] != 2.5
    assert list(best.y) == [2.5]
    assert figure.layout.yaxis.type == "log"


def test_nothing_is_marked_where_no_epoch_was_chosen() -> None:
    shown = [
        run_figure(EPOCHS, [line], best=best, strength=0, log_value=False, **TITLES).data
        for line, best in ((VALIDATION, None), (VALIDATION, 9), (TRAIN, 3))
    ]
    assert [len(traces) for traces in shown] == [1, 1, 1]


def test_zoom_belongs_to_the_series() -> None:
    one = run_figure(EPOCHS, [TRAIN], best=None, strength=0, log_value=False, **TITLES)
    more = run_figure(
        np.arange(1, 6), [Line("t", np.ones(5))], best=None, strength=0, log_value=False, **TITLES
    )
    other = run_figure(
        EPOCHS, [TRAIN], best=None, strength=0, log_value=False, **{**TITLES, "value_title": "Loss"}
    )
    assert one.layout.uirevision == more.layout.uirevision != other.layout.uirevision


def test_a_first_epoch_is_seen_and_long_runs_are_thinned() -> None:
    first = run_figure(
        np.array([1]), [Line("v", np.array([1.0]))], best=None, strength=0, log_value=True, **TITLES
    )
    assert first.data[0].mode == "lines+markers"
    n = 3 * MAX_POINTS
    long = run_figure(
        np.arange(n), [Line("v", np.arange(n) + 1.0)], best=None, strength=0, log_value=True,
        **TITLES,
    )  # fmt: skip
    assert len(long.data[0].x) == MAX_POINTS
    assert (long.data[0].x[0], long.data[0].x[-1]) == (0, n - 1)
