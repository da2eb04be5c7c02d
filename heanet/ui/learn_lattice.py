"""Lesson 6: did the lattice survive?"""

import pandas as pd
import streamlit as st
from pymatgen.core import Structure

from heanet.data.geometry import Geometry, geometry_of
from heanet.data.relaxedpairs import built_and_relaxed, by_displacement
from heanet.errors import HeanetError
from heanet.figures.charts import subscripts
from heanet.prediction import DEFAULT_MODEL, Prediction, predict
from heanet.properties import Lattice
from heanet.training.registry import find_checkpoint
from heanet.ui import compare_words as words
from heanet.ui import learn_cell, learn_data, models, task_words
from heanet.ui.language import _
from heanet.ui.learn_frame import Lesson, Link
from heanet.ui.said import said
from heanet.ui.words import plain

CELL = "learn_cell"
_CELLS = 25
_VIEW = 270  # pixels
_GIVEN: tuple[Lattice, ...] = ("fcc", "bcc")


def lesson() -> Lesson:
    """The lesson in the session's language."""
    return Lesson(
        key="6",
        short=_("The lattice"),
        title=_("Did the lattice survive?"),
        text=(
            _(
                "An alloy cell is built on ideal fcc or bcc sites, its **parent lattice**, and "
                "then relaxed: atoms and cell move until no force is left. Small shifts are usual. "
                "Sometimes the lattice gives way."
            ),
            _(
                "Two measures tell. **rmsd**: how far the atoms are from the sites of the parent "
                "lattice, root mean square. **Survival**: whether half of the atoms still have its "
                "surroundings. Atoms are coloured by the lattice that they show."
            ),
            _(
                "The network gets the relaxed distances *and* the parent lattice, because labels "
                "are defined by it: emix against the pure elements on that lattice, rmsd from its "
                "sites. The table asks about one cell twice, with either lattice given."
            ),
        ),
        question=_("The first cell has the smallest rmsd of all, and its lattice is gone. How?"),
        answer=_(
            "Its cell changed shape: stretching bcc along one axis turns it into fcc (the Bain "
            "path), and every atom goes along. rmsd counts from sites that are stretched with the "
            "cell, so it sees almost nothing. The last cell is the reverse: it has the largest "
            "rmsd, yet most of its atoms still have the surroundings of bcc. Displacement and "
            "survival are two things."
        ),
        choose=_choose,
        draw=_draw,
    )


def _choose() -> str:
    names = by_displacement(learn_data.labels(), _CELLS)
    return str(
        st.select_slider(
            _("Cell, from the least to the most displaced"),
            names,
            value=names[-4],
            format_func=_title,
            key=CELL,
            persist_state="session",
        )
    )


def _title(name: str) -> str:
    """``"Cr₅Co₅ on bcc"`` for a row ``Cr5Co5_sqsbcc``."""
    return _("{formula} on {lattice}").format(
        formula=subscripts(name.partition("_")[0]), lattice=_parent(name)
    )


def _parent(name: str) -> Lattice:
    return "bcc" if learn_data.labels().table["lattice"].loc[name] == "bcc" else "fcc"


def _draw(name: str) -> Link:
    built, relaxed = _pair(name)
    left, right = st.columns(2, gap="small")
    for place, cell, title, key in (
        (left, built, _("As built"), "built"),
        (right, relaxed, _("Relaxed"), "relaxed"),
    ):
        with place:
            st.markdown(f"**{title}**")
            learn_cell.show_small(
                cell,
                name=f"{name}, {title}",
                key=key,
                height=_VIEW,
                colour_by=learn_cell.BY_LATTICE,
            )
    _show_geometry(name)
    _show_predictions(name)
    cell_id = learn_cell.kept_id(relaxed, name)
    return Link(
        "pages/2_Predict.py",
        _("Predict the relaxed cell on the Predict page"),
        ":material/query_stats:",
        {"cell": cell_id, "lattice": f"{cell_id}:{_parent(name)}"},
    )


def _show_geometry(name: str) -> None:
    found, lattice = _geometry(name), _parent(name)
    label = float(learn_data.labels().table["rmsd"].loc[name])
    share = _("{share} of the atoms have the surroundings of {lattice}").format(
        share=f"{found.share:.0%}", lattice=lattice
    )
    if found.survives:
        verdict = _("**The lattice survived:** {share}.").format(share=share)
    elif found.shows is None:
        verdict = _("**The lattice did not survive:** {share}.").format(share=share)
    else:
        verdict = _(
            "**The lattice did not survive:** {share}, and most of them show {other}."
        ).format(share=share, other=found.shows)
    rmsd = _("rmsd from the sites of {lattice}: **{rmsd} Å**.").format(
        lattice=lattice, rmsd=f"{label:.3f}"
    )
    st.markdown(f"{verdict} {rmsd}")


def _show_predictions(name: str) -> None:
    """What the network says with either lattice given, beside the label."""
    try:
        found = {lattice: _predicted(name, lattice) for lattice in _GIVEN}
    except HeanetError as error:
        st.warning(plain(said(error)), icon=":material/warning:")
        return
    table = learn_data.labels().table
    tasks = list(next(iter(found.values())).values)
    columns = {
        _("Task"): [words.with_unit(task, task_words.unit(task)) for task in tasks],
        **{
            _("Given {lattice}").format(lattice=lattice): [
                _with_bar(prediction, task) for task in tasks
            ]
            for lattice, prediction in found.items()
        },
        _("Label (CHGNet)"): [
            task_words.digits(task, float(table[task].loc[name])) for task in tasks
        ],
    }
    st.table(pd.DataFrame(columns).set_index(_("Task")))
    st.caption(
        _(
            "{model}, trained on DFT cells; ± half of the 90 % interval. The labels are those of a "
            "universal potential, on an energy scale of its own and without the sign of moments."
        ).format(model=DEFAULT_MODEL)
    )


def _with_bar(prediction: Prediction, task: str) -> str:
    value = prediction.values[task]
    text = task_words.digits(task, value.value)
    half = task_words.half_width(value)
    return text if half is None else f"{text} ± {task_words.digits(task, half)}"


@st.cache_data(max_entries=64, show_spinner=False)
def _pair(name: str) -> tuple[Structure, Structure]:
    return built_and_relaxed(learn_data.labels(), name)


@st.cache_data(max_entries=64, show_spinner=False)
def _geometry(name: str) -> Geometry:
    return geometry_of(_pair(name)[1], _parent(name))


@st.cache_data(max_entries=128, show_spinner=False)
def _predicted(name: str, lattice: Lattice) -> Prediction:
    shared = models.loaded(str(find_checkpoint(DEFAULT_MODEL)), "")
    with shared.lock:
        return predict([_pair(name)[1]], shared.model, lattice=lattice)[0]
