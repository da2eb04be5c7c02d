"""What the views of the Train page tell each other: which view, which run, which settings.

The state of a widget must not change after it was drawn, so what is asked for is kept until
``settle`` puts it into place at the start of the page's next run.
"""

import streamlit as st

from heanet.config import RunConfig

LAUNCH, RUNS, DATA = "launch", "runs", "data"
# Compare has a "view" of its own in the address, and would take this one over.
VIEW, RUN = "tab", "run"  # in the address
_WANTED = "train_wanted"  # dict: state of widgets to come
_FORM = "train_form"  # RunConfig that the form starts from


def open_view(view: str) -> None:
    """Show a view from the next run of the page on: LAUNCH, RUNS or DATA."""
    st.session_state.setdefault(_WANTED, {})[VIEW] = view


def open_run(name: str) -> None:
    """Show a run, in the view of the runs, from the next run of the page on."""
    open_view(RUNS)
    st.session_state[_WANTED][RUN] = name


def fill_form(config: RunConfig) -> None:
    """Show the form with these settings from the next run of the page on."""
    open_view(LAUNCH)
    st.session_state[_FORM] = config


def take_form() -> RunConfig | None:
    """The settings that the form was asked to show, once."""
    found: RunConfig | None = st.session_state.pop(_FORM, None)
    return found


def settle() -> None:
    """Put what was asked for into place; before any widget of the page is drawn."""
    st.session_state.update(st.session_state.pop(_WANTED, {}))
