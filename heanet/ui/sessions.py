"""How many people work here at once: one more gets a page that says so, and nothing else is run.

Every open tab is a session, with its cells and results in the memory of this machine. A session
takes a place with its first page, and gives it back when its tab is closed or its connection is
lost. One whose connection comes back finds its place again, also if all were taken in between:
nobody is sent away in the middle of his work.
"""

import os
from collections.abc import Callable
from threading import Lock

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from heanet.ui import language
from heanet.ui.language import _, plural

VARIABLE = "HEANET_SESSIONS"
DEFAULT = 40
_HAS_PLACE = "has_place"  # of a session that was let in
_LOOK_AGAIN = 10  # seconds


class Places:
    """Which sessions are at work; safe for several at once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._lock = Lock()

    def take(
        self, session: str, *, limit: int, is_active: Callable[[str], bool], again: bool = False
    ) -> bool:
        """Whether the session has a place now; those that have ended lose theirs.

        Args:
            session: Its id.
            limit: How many there are.
            is_active: Whether the session of an id still has its browser.
            again: It had one before.
        """
        with self._lock:
            self._taken = {other for other in self._taken if is_active(other)}
            if again or session in self._taken or len(self._taken) < limit:
                self._taken.add(session)
            return session in self._taken


_PLACES = Places()


def limit() -> int:
    """Sessions at a time: ``HEANET_SESSIONS``, else 40."""
    given = os.environ.get(VARIABLE, "")
    return int(given) if given.isdigit() and int(given) else DEFAULT


def ask_place() -> None:
    """Lets the session in, or shows it that all places are taken and ends its run."""
    if not _take():
        _show_full()
        st.stop()


def _take() -> bool:
    run = get_script_run_ctx()
    if run is None or not Runtime.exists():  # no server: there are no others
        return True
    again = bool(st.session_state.get(_HAS_PLACE))
    is_active = Runtime.instance().is_active_session
    taken = _PLACES.take(run.session_id, limit=limit(), is_active=is_active, again=again)
    st.session_state[_HAS_PLACE] = taken
    return taken


def _show_full() -> None:
    with st.sidebar:
        language.show_switch()
    st.title(_("Every place is taken"), anchor=False)
    st.info(
        plural(
            "{n} session is open here, as many as this machine is set up for: each takes some of "
            "its memory and computing time.",
            "{n} sessions are open here, as many as this machine is set up for: each takes some of "
            "its memory and computing time.",
            limit(),
        ),
        icon=":material/group:",
    )
    st.markdown(
        _(
            "A place gets free as soon as somebody closes a tab. Every open tab takes one: close "
            "those of yours that you no longer need. Trainings go on either way. This page looks "
            "again by itself every {n} seconds and then opens."
        ).format(n=_LOOK_AGAIN)
    )
    st.button(_("Try again"), type="primary", icon=":material/refresh:", key="try_again")
    st.caption(
        _("Whoever runs this app sets the number of sessions by `{variable}`.").format(
            variable=VARIABLE
        )
    )
    st.fragment(_look_again, run_every=_LOOK_AGAIN)()


def _look_again() -> None:
    if _take():
        st.rerun()
