"""The questions that the builder asks, and what the answers ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import streamlit as st

from heanet.data.alloys import MAX_SEED, Alloy, parse_composition
from heanet.data.elements import SYMBOLS
from heanet.data.ideallattice import ATOMIC_VOLUMES, PROTOTYPES, atomic_volume
from heanet.data.sqs import ITERATIONS, MAX_SQS_ATOMS, estimate_seconds
from heanet.errors import StructureError
from heanet.figures.charts import composition_bar
from heanet.figures.colours import element_colours
from heanet.properties import LATTICES, Lattice
from heanet.ui.builder_search import duration
from heanet.ui.chart import show_chart
from heanet.ui.language import _
from heanet.ui.said import said
from heanet.ui.words import plain

Kind = Literal["sqs", "random", "ordered"]
KINDS: tuple[Kind, ...] = ("sqs", "random", "ordered")
DEFAULT_ELEMENTS = ("Cr", "Mn", "Fe", "Co", "Ni")
DEFAULT_FORMULA = "CrFeCoNi"
DEFAULT_ATOMS = 40
DEFAULT_PARTS = 20
MAX_PARTS = 100
MAX_REPEATS = 6
EFFORTS = (ITERATIONS // 10, ITERATIONS, 10 * ITERATIONS)
_SLIDERS = 3  # side by side
# The elements of each prototype's best known example, in the order of its sublattices.
_EXAMPLES = {"B2": ("Fe", "Co"), "L1_2": ("Fe", "Ni"), "L1_0": ("Fe", "Pd"), "D0_3": ("Al", "Fe")}
_REMEMBER: Literal["session"] = "session"  # choices are still there when the dialog is opened again


@dataclass(frozen=True)
class Ordered:
    """An ordered alloy to build.

    Attributes:
        prototype: Key of PROTOTYPES.
        elements: One per sublattice.
        repeats: Cubes along each axis.
    """

    prototype: str
    elements: tuple[str, ...]
    repeats: int


@cache
def elements() -> tuple[str, ...]:
    """Elements that cells can be built of: those of the training data first, then by number."""
    others = [symbol for symbol in SYMBOLS if symbol not in ATOMIC_VOLUMES and _has_volume(symbol)]
    return (*ATOMIC_VOLUMES, *others)


def _has_volume(symbol: str) -> bool:
    try:
        return atomic_volume(symbol) > 0
    except StructureError:
        return False


def choose_kind() -> Kind:
    """SQS, random or ordered, with what that means."""
    names = {"sqs": _("Quasirandom (SQS)"), "random": _("Random"), "ordered": _("Ordered")}
    meanings = {
        "sqs": _(
            "The usual choice: of many arrangements the one whose neighbours are mixed most like "
            "those of a large random alloy."
        ),
        "random": _(
            "Elements put on the sites by chance. Quick, and right for large cells; in a small "
            "one some elements meet more often than they should."
        ),
        "ordered": _("A compound in which every element has sites of its own, such as B2."),
    }
    kind: Kind = st.segmented_control(
        _("Arrangement"),
        KINDS,
        default="sqs",
        required=True,
        format_func=names.__getitem__,
        key="build_kind",
        persist_state=_REMEMBER,
    )
    st.caption(meanings[kind])
    return kind


def choose_composition() -> dict[str, float]:
    """Atomic fractions, by sliders or by formula; empty where they make no sense, which is said."""
    ways = {"sliders": _("Sliders"), "formula": _("Formula")}
    way = st.segmented_control(
        _("Composition by"),
        list(ways),
        default="sliders",
        required=True,
        format_func=ways.__getitem__,
        key="build_way",
        persist_state=_REMEMBER,
    )
    try:
        fractions = _by_sliders() if way == "sliders" else _by_formula()
    except StructureError as error:
        st.error(plain(said(error)), icon=":material/error:")
        return {}
    _show_fractions(fractions)
    return fractions


def _show_fractions(fractions: Mapping[str, float]) -> None:
    """The atomic per cents as a bar and in numbers."""
    texts = [f"{symbol} {100 * x:.1f}" for symbol, x in fractions.items()]
    show_chart(
        composition_bar(fractions, element_colours(list(fractions), "jmol")),
        name="build-bar",
        alt=_("Composition: {fractions} at.%").format(fractions=", ".join(texts)),
        saved=False,  # a slider's answer, gone with its dialog
    )
    st.caption(_("{fractions} at.%").format(fractions=" · ".join(texts)))


def _by_formula() -> dict[str, float]:
    text = st.text_input(
        _("Formula"),
        value=DEFAULT_FORMULA,
        max_chars=200,
        key="build_formula",
        persist_state=_REMEMBER,
        help=_(
            "Elements with their parts: CrFeCoNi, Cr20Mn20Fe20Co20Ni20, Al0.3CoCrFeNi, or "
            "fractions that sum to one: Fe0.6Ni0.4."
        ),
    )
    return parse_composition(text)


def _by_sliders() -> dict[str, float]:
    chosen = st.multiselect(
        _("Elements"),
        elements(),
        default=DEFAULT_ELEMENTS,
        key="build_elements",
        persist_state=_REMEMBER,
        select_all=False,
        help=_(
            "Any metal can be built and seen. Models know the elements of their training data "
            "only; the Predict page says so where a cell holds another one."
        ),
    )
    if not chosen:
        raise StructureError("No element is chosen", expected="at least one")
    parts = {}
    for place, symbol in enumerate(chosen):
        if place % _SLIDERS == 0:  # rows, so that a phone stacks them in order
            columns = st.columns(_SLIDERS, gap="medium")
        parts[symbol] = columns[place % _SLIDERS].slider(
            _("{element}, parts").format(element=symbol),
            min_value=1,
            max_value=MAX_PARTS,
            value=DEFAULT_PARTS,
            key=f"build_parts_{symbol}",
            persist_state=_REMEMBER,
        )
    total = sum(parts.values())
    return {symbol: part / total for symbol, part in parts.items()}


def choose_alloy(fractions: Mapping[str, float], kind: Literal["sqs", "random"]) -> Alloy:
    """Lattice, size, seed and effort of a solid solution."""
    left, middle, right = st.columns([3, 2, 2], gap="medium")
    lattice: Lattice = left.segmented_control(
        _("Lattice"),
        LATTICES,
        default="fcc",
        required=True,
        key="build_lattice",
        persist_state=_REMEMBER,
        help=_("The ideal sites that the atoms are put on; nothing is relaxed."),
    )
    n_atoms = middle.number_input(
        _("Atoms"),
        min_value=1,
        max_value=MAX_SQS_ATOMS,
        value=DEFAULT_ATOMS,
        key="build_atoms",
        persist_state=_REMEMBER,
        help=_(
            "Of the cell, up to {most}. More atoms hold a composition more exactly and come closer "
            "to a random alloy; the models were trained on small cells."
        ).format(most=f"{MAX_SQS_ATOMS:,}"),
    )
    seed = right.number_input(
        _("Seed"),
        min_value=0,
        max_value=MAX_SEED,
        value=0,
        key="build_seed",
        persist_state=_REMEMBER,
        help=_("The same choices with the same seed give the same cell again."),
    )
    iterations = _choose_effort(int(n_atoms)) if kind == "sqs" else ITERATIONS
    return Alloy(fractions, lattice, int(n_atoms), kind, int(seed), iterations)


def _choose_effort(n_atoms: int) -> int:
    effort = st.segmented_control(
        _("Arrangements to try"),
        EFFORTS,
        default=ITERATIONS,
        required=True,
        format_func=lambda n: _("{n} · about {time}").format(
            n=f"{n:,}", time=duration(estimate_seconds(n_atoms, n))
        ),
        key="build_effort",
        persist_state=_REMEMBER,
        help=_("More of them come closer to random. The times are estimates for this many atoms."),
    )
    return int(effort)


def choose_ordered() -> Ordered:
    """Prototype, elements and size of an ordered alloy."""
    prototype = st.segmented_control(
        _("Structure"),
        list(PROTOTYPES),
        default="B2",
        required=True,
        format_func=lambda key: plain(PROTOTYPES[key].label),
        key="build_prototype",
        persist_state=_REMEMBER,
    )
    sublattices = PROTOTYPES[prototype].sites
    n_sites = sum(len(sites) for sites in sublattices)
    columns = st.columns(len(sublattices) + 1, gap="medium")
    chosen = tuple(
        columns[place].selectbox(
            _("Element on {n} of {all} sites").format(n=len(sites), all=n_sites),
            elements(),
            index=elements().index(_EXAMPLES[prototype][place]),
            key=f"build_{prototype}_{place}",
            persist_state=_REMEMBER,
        )
        for place, sites in enumerate(sublattices)
    )
    repeats = columns[-1].number_input(
        _("Cubes along each axis"),
        min_value=1,
        max_value=MAX_REPEATS,
        value=2,
        key="build_repeats",
        persist_state=_REMEMBER,
    )
    return Ordered(prototype, chosen, int(repeats))
