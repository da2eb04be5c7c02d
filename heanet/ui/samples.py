"""The sample cells that come with the project, opened by one click or by an address."""

import streamlit as st

from heanet.data.structures import read_structures
from heanet.ui import builder, sample_index, store
from heanet.ui.language import _
from heanet.ui.said import said
from heanet.ui.sample_index import samples
from heanet.ui.words import plain


def open_sample(file: str) -> None:
    """Opens every cell of a sample and chooses the first."""
    cells = [
        store.add(structure, structure.properties["name"], cell_id=f"{file}#{number}")
        if number > 1
        else store.add(structure, structure.properties["name"], cell_id=file)
        for number, structure in enumerate(read_structures(sample_index.FOLDER / file), start=1)
    ]
    store.choose(cells[0].id)


def sample_cell(file: str) -> store.Cell:
    """The first cell of a sample, not opened: the session's list of cells stays as it is."""
    structure = read_structures(sample_index.FOLDER / file)[0]
    return store.Cell(file, structure.properties["name"], structure)


def show_start() -> None:
    """What one sees before any cell is open."""
    st.markdown(_("**No cell at hand? Build one from a composition …**"))
    builder.show_button(first=True)
    st.markdown(_("**… or start with a sample.**"))
    show_samples()


def show_samples() -> None:
    """A button for every sample."""
    with st.container(horizontal=True, gap="small"):
        for sample in samples():
            st.button(
                plain(said(sample.title)),
                key=f"sample_{sample.file}",
                help=plain(sample.description),
                on_click=open_sample,
                args=(sample.file,),
            )


def restore_from_address(cell_id: str) -> bool:
    """Opens the cell that an address names, where it is a sample or the server still has it."""
    file = cell_id.partition("#")[0]
    if any(sample.file == file for sample in samples()):
        open_sample(file)
    return store.reopen(cell_id) is not None
