"""The content of the Structure page."""

import streamlit as st

from heanet.figures.charts import subscripts
from heanet.figures.colours import element_colours
from heanet.ui import (
    builder_order,
    chooser,
    facts,
    predict_cells,
    samples,
    structure_view,
    uploads,
)


def show() -> None:
    """The uploader, and the chosen cell in 3D and in numbers."""
    left, right = st.columns(2, gap="medium")
    with left:
        uploads.show_uploader()
    with right:
        cell = chooser.choose_cell()
        if cell is None:
            samples.show_start()
            return
        chooser.show_shelf()

    st.subheader(subscripts(facts.description(cell).formula), anchor=False)
    chooser.show_notes(cell)
    predict_cells.show_link()
    picture, numbers = st.columns([8, 5], gap="medium")
    with picture:
        scheme = structure_view.show_cell(cell)
        structure_view.show_downloads(cell)
    with numbers:
        facts.show_key_numbers(cell)
        facts.show_cell(cell)
        facts.show_composition(
            cell, element_colours([site.specie.symbol for site in cell.structure], scheme)
        )
        facts.show_space_group(cell)
    builder_order.show_order(cell)
    facts.show_distances(cell)
