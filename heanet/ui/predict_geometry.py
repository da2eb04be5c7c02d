"""What the geometry of a predicted cell says: as built or relaxed, how far, and what is left."""

import streamlit as st

from heanet.data.geometry import Geometry, geometry_of
from heanet.properties import LATTICES, TASKS
from heanet.training.checkpoints import ModelCard
from heanet.ui import models, store, task_words
from heanet.ui.language import _
from heanet.ui.predict_results import Served


def show_kind(served: Served, choices: models.Choices) -> None:
    """Whether the cell was given relaxed or as built, and what follows from either."""
    with st.container(border=True, key="geometry"):
        if served.prediction.cell == "built":
            _show_built(served, choices)
        else:
            _show_relaxed(served)


def _show_built(served: Served, choices: models.Choices) -> None:
    st.markdown(
        _(
            "**As built:** the atoms sit on ideal {lattice} sites; nobody has relaxed this cell."
        ).format(lattice=served.prediction.lattice)
    )
    built, relaxed = served.choice, choices.by_kind["relaxed"]
    if built.name == relaxed.name:
        return
    wider = _wider(built.card, relaxed.card)
    if wider:
        st.markdown(
            _(
                "The values are those that it will have once it is relaxed. Less is known before "
                "that, so the error bars are wider: on held-out cells the errors of {built} are "
                "these times those that {relaxed} makes on the relaxed cells: {factors}."
            ).format(built=built.name, relaxed=relaxed.name, factors=wider)
        )


def _wider(built: ModelCard, relaxed: ModelCard) -> str:
    """How many times the errors of one model are those of the other, by task."""
    first, second = ({m.task: m.mae for m in card.metrics} for card in (built, relaxed))
    return ", ".join(
        f"{first[task] / second[task]:.1f} ({task_words.label(task)})"
        for task in TASKS
        if first.get(task) and second.get(task)
    )


def _show_relaxed(served: Served) -> None:
    lattice = served.prediction.lattice
    found = _geometry(served.cell, lattice)
    share = _("{share} of the atoms have the surroundings of {lattice}").format(
        share=f"{found.share:.0%}", lattice=lattice
    )
    if found.survives:
        st.markdown(_("**The lattice survived:** {share}.").format(share=share))
    elif found.shows is None:
        st.markdown(_("**The lattice did not survive:** {share}.").format(share=share))
    else:
        st.markdown(
            _("**The lattice did not survive:** {share}, and most of them show {other}.").format(
                share=share, other=found.shows
            )
        )
    if found.displacement is None:
        st.caption(
            _(
                "The sites of {lattice} cannot be found in the geometry any more, so that the "
                "displacement from them is not measured."
            ).format(lattice=lattice)
        )
        return
    st.caption(
        _(
            "Measured, not predicted: the atoms lie {rmsd} Å (root mean square) off the sites of a "
            "{lattice} lattice that is stretched with the cell; its largest strain is {strain}."
        ).format(
            rmsd=f"{found.displacement:.3f}", lattice=lattice, strain=f"{found.strain or 0:.1%}"
        )
    )


@st.cache_data(max_entries=256, show_spinner=False, hash_funcs={store.Cell: lambda cell: cell.id})
def _geometry(cell: store.Cell, lattice: str) -> Geometry:
    return geometry_of(cell.structure, next(known for known in LATTICES if known == lattice))
