"""Random alloys -> a table of predictions: no cell, no loop over rows.

Columns: the atomic fraction of each element, the parent lattice, value and standard deviation of
every task as ``heanet predict --output csv`` names them, the ideal mixing entropy, and how far the
composition is from those that trained the model. Tasks per cell are left out: there is no cell.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from heanet.data.domain import ROUNDING, Domain
from heanet.data.randomalloy import random_alloy_batch
from heanet.errors import ModelInputError
from heanet.modelinput import MODELS
from heanet.nn.model import grid_of
from heanet.prediction import Model, known_lattices
from heanet.properties import TASKS, Lattice
from heanet.training.ensemble import estimate_batch

Array = NDArray[np.float64]
LATTICE, ENTROPY, NEAREST, WARNINGS = (
    "lattice",
    "mixing entropy (R)",
    "nearest training composition",
    "warnings",
)
# Short forms of two warnings of heanet.data.domain, in the column of that name.
APART, FAR = "apart", "far"
_MEANINGS = {
    ENTROPY: "-sum_a c_a ln c_a of an ideal solution",
    NEAREST: "share of atoms to exchange to reach it",
    WARNINGS: f"{APART}: two of the elements never occur together in the training cells; "
    f"{FAR}: the nearest training composition is farther than is usual among them",
}


def screened_tasks(model: Model) -> tuple[str, ...]:
    """Tasks of a model that do not need a number of atoms."""
    return tuple(task for task in model.ensemble.tasks if not TASKS[task].extensive)


def check_model(model: Model, elements: Sequence[str], lattices: Sequence[Lattice]) -> None:
    """Whether a model can be asked about random alloys of some elements on some lattices.

    Raises:
        ModelInputError: It reads relaxed cells or cells without images, or has never seen one of
            the elements or lattices.
    """
    name, config = model.card.name, model.card.model
    if config.cells != "built" or not config.use_pbc:
        raise ModelInputError(
            f"The model '{name}' reads {config.cells} cells"
            f"{'' if config.use_pbc else ' without their periodic images'}, and a screening has "
            "atoms on ideal sites alone",
            expected=f"a model of periodic cells as built, such as {MODELS['built']}",
        )
    known = set.intersection(*(set(r.elements) for r in model.ensemble.references))
    unknown = [symbol for symbol in elements if symbol not in known]
    if unknown:
        raise ModelInputError(
            f"The model '{name}' has never seen {', '.join(unknown)}",
            expected=f"elements out of {' '.join(sorted(known))}",
        )
    strange = [lattice for lattice in lattices if lattice not in known_lattices(model)]
    if strange:
        raise ModelInputError(
            f"The parent lattice {', '.join(strange)} was not in the training cells of '{name}'",
            expected=f"some of {' '.join(known_lattices(model))}",
        )


def table_schema(model: Model, elements: Sequence[str]) -> pa.Schema:
    """Columns with their units and meanings, and the model in the table's own metadata."""
    fields = [_field(symbol, unit="atomic fraction") for symbol in elements]
    fields.append(pa.field(LATTICE, pa.string(), nullable=False))
    for task in screened_tasks(model):
        unit = TASKS[task].unit
        fields += [
            _field(f"{task} ({unit})", unit=unit, meaning=TASKS[task].meaning["en"]),
            _field(f"{task} std", unit=unit),
        ]
    fields += [_field(ENTROPY, unit="R", meaning=_MEANINGS[ENTROPY])]
    fields += [_field(NEAREST, unit="share of atoms", meaning=_MEANINGS[NEAREST])]
    fields.append(pa.field(WARNINGS, pa.string(), metadata={"meaning": _MEANINGS[WARNINGS]}))
    card = model.card
    about = {
        "model": card.name,
        "weights_sha256": card.weights_sha256,
        "cells": "infinite ideal random alloys at the builder's volume",
        "trained_on": card.data.title,
        "versions": card.versions,
    }
    return pa.schema(fields, metadata={"heanet": json.dumps(about, ensure_ascii=False)})


def predict_table(
    model: Model, elements: Sequence[str], shares: Array, lattices: Sequence[Lattice]
) -> pa.Table:
    """Predictions of random alloys, a row per alloy.

    Args:
        model: It knows the elements and lattices (``check_model``).
        elements: Symbols, in the order of the columns of ``shares``.
        shares: Atomic fractions, (n_structures, n_elements).
        lattices: Parent lattices, (n_structures,).
    """
    batch = random_alloy_batch(elements, shares, lattices, grid_of(model.card.model))
    found = estimate_batch(model.ensemble, batch)
    columns: dict[str, Any] = dict(zip(elements, shares.T, strict=True))
    columns[LATTICE] = list(lattices)
    for task in screened_tasks(model):
        value = found.mean(task)
        known = np.isfinite(value)  # emix is not, where an elemental energy is unknown
        columns[f"{task} ({TASKS[task].unit})"] = pa.array(value, mask=~known)
        calibration = model.card.calibration.get(TASKS[task].residual)
        columns[f"{task} std"] = (
            pa.nulls(len(value), pa.float64())
            if calibration is None
            else pa.array(calibration.std(found.spread[TASKS[task].residual]), mask=~known)
        )
    columns[ENTROPY] = mixing_entropy(shares)
    nearest, flags = composition_doubts(model.card.domain, elements, shares)
    columns |= {NEAREST: nearest, WARNINGS: flags}
    return pa.table(columns, schema=table_schema(model, elements))


def mixing_entropy(shares: Array) -> Array:
    """-sum_a c_a ln c_a of each row, (n_structures,), in units of the gas constant."""
    logarithms = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return np.abs(-(shares * logarithms).sum(axis=1))  # abs: no negative zero


def composition_doubts(
    domain: Domain, elements: Sequence[str], shares: Array
) -> tuple[Array, list[str]]:
    """How far compositions are from the training ones, and which warnings hold.

    Whether a mixture of training compositions reaches a row would be a linear programme for each,
    and is left to ``heanet.predict``.

    Args:
        domain: The training cells; it has all elements.
        elements: Symbols, in the order of the columns of ``shares``.
        shares: Atomic fractions, (n_structures, n_elements).

    Returns:
        Share of atoms to exchange to reach the nearest training composition, and the flags of each
        row, blank-separated, both (n_structures,).
    """
    column = {symbol: shares[:, i] for i, symbol in enumerate(elements)}
    absent = np.zeros(len(shares))
    rows = np.stack([column.get(symbol, absent) for symbol in domain.elements], axis=1)
    nearest: Array = 0.5 * cdist(rows, domain.trained, metric="cityblock").min(axis=1)
    apart = np.zeros(len(shares), dtype=bool)
    for a, b in domain.apart:
        apart |= (column.get(a, absent) > 0) & (column.get(b, absent) > 0)
    # Half the usual gap: what is farther lies in a hole between the training compositions.
    far = nearest > domain.composition_gap / 2 + ROUNDING
    return nearest, [
        _flags((APART, one), (FAR, other)) for one, other in zip(apart, far, strict=True)
    ]


def _flags(*flags: tuple[str, bool]) -> str:
    return " ".join(flag for flag, holds in flags if holds)


def _field(name: str, **about: str) -> pa.Field:
    return pa.field(name, pa.float64(), metadata=about)
