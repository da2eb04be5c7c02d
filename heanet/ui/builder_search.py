"""Building a cell while the page shows how far the search is, and can end it.

Streamlit ends a run of the whole page as soon as something else is asked for, but lets the run of
a fragment or dialog finish: a search belongs to the whole page. The next run begins before the
ended one has let go, so it finds the search in the session's state.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

import streamlit as st
from pymatgen.core import Structure

from heanet.data.alloys import Alloy, build_alloy
from heanet.errors import HeanetError
from heanet.ui.language import _

_SEARCH = "builder_search"  # the last _Search
_LOOK = 0.1  # seconds between two looks at the progress
_SHORT = 1.0  # seconds after which the time left says something


@dataclass(frozen=True)
class _Search:
    """A search that may still be going on.

    Attributes:
        built: The cell, once there is one.
        ended: Set when the search is to take the best so far.
    """

    built: Future[Structure]
    ended: Event


def search(alloy: Alloy) -> Structure:
    """Builds an alloy in a thread of its own; ends when the page is asked for anything else.

    Raises:
        StructureError: The cell cannot be built.
    """
    shares = [0.0]
    ended = Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        built = pool.submit(build_alloy, alloy, on_progress=shares.append, should_stop=ended.is_set)
        try:
            st.session_state[_SEARCH] = _Search(built, ended)
            _show_until_done(built, shares)
        finally:  # Streamlit stops a run by an exception
            ended.set()
        return built.result()


def take_best() -> Structure | None:
    """Ends the session's last search and returns the best arrangement that it found, once."""
    last: _Search | None = st.session_state.pop(_SEARCH, None)
    if last is None:
        return None
    last.ended.set()
    with suppress(HeanetError):
        return last.built.result()
    return None


def _show_until_done(built: Future[Structure], shares: list[float]) -> None:
    start = time.monotonic()
    place = st.empty()
    while wait([built], timeout=_LOOK).not_done:
        text = _("Looking for the most random arrangement …")
        elapsed = time.monotonic() - start
        share = min(shares[-1], 1.0)
        if share and elapsed > _SHORT:
            left = elapsed / share * (1 - share)
            text = _("{share} of the arrangements tried, about {left} left").format(
                share=f"{share:.0%}", left=duration(left)
            )
        place.progress(share, text=text)
    place.empty()


def duration(seconds: float) -> str:
    """``"1 s"``, ``"40 s"``, ``"3 min"``: one unit, rounded up."""
    whole = max(1, round(seconds))
    if whole < 100:
        return _("{n} s").format(n=whole)
    return _("{n} min").format(n=-(-whole // 60))
