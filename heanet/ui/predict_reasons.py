"""What a prediction rests on: the elements' shares, the model's errors, and the nearest data."""

from typing import Any

import pandas as pd
import streamlit as st

from heanet.data.home import heanet_home
from heanet.data.labels import available_sets, fetch_command, load_labels
from heanet.errors import HeanetError
from heanet.figures.colours import element_colours
from heanet.figures.predictions import share_figure
from heanet.prediction import Prediction
from heanet.properties import TASKS
from heanet.training.checkpoints import DataCard, ModelCard
from heanet.ui import models, task_words
from heanet.ui.chart import show_chart
from heanet.ui.language import _, heed_address, together
from heanet.ui.said import said
from heanet.ui.words import plain

_CORRECTED = "†"
# By cell and task: the label, and whether it was corrected.
Labels = dict[tuple[str, str], tuple[float, bool]]


def choose_task(prediction: Prediction) -> str:
    """The property that is looked into."""
    tasks = list(prediction.values)
    first = "eform" if "eform" in tasks else tasks[0]
    heed_address("property", tasks, task_words.label, others=lambda it: TASKS[it].label.values())
    chosen: str = st.segmented_control(
        _("Look into"),
        tasks,
        default=first,
        required=True,
        format_func=task_words.label,
        key="property",
        bind="query-params",
        help=_("The property that the charts below show."),
    )
    return chosen


def show_shares(prediction: Prediction, task: str, *, card: ModelCard) -> None:
    """Each element's share of a prediction as bars."""
    value = prediction.values[task]
    st.markdown(
        _("**Each element's share of the {property}**").format(
            property=task_words.label(task).lower()
        ),
        help=_(
            "The network gives every element a value in its surroundings; weighed by how much of "
            "the element there is, these add up to the prediction. Only the sum was ever compared "
            "with a calculation: read a share as what the network thinks, not as a measurement."
        ),
    )
    shares = prediction.shares[task]
    show_chart(
        share_figure(
            shares,
            element_colours(list(shares), "jmol"),
            decimals=TASKS[task].decimals,
            unit=task_words.unit(task),
            sum_label=_("Sum"),
            half_width=task_words.half_width(value),
        ),
        name="shares",
        alt=_("Each element's share of the {property} in {unit}: {shares}.").format(
            property=task_words.label(task).lower(),
            unit=task_words.unit(task),
            shares=", ".join(f"{a} {task_words.digits(task, x)}" for a, x in shares.items()),
        ),
        stands_on=together(
            [
                _("Sum: {value}, {formula} on {lattice}.").format(
                    value=task_words.value_text(task, value),
                    formula=prediction.formula,
                    lattice=prediction.lattice,
                ),
                models.stands_on(card),
            ]
        ),
    )
    if TASKS[task].reference == "ground":
        st.caption(
            _(
                "These shares are mostly the energies of the pure elements. What mixing adds is in "
                "the shares of the mixing and the formation energy."
            )
        )


def show_trust(card: ModelCard, task: str) -> None:
    """The model's errors for one task, in sentences."""
    st.markdown(_("**How far off it usually is**"))
    lines = [metric for metric in card.metrics if metric.task == task]
    if not lines:
        st.markdown(_("The model's card holds no errors for this property."))
    for line in lines:
        sentences = [
            _("Mean absolute error **{mae} {unit}** on {n} cells ({rows}).").format(
                mae=task_words.digits(task, line.mae),
                unit=task_words.unit(task),
                n=line.n,
                rows=plain(said(line.rows)),
            )
        ]
        if line.coverage is not None:
            sentences.append(
                _("The 90 % interval held the calculated value of {share} of them.").format(
                    share=f"{line.coverage:.0%}"
                )
            )
        st.markdown(together(sentences))
    st.markdown(task_words.meaning(task))


def show_near(prediction: Prediction, data: DataCard) -> None:
    """The nearest training cells, with their labels where the labelled set is at hand."""
    st.markdown(
        _("**Nearest training cells**"),
        help=_(
            "The cells of the training data with the most similar composition, those of the same "
            "parent lattice first. The nearer they are, the more the prediction rests on data."
        ),
    )
    labels, note = _labels(data)
    # What grows with the cell cannot be compared between cells of different size.
    tasks = [task for task in prediction.values if labels and not TASKS[task].extensive]
    rows = [_predicted_row(prediction, tasks)] if tasks else []
    for near in prediction.near:
        row = {"name": near.name, "distance": f"{near.distance:.1%}", "lattice": near.lattice}
        rows.append(row | {task: _label_text(labels, near.name, task) for task in tasks})
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=38 + 35 * len(rows),
        column_config=_columns(tasks),
        alt=_("The training cells nearest in composition: {names}.").format(
            names=", ".join(near.name for near in prediction.near)
        ),
    )
    st.caption(note)


def _predicted_row(prediction: Prediction, tasks: list[str]) -> dict[str, str]:
    row = {"name": _("This cell, predicted"), "distance": "", "lattice": prediction.lattice}
    return row | {task: task_words.digits(task, prediction.values[task].value) for task in tasks}


def _label_text(labels: Labels, name: str, task: str) -> str:
    if (name, task) not in labels:
        return "–"
    value, corrected = labels[name, task]
    text = task_words.digits(task, value)
    return f"{text} {_CORRECTED}" if corrected else text


def _labels(data: DataCard) -> tuple[Labels, str]:
    """Labels of the model's set where it is at hand, and what to say about them."""
    if data.name not in available_sets():
        return {}, _how_to_get(data)
    try:
        labels, fingerprint = _read(data.name, data.corrected, str(heanet_home()))
    except HeanetError as error:
        return {}, plain(said(error))
    notes = [_("Labels of {data}.").format(data=plain(said(data.title or data.name)))]
    if data.corrected:
        mark = _("{mark} corrected: the published value contradicts the others.")
        notes.append(mark.format(mark=_CORRECTED))
    if fingerprint != data.fingerprint:
        notes.append(_("This copy of the set is not the one that the model was trained on."))
    return labels, together(notes)


def _how_to_get(data: DataCard) -> str:
    if command := fetch_command(data.name):
        return _(
            "To see the labels of these cells beside the prediction, fetch the set: `{command}`."
        ).format(command=command)
    return _(
        "To see the labels of these cells beside the prediction, import the set {name}: "
        "`python -m heanet data import FOLDER`."
    ).format(name=plain(data.name))


@st.cache_data(max_entries=8, ttl=60, show_spinner=False)
def _read(name: str, corrected: bool, home: str) -> tuple[Labels, str]:
    found = load_labels(name, corrected=corrected, home=home)
    overlay = found.corrections if corrected else found.corrections.iloc[:0]
    marked = set(zip(overlay["name"], overlay["field"], strict=True))
    values = {task: found.table[task].dropna().to_dict() for task in TASKS}
    labels = {
        (str(cell), task): (float(value), (cell, task) in marked)
        for task, column in values.items()
        for cell, value in column.items()
    }
    return labels, found.fingerprint


def _columns(tasks: list[str]) -> dict[str, Any]:
    text = st.column_config.TextColumn
    columns: dict[str, Any] = {
        "name": text(_("Cell"), pinned=True, help=_("Its name in the training data.")),
        "lattice": text(_("Parent lattice"), help=_("The lattice that it was built on.")),
        "distance": text(
            _("Atoms to exchange"),
            alignment="right",
            help=_("Share of atoms that differ between its composition and this cell's."),
        ),
    }
    for task in tasks:
        columns[task] = text(
            f"{task} ({task_words.unit(task)})",
            alignment="right",
            help=task_words.described(task),
        )
    return columns
