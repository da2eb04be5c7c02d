"""The lessons of the Learn page, one at a time; which one is in the address."""

from collections.abc import Sequence

import streamlit as st

from heanet.ui import (
    learn_entropy,
    learn_frame,
    learn_graph,
    learn_lattice,
    learn_tasks,
    learn_test,
    learn_transfer,
)
from heanet.ui.language import _
from heanet.ui.learn_frame import Lesson

ADDRESS = "lesson"  # ?lesson=4
CHOSEN = "learn_lesson"  # key of the lesson; the state of the buttons
_SEEN = "learn_seen"  # the last key written to the address, or read from it


def lessons() -> list[Lesson]:
    """All lessons in their order, words in the session's language."""
    return [
        learn_entropy.lesson(),
        learn_graph.lesson(),
        learn_tasks.lesson(),
        learn_test.lesson(),
        learn_transfer.lesson(),
        learn_lattice.lesson(),
    ]


def show() -> None:
    """The buttons, and the chosen lesson below them."""
    show_lesson(choose_lesson())


def choose_lesson() -> Lesson:
    """The buttons above the lesson; at first the lesson of the address."""
    known = {lesson.key: lesson for lesson in lessons()}
    wanted = st.query_params.get(ADDRESS, "")
    if wanted in known and wanted != st.session_state.get(_SEEN):
        st.session_state[CHOSEN] = wanted
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="bottom",
        key="lessons",
    ):
        key: str = st.segmented_control(
            _("Lesson"),
            list(known),
            default=next(iter(known)),
            required=True,
            format_func=lambda key: f"{key} {known[key].short}",
            label_visibility="collapsed",
            key=CHOSEN,
            persist_state="session",
            wrap=True,
        )
        _show_steps(list(known), key)
    if wanted != key:
        st.query_params[ADDRESS] = key
    st.session_state[_SEEN] = key
    return known[key]


def show_lesson(lesson: Lesson) -> None:
    """The chosen lesson."""
    learn_frame.show(lesson)


def _show_steps(keys: Sequence[str], key: str) -> None:
    """The buttons to the lessons before and after."""
    place = keys.index(key)
    with st.container(horizontal=True, width="content"):
        st.button(
            _("Previous"),
            key="learn_previous",
            icon=":material/arrow_back:",
            disabled=place == 0,
            on_click=_go,
            args=(keys[max(place - 1, 0)],),
        )
        st.button(
            _("Next"),
            key="learn_next",
            icon=":material/arrow_forward:",
            disabled=place == len(keys) - 1,
            on_click=_go,
            args=(keys[min(place + 1, len(keys) - 1)],),
        )


def _go(key: str) -> None:
    st.session_state[CHOSEN] = key
