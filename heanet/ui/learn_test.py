"""Lesson 4: the test that was not a test."""

from threading import Lock

import numpy as np
import pandas as pd
import streamlit as st

from heanet.comparison.results import Results
from heanet.data.labels import PUBLISHED
from heanet.data.rowuse import Use, row_uses, split_of_file
from heanet.figures.lessons import strip_figure
from heanet.figures.palette import NEUTRAL
from heanet.figures.predictions import number
from heanet.figures.runcurves import Line, run_figure
from heanet.figures.series import colour
from heanet.properties import TASK_KEYS
from heanet.training.record import EpochRecord
from heanet.training.twojudgements import EPOCHS, TwoJudgements, judge_twice
from heanet.ui import compare_choices, compare_data, compare_views, learn_data, task_words
from heanet.ui import compare_words as words
from heanet.ui.chart import show_chart
from heanet.ui.language import _
from heanet.ui.learn_frame import Lesson, Link

SPLIT = "learn_split"
_JUDGED = "learn_judged"  # dict split -> TwoJudgements
_WANTED = "learn_wanted"  # split to train on in this run
_SPLITS = ("b2", "b1", "b0")
_TASK = "rmsd"
_CURVE = 205  # pixels
# A training sets torch's random numbers and switches, which all sessions share.
_LOCK = Lock()


def lesson() -> Lesson:
    """The lesson in the session's language."""
    return Lesson(
        key="4",
        short=_("The test"),
        title=_("The test that was not a test"),
        text=(
            _(
                "The published notes report errors on 80/10/10 splits of one file: b2 of all "
                "cells, b1 of two and three components, b0 of four and five."
            ),
            _(
                "The split named shuffled rows. The data loader turned each list into 0, 1, 2, …: "
                "it read the first rows of the file, whichever were meant. So the “test” rows lie "
                "**inside** the training rows, and the last fifth was never used."
            ),
            _(
                "Evaluated again, the saved networks give the reported figures on those rows. On "
                "the rows that they never saw, errors are far larger. Train a small network in the "
                "same way, and judge it twice."
            ),
        ),
        question=_("Could anybody have noticed from the reported figures alone?"),
        answer=_(
            "Yes: several test errors are smaller than the training errors. A test error that is "
            "no larger than the training error asks for a look at the rows. Here every error says "
            "which rows it is from and how many of them had trained."
        ),
        choose=_choose,
        draw=_draw,
    )


def _choose() -> str:
    split = st.segmented_control(
        _("Split"),
        _SPLITS,
        default=_SPLITS[0],
        required=True,
        key=SPLIT,
        persist_state="session",
        help=_("Which file of cells was cut: all of them, 2+3 components, or 4+5 components."),
    )
    with st.container(horizontal=True):
        st.button(
            _("Train and judge twice"),
            key="learn_train",
            icon=":material/play_arrow:",
            type="primary",
            on_click=_want,
            args=(split,),
            help=_("A few seconds on this machine, with the sample alloys; seed 0."),
        )
    return split


def _want(split: str) -> None:
    st.session_state[_WANTED] = split


def _draw(split: str) -> Link:
    results = learn_data.results()
    if results is not None:
        _show_published(results, split)
    _show_own(split)
    return Link(
        "pages/3_Compare.py",
        _("All published figures on the Compare page"),
        ":material/leaderboard:",
        {
            compare_data.DATA: PUBLISHED,
            compare_views.VIEW: compare_views.views()["published"].title,
        },
    )


def _show_published(results: Results, split: str) -> None:
    """The rows behind the figures, and the figures beside the same networks on other rows."""
    table = results.published
    known = table[
        (table["split"] == split) & (table["rows"] == "test") & (table["checkpoint"] != "")
    ].dropna(subset=["reported"])
    of_train = table[(table["split"] == split) & (table["rows"] == "train")]["n_same"].dropna()
    if not len(known) or not len(of_train):
        st.info(_("These results hold no published figures of this split."), icon=":material/info:")
        return
    _show_strip(split, int(max(of_train)) + int(max(known["n_unseen"])))
    lines = known.set_index("task").loc[compare_choices.in_order(known["task"], TASK_KEYS)]
    st.table(
        pd.DataFrame(
            {
                _("Task"): [words.with_unit(task, task_words.unit(task)) for task in lines.index],
                _("Reported as test"): _errors(lines, "reported"),
                _("Again, same rows"): _errors(lines, "same_rows"),
                _("Had trained"): [
                    f"{trained:.0f} / {n:.0f}"
                    for trained, n in zip(lines["trained_of_same"], lines["n_same"], strict=True)
                ],
                _("Never seen"): _errors(lines, "unseen"),
                _("Times"): [f"{x:.1f}" for x in lines["unseen"] / lines["same_rows"]],
            }
        ).set_index(_("Task"))
    )


