"""What is heavy to import: the one place that says what, when and for whom.

The pages themselves import nothing but Streamlit, so that their titles are there at once. What a
page shows stands in a module of its own, which is imported here when the page is first opened, with
a notice. Once a first page has been drawn the server loads everything else in the background: a
user who goes on a moment later finds it there.

One module is imported at a time: two threads that import modules which import each other can see
them half done.
"""

import gc
import time
from functools import cache
from importlib import import_module
from threading import Event, RLock, Thread
from types import ModuleType

import streamlit as st
from streamlit.runtime import Runtime

from heanet.data.reader import READER
from heanet.ui.language import _

# In the order of what is likely to be wanted first; the prediction behind the home page's button
# is torch, pymatgen and the models.
PAGES = ("predict_page", "structure_page", "compare_views", "train_views", "learn")
_FIRST = "CrMnFeCoNi_fcc.vasp"  # a sample: its prediction makes the models ready
_DRAWING = 1.0  # seconds that a browser is left to draw the first page before others are loaded
_importing = RLock()
_settled = Event()
_loaded: set[str] = set()


def show(page: str) -> None:
    """Draw the content of a page.

    Args:
        page: Module in ``heanet.ui`` whose ``show()`` draws it.
    """
    if page not in _loaded:
        with st.spinner(_("Loading what this page needs, once after each start …")):
            load(page)
    try:
        load(page).show()
    finally:
        start()


def load(name: str) -> ModuleType:
    """A module of ``heanet.ui``, imported once."""
    if name not in _loaded:
        with _importing:
            # Imported modules are no garbage: looking for it takes a fifth of the time here, and
            # Streamlit looks again after every run of a page, unless they are frozen.
            gc.disable()
            try:
                import_module(f"heanet.ui.{name}")
            finally:
                gc.freeze()
                gc.enable()
            _loaded.add(name)
    return import_module(f"heanet.ui.{name}")


@cache
def start() -> None:
    """Begin to load the rest in the background, where a server runs: tests draw single pages."""
    if Runtime.exists() and type(Runtime.instance()) is Runtime:
        Thread(target=_load_all, name="heavy", daemon=True).start()


def _load_all() -> None:
    time.sleep(_DRAWING)
    load(PAGES[0])
    load("home_prediction").predict_sample(_FIRST)
    READER.prepare()
    for page in PAGES[1:]:
        load(page)
    _settled.set()


def prepare_reader() -> None:
    """Have a reader wait for a file: one that nobody asked for long has ended.

    Not before everything is loaded: until then the processor has more urgent things to do, and the
    first reader is prepared among them.
    """
    if _settled.is_set():
        READER.prepare()
