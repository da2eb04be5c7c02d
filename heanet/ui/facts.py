"""What is known of a cell without a model: numbers with their meaning, and figures."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from pymatgen.core import Element, Structure

from heanet.data import describe
from heanet.data.lattices import LatticeGuess, detect_lattice, lattice_from_name
from heanet.figures import charts
from heanet.ui.chart import show_chart
from heanet.ui.language import _, listed, plural, together
from heanet.ui.store import Cell
from heanet.ui.words import plain

# The tolerances worth telling apart, Angstrom.
TOLERANCES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5)
DEFAULT_TOLERANCE = 0.1
PAIR_CUTOFF = 6.0  # Angstrom
# Share of atoms from which on a lattice is named without reserve.
_CLEAR = 0.8
_once_per_cell = st.cache_data(
    max_entries=512, show_spinner=False, hash_funcs={Cell: lambda cell: cell.id}
)


@_once_per_cell
def description(cell: Cell) -> describe.Description:
    """Composition, density and distances; once per cell."""
    return describe.describe(cell.structure)


@_once_per_cell
def lattice(cell: Cell) -> LatticeGuess:
    """The lattice seen in the geometry; once per cell."""
    return detect_lattice(cell.structure)


@_once_per_cell
def space_group(cell: Cell, symprec: float) -> describe.Symmetry | None:
    """The space group; once per cell and tolerance."""
    return describe.symmetry(cell.structure, symprec=symprec)


@_once_per_cell
def pair_distributions(
    cell: Cell,
) -> tuple[NDArray[np.float64], dict[tuple[str, str], NDArray[np.float64]]]:
    """Partial pair distributions; once per cell."""
    return describe.partial_pair_distributions(cell.structure, cutoff=PAIR_CUTOFF)


def show_key_numbers(cell: Cell) -> None:
    """Atoms, density, volume and lattice as tiles."""
    known = description(cell)
    left, right = st.container(key="tiles").columns(2, gap="small")
    left.metric(_("Atoms"), f"{known.n_atoms:,}", border=True, help=_("Atoms in the cell."))
    right.metric(
        _("Density"),
        f"{known.density:.2f} g/cm³",
        border=True,
        help=_("Mass of the cell divided by its volume, from standard atomic weights."),
    )
    left.metric(
        _("Volume per atom"),
        f"{known.volume_per_atom:.2f} Å³",
        border=True,
        help=_("Volume of the cell divided by its number of atoms."),
    )
    with right:
        _show_lattice(cell)


def _show_lattice(cell: Cell) -> None:
    guess = lattice(cell)
    share = f"{guess.confidence:.0%}"
    st.metric(
        _("Lattice"),
        _("{lattice} · {share}").format(lattice=guess.lattice, share=share)
        if guess.lattice
        else _("none recognised"),
        border=True,
        help=_lattice_reason(cell.structure, guess),
    )


def _lattice_reason(structure: Structure, guess: LatticeGuess) -> str:
    """How the lattice was found, what the file name says, and how far to trust it."""
    shares = listed(
        [
            f"{kind if kind != 'other' else _('none of them')} {share:.0%}"
            for kind, share in guess.fractions.items()
            if share > 0
        ]
    )
    sentences = [
        _(
            "Each atom's nearest neighbours are compared with those of fcc, bcc and hcp "
            "(adaptive common neighbour analysis). Share of atoms: {shares}."
        ).format(shares=shares)
    ]
    named = lattice_from_name(structure.properties.get("name", ""))
    if named:
        sentences.append(_("The file name says {lattice}.").format(lattice=named))
    if guess.confidence < _CLEAR:
        sentences.append(
            _("A relaxed cell can lose the lattice it was built on, so this is no proof of it.")
        )
    return together(sentences)


def show_space_group(cell: Cell) -> None:
    """The space group with a slider for its tolerance."""
    with st.container(border=True):
        tolerance = st.select_slider(
            _("Space group within a tolerance of"),
            TOLERANCES,
            value=DEFAULT_TOLERANCE,
            format_func=lambda value: f"{value:g} Å",
            key="tolerance",
            bind="query-params",
            help=_(
                "Atoms that lie within this distance of a symmetric position count as lying on "
                "it. Small: exact symmetry. Large: the symmetry behind small displacements. "
                "Elements are told apart, so a random alloy usually has none (P1)."
            ),
        )
        if len(cell.structure) > describe.MAX_SYMMETRY_ATOMS:
            st.markdown(
                _("Not looked for in cells of more than {n} atoms: it would take too long.").format(
                    n=f"{describe.MAX_SYMMETRY_ATOMS:,}"
                )
            )
            return
        found = space_group(cell, tolerance)
        if found is None:
            st.markdown(_("No space group at this tolerance: it is too large for this cell."))
            return
        st.markdown(
            _("**{symbol}** · No. {number} · {system}").format(
                symbol=plain(found.symbol),
                number=found.number,
                system=_system(found.crystal_system),
            )
        )


def _system(system: str) -> str:
    """Name of a crystal system in the session's language."""
    names = {
        "triclinic": _("triclinic"),
        "monoclinic": _("monoclinic"),
        "orthorhombic": _("orthorhombic"),
        "tetragonal": _("tetragonal"),
        "trigonal": _("trigonal"),
        "hexagonal": _("hexagonal"),
        "cubic": _("cubic"),
    }
    return names.get(system, system)


