"""Predictions of the chosen cells: each once per cell, model and lattice, one failure alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from heanet.errors import HeanetError
from heanet.prediction import Prediction, predict
from heanet.report import Output, prediction_report
from heanet.ui import models, predict_cells, store
from heanet.ui.language import _, explained
from heanet.ui.said import said
from heanet.ui.words import plain

# Shorter waits show no progress, seconds.
_SHORT = 0.7


@dataclass(frozen=True)
class Served:
    """A cell with its prediction, and the model that it is from."""

    cell: store.Cell
    prediction: Prediction
    choice: models.Choice

    def row(self) -> dict[str, Any]:
        """As the command line writes it."""
        return {"file": self.cell.name, **self.prediction.as_dict()}


@dataclass(frozen=True)
class Refused:
    """A cell that the model cannot be asked about, and why."""

    cell: store.Cell
    reason: str

    def row(self) -> dict[str, Any]:
        """As the command line writes it."""
        return {"file": self.cell.name, "error": self.reason}


Result = Served | Refused


def predict_all(cells: Sequence[store.Cell], choices: models.Choices) -> list[Result]:
    """Predicts cell by cell, with progress and the time left where it takes longer."""
    place = st.empty()
    start = time.monotonic()
    results: list[Result] = []
    for done, cell in enumerate(cells):
        elapsed = time.monotonic() - start
        if done and elapsed > _SHORT:
            left = round(elapsed / done * (len(cells) - done))
            place.progress(
                done / len(cells),
                text=_("{done} of {n} cells predicted, about {left} s left").format(
                    done=done, n=len(cells), left=left
                ),
            )
        given = predict_cells.given_lattice(cell.id)
        choice = choices.of(cell.structure)
        known = given in choice.card.domain.lattices
        results.append(predict_one(cell, choice, given if known else "auto"))
    place.empty()
    return results


def show_refused(results: Sequence[Result]) -> None:
    """The cells that the model cannot be asked about, each with its reason."""
    for result in results:
        if isinstance(result, Refused):
            st.error(
                explained(plain(result.cell.name), plain(said(result.reason))),
                icon=":material/block:",
            )


def show_downloads(results: Sequence[Result]) -> None:
    """All results as CSV and JSON."""
    forms: tuple[tuple[Output, str, str], ...] = (
        ("csv", "text/csv", _("For spreadsheets: a row per cell, values and error bars in full.")),
        ("json", "application/json", _("The form that `heanet predict --output json` prints.")),
    )
    with st.container(horizontal=True):
        for output, mime, hint in forms:
            st.download_button(
                output.upper(),
                data=partial(report, results, output),  # written when it is asked for
                file_name=f"predictions.{output}",
                mime=mime,
                key=f"download_{output}",
                help=hint,
                on_click="ignore",
                icon=":material/download:",
            )


def report(results: Sequence[Result], output: Output) -> str:
    """All results as text, the refused cells with their reasons."""
    return prediction_report([result.row() for result in results], output)


def predict_one(cell: store.Cell, choice: models.Choice, lattice: str = "auto") -> Result:
    """Predicts one cell, or says why it cannot be.

    Args:
        cell: The cell.
        choice: Of the model.
        lattice: The parent lattice given by hand, or "auto".
    """
    try:
        prediction = _predict_one(cell, choice.folder, choice.fingerprint, lattice)
        return Served(cell, prediction, choice)
    except HeanetError as error:
        return Refused(cell, str(error))


@st.cache_data(max_entries=4096, show_spinner=False, hash_funcs={store.Cell: lambda cell: cell.id})
def _predict_one(cell: store.Cell, folder: str, fingerprint: str, lattice: str) -> Prediction:
    shared = models.loaded(folder, fingerprint)
    with shared.lock:
        return predict([cell.structure], shared.model, lattice=lattice)[0]
