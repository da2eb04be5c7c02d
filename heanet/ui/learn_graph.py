"""Lesson 2: from atoms to the element graph."""

import streamlit as st
from pymatgen.core import Element, Structure
from torch_geometric.data import Data

from heanet.data.alloys import Alloy, build_alloy
from heanet.data.elementgraph import DEFAULT_GRID, element_graph
from heanet.data.samecrystal import (
    doubled,
    largest_difference,
    pair_distribution,
    shells,
    shuffled,
)
from heanet.figures.colours import element_colours
from heanet.figures.lessons import Pair, distributions_figure, element_graph_figure
from heanet.ui import learn_cell
from heanet.ui.chart import show_chart
from heanet.ui.language import _
from heanet.ui.learn_frame import Lesson, Link

PAIR = "learn_pair"
_CHANGES = "learn_changes"  # (times doubled, times shuffled)
_ALLOY = Alloy({"Cr": 0.25, "Fe": 0.375, "Co": 0.25, "Ni": 0.125}, "fcc", 32)
_MOST_DOUBLED = 3
_BIN = 0.2  # Angstrom: narrow enough to keep the shells of fcc apart
_VIEW = 265  # pixels


def lesson() -> Lesson:
    """The lesson in the session's language."""
    return Lesson(
        key="2",
        short=_("Element graph"),
        title=_("From atoms to the element graph"),
        text=(
            _(
                "A network that sees every atom works the harder the larger the cell is. HEANet "
                "sees elements: each is a **node**, sized here by its atomic fraction, and each "
                "ordered pair a **directed edge**."
            ),
            _(
                "An edge holds the distribution $g_{ab}(r)$: how many atoms of element $b$ an atom "
                "of element $a$ has around it at distance $r$, on average. The sum over atoms is "
                "done once, before training."
            ),
            _(
                "Two cells of the same crystal must get the same answer. Double the cell, or write "
                "its atoms down in another order, and compare."
            ),
        ),
        question=_(
            "Why do $g_{ab}$ and $g_{ba}$ differ, though both count the same pairs of atoms?"
        ),
        answer=_(
            "Each is an average over the atoms at its centre. There are three times as many Fe as "
            "Ni atoms here, so an Fe atom has a third as many Ni around it as a Ni atom has Fe: "
            "$N_a g_{ab} = N_b g_{ba}$. That is why the edges have a direction."
        ),
        choose=_choose,
        draw=_draw,
    )


def _choose() -> Pair:
    """The buttons that change the cell, and the pair that is looked at."""
    times_doubled, n_shuffles = st.session_state.get(_CHANGES, (0, 0))
    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Double the cell"),
            key="learn_double",
            icon=":material/content_copy:",
            disabled=times_doubled == _MOST_DOUBLED,
            on_click=_set,
            args=(times_doubled + 1, n_shuffles),
        )
        st.button(
            _("Shuffle the atoms"),
            key="learn_shuffle",
            icon=":material/shuffle:",
            on_click=_set,
            args=(times_doubled, n_shuffles + 1),
        )
        st.button(
            _("Start again"),
            key="learn_again",
            icon=":material/restart_alt:",
            disabled=(times_doubled, n_shuffles) == (0, 0),
            on_click=_set,
            args=(0, 0),
        )
    symbols = sorted(_ALLOY.fractions, key=lambda symbol: Element(symbol).Z)
    pairs = [f"{centre}-{other}" for centre in symbols for other in symbols]
    chosen = st.selectbox(
        _("Pair of elements"),
        pairs,
        index=pairs.index("Fe-Ni"),
        format_func=lambda pair: _("{other} around {centre}").format(
            centre=pair.split("-")[0], other=pair.split("-")[1]
        ),
        key=PAIR,
        persist_state="session",
    )
    centre, other = chosen.split("-")
    return centre, other


def _set(times_doubled: int, n_shuffles: int) -> None:
    st.session_state[_CHANGES] = (times_doubled, n_shuffles)


def _draw(pair: Pair) -> Link:
    times_doubled, n_shuffles = st.session_state.get(_CHANGES, (0, 0))
    first, cell = _cell(0, 0), _cell(times_doubled, n_shuffles)
    before, after = _graph(0, 0), _graph(times_doubled, n_shuffles)
    name = f"CrFeCoNi_{len(cell)}_fcc"
    atoms, graph = st.columns(2, gap="small")
    with atoms:
        learn_cell.show_small(cell, name=name, key="changed", height=_VIEW)
    with graph:
        _show_graph(after, pair)
    difference = largest_difference(before, after)
    st.markdown(
        _(
            "The cell has {n} atoms; it began with {first}. Largest difference of any number in "
            "the two element graphs: **{difference} atoms**."
        ).format(n=len(cell), first=len(first), difference=f"{difference:.7f}")
    )
    _show_distributions(before, after, pair)
    return Link(
        "pages/1_Structure.py",
        _("Distances of this cell on the Structure page"),
        ":material/deployed_code:",
        {"cell": learn_cell.kept_id(cell, name)},
    )


def _show_graph(graph: Data, pair: Pair) -> None:
    symbols = [str(Element.from_Z(z).symbol) for z in graph.z.tolist()]
    fractions = dict(zip(symbols, graph.fraction.tolist(), strict=True))
    centre, other = pair
    show_chart(
        element_graph_figure(
            fractions,
            element_colours(symbols, "jmol"),
            chosen=pair,
            hover_node=_("{element}: {fraction} of the atoms"),
            hover_edge=_("{other} around {centre}"),
        ),
        name="learn-element-graph",
        alt=_(
            "Element graph with {n} nodes, {fractions}, and an edge for each of the {pairs} "
            "ordered pairs; the edge from {other} to {centre} is marked."
        ).format(
            n=len(symbols),
            fractions=", ".join(f"{s} {x:.1%}" for s, x in fractions.items()),
            pairs=len(symbols) ** 2,
            other=other,
            centre=centre,
        ),
    )


def _show_distributions(before: Data, after: Data, pair: Pair) -> None:
    centre, other = pair
    middles, counts = shells(
        pair_distribution(before, centre, other), DEFAULT_GRID.radii, width=_BIN
    )
    changed = shells(pair_distribution(after, centre, other), DEFAULT_GRID.radii, width=_BIN)[1]
    show_chart(
        distributions_figure(
            middles,
            counts,
            changed,
            titles=(_("first cell"), _("changed cell")),
            axes=(
                _("r (Å)"),
                _("{other} around {centre} (atoms)").format(other=other, centre=centre),
            ),
        ),
        name="learn-distributions",
        alt=_(
            "Number of {other} atoms around a {centre} atom by distance up to 6 Å, of the first "
            "and of the changed cell: {n} atoms in all of the first, {m} of the changed one."
        ).format(other=other, centre=centre, n=f"{counts.sum():.2f}", m=f"{changed.sum():.2f}"),
    )


@st.cache_data(max_entries=32, show_spinner=False)
def _cell(times_doubled: int, n_shuffles: int) -> Structure:
    cell = build_alloy(_ALLOY)
    for _time in range(times_doubled):
        cell = doubled(cell)
    return shuffled(cell, seed=n_shuffles) if n_shuffles else cell


@st.cache_data(max_entries=32, show_spinner=False)
def _graph(times_doubled: int, n_shuffles: int) -> Data:
    return element_graph(_cell(times_doubled, n_shuffles))