def show_composition(cell: Cell, colours: dict[str, str]) -> None:
    """A bar and a table of the elements."""
    known = description(cell)
    elements = sorted(known.fractions, key=lambda symbol: Element(symbol).Z)
    composition = cell.structure.composition
    counts = composition.get_el_amt_dict()
    fractions = {symbol: known.fractions[symbol] for symbol in elements}
    show_chart(
        charts.composition_bar(fractions, colours),
        name="composition-bar",
        stands_on=_of(cell),
        alt=_("Atomic fractions: {fractions}").format(
            fractions=", ".join(f"{symbol} {x:.1%}" for symbol, x in fractions.items())
        ),
    )
    table = pd.DataFrame(
        {
            "element": elements,
            "count": [round(counts[symbol]) for symbol in elements],
            "atomic": [100 * fractions[symbol] for symbol in elements],
            "weight": [100 * composition.get_wt_fraction(symbol) for symbol in elements],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height=38 + 35 * len(elements),
        alt=_("Elements of the cell with their atoms and their shares of atoms and of mass."),
        column_config={
            "element": st.column_config.TextColumn(_("Element")),
            "count": st.column_config.NumberColumn(
                _("Atoms"), help=_("Atoms of this element in the cell.")
            ),
            "atomic": st.column_config.NumberColumn(
                _("at.%"), format="%.2f", help=_("Share of the atoms, in per cent.")
            ),
            "weight": st.column_config.NumberColumn(
                _("wt.%"), format="%.2f", help=_("Share of the mass, in per cent.")
            ),
        },
    )


def _of(cell: Cell) -> str:
    """Which cell a figure is of."""
    return _("{name}, {atoms}.").format(
        name=plain(cell.name), atoms=plural("{n} atom", "{n} atoms", len(cell.structure))
    )


def show_cell(cell: Cell) -> None:
    """Lattice vectors as lengths and angles."""
    known = description(cell)
    lengths = {"a": known.a, "b": known.b, "c": known.c}
    angles = {
        "α": (known.alpha, _("Angle between b and c.")),
        "β": (known.beta, _("Angle between a and c.")),
        "γ": (known.gamma, _("Angle between a and b.")),
    }
    with st.container(border=True, key="lengths"):
        columns = st.columns(3, gap="small")
        for column, (name, length) in zip(columns, lengths.items(), strict=True):
            column.metric(name, f"{length:.3f} Å", help=_("Length of this lattice vector."))
        for column, (name, (angle, meaning)) in zip(columns, angles.items(), strict=True):
            column.metric(name, f"{angle:.2f}°", help=meaning)


def show_distances(cell: Cell) -> None:
    """Shortest distances and partial pair distributions."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(
            _("**Nearest neighbours by pair of elements**"),
            help=_(
                "The shortest distance, in Å, between any atom of one element and any atom of the "
                "other, periodic images included. Elements that never come close have no entry."
            ),
        )
        show_chart(
            charts.distance_matrix_figure(
                description(cell).nearest, hover=_("{pair}: {distance} Å")
            ),
            name="distance-matrix",
            stands_on=_of(cell),
            alt=_("Shortest distance of each pair of elements in Å: {distances}.").format(
                distances=", ".join(
                    f"{charts.pair_label(pair)} {distance:.2f}"
                    for pair, distance in description(cell).nearest.items()
                )
            ),
        )
    with right:
        st.markdown(
            _("**Partial pair distributions g(r)**"),
            help=_(
                "How often two elements are found at a distance r, compared with chance: 1 means "
                "as often as if atoms were spread evenly. Peaks are the shells of neighbours. "
                "Click a pair in the legend to hide it, double-click to see it alone."
            ),
        )
        radii, distributions = pair_distributions(cell)
        show_chart(
            charts.pair_distribution_figure(
                radii, distributions, radius_title=_("Distance r (Å)"), value_title=_("g(r)")
            ),
            name="pair-distributions",
            stands_on=_of(cell),
            zoom=True,
            alt=_("Pair distributions g(r) of {n} pairs of elements up to {cutoff} Å.").format(
                n=len(distributions), cutoff=f"{PAIR_CUTOFF:g}"
            ),
        )
