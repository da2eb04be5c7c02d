"""The view of one cell with its controls, notices and downloads."""

from functools import partial

import streamlit as st

from heanet.data.structure_text import Format
from heanet.data.structures import FORMATS, write_structure
from heanet.figures.colours import Scheme
from heanet.figures.scene import Scene, build_scene
from heanet.ui import store, view_controls, viewer
from heanet.ui.language import _
from heanet.ui.said import said


def show_cell(cell: store.Cell) -> Scheme:
    """The 3D view above its controls; returns the colours chosen for the elements."""
    place = st.container()
    view = view_controls.show_controls(cell.structure)
    with place:
        draw_cell(cell, view)
    return view.scheme


def draw_cell(cell: store.Cell, view: view_controls.View) -> None:
    """The 3D view as its controls say, and what it could not do of that."""
    scene = build_scene(cell.structure, view.options)
    viewer.show_scene(
        cell.structure,
        scene,
        view_controls.paint(cell.structure, view),
        name=cell.name,
        frame=f"{cell.id} {scene['repeats']}",
        box=view.box,
        axes=view.axes,
    )
    _show_notices(scene, view)


def _show_notices(scene: Scene, view: view_controls.View) -> None:
    if tuple(scene["repeats"]) != view.options.repeats:
        st.info(_("So many copies would be too much to draw, so the cell is drawn once."))
    if not scene["interactive"]:
        st.info(
            _(
                "{n} atoms are drawn. To keep the view quick there are no bonds, and atoms "
                "cannot be clicked."
            ).format(n=f"{len(scene['site']):,}")
        )


def show_downloads(cell: store.Cell) -> None:
    """A button for each format."""
    names = {
        "poscar": _("POSCAR"),
        "cif": _("CIF"),
        "extxyz": _("Extended XYZ"),
        "json": _("pymatgen JSON"),
    }
    st.markdown(
        _("**Download this cell**"),
        help=_("The whole cell as it was read, whatever the view hides or repeats."),
    )
    with st.container(horizontal=True):
        for key, form in FORMATS.items():
            st.download_button(
                names[key],
                data=partial(_text, cell, key),  # written when it is asked for
                file_name=f"{cell.name}{form.extension}",
                mime=form.mime,
                key=f"download_{key}",
                help=said(form.label),
                on_click="ignore",
                icon=":material/download:",
            )


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={store.Cell: lambda cell: cell.id})
def _text(cell: store.Cell, fmt: Format) -> str:
    return write_structure(cell.structure, fmt)
