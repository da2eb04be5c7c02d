"""Lesson 5: what two and three components tell of four and five."""

import pandas as pd
import streamlit as st

from heanet.comparison.plan import SCRATCH, TEACHER, TOGETHER
from heanet.comparison.results import Results
from heanet.comparison.transfer import ZERO_SHOT
from heanet.comparison.transfercurves import TransferCurve, transfer_curves
from heanet.data.labels import PUBLISHED
from heanet.figures.lessons import lines_figure, marked_bars
from heanet.training.readouts import ReadoutError, readout_errors
from heanet.ui import compare_data, compare_views, learn_data, task_words
from heanet.ui import compare_words as words
from heanet.ui.chart import show_chart
from heanet.ui.language import _
from heanet.ui.learn_frame import Lesson, Link

MEAN, RESIDUAL = "learn_mean", "learn_residual"  # keys of the switches
_DIRECTION, _TASK, _SPLIT = "to-many", "etot", "a2"
_FEW, _MANY = "2+3 components", "4+5 components"


def lesson() -> Lesson:
    """The lesson in the session's language."""
    return Lesson(
        key="5",
        short=_("Transfer"),
        title=_("From few components to many"),
        text=(
            _(
                "The published network learnt alloys of two and three components and was asked "
                "about four and five: an error of 3.6 eV/atom in etot. The notes concluded that "
                "few components do not tell of many."
            ),
            _(
                "Two choices were behind it. The network **summed** over elements, so five "
                "elements gave more than two whatever their fractions; and it learnt the **raw** "
                "total energy, most of which composition gives exactly."
            ),
            _(
                "Here a linear stand-in, not a network, learns from the pairs of the element "
                "graph; it is fitted on this machine, to sample alloys. A mean weighted by "
                "composition and residuals over elemental references mend it."
            ),
        ),
        question=_("Which of the two switches helps more, and does the other still matter?"),
        answer=_(
            "The weighted mean: it takes the error from about 0.067 to 0.010 eV/atom, references "
            "alone to 0.02. Both together reach 0.007, as good as on the rows that trained it. "
            "The sum fits the training rows, too; only alloys of more elements show what is wrong."
        ),
        choose=_choose,
        draw=_draw,
    )


def _choose() -> tuple[bool, bool]:
    mean = st.toggle(
        _("Mean weighted by composition (off: sum over elements)"),
        key=MEAN,
        persist_state="session",
    )
    residual = st.toggle(
        _("Residual over elemental references (off: raw total energy)"),
        key=RESIDUAL,
        persist_state="session",
    )
    return bool(mean), bool(residual)


def _draw(chosen: tuple[bool, bool]) -> Link:
    mean, residual = chosen
    found = _errors()
    wanted = ("mean" if mean else "sum", "residual" if residual else "raw")
    marked = next(k for k, error in enumerate(found) if (error.readout, error.target) == wanted)
    _show_errors(found, marked)
    results = learn_data.results()
    if results is not None:
        st.markdown(_("**The networks themselves, on DFT cells: 2+3 components to 4+5**"))
        _show_networks(results)
    return Link(
        "pages/3_Compare.py",
        _("The split a2 on the Compare page"),
        ":material/leaderboard:",
        {
            compare_data.DATA: PUBLISHED,
            compare_views.VIEW: compare_views.views()["leaderboard"].title,
            "split": _SPLIT,
        },
    )


