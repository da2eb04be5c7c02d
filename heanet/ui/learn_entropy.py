"""Lesson 1: what makes an alloy high-entropy."""

import streamlit as st
from pymatgen.core import Structure

from heanet.data.alloys import Alloy, build_alloy
from heanet.data.ideallattice import ATOMIC_VOLUMES
from heanet.data.mixing import entropy_kind, equal_parts_entropy, joules, mixing_entropy
from heanet.figures.charts import composition_bar
from heanet.figures.colours import element_colours
from heanet.figures.lessons import entropy_figure
from heanet.ui import learn_cell
from heanet.ui.chart import show_chart
from heanet.ui.language import _, plural
from heanet.ui.learn_frame import Lesson, Link

PARTS = "learn_parts_{element}"  # keys of the sliders
_MOST = 10  # parts
_FIRST = {"Cr": 5, "Mn": 5, "Fe": 5, "Co": 5, "Ni": 5, "Pd": 0}
_ATOMS = (32, 108)  # cubes of fcc; the larger one holds one part of 51
_ACROSS = 3  # sliders side by side
_VIEW = 290  # pixels


def lesson() -> Lesson:
    """The lesson in the session's language."""
    return Lesson(
        key="1",
        short=_("Entropy"),
        title=_("What makes an alloy high-entropy"),
        text=(
            _(
                "Put several metals on one lattice at random. The number of ways to arrange them "
                "gives the alloy an **entropy of mixing**: $-R \\sum_a c_a \\ln c_a$, with atomic "
                "fractions $c_a$."
            ),
            _(
                "For $n$ elements it is largest at equal parts: $R \\ln n$. Five equal parts have "
                "$R \\ln 5 = 1.61\\,R$, 13.38 J/mol/K. From 1.5 R on an alloy is usually called "
                "high-entropy, from 1 R on medium-entropy."
            ),
            _(
                "The free energy of mixing falls by temperature times entropy, so at high "
                "temperature entropy favours one common lattice over ordered compounds. It does "
                "not decide alone: the energy counts as well, and that is what the network learns."
            ),
        ),
        question=_("Ten parts of Fe and one each of Cr, Mn, Co and Ni: high-entropy or not?"),
        answer=_(
            "No. It still has five elements, but most arrangements look alike: 0.99 R, less than "
            "three equal parts have (1.10 R). What counts are the fractions, not the number of "
            "elements."
        ),
        choose=_choose,
        draw=_draw,
    )


def _choose() -> dict[str, float]:
    """Atomic fractions by the sliders; empty where all are at zero."""
    parts: dict[str, int] = {}
    for place, symbol in enumerate(ATOMIC_VOLUMES):
        if place % _ACROSS == 0:
            columns = st.columns(_ACROSS, gap="small")
        parts[symbol] = columns[place % _ACROSS].slider(
            _("{element}, parts").format(element=symbol),
            0,
            _MOST,
            _FIRST[symbol],
            key=PARTS.format(element=symbol),
            persist_state="session",
        )
    total = sum(parts.values())
    return {symbol: n / total for symbol, n in parts.items() if n}


def _draw(fractions: dict[str, float]) -> Link:
    if not fractions:
        st.info(_("Give at least one element some parts."), icon=":material/info:")
        return Link(
            "pages/1_Structure.py", _("Build an alloy yourself"), ":material/deployed_code:"
        )
    cell = _built(tuple(fractions.items()))
    name = str(cell.properties["name"])
    show_chart(
        composition_bar(fractions, element_colours(list(fractions), "jmol")),
        name="learn-composition",
        alt=_("Atomic fractions: {fractions}").format(
            fractions=", ".join(f"{symbol} {x:.1%}" for symbol, x in fractions.items())
        ),
    )
    learn_cell.show_small(cell, name=name, key="alloy", height=_VIEW)
    numbers, chart = st.columns([2, 3], gap="medium", vertical_alignment="center")
    entropy = mixing_entropy(fractions)
    with numbers:
        _show_numbers(entropy, len(fractions))
    with chart:
        _show_chart(entropy)
    return Link(
        "pages/1_Structure.py",
        _("Look at this cell on the Structure page"),
        ":material/deployed_code:",
        {"cell": learn_cell.kept_id(cell, name)},
    )


def _show_numbers(entropy: float, n_elements: int) -> None:
    largest = equal_parts_entropy(n_elements)
    st.metric(
        _("Entropy of mixing"),
        _("{value} J/mol/K").format(value=f"{joules(entropy):.2f}"),
        help=_("Of an ideal solution, per mole of atoms."),
    )
    names = {"low": _("low"), "medium": _("medium"), "high": _("high")}
    st.markdown(
        _(
            "**{value} R**: {kind} entropy. {elements} at equal parts: {largest} R, {joules} "
            "J/mol/K."
        ).format(
            value=f"{entropy:.2f}",
            kind=names[entropy_kind(entropy)],
            elements=plural("{n} element", "{n} elements", n_elements),
            largest=f"{largest:.2f}",
            joules=f"{joules(largest):.2f}",
        )
    )


def _show_chart(entropy: float) -> None:
    equal = [equal_parts_entropy(n + 1) for n in range(len(ATOMIC_VOLUMES))]
    show_chart(
        entropy_figure(
            equal,
            own=entropy,
            own_title=_("yours: {value} R").format(value=f"{entropy:.2f}"),
            axis_title=_("Entropy of mixing (R)"),
            parts_title=_("Elements at equal parts"),
        ),
        name="learn-entropy",
        alt=_(
            "Entropy of one to six equal parts, from 0 to 1.79 R, and that of your composition, "
            "{value} R."
        ).format(value=f"{entropy:.2f}"),
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _built(fractions: tuple[tuple[str, float], ...]) -> Structure:
    """A random fcc cell that is large enough to hold an atom of every element."""
    least = min(x for _symbol, x in fractions)
    n_atoms = next((n for n in _ATOMS if n * least >= 1), _ATOMS[-1])
    return build_alloy(Alloy(dict(fractions), "fcc", n_atoms))
