"""A user's own labelled set: upload cells and labels, say which column is what, look, keep it."""

import streamlit as st

from heanet.data.archives import MAX_MEMBERS, MAX_UNPACKED_BYTES, MAX_ZIP_BYTES
from heanet.data.keptsets import (
    MAX_METHOD,
    MAX_NAME,
    MAX_TITLE,
    delete_set,
    keep_set,
    kept_sets,
    suggest_name,
)
from heanet.data.labels import AS_GIVEN
from heanet.data.labeltables import MAX_ROWS, MAX_TABLE_BYTES, LabelTable, read_label_table
from heanet.data.owncells import OwnCells, read_own_cells
from heanet.data.ownset import OwnSet, join_set
from heanet.errors import HeanetError
from heanet.ui import train_columns, train_preview, uploads
from heanet.ui.language import _, plural
from heanet.ui.said import said
from heanet.ui.words import plain

_ROUND = "own_round"  # a new number gives empty uploaders
_ZIP, _TABLE = "own_zip", "own_table"  # uploaders
_SAID = "own_said"  # what became of the last set: kept or deleted


def show_upload() -> None:
    """Uploaders, the columns, a preview, the button that keeps the set, and the kept sets."""
    st.caption(
        _(
            "Train on your own alloys: a zip of structure files, one relaxed cell each, and a "
            "table with a row of labels for every file. Nothing leaves this machine."
        )
    )
    _show_said()
    table, cells = _ask_files()
    if table is not None:
        mapped = train_columns.choose_columns(table)
        if cells is None:
            st.info(_("Add the zip to see the cells with their labels."), icon=":material/info:")
        else:
            _show_joined(table, mapped, cells)
    elif cells is not None:
        n_cells = plural("{n} cell read", "{n} cells read", len(cells.cells))
        st.info(
            _("{cells}. Add the table to give them labels.").format(cells=n_cells),
            icon=":material/info:",
        )
    _show_kept()


