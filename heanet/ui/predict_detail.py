"""One predicted cell in detail: its values, how far to trust them, its parent lattice."""

import streamlit as st

from heanet.figures.charts import subscripts
from heanet.prediction import Prediction, Value
from heanet.properties import LATTICES, PUBLISHED_TASKS
from heanet.training.checkpoints import ModelCard
from heanet.ui import facts, models, predict_cells, store, task_words
from heanet.ui.language import _, listed, plural, together
from heanet.ui.model_card import no_error_bar
from heanet.ui.said import said
from heanet.ui.words import plain

_TILES = 3  # side by side


def show_head(
    cell: store.Cell, prediction: Prediction, card: ModelCard, *, all_ids: list[str]
) -> None:
    """What cell this is, and its parent lattice, which can be given by hand.

    Args:
        cell: The cell.
        prediction: Of the cell.
        card: Of the model.
        all_ids: Of all predicted cells, which can be given the same lattice.
    """
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        st.subheader(subscripts(facts.description(cell).formula), anchor=False)
        st.caption(
            _("{name} · {atoms} · parent lattice {lattice}, {source}").format(
                name=plain(cell.name),
                atoms=plural("{n} atom", "{n} atoms", prediction.n_atoms),
                lattice=prediction.lattice,
                source=task_words.source(prediction.lattice_source),
            )
        )
    with right:
        given = _choose_lattice(cell, card)
        if given != "auto" and len(all_ids) > 1:
            st.button(
                _("Use {lattice} for all {n} cells").format(lattice=given, n=len(all_ids)),
                type="tertiary",
                on_click=predict_cells.give_lattice,
                args=(all_ids, given),
            )


def show_warnings(prediction: Prediction) -> None:
    """Why the values may be worth less than their error bars say."""
    if not prediction.warnings:
        return
    reasons = "\n".join(f"- {plain(said(warning))}" for warning in prediction.warnings)
    st.warning(
        _("**The error bars below may be too small for this cell:**") + "\n" + reasons,
        icon=":material/warning:",
    )


def show_values(prediction: Prediction, card: ModelCard) -> None:
    """A tile for each property."""
    tasks = list(prediction.values.items())
    for start in range(0, len(tasks), _TILES):
        columns = st.columns(_TILES, gap="small")
        for column, (task, value) in zip(columns, tasks[start : start + _TILES], strict=False):
            with column.container(border=True, height="stretch", key=f"tile_{task}"):
                _show_value(task, value, prediction.n_atoms, card)
    bars = task_words.interval() if card.calibration else no_error_bar(card)
    st.caption(together([bars, models.stands_on(card)]))
    absent = [task for task in PUBLISHED_TASKS if task not in prediction.values]
    if absent:
        st.caption(
            _("Not predicted by this model: {tasks}.").format(
                tasks=listed([f"{task_words.label(task)} ({task})" for task in absent])
            )
        )


def _show_value(task: str, value: Value, n_atoms: int, card: ModelCard) -> None:
    half = task_words.half_width(value)
    reason = no_error_bar(card) if half is None else task_words.interval_meaning()
    st.metric(
        f"{task_words.label(task)} · {task}",
        f"{task_words.digits(task, value.value)} {task_words.unit(task)}",
        delta=_("no error bar") if half is None else f"± {task_words.digits(task, half)} (90 %)",
        delta_color="off",
        delta_arrow="off",
        help=f"{task_words.meaning(task)}\n\n{reason}",
    )
    st.caption(reason if half is None else task_words.reading(task, value, n_atoms))


def _choose_lattice(cell: store.Cell, card: ModelCard) -> str:
    """The parent lattice given by hand, or "auto"."""
    known = [lattice for lattice in LATTICES if lattice in card.domain.lattices]
    given = predict_cells.given_lattice(cell.id)
    key = f"lattice_of_{cell.id}"
    st.session_state[key] = given if given in known else "auto"
    chosen = st.segmented_control(
        _("Parent lattice"),
        ["auto", *known],
        required=True,
        format_func=lambda lattice: _("Automatic") if lattice == "auto" else lattice,
        key=key,
        on_change=lambda: predict_cells.give_lattice([cell.id], st.session_state[key]),
        help=_(
            "The lattice that the cell was built on, not the one it relaxed to. The network takes "
            "it into account, and emix counts against the pure elements on it. Automatic: from the "
            "file name, otherwise from the geometry."
        ),
    )
    return chosen or "auto"