def _show_errors(found: list[ReadoutError], marked: int) -> None:
    titles = {
        ("sum", "raw"): _("sum, raw energy"),
        ("sum", "residual"): _("sum, residual"),
        ("mean", "raw"): _("weighted mean, raw energy"),
        ("mean", "residual"): _("weighted mean, residual"),
    }
    bars = [(titles[error.readout, error.target], error.test) for error in found]
    error = found[marked]
    st.metric(
        _("Error on {n} alloys of 4+5 components").format(n=error.n_test),
        _("{value} eV/atom").format(value=f"{error.test:.4f}"),
        help=_(
            "Mean absolute error of etot. Ridge regression on the element graph's pairs, learnt "
            "from {n} sample alloys (CHGNet labels) of 2+3 components, on which its error is "
            "{train} eV/atom."
        ).format(n=error.n_train, train=f"{error.train:.4f}"),
    )
    show_chart(
        marked_bars(
            bars,
            marked=marked,
            axis_title=_("MAE of etot (eV/atom)"),
            decimals=4,
            hover=_("{title}: {value} eV/atom"),
        ),
        name="learn-readouts",
        alt=_("Mean absolute error of etot: {bars}.").format(
            bars="; ".join(
                _("{title}: {value} eV/atom").format(title=title, value=f"{value:.4f}")
                for title, value in bars
            )
        ),
        stands_on=_(
            "Ridge regression on the element graph's pairs, learnt from {n} sample alloys (CHGNet "
            "labels) of 2+3 components, tested on {n_test} of 4+5 components."
        ).format(n=error.n_train, n_test=error.n_test),
    )


def _show_networks(results: Results) -> None:
    """Strategies over target rows where the study is there, otherwise the errors on split a2."""
    curves = transfer_curves(results.transfer, direction=_DIRECTION, task=_TASK)
    if curves:
        _show_curves(curves)
    else:
        _show_table(results)


def _show_curves(curves: list[TransferCurve]) -> None:
    names = {
        SCRATCH: _("4+5 alone"),
        ZERO_SHOT: _("2+3 alone (zero-shot)"),
        TOGETHER: _("both at once"),
        "tl1": _("from 2+3, all weights (tl1)"),
        "tl2": _("from 2+3, body (tl2)"),
        "frozen": _("from 2+3, body frozen"),
        TEACHER: _("from a universal potential's labels"),
    }
    unit = task_words.unit(_TASK)
    titled = [(names[curve.strategy], curve.rows, curve.errors) for curve in curves]
    show_chart(
        lines_figure(
            titled,
            axes=(
                _("Alloys of 4+5 components that trained"),
                _("MAE of {task} ({unit})").format(task=_TASK, unit=unit),
            ),
            unit=unit,
        ),
        name="learn-curves",
        alt=_("Error on held-out alloys of 4+5 components. {lines}").format(
            lines="; ".join(f"{name}: {errors[-1]:.4f} {unit}" for name, _rows, errors in titled)
        ),
    )


def _show_table(results: Results) -> None:
    board = compare_data.board(results, _SPLIT)
    lines = board[(board["task"] == _TASK) & (board["group"] == "all")]
    reported = results.published
    reported = reported[
        (reported["split"] == _SPLIT) & (reported["rows"] == "test") & (reported["task"] == _TASK)
    ].dropna(subset=["reported"])
    rows = [
        (_("Published recipe, as reported"), words.error_text("mae", _TASK, value))
        for value in reported["reported"].head(1)
    ]
    titles = {"published": _("Published recipe, fitted again")}
    rows += [
        (
            titles.get(model, words.model_title(model)),
            words.error_text("mae", _TASK, float(line["mae"]), float(line["mae_spread"])),
        )
        for model in ("published", "gp", "heanet")
        for _index, line in lines[lines["model"] == model].iterrows()
    ]
    if not rows:
        return
    n = int(lines["n"].max()) if len(lines) else 0
    error = _("MAE of {task} ({unit})").format(task=_TASK, unit=task_words.unit(_TASK))
    st.table(pd.DataFrame(rows, columns=[_("Model"), error]).set_index(_("Model")))
    st.caption(
        _(
            "Split a2: {n} DFT cells of 4+5 components, none of them seen; ± standard deviation "
            "over seeds."
        ).format(n=n)
    )


def _errors() -> list[ReadoutError]:
    """Worst choices first; computed when the lesson is opened, and kept."""
    return _fitted(learn_data.dataset().source.fingerprint)


@st.cache_data(max_entries=2, show_spinner=False)
def _fitted(fingerprint: str) -> list[ReadoutError]:  # noqa: ARG001 - part of the key
    dataset = learn_data.dataset()
    train, test = (dataset.split(name).train for name in (_FEW, _MANY))
    return readout_errors(dataset, train, test, grid=learn_data.GRID)
