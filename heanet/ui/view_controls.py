"""The controls of the 3D view. Their state is in the address, so that a view can be shared."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from heanet.data.lattices import atom_lattices
from heanet.figures import site_values
from heanet.figures.colours import Scheme, element_colours, value_colours
from heanet.figures.scene import Style, ViewOptions
from heanet.ui.language import _, heed_address
from heanet.ui.viewer import Painting

K = TypeVar("K", bound=str)

MAX_REPEATS = 4
DEFAULT_BOND_CUTOFF = 2.8  # Angstrom: between the first and the second shell of fcc 3d alloys
# The colours that OVITO made usual for local lattices.
_LATTICE_COLOURS = {"fcc": "#66ff66", "bcc": "#6666ff", "hcp": "#ff6666", "other": "#c8c8c8"}


@dataclass(frozen=True)
class View:
    """All that the view's controls say.

    Attributes:
        options: What is drawn.
        box: Draw the cell's edges.
        axes: Draw the lattice vectors.
        scheme: Colours of the elements.
        colour_by: Key of ``colourings``.
        centre: Atom that distances are measured from.
    """

    options: ViewOptions
    box: bool
    axes: bool
    scheme: Scheme
    colour_by: str
    centre: int


def show_controls(structure: Structure) -> View:
    """Draws the controls and returns what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        style = _style()
        colour_by = _colour_by(structure)
        scheme = _scheme()
        centre = _centre(structure) if colour_by == "distance" else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        repeats = (_repeat("a"), _repeat("b"), _repeat("c"))
        hidden = _hidden(structure)
    with st.container(horizontal=True, vertical_alignment="center"):
        box = _switch(_("Cell edges"), "box", value=True, hint=_("The edges of the cell."))
        axes = _switch(
            _("Axes"), "axes", value=True, hint=_("Directions of the lattice vectors a, b, c.")
        )
        images = _images()
        cutoff = _bond_cutoff() if _bonds() else 0.0
    options = ViewOptions(style, repeats, images, hidden, cutoff)
    return View(options, box, axes, scheme, colour_by, centre)


def paint(structure: Structure, view: View) -> Painting:
    """The colours that the controls ask for."""
    symbols = [site.specie.symbol for site in structure]
    if view.colour_by == "element":
        by_element = element_colours(symbols, view.scheme)
        return Painting([by_element[s] for s in symbols], _legend(symbols, by_element))
    if view.colour_by == "lattice":
        kinds = atom_lattices(structure).tolist()
        return Painting(
            [_LATTICE_COLOURS[kind] for kind in kinds],
            _legend(kinds, {k: c for k, c in _LATTICE_COLOURS.items() if k in kinds}),
        )
    values = _values(structure, view)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    return Painting(
        value_colours(values, low=low, high=high),
        [],
        values,
        title=_colouring_names(structure)[view.colour_by],
        decimals=0 if view.colour_by == "coordination" else 3,
    )


def _values(structure: Structure, view: View) -> NDArray[np.float64]:
    match view.colour_by:
        case "nearest":
            return site_values.nearest_distance(structure)
        case "coordination":
            return site_values.coordination(structure)
        case "off_centre":
            return site_values.off_centre(structure)
        case "distance":
            return site_values.distance_from(structure, view.centre)
        case key:
            return site_values.file_values(structure)[key.removeprefix("file:")]


def _colouring_names(structure: Structure) -> dict[str, str]:
    """What atoms can be coloured by, with units, in the session's language."""
    names = {
        "element": _("Element"),
        "lattice": _("Local lattice"),
        "nearest": _("Nearest neighbour (Å)"),
        "coordination": _("Neighbours in the first shell"),
        "off_centre": _("Off-centre displacement (Å)"),
        "distance": _("Distance from an atom (Å)"),
    }
    for name in site_values.file_values(structure):
        names[f"file:{name}"] = _("{name} (from the file)").format(name=name)
    return names


