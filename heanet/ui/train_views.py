"""The views of the Train page, one at a time; which one is in the address."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from heanet.ui import compare_choices, train_launch, train_runs, train_state, train_upload
from heanet.ui.language import _, explained


@dataclass(frozen=True)
class View:
    """One view.

    Attributes:
        title: Words on its button, and in the address.
        question: What it is for, in one sentence.
        show: Draws it.
    """

    title: str
    question: str
    show: Callable[[], None]


def views() -> dict[str, View]:
    """All views by their state, in the order of the buttons."""
    return {
        train_state.LAUNCH: View(
            _("Launch"),
            _("What is to be learnt, from which cells, and how?"),
            train_launch.show_launch,
        ),
        train_state.RUNS: View(
            _("Runs"),
            _("How far are the trainings, and what have they learnt?"),
            train_runs.show_runs,
        ),
        train_state.DATA: View(
            _("Own data"),
            _("How do cells and labels of one's own become a set to learn from?"),
            train_upload.show_upload,
        ),
    }


def show() -> None:
    """The buttons, and the chosen view below them."""
    train_state.settle()
    known = views()
    key = compare_choices.one_of(
        _("View"),
        list(known),
        key=train_state.VIEW,
        title=lambda key: known[key].title,
        hint="\n".join(f"- {explained(it.title, it.question)}" for it in known.values()),
    )
    st.markdown(f"*{known[key].question}*")
    known[key].show()
