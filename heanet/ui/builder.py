"""Building an alloy without a file: a dialog that adds the cell to the open ones."""

import streamlit as st
from pymatgen.core import Structure

from heanet.data.alloys import Alloy, build_ordered, whole_atoms
from heanet.data.ideallattice import PROTOTYPES, cell_volume, nearest_size
from heanet.errors import HeanetError
from heanet.figures.charts import subscripts
from heanet.ui import builder_choices, builder_search, store
from heanet.ui.builder_choices import Ordered
from heanet.ui.language import _
from heanet.ui.said import said
from heanet.ui.words import plain

_WIDTH = 880  # pixels
_SHOWN = "builder_shown"  # whether the dialog is open
_WANTED = "builder_wanted"  # Alloy or Ordered: built by the next run of the page
_PROBLEM = "builder_problem"  # why the last one could not be built


def show_button(*, first: bool = False) -> None:
    """The button that opens the builder, with the builder while it is open or at work.

    Args:
        first: The button is the first thing to do on the page.
    """
    st.button(
        _("Build an alloy"),
        key="build_open",
        icon=":material/add_circle:",
        type="primary" if first else "secondary",
        on_click=_open,
        help=_("Make a cell from a composition, without a file."),
    )
    # Outside of the dialog: what is clicked inside waits until the dialog's run is over.
    if wanted := st.session_state.pop(_WANTED, None):
        _build_and_add(wanted)
    elif st.session_state.get(_SHOWN):
        # The title is in the session's language, so the dialog is made anew each time.
        st.dialog(_("Build an alloy"), width=_WIDTH, on_dismiss=_close)(_show)()


def _open() -> None:
    st.session_state[_SHOWN] = True


def _close() -> None:
    st.session_state[_SHOWN] = False


def _show() -> None:
    """The dialog's content."""
    kind = builder_choices.choose_kind()
    if kind == "ordered":
        wanted: Alloy | Ordered = builder_choices.choose_ordered()
    else:
        fractions = builder_choices.choose_composition()
        wanted = builder_choices.choose_alloy(fractions, kind)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(_("Build"), key="build", type="primary", icon=":material/build:")
        possible = _show_size(wanted)
    if pressed and possible:
        st.session_state[_WANTED] = wanted
        _close()
        st.rerun()
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(plain(said(problem)), icon=":material/error:")


def _show_size(wanted: Alloy | Ordered) -> bool:
    """What the cell will hold, or why it cannot be; whether it can be built."""
    if isinstance(wanted, Ordered):
        n_cubes = wanted.repeats**3
        sublattices = PROTOTYPES[wanted.prototype].sites
        counts = {
            symbol: n_cubes * len(sites)
            for symbol, sites in zip(wanted.elements, sublattices, strict=True)
        }
    elif not wanted.fractions:
        return False  # said where the composition is asked for
    else:
        try:
            n_atoms = nearest_size(wanted.lattice, wanted.n_atoms)
            counts = whole_atoms(wanted.fractions, n_atoms)
            cell_volume(counts)  # an element whose volume is not known
        except HeanetError as error:
            st.error(plain(said(error)), icon=":material/error:")
            return False
    formula = subscripts("".join(f"{symbol}{n}" for symbol, n in counts.items()))
    st.markdown(
        _("**{formula}**, {n} atoms").format(formula=formula, n=f"{sum(counts.values()):,}")
    )
    return True


def _build_and_add(wanted: Alloy | Ordered) -> None:
    """Builds a cell and opens it; the dialog comes back with the reason where it cannot be."""
    try:
        _add(_build(wanted))
    except HeanetError as error:
        st.session_state[_PROBLEM] = str(error)
        _open()
    st.rerun()


def _build(wanted: Alloy | Ordered) -> Structure:
    """The cell; a search shows its progress and can be ended.

    Raises:
        StructureError: The cell cannot be built.
    """
    if isinstance(wanted, Ordered):
        return build_ordered(wanted.prototype, list(wanted.elements), repeats=wanted.repeats)
    if wanted.arrangement == "sqs":
        st.button(
            _("Stop and take the best so far"),
            key="build_stop",
            icon=":material/stop_circle:",
            on_click=_take_best,
        )
    return builder_search.search(wanted)


def _take_best() -> None:
    best = builder_search.take_best()
    if best is not None:
        _add(best)


def _add(structure: Structure) -> None:
    """Opens and chooses a built cell, once if it is built again."""
    name = structure.properties["name"]
    cell_id = store.content_id(structure, name)
    store.choose(store.add(structure, name, cell_id=cell_id).id)
