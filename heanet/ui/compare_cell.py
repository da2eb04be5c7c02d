"""The cell behind a number: chosen by a click, kept in the address, shown in 3D."""

from collections.abc import Callable

import streamlit as st
from pymatgen.core import Element

from heanet.data.labels import LabelledSet
from heanet.errors import HeanetError
from heanet.figures import charts
from heanet.figures.colours import element_colours
from heanet.ui import facts, store, structure_view, view_controls
from heanet.ui.chart import show_chart
from heanet.ui.language import _, in_address, plural
from heanet.ui.said import said
from heanet.ui.words import plain

_ADDRESS = "cell"  # ?cell=NAME, the row of the labelled set
_CHOSEN = "compare_cell"
_SEEN = "compare_cell_seen"  # the last name read from the address, or written to it
STRUCTURE_PAGE = "pages/1_Structure.py"


def choose(name: str) -> None:
    """Makes a row of the labelled set the one that is shown."""
    st.session_state[_CHOSEN] = name


def chosen() -> str:
    """Name of the chosen row; it follows from the address when the page is opened by one."""
    wanted = st.query_params.get(_ADDRESS, "")
    if wanted and wanted != st.session_state.get(_SEEN):
        st.session_state[_CHOSEN] = wanted
    name: str = st.session_state.get(_CHOSEN, "")
    st.session_state[_SEEN] = name
    if name and wanted != name:
        st.query_params[_ADDRESS] = name
    return name


def forget() -> None:
    """No cell is chosen any more."""
    st.session_state[_CHOSEN] = st.session_state[_SEEN] = ""
    st.query_params.pop(_ADDRESS, None)


def leave_address() -> None:
    """Takes the cell out of the address, for views that show none; it stays chosen."""
    if _ADDRESS in st.query_params:
        chosen()
        del st.query_params[_ADDRESS]


def find_cell(labels: LabelledSet, name: str) -> store.Cell | None:
    """The cell of a row; None, with a message in place, where the set has none or it is damaged."""
    try:
        return _read(labels, name)
    except HeanetError as error:
        st.warning(plain(said(error)), icon=":material/warning:")
        return None


def show_cell(cell: store.Cell, *, notes: str, numbers: Callable[[], None] | None = None) -> None:
    """Formula, numbers and 3D view of a cell, and a way to the Structure page.

    Args:
        cell: The cell.
        notes: What is known of it beside its number of atoms, in words.
        numbers: Draws what is to stand above the view.
    """
    st.subheader(charts.subscripts(facts.description(cell).formula), anchor=False)
    st.caption(
        " · ".join([plain(cell.name), plural("{n} atom", "{n} atoms", len(cell.structure)), notes])
    )
    if numbers is not None:
        numbers()
    place = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(_("View"), icon=":material/tune:", width="content"):
            view = view_controls.show_controls(cell.structure)
        store.memory().put(cell)  # where the Structure page finds it by its address
        st.page_link(
            STRUCTURE_PAGE,
            label=_("Open on the Structure page"),
            icon=":material/deployed_code:",
            query_params=in_address(cell=cell.id),
            help=_("There are its symmetry, distances and downloads, and it can be predicted."),
        )
    with place:
        _draw(cell, view)


def _draw(cell: store.Cell, view: view_controls.View) -> None:
    symbols = [site.specie.symbol for site in cell.structure]
    fractions = facts.description(cell).fractions
    elements = sorted(fractions, key=lambda symbol: Element(symbol).Z)
    show_chart(
        charts.composition_bar(
            {symbol: fractions[symbol] for symbol in elements},
            element_colours(symbols, view.scheme),
        ),
        name="composition-bar",
        alt=_("Atomic fractions: {fractions}").format(
            fractions=", ".join(f"{symbol} {fractions[symbol]:.1%}" for symbol in elements)
        ),
    )
    structure_view.draw_cell(cell, view)


@st.cache_resource(
    max_entries=256, show_spinner=False, hash_funcs={LabelledSet: lambda s: s.fingerprint}
)
def _read(labels: LabelledSet, name: str) -> store.Cell:
    structure = labels.read_cell(name)
    return store.Cell(store.content_id(structure, name), name, structure)