def _colouring_meanings() -> str:
    """A list for the tooltip."""
    return "\n".join(
        [
            _("What the colours of the atoms stand for:"),
            _("- **Element**"),
            _(
                "- **Local lattice**: whether an atom's neighbours sit as in fcc, bcc or hcp "
                "(adaptive common neighbour analysis)"
            ),
            _("- **Nearest neighbour**: distance to the closest atom"),
            _(
                "- **Neighbours in the first shell**: 12 in perfect fcc and hcp, 14 in perfect "
                "bcc (8 nearest and 6 close behind)"
            ),
            _(
                "- **Off-centre displacement**: how far an atom sits from the centre of its "
                "first shell; 0 on a perfect site, larger where the lattice is distorted"
            ),
            _("- **Distance from an atom**: shortest way, across the cell's faces too"),
            _("- Numbers that the file gives for each atom, where it has any"),
        ]
    )


def _legend(kinds: list[str], colours: dict[str, str]) -> list[tuple[str, str, int]]:
    words = {"other": _("other")}
    return [(colour, words.get(kind, kind), kinds.count(kind)) for kind, colour in colours.items()]


def _style() -> Style:
    names: dict[Style, str] = {"balls": _("Balls"), "spheres": _("Spheres")}
    hint = _(
        "Balls show the lattice behind them. Spheres have the metals' radii, so that "
        "neighbours touch."
    )
    return _choice(_("Atoms as"), names, key="style", hint=hint)


def _scheme() -> Scheme:
    names: dict[Scheme, str] = {
        "jmol": _("Jmol"),
        "vesta": _("VESTA"),
        "okabe_ito": _("Okabe–Ito"),
    }
    hint = _(
        "Jmol and VESTA use the colours known from those programs. Okabe–Ito can be told "
        "apart with any kind of colour blindness."
    )
    return _choice(_("Element colours"), names, key="scheme", hint=hint)


def _colour_by(structure: Structure) -> str:
    names = _colouring_names(structure)
    heed_address("colour", list(names), names.__getitem__)
    chosen: str = st.selectbox(
        _("Colour by"),
        list(names),
        format_func=names.__getitem__,
        key="colour",
        bind="query-params",
        width=230,
        help=_colouring_meanings(),
    )
    return chosen


def _hidden(structure: Structure) -> frozenset[str]:
    chosen = st.pills(
        _("Hide"),
        sorted({site.specie.symbol for site in structure}, key=lambda s: Element(s).Z),
        selection_mode="multi",
        key="hide",
        bind="query-params",
        help=_("Elements that are left out of the picture. Numbers elsewhere do not change."),
    )
    return frozenset(chosen)


def _images() -> bool:
    hint = _(
        "Repeats atoms that lie on a face of the cell on the opposite face. The same atoms "
        "are seen twice then; counts stay those of the cell."
    )
    return _switch(_("Atoms on all faces"), "images", value=True, hint=hint)


def _bonds() -> bool:
    hint = _(
        "Sticks between atoms closer than a distance of your choice. Metals have no directed "
        "bonds, so they are off at first."
    )
    return _switch(_("Bonds"), "bonds", value=False, hint=hint)


def _choice(label: str, names: dict[K, str], *, key: str, hint: str) -> K:
    heed_address(key, list(names), names.__getitem__)
    return st.segmented_control(
        label,
        list(names),
        default=next(iter(names)),
        required=True,
        format_func=names.__getitem__,
        key=key,
        bind="query-params",
        help=hint,
    )


def _switch(label: str, key: str, *, value: bool, hint: str) -> bool:
    return st.toggle(label, value=value, key=key, bind="query-params", help=hint)


def _repeat(axis: str) -> int:
    return int(
        st.number_input(
            _("Cells along {axis}").format(axis=axis),
            1,
            MAX_REPEATS,
            1,
            key=f"n{axis}",
            bind="query-params",
            width=125,
            help=_("How often the cell is drawn in this direction; the numbers do not change."),
        )
    )


def _bond_cutoff() -> float:
    return float(
        st.number_input(
            _("Bonds up to (Å)"),
            1.0,
            4.0,
            DEFAULT_BOND_CUTOFF,
            0.1,
            format="%.1f",
            key="bond",
            bind="query-params",
            width=140,
            help=_("Atoms closer than this are joined."),
        )
    )


def _centre(structure: Structure) -> int:
    number = st.number_input(
        _("Atom"),
        1,
        len(structure),
        1,
        key="atom",
        bind="query-params",
        width=125,
        help=_("The atom's number in the file, from 1. Click an atom in the view to see it."),
    )
    return int(number) - 1
