"""What every lesson has: text, one thing to move, one question, and a way to another page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from heanet.ui.language import _, in_address

MOST_WORDS = 150  # of a lesson's text and its question


@dataclass(frozen=True)
class Link:
    """Where a lesson goes on.

    Attributes:
        page: Path from the project root.
        label: Words of the link, in the session's language.
        icon: Material symbol.
        query: Address of the view: state by key.
    """

    page: str
    label: str
    icon: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """One lesson; words in the session's language.

    Attributes:
        key: In the address: "1" to "6".
        short: On its button.
        title: Its heading.
        text: Its paragraphs, each one string.
        question: To be answered with what is seen.
        answer: Shown when it is asked for.
        choose: Draws the one thing to move and returns what it says.
        draw: Draws what follows from that, and returns where to go on.
    """

    key: str
    short: str
    title: str
    text: tuple[str, ...]
    question: str
    answer: str
    choose: Callable[[], Any]
    draw: Callable[[Any], Link]

    @property
    def n_words(self) -> int:
        """Words of the text and the question."""
        return sum(len(part.split()) for part in (*self.text, self.question))


def show(lesson: Lesson) -> None:
    """Text, control and question on the left, what follows from the control on the right."""
    st.title(lesson.title, anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown("\n\n".join(lesson.text))
        with st.container(border=True, key="control"):
            chosen = lesson.choose()
        question = st.container()
        way_on = st.container()
    with right:
        link = lesson.draw(chosen)
    with question:
        st.markdown(_("**Question:** {question}").format(question=lesson.question))
        with st.expander(_("Answer")):
            st.markdown(lesson.answer)
    with way_on:
        st.page_link(
            link.page, label=link.label, icon=link.icon, query_params=in_address(**link.query)
        )
