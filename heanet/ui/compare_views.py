"""The views of the Compare page, one at a time; which one is in the address."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from heanet.comparison.results import Results
from heanet.ui import (
    compare_audit,
    compare_cell,
    compare_charts,
    compare_choices,
    compare_correlation,
    compare_curves,
    compare_data,
    compare_heat,
    compare_leaderboard,
    compare_parity,
    compare_parts,
    compare_published,
    compare_runs,
    compare_settings,
    compare_transfer,
)
from heanet.ui.language import _, explained

VIEW = "view"  # in the address


@dataclass(frozen=True)
class View:
    """One view.

    Attributes:
        key: Its state.
        title: Words on its button, and in the address.
        question: What it answers, in one sentence.
        of_results: Draws a view of the results.
        of_labels: Draws a view of the labelled set, which needs no results.
        of_runs: Draws a view of this machine's runs, which needs neither.
        has_cell: Whether it shows the chosen cell.
        raw: Whether its numbers are of the labels as published.
    """

    key: str
    title: str
    question: str
    of_results: Callable[[Results], None] | None = None
    of_labels: Callable[[Results | None], None] | None = None
    of_runs: Callable[[], None] | None = None
    has_cell: bool = False
    raw: bool = False


def views() -> dict[str, View]:
    """All views in the order of the buttons, words in the session's language."""
    return {view.key: view for view in (*_of_models(), *_of_what_they_stand_on())}


def _of_models() -> tuple[View, ...]:
    return (
        View(
            "leaderboard",
            _("Leaderboard"),
            _("Which model does best, on which cells, and how sure is that?"),
            of_results=compare_leaderboard.show,
        ),
        View(
            "heat",
            _("Heat map"),
            _("How much better than a baseline, on every split at once?"),
            of_results=compare_heat.show,
        ),
        View(
            "parity",
            _("Parity"),
            _("Which cells does a model get right, and which not?"),
            of_results=compare_parity.show,
            has_cell=True,
        ),
        View(
            "curves",
            _("Learning curves"),
            _("How does the error fall while a network learns?"),
            of_results=compare_curves.show,
        ),
        View(
            "transfer",
            _("Transfer"),
            _("What do alloys of some numbers of elements tell of those of others?"),
            of_results=compare_transfer.show,
        ),
        View(
            "parts",
            _("Where errors are"),
            _("Which elements, lattices and numbers of elements are hard?"),
            of_results=compare_parts.show,
        ),
        View(
            "runs",
            _("Your runs"),
            _("How do the trainings of this machine compare?"),
            of_runs=compare_runs.show,
        ),
    )


def _of_what_they_stand_on() -> tuple[View, ...]:
    return (
        View(
            "correlation",
            _("Label correlation"),
            _("Which of the labels go together?"),
            of_labels=compare_correlation.show,
        ),
        View(
            "published",
            _("Published figures"),
            _("What do the errors that the published system reported stand for?"),
            of_results=compare_published.show,
            raw=True,
        ),
        View(
            "settings",
            _("Settings"),
            _("In which settings do the models differ?"),
            of_results=compare_settings.show,
        ),
        View(
            "audit",
            _("Label audit"),
            _("Which labels of the data contradict the others?"),
            of_labels=compare_audit.show,
            has_cell=True,
        ),
    )


def show() -> None:
    """The buttons, and the chosen view below them."""
    show_view(choose_view())


def choose_view() -> View:
    """The buttons."""
    known = views()
    if compare_runs.are_new_in_address() and VIEW not in st.query_params:
        st.session_state[VIEW] = "runs"
    key = compare_choices.one_of(
        _("View"),
        list(known),
        key=VIEW,
        title=lambda key: known[key].title,
        hint="\n".join(f"- {explained(it.title, it.question)}" for it in known.values()),
    )
    return known[key]


def show_view(view: View) -> None:
    """The chosen view below its question."""
    st.markdown(f"*{view.question}*")
    compare_charts.stand_on("")
    if not view.has_cell:
        compare_cell.leave_address()
    if view.of_runs is not None:
        view.of_runs()
        return
    name = compare_data.choose_set()
    results = compare_data.find_results(name, quiet=view.of_results is None)
    if view.of_labels is not None:
        if results is not None and not compare_data.set_is_here(results):
            compare_data.say_it_is_another_set(name)
            results = None
        view.of_labels(results)
    elif view.of_results is not None and results is not None:
        compare_data.show_stands_on(results.about, raw=view.raw)
        view.of_results(results)
