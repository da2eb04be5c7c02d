"""The 3D view: a scene, its colours and its words, handed to 3Dmol.js in the browser.

3Dmol.js (N. Rego and D. Koes, doi 10.1093/bioinformatics/btu829) is served by the app itself from
``static/``, so the view works with no internet. Without that file the address that py3Dmol knows is
used; if neither loads, the box says so.
"""

import inspect
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import py3Dmol
import streamlit as st
from numpy.typing import NDArray
from pymatgen.core import Structure

from heanet.figures.colours import value_colours
from heanet.figures.scene import Scene
from heanet.ui.language import _
from heanet.ui.page import ROOT, static_address

LIBRARY = Path("static") / "3Dmol-min.js"

_HERE = Path(__file__).parent
_HTML = """
<div class="viewer">
  <div class="stage" tabindex="0"></div>
  <canvas class="compass"></canvas><div class="legend"></div>
  <div class="tools" role="toolbar"></div>
  <div class="scale"></div><div class="picked" role="status"></div><div class="message"></div>
</div>
"""
_component = st.components.v2.component(
    "heanet_viewer",
    html=_HTML,
    css=(_HERE / "viewer.css").read_text(encoding="utf-8"),
    js=(_HERE / "viewer.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Painting:
    """How the atoms of a cell are coloured.

    Attributes:
        colours: ``#rrggbb`` by atom of the cell, (n_atoms,).
        legend: Colour, name and count of each kind of atom; empty with a colour bar.
        values: What the colours stand for, by atom (n_atoms,); None where they are kinds.
        title: Name and unit of the values.
        decimals: Digits worth showing.
    """

    colours: list[str]
    legend: list[tuple[str, str, int]]
    values: NDArray[np.float64] | None = None
    title: str = ""
    decimals: int = 2


def show_scene(
    structure: Structure,
    scene: Scene,
    painting: Painting,
    *,
    name: str,
    frame: str,
    box: bool,
    axes: bool,
    key: str = "viewer",
    height: int | None = None,
) -> None:
    """Draws the view.

    Args:
        structure: The cell that the scene was built from.
        scene: Atoms, bonds and cell.
        painting: Colours by atom of the cell.
        name: The cell's name, for the picture's file.
        frame: The camera starts anew when this changes, and stays where it is otherwise.
        box: Draw the cell's edges.
        axes: Draw the directions of a, b and c in a corner.
        key: Of the view, where a page has several.
        height: In pixels; None fills what the window allows.
    """
    _component(
        key=key,
        data={
            "script": script_address(),
            "scene": scene,
            "siteColours": painting.colours,
            "legend": [
                {"colour": colour, "text": text, "count": f"{count:,}"}
                for colour, text, count in painting.legend
            ],
            "scale": _scale(painting),
            "values": _texts(painting),
            "fractional": np.round(structure.frac_coords, 4).tolist(),
            "box": box,
            "axes": axes,
            "name": name,
            "frame": frame,
            "height": height,
            "words": _words(name, len(structure)),
        },
    )


def script_address() -> str:
    """Where the browser finds 3Dmol.js: with this app, or where py3Dmol points to."""
    if (ROOT / LIBRARY).exists():
        return static_address(LIBRARY)
    return str(inspect.signature(py3Dmol.view).parameters["js"].default)


def _scale(painting: Painting) -> dict[str, object] | None:
    if painting.values is None:
        return None
    low, high = float(np.nanmin(painting.values)), float(np.nanmax(painting.values))
    return {
        "title": painting.title,
        "low": f"{low:.{painting.decimals}f}",
        "high": f"{high:.{painting.decimals}f}",
        "colours": value_colours(np.linspace(low, high, 12), low=low, high=high),
    }


def _texts(painting: Painting) -> list[str | None] | None:
    if painting.values is None:
        return None
    return [
        None if np.isnan(value) else f"{value:.{painting.decimals}f}" for value in painting.values
    ]


def _words(name: str, n_atoms: int) -> dict[str, str]:
    return {
        "alt": _(
            "3D view of {name}, {n} atoms. Drag or use the arrow keys to turn, "
            "scroll or use plus and minus to zoom."
        ).format(name=name, n=n_atoms),
        "loading": _("Drawing the cell …"),
        "noScript": _(
            "The 3D view could not be loaded: its script 3Dmol.js did not arrive.\n"
            "Everything else on this page works. To mend it, run “make app” once with "
            "internet access, then reload."
        ),
        "noWebgl": _(
            "The 3D view needs WebGL, which this browser does not offer or has switched off.\n"
            "Everything else on this page works."
        ),
        "fractional": _("fractional"),
        "second": _("Click a second atom for the distance."),
        "look_a": _("Look along a"),
        "look_b": _("Look along b"),
        "look_c": _("Look along c"),
        "reset": _("Reset the view"),
        "full": _("Full screen"),
        "png": _("Save as PNG, transparent background"),
    }