def _ask_files() -> tuple[LabelTable | None, OwnCells | None]:
    """The uploaders with their limits; what is in the files, None where there is nothing yet."""
    number = st.session_state.setdefault(_ROUND, 0)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(_("**Structures** (.zip)"))
        st.caption(
            _(
                "POSCAR, CIF, extended XYZ or pymatgen JSON, in folders or not. Up to {packed} MB, "
                "{unpacked} MB unpacked, {files} files."
            ).format(
                packed=MAX_ZIP_BYTES // 2**20,
                unpacked=MAX_UNPACKED_BYTES // 2**20,
                files=f"{MAX_MEMBERS:,}",
            )
        )
        packed = st.file_uploader(
            _("Zip of structure files"),
            type=["zip"],
            key=f"{_ZIP}_{number}",
            label_visibility="collapsed",
            max_upload_size=MAX_ZIP_BYTES // 2**20,
        )
        cells = _open_cells(packed.getvalue(), packed.name) if packed else None
    with right:
        st.markdown(_("**Labels** (.csv, .xlsx)"))
        st.caption(
            _(
                "A heading over each column; one column holds the names of the files. Up to {size} "
                "MB and {rows} rows."
            ).format(size=MAX_TABLE_BYTES // 2**20, rows=f"{MAX_ROWS:,}")
        )
        sheet = st.file_uploader(
            _("Table of labels"),
            type=["csv", "tsv", "txt", "xlsx"],
            key=f"{_TABLE}_{number}",
            label_visibility="collapsed",
            max_upload_size=MAX_TABLE_BYTES // 2**20,
        )
        table = _open_table(sheet.getvalue(), sheet.name) if sheet else None
    return table, cells


def _open_cells(data: bytes, name: str) -> OwnCells | None:
    """The cells of a zip; None, with a message in place, where it cannot be used."""
    try:
        with st.spinner(_("Reading the cells …")):
            return _read_cells(data, name)
    except HeanetError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return None


def _open_table(data: bytes, name: str) -> LabelTable | None:
    """The table, its sheet asked for where there are several; None with a message in place."""
    try:
        table = _read_table(data, name, "")
        if len(table.sheets) > 1:
            sheet = st.selectbox(_("Sheet"), table.sheets, key=f"own_sheet_{table.sha256[:8]}")
            table = _read_table(data, name, sheet)
        return table
    except HeanetError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return None


def _show_joined(table: LabelTable, mapped: train_columns.Chosen, cells: OwnCells) -> None:
    """Preview and the form that keeps the set, or why there is none."""
    try:
        own = join_set(table, mapped, cells)
    except HeanetError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return
    train_preview.show_preview(own, n_rows=len(table.cells), n_files=len(cells.cells))
    _ask_to_keep(own, cells.name)


def _ask_to_keep(own: OwnSet, file: str) -> None:
    """Name, title and method; the button is there once nothing has to be put right."""
    key = f"{st.session_state[_ROUND]}_{file}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            _("Name"),
            value=suggest_name(file),
            max_chars=MAX_NAME,
            key=f"own_name_{key}",
            help=_("Letters, digits and . _ -. By this name the set is chosen everywhere."),
            width=220,
        )
        title = st.text_input(
            _("Title"),
            max_chars=MAX_TITLE,
            key=f"own_title_{key}",
            placeholder=_("One line for people"),
            width=300,
        )
        method = st.text_input(
            _("Labels computed with"),
            max_chars=MAX_METHOD,
            key=f"own_method_{key}",
            placeholder=_("for example VASP, PBE"),
            help=_("Stands beside every number from these labels; empty: as given."),
            width=240,
        )
        pressed = st.button(
            _("Keep this set"),
            type="primary",
            key="own_keep",
            disabled=own.blocked or not own.cells,
            icon=":material/save:",
        )
    if pressed:
        try:
            keep_set(own, name=name, title=title, method=method or AS_GIVEN)
        except HeanetError as error:
            st.error(plain(said(error)), icon=":material/error:")
            return
        st.session_state[_SAID] = _(
            "Kept **{name}** with {cells}. It can be chosen as data for trainings on this page and "
            "by `--data {code}` on the command line; once models were compared on it, the Compare "
            "page offers it too."
        ).format(
            name=plain(name.strip()),
            cells=plural("{n} cell", "{n} cells", len(own.cells)),
            code=name.strip(),
        )
        number = st.session_state[_ROUND]
        uploads.forget(st.session_state.get(f"{it}_{number}") for it in (_ZIP, _TABLE))
        st.session_state[_ROUND] = number + 1
        st.rerun()


def _show_said() -> None:
    if said := st.session_state.pop(_SAID, ""):
        st.success(said, icon=":material/check_circle:")


def _show_kept() -> None:
    """The sets in HEANET_HOME, each with a button that deletes it once that is confirmed."""
    kept = kept_sets()
    if not kept:
        return
    st.markdown(_("**Sets kept on this machine**"))
    for it in kept:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            about = [
                plural("{n} cell", "{n} cells", it.n_rows),
                _("labels: {method}").format(method=plain(said(it.method))),
            ]
            if it.title and it.title != it.name:
                about.insert(0, plain(said(it.title)))
            st.markdown(f"**{plain(it.name)}** · " + " · ".join(about))
            with st.popover(_("Delete"), icon=":material/delete:", key=f"own_ask_{it.name}"):
                st.markdown(
                    _(
                        "Delete **{name}** with its cells and labels? Trained models stay, but can "
                        "no longer be evaluated on it, and a training that still runs on it may "
                        "fail."
                    ).format(name=plain(it.name))
                )
                st.button(
                    _("Delete for good"),
                    key=f"own_delete_{it.name}",
                    type="primary",
                    on_click=_delete,
                    args=(it.name,),
                )


def _delete(name: str) -> None:
    try:
        delete_set(name)
        st.session_state[_SAID] = _("Deleted **{name}**.").format(name=plain(name))
    except HeanetError as error:  # deleted in another window
        st.session_state[_SAID] = plain(said(error))


@st.cache_data(max_entries=4, ttl=3600, show_spinner=False)
def _read_cells(data: bytes, name: str) -> OwnCells:
    return read_own_cells(data, name=name)


@st.cache_data(max_entries=8, ttl=3600, show_spinner=False)
def _read_table(data: bytes, name: str, sheet: str) -> LabelTable:
    return read_label_table(data, name=name, sheet=sheet)
