"""The sample cells that come with the project, opened by one click or by an address."""

import json
from dataclasses import dataclass

import streamlit as st

from heanet.data.structure_reading import file_content, read_here
from heanet.ui import builder, language, store
from heanet.ui.language import _
from heanet.ui.page import ROOT
from heanet.ui.said import said
from heanet.ui.words import plain

FOLDER = ROOT / "sample_data" / "structures"


@dataclass(frozen=True)
class Sample:
    """A file of sample cells.

    Attributes:
        file: Name in ``FOLDER``; also its id in addresses.
        title: Formula, lattice and what it is known for.
        description: In the session's language.
    """

    file: str
    title: str
    description: str


def samples() -> list[Sample]:
    """All samples, in the order of their index."""
    index = FOLDER / "index.json"
    if not index.exists():
        return []
    entries = json.loads(index.read_text(encoding="utf-8"))
    return [
        Sample(entry["file"], entry["title"], entry.get(language.current(), entry["en"]))
        for entry in entries
    ]


def open_sample(file: str) -> None:
    """Opens every cell of a sample and chooses the first."""
    cells = [
        store.add(structure, structure.properties["name"], cell_id=f"{file}#{number}")
        if number > 1
        else store.add(structure, structure.properties["name"], cell_id=file)
        for number, structure in enumerate(
            read_here(file_content(FOLDER / file), name=file), start=1
        )
    ]
    store.choose(cells[0].id)


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
