"""Which cells are predicted, and the parent lattices given for them by hand.

The address holds both, so that a result can be found again: ``?cell=ID`` once per cell, and
``?lattice=ID:bcc`` once per lattice given by hand.
"""

import streamlit as st

from heanet.ui import ahead, chooser, samples, store, uploads
from heanet.ui.language import _, in_address

CHOSEN = "predict_cells"  # list of ids; the state of the widget
_KNOWN = "predict_known"  # ids that were offered before: what is new is chosen by itself
_GIVEN = "given_lattices"  # dict id -> lattice
_RESTORED = "predict_restored"  # what the address said when it was last read or written
_CELL, _LATTICE = "cell", "lattice"
MAX_BY_ITSELF = 50  # cells that are chosen without being asked for


def choose_cells() -> list[store.Cell]:
    """The uploader beside the chosen cells; samples in place of them while none is open."""
    _restore()
    left, right = st.columns(2, gap="medium")
    with left:
        uploads.show_uploader()
    with right:
        chooser.show_dropped()
        open_cells = store.cells()
        if not open_cells:
            _write_address([])
            st.markdown(
                _(
                    "Open the cell of an alloy: its energies, magnetisation and lattice distortion "
                    "appear here, each with an error bar and with what it rests on."
                )
            )
            samples.show_start()
            ahead.show_values()
            return []
        chosen = _choose(open_cells)
        chooser.show_shelf()
    _write_address([cell.id for cell in chosen])
    return chosen


def show_link() -> None:
    """The way from a cell to its predictions; on a phone the sidebar is hidden at first."""
    st.page_link(
        "pages/2_Predict.py",
        label=_("Predict its properties"),
        icon=":material/query_stats:",
        query_params=in_address(),
    )


def given_lattice(cell_id: str) -> str:
    """The parent lattice given by hand, or "auto"."""
    given: dict[str, str] = st.session_state.get(_GIVEN, {})
    return given.get(cell_id, "auto")


def give_lattice(cell_ids: list[str], lattice: str) -> None:
    """Sets the parent lattice of cells; "auto" takes it back."""
    given = st.session_state.setdefault(_GIVEN, {})
    for cell_id in cell_ids:
        given.pop(cell_id, None)
        if lattice != "auto":
            given[cell_id] = lattice


def _choose(open_cells: list[store.Cell]) -> list[store.Cell]:
    """The cells to predict: those that the reader left, and every newly opened one."""
    by_id = {cell.id: cell for cell in open_cells}
    known: set[str] = st.session_state.setdefault(_KNOWN, set())
    chosen = [cell_id for cell_id in st.session_state.get(CHOSEN, []) if cell_id in by_id]
    new = [cell_id for cell_id in by_id if cell_id not in known]
    room = max(MAX_BY_ITSELF - len(chosen), 0)
    st.session_state[CHOSEN] = chosen + [i for i in new[:room] if i not in chosen]
    st.session_state[_KNOWN] = set(by_id)
    store.settle_choice()
    picked = st.multiselect(
        _("Cells to predict"),
        list(by_id),
        format_func=lambda cell_id: by_id[cell_id].name,
        key=CHOSEN,
        persist_state="session",
        placeholder=_("Choose at least one"),
        help=_(
            "The cells that you have open, on this page and on the others. Newly opened ones are "
            "chosen by themselves, up to {n}."
        ).format(n=MAX_BY_ITSELF),
    )
    if len(new) > room:
        st.info(
            _(
                "{n} cells are open but not chosen by themselves; choose them in the list above, "
                "where all can be chosen at once."
            ).format(n=len(new) - room),
            icon=":material/info:",
        )
    return [by_id[cell_id] for cell_id in picked]


def _restore() -> None:
    """Opens what the address names, when the page was opened by it."""
    wanted = st.query_params.get_all(_CELL)
    given = st.query_params.get_all(_LATTICE)
    if not wanted or st.session_state.get(_RESTORED) == (wanted, given):
        return
    st.session_state[_RESTORED] = (wanted, given)
    open_ids = {cell.id for cell in store.cells()}
    missing = [i for i in wanted if i not in open_ids and not samples.restore_from_address(i)]
    found = [cell_id for cell_id in wanted if cell_id not in missing]
    for entry in given:
        cell_id, _separator, lattice = entry.rpartition(":")
        give_lattice([cell_id], lattice)
    if found:
        st.session_state[CHOSEN] = found
        st.session_state[_KNOWN] = {cell.id for cell in store.cells()}
        store.choose(found[0])
    if missing:
        st.info(
            _(
                "This address names cells that were opened from files, and the server does not "
                "hold {n} of them any more. Please open the files again."
            ).format(n=len(missing)),
            icon=":material/info:",
        )
    elif found:
        st.rerun()  # the sidebar, drawn before, counts the open cells


def _write_address(chosen: list[str]) -> None:
    given = [f"{i}:{given_lattice(i)}" for i in chosen if given_lattice(i) != "auto"]
    if (st.query_params.get_all(_CELL), st.query_params.get_all(_LATTICE)) != (chosen, given):
        st.query_params.from_dict(st.query_params.to_dict() | {_CELL: chosen, _LATTICE: given})
    st.session_state[_RESTORED] = (chosen, given)
