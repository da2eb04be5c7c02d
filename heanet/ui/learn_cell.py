"""A cell in a lesson: a small 3D view with words beside it."""

from pymatgen.core import Structure

from heanet.figures.scene import ViewOptions, build_scene
from heanet.ui import store, view_controls, viewer
from heanet.ui.view_controls import View

BY_ELEMENT, BY_LATTICE = "element", "lattice"


def show_small(
    structure: Structure, *, name: str, key: str, height: int, colour_by: str = BY_ELEMENT
) -> None:
    """Draws a cell without the controls of the Structure page.

    Args:
        structure: The cell.
        name: Of the cell, for those who hear the page and for saved pictures.
        key: Of the view, one of its page.
        height: In pixels.
        colour_by: BY_ELEMENT, or BY_LATTICE: by the lattice that each atom shows.
    """
    view = View(
        ViewOptions(images=True), box=True, axes=False, scheme="jmol", colour_by=colour_by, centre=0
    )
    scene = build_scene(structure, view.options)
    viewer.show_scene(
        structure,
        scene,
        view_controls.paint(structure, view),
        name=name,
        frame=f"{key} {len(structure)}",
        box=view.box,
        axes=view.axes,
        key=f"learn_{key}",
        height=height,
    )


def kept_id(structure: Structure, name: str) -> str:
    """Keeps a cell where the other pages find it by its address, and returns its id."""
    cell = store.Cell(store.content_id(structure, name), name, structure)
    store.memory().put(cell)
    return cell.id