def _errors(lines: pd.DataFrame, column: str) -> list[str]:
    return [
        words.error_text("mae", str(task), float(value)) for task, value in lines[column].items()
    ]


def _show_strip(split: str, n_rows: int) -> None:
    names: dict[Use, str] = {
        "tested": _("called test, had trained"),
        "trained": _("trained"),
        "unused": _("never used"),
    }
    shades: dict[Use, str] = {"tested": colour(1), "trained": colour(5), "unused": NEUTRAL}
    stretches = row_uses(split_of_file(split, n_rows))
    show_chart(
        strip_figure(
            [(shades[s.use], s.n, names[s.use]) for s in stretches],
            hover=_("{use}: rows {first} to {last}, {n} rows"),
            axis_title=_("Rows of the file of {split}, in its order").format(split=split),
        ),
        name="learn-strip",
        alt=_("Rows of the file of {split}, in its order: {uses}.").format(
            split=split, uses="; ".join(f"{names[s.use]}: {s.n}" for s in stretches)
        ),
    )


def _show_own(split: str) -> None:
    """The reader's own training: under way, done, or not yet."""
    learn_data.dataset()  # here, and not while the reader waits for a training
    judged: dict[str, TwoJudgements] = st.session_state.setdefault(_JUDGED, {})
    if st.session_state.pop(_WANTED, None) == split:
        judged[split] = _train(split)
    if split in judged:
        _show_judged(judged[split])
    else:
        st.caption(
            _(
                "Your own network: press “Train and judge twice”. It learns {task} from the rows "
                "of {split} of the sample alloys that the published loader would have read."
            ).format(task=_TASK, split=split)
        )


def _train(split: str) -> TwoJudgements:
    """Trains with progress. Anything else that the reader asks for ends it: Streamlit raises."""
    dataset = learn_data.dataset()
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text=_("Training …"))
        st.button(_("Stop"), key="learn_stop", icon=":material/stop_circle:")

    def on_epoch(record: EpochRecord) -> None:
        bar.progress(
            record.epoch / EPOCHS,
            text=_("Epoch {n} of {all}").format(n=record.epoch, all=EPOCHS),
        )

    with _LOCK:
        found = judge_twice(
            dataset, dataset.split(split), task=_TASK, epochs=EPOCHS, on_epoch=on_epoch
        )
    place.empty()
    return found


def _show_judged(found: TwoJudgements) -> None:
    unit = task_words.unit(found.task)
    numbers, chart = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with numbers:
        st.metric(
            _("“Test” on {n} rows that trained it").format(n=found.n_seen),
            f"{number(found.seen, 4)} {unit}",
        )
        st.metric(
            _("Test on {n} rows it never saw").format(n=found.n_unseen),
            f"{number(found.unseen, 4)} {unit}",
        )
        st.caption(
            _(
                "Your network, {task}, trained on {n} sample alloys, seed {seed}: **{factor} "
                "times** the error."
            ).format(
                task=found.task,
                n=found.n_train,
                seed=found.seed,
                factor=f"{found.unseen / found.seen:.1f}",
            )
        )
    with chart:
        _show_curve(found)


def _show_curve(found: TwoJudgements) -> None:
    curve = np.array(found.curve)
    figure = run_figure(
        np.arange(1, len(curve) + 1),
        [Line(_("trained"), curve[:, 0]), Line(_("never seen"), curve[:, 1])],
        best=None,
        best_title="",
        strength=0.0,
        log_value=True,
        epoch_title=_("Epoch"),
        value_title=_("Error (scaled)"),
    )
    figure.update_layout(height=_CURVE, margin={"t": 8})
    show_chart(
        figure,
        name="learn-curve",
        alt=_(
            "Error over epochs on the rows that train, down to {first}, and on rows never seen, "
            "down to {second} standard deviations."
        ).format(first=f"{curve[-1, 0]:.2f}", second=f"{curve[-1, 1]:.2f}"),
    )
