"""Which of the open cells a page shows."""

from typing import Any

import pandas as pd
import streamlit as st

from heanet.figures.charts import subscripts
from heanet.report import formula_free_table
from heanet.ui import builder, facts, samples, store, uploads
from heanet.ui.language import _, together
from heanet.ui.said import said
from heanet.ui.words import plain

_ADDRESS = "cell"  # ?cell=ID
_SEEN = "address_seen"  # the last id written to the address, or read from it
_TABLE_ROWS = 8


def choose_cell() -> store.Cell | None:
    """The chosen cell; it follows from the address when a page is opened by one."""
    _restore()
    open_cells = store.cells()
    show_dropped()
    if not open_cells:
        st.query_params.pop(_ADDRESS, None)
        return None
    by_id = {cell.id: cell for cell in open_cells}
    store.settle_choice()
    chosen = st.selectbox(
        _("Cell"),
        list(by_id),
        format_func=lambda cell_id: by_id[cell_id].name,
        key=store.CHOSEN,
        persist_state="session",
        help=_("All open cells; type to search. They stay open on every page until closed."),
    )
    if st.query_params.get(_ADDRESS) != chosen:
        st.query_params[_ADDRESS] = chosen
    st.session_state[_SEEN] = chosen
    return by_id[chosen]


def show_dropped() -> None:
    """Names the cells that were closed because the server's memory of cells was full."""
    for name in store.dropped():
        st.warning(
            _(
                "“{name}” was closed, because the cells open on this server became too large "
                "together. Open its file again to go on with it."
            ).format(name=plain(name))
        )


def _restore() -> None:
    wanted = st.query_params.get(_ADDRESS, "")
    if not wanted or st.session_state.get(_SEEN) == wanted:
        return
    st.session_state[_SEEN] = wanted
    if wanted in {cell.id for cell in store.cells()}:
        store.choose(wanted)
        return
    if samples.restore_from_address(wanted):
        store.choose(wanted)
        st.rerun()  # the sidebar, drawn before, counts the open cells
    else:
        del st.query_params[_ADDRESS]
        st.info(
            _(
                "This address names a cell that was opened from a file or built, and the server "
                "does not hold it any more. Please open the file again, or build the alloy again; "
                "the settings of the view are restored from the address."
            ),
            icon=":material/info:",
        )


def show_shelf() -> None:
    """The open cells and the samples, folded away, and the builder."""
    with st.container(horizontal=True):
        with st.popover(_("Open cells"), icon=":material/list:", width="content"):
            show_open_cells()
        with st.popover(_("Samples"), icon=":material/add:", width="content"):
            samples.show_samples()
        builder.show_button()


def show_open_cells() -> None:
    """A table of the open cells, where they can be closed."""
    open_cells = store.cells()
    rows = [
        {
            "name": cell.name,
            "formula": subscripts(facts.description(cell).formula),
            "atoms": len(cell.structure),
            "lattice": facts.lattice(cell).lattice or "–",
        }
        for cell in open_cells
    ]
    event = st.dataframe(
        formula_free_table(pd.DataFrame(rows)),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"open_cells_table_{len(rows)}",
        width="content",
        height=38 + 35 * min(len(rows), _TABLE_ROWS),
        alt=_("Open cells with their formulas, numbers of atoms and lattices."),
        column_config={
            "name": st.column_config.TextColumn(
                _("Name"), help=_("The file's name; cells of one name are numbered.")
            ),
            "formula": st.column_config.TextColumn(
                _("Formula"), help=_("Smallest whole-number formula of the cell.")
            ),
            "atoms": st.column_config.NumberColumn(_("Atoms"), help=_("Atoms in the cell.")),
            "lattice": st.column_config.TextColumn(
                _("Lattice"),
                help=_("The lattice that most atoms show in their surroundings; – if none do."),
            ),
        },
    )
    selected = [open_cells[row].id for row in event["selection"]["rows"]]
    with st.container(horizontal=True):
        st.button(
            _("Show selected"),
            disabled=len(selected) != 1,
            on_click=lambda: store.choose(selected[0]),
            help=_("Select one row first."),
        )
        st.button(
            _("Close selected"),
            disabled=not selected,
            on_click=store.close,
            args=(selected,),
            help=_("Select rows first. The files themselves are not touched."),
        )
        st.button(_("Close all"), on_click=store.close, args=([cell.id for cell in open_cells],))


def show_notes(cell: store.Cell) -> None:
    """What reading the file or building did to the cell, and the seed of its ordering."""
    properties = cell.structure.properties
    notes = plain(said("; ".join(properties.get("notes", []))))
    if cell.built:
        what = [_how_built(properties), _("{notes}.").format(notes=notes) if notes else ""]
        st.caption(together(what))
    elif notes:
        st.caption(_("On reading: {notes}.").format(notes=notes))
    if cell.source is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        old = int(cell.structure.properties["ordering_seed"])
        seed = uploads.seed_input(f"seed_of_{cell.id}", old)
        if st.button(_("Order again"), disabled=seed == old):
            uploads.order_again(cell, cell.source, seed=seed)
            st.rerun()


def _how_built(properties: dict[str, Any]) -> str:
    lattice = properties["lattice"]
    if "seed" not in properties:
        return _("Built on ideal {lattice} sites, not relaxed.").format(lattice=lattice)
    return _("Built on ideal {lattice} sites with seed {seed}, not relaxed.").format(
        lattice=lattice, seed=properties["seed"]
    )
