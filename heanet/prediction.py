"""Structures -> values, error bars, shares of the elements, warnings.

The module is not called ``predict`` because ``heanet.predict`` is the function.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pymatgen.core import Structure
from torch_geometric.data import Data

from heanet.config import CellKind
from heanet.data.domain import NearCell, domain_warnings, near_cells
from heanet.data.elementgraph import element_graph
from heanet.data.elements import formula
from heanet.data.structures import check_structure
from heanet.errors import ModelInputError
from heanet.modelinput import (
    AUTO,
    MODELS,
    ModelInput,
    ParentLattice,
    choose_lattice,
    kind_of,
    read_as,
)
from heanet.nn.model import grid_of
from heanet.properties import LATTICES, TASKS, Lattice
from heanet.training.checkpoints import ModelCard, load_checkpoint
from heanet.training.ensemble import Ensemble, Estimates, estimate
from heanet.training.registry import find_checkpoint

DEFAULT_MODEL = MODELS["relaxed"]


@dataclass(frozen=True, eq=False)
class Model:
    """A trained ensemble and its card."""

    card: ModelCard
    ensemble: Ensemble
    folder: Path


@dataclass(frozen=True)
class Value:
    """One predicted property.

    Attributes:
        value: In ``unit``.
        std: Calibrated standard deviation: value +- 1.645 std covers the truth for 90 % of
            held-out cells like those of the training set. None for a model without error bars.
        unit: Unit of both.
    """

    value: float
    std: float | None
    unit: str


@dataclass(frozen=True)
class Prediction:
    """What a model says about one structure.

    Attributes:
        name: Name of the structure.
        formula: Its formula, with the counts of the cell.
        n_atoms: Atoms in the cell.
        lattice: Parent lattice that was used.
        lattice_source: "given", "file name", "geometry", or "assumed" when nothing shows it.
        cell: Whether the cell was given relaxed, or as it was built.
        model: Name of the model.
        values: By task.
        shares: By task and element; the shares of a task sum to its value.
        near: Nearest training cells by composition.
        warnings: Sentences: why the values may be worth less than their error bars say.
    """

    name: str
    formula: str
    n_atoms: int
    lattice: str
    lattice_source: str
    cell: CellKind
    model: str
    values: dict[str, Value]
    shares: dict[str, dict[str, float]]
    near: tuple[NearCell, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, without the name: the caller knows the file."""
        return {
            "formula": self.formula,
            "n_atoms": self.n_atoms,
            "lattice": self.lattice,
            "lattice_source": self.lattice_source,
            "cell": self.cell,
            "model": self.model,
            "predictions": {
                task: {"value": v.value, "unit": v.unit, "std": v.std}
                for task, v in self.values.items()
            },
            "warnings": list(self.warnings),
        }


def load_model(name: str | Path = DEFAULT_MODEL) -> Model:
    """A shipped or trained model by name, or a checkpoint folder.

    Raises:
        CheckpointError: There is none, or it is damaged.
    """
    folder = find_checkpoint(name)
    card, ensemble = load_checkpoint(folder)
    return Model(card, ensemble, folder)


def check_input(model: Model, structure: Structure, *, lattice: str = "auto") -> None:
    """Whether a model can be asked about a structure at all.

    Raises:
        StructureError: The cell itself is not usable.
        ModelInputError: It has an element, or was given a parent lattice, that the model never saw.
    """
    check_structure(structure)
    check_known(model, structure, lattice)


def check_known(model: Model, structure: Structure, lattice: str) -> None:
    """As ``check_input``, of a structure that is usable."""
    known = set.intersection(*(set(r.elements) for r in model.ensemble.references))
    unknown = sorted({site.specie.symbol for site in structure} - known)
    if unknown:
        raise ModelInputError(
            f"The cell {formula(structure.composition, reduced=True)} has {', '.join(unknown)}, "
            f"which the model '{model.card.name}' has never seen",
            expected=f"only {' '.join(sorted(known))}",
        )
    if lattice != "auto" and lattice not in known_lattices(model):
        raise ModelInputError(
            f"The parent lattice {lattice} was not in the training cells of '{model.card.name}'",
            expected=f"auto or one of {' '.join(known_lattices(model))}",
        )


def known_lattices(model: Model) -> tuple[Lattice, ...]:
    """Parent lattices of the training cells, in canonical order."""
    return tuple(lattice for lattice in LATTICES if lattice in model.card.domain.lattices)


def predict(
    structures: Sequence[Structure],
    model: Model | str | Path = AUTO,
    *,
    lattice: str | Sequence[str] = "auto",
) -> list[Prediction]:
    """Predict all known properties of structures.

    Args:
        structures: Ordered cells; a name in ``structure.properties["name"]`` is used.
        model: A loaded model, its name, or a checkpoint folder; "auto" asks the shipped model that
            was trained on cells of the kind of each: relaxed, or as they were built.
        lattice: Parent lattice ("fcc", "bcc", "hcp"), or "auto": from the name, else from the
            geometry. One for all, or one per structure.

    Raises:
        StructureError: A cell is not usable.
        ModelInputError: A cell is outside what the model can be asked.
    """
    for structure in structures:
        check_structure(structure)
    return predict_checked(structures, model, lattice)


def predict_checked(
    structures: Sequence[Structure], model: Model | str | Path, lattice: str | Sequence[str]
) -> list[Prediction]:
    """As ``predict``, of structures that are usable."""
    given = [lattice] * len(structures) if isinstance(lattice, str) else list(lattice)
    if model == AUTO:
        return _by_kind(structures, given)
    model = model if isinstance(model, Model) else load_model(model)
    for structure, one in zip(structures, given, strict=True):
        check_known(model, structure, one)
    return _predicted(model, structures, given, [kind_of(structure) for structure in structures])


def _predicted(
    model: Model, structures: Sequence[Structure], given: Sequence[str], kinds: Sequence[CellKind]
) -> list[Prediction]:
    """Predictions of structures that the model can be asked about, their kinds known."""
    if not structures:
        return []
    config = model.card.model
    known = known_lattices(model)
    chosen = [choose_lattice(s, one, known) for s, one in zip(structures, given, strict=True)]
    inputs = [
        read_as(config.cells, structure, choice.lattice, kind=kind)
        for structure, choice, kind in zip(structures, chosen, kinds, strict=True)
    ]
    graphs = [
        element_graph(read.structure, grid=grid_of(config), use_pbc=config.use_pbc)
        for read in inputs
    ]
    found = estimate(
        model.ensemble, [_on(g, c.lattice) for g, c in zip(graphs, chosen, strict=True)]
    )
    doubts = _other_lattices(model, graphs, chosen)
    first = np.cumsum([0] + [len(graph.z) for graph in graphs])
    return [
        _prediction(model, read, i, found, slice(first[i], first[i + 1]), chosen[i], doubts[i])
        for i, read in enumerate(inputs)
    ]


def model_for(structure: Structure) -> Model:
    """The shipped model that was trained on cells of this one's kind; read once.

    Raises:
        CheckpointError: It is damaged.
    """
    return _shipped(MODELS[kind_of(structure)])


@lru_cache(maxsize=len(MODELS))
def _shipped(name: str) -> Model:
    return load_model(name)


def _by_kind(structures: Sequence[Structure], lattices: Sequence[str]) -> list[Prediction]:
    """Predictions of the model of each structure's kind, in the order of the structures."""
    kinds = [kind_of(structure) for structure in structures]
    found: dict[int, Prediction] = {}
    for kind in dict.fromkeys(kinds):
        model, rows = _shipped(MODELS[kind]), [i for i, of in enumerate(kinds) if of == kind]
        for i in rows:
            check_known(model, structures[i], lattices[i])
        cells, given = [structures[i] for i in rows], [lattices[i] for i in rows]
        some = _predicted(model, cells, given, [kind] * len(rows))
        found |= dict(zip(rows, some, strict=True))
    return [found[i] for i in range(len(structures))]


def _on(graph: Data, lattice: str) -> Data:
    """The element graph with a parent lattice; its tensors are shared."""
    found = copy.copy(graph)
    found.lattice = torch.tensor([LATTICES.index(lattice)])
    return found


def _other_lattices(
    model: Model, graphs: Sequence[Data], chosen: Sequence[ParentLattice]
) -> list[tuple[str, ...]]:
    """Per structure, what would be predicted on the other lattices where nobody named the lattice.

    A relaxed cell shows the lattice that it has, which for many bcc alloys is not the one it was
    built on. The error bars do not hold that doubt, so it is put into words and numbers.
    """
    warnings: list[tuple[str, ...]] = [()] * len(graphs)
    unsure = [i for i, choice in enumerate(chosen) if choice.doubt]
    others = {
        i: [lattice for lattice in known_lattices(model) if lattice != chosen[i].lattice]
        for i in unsure
    }
    rows = [(i, lattice) for i in unsure for lattice in others[i]]
    found = estimate(model.ensemble, [_on(graphs[i], it) for i, it in rows]) if rows else None
    for i in unsure:
        text = [
            f"The parent lattice {chosen[i].lattice} {chosen[i].doubt}; "
            "a relaxed cell can have been built on another one."
        ]
        for k, (row, lattice) in enumerate(rows):
            if row == i and found is not None:
                text.append(f"Built on {lattice}: {_in_words(found, k)}.")
        warnings[i] = (" ".join([*text, "Choose it yourself if you know it."]),)
    return warnings


def _in_words(found: Estimates, index: int) -> str:
    """The values of one structure that depend on the lattice most."""
    return ", ".join(
        f"{task} {found.mean(task)[index]:.{TASKS[task].decimals}f} {TASKS[task].unit}"
        for task in found.members
        # etot is mostly its elements' and mb is ms again.
        if TASKS[task].reference != "ground" and not TASKS[task].extensive
        if np.isfinite(found.mean(task)[index])
    )


def _prediction(
    model: Model,
    read: ModelInput,
    index: int,
    found: Estimates,
    nodes: slice,
    chosen: ParentLattice,
    doubts: tuple[str, ...],
) -> Prediction:
    """One structure's part of the estimates."""
    structure = read.structure
    elements = sorted(structure.composition.elements, key=lambda element: element.Z)
    symbols = [element.symbol for element in elements]
    values = {
        task: Value(
            float(found.mean(task)[index]),
            _std(model, found, task, index, len(structure)),
            TASKS[task].unit,
        )
        for task in model.ensemble.tasks
        if np.isfinite(found.mean(task)[index])
    }
    shares = {
        task: dict(zip(symbols, found.shares[task][nodes].tolist(), strict=True)) for task in values
    }
    domain = model.card.domain
    return Prediction(
        name=str(structure.properties.get("name", "")),
        formula=formula(structure.composition),
        n_atoms=len(structure),
        lattice=chosen.lattice,
        lattice_source=chosen.source,
        cell=read.kind,
        model=model.card.name,
        values=values,
        shares=shares,
        near=tuple(near_cells(domain, structure, chosen.lattice)),
        warnings=doubts + read.notes + domain_warnings(domain, structure),
    )


def _std(model: Model, found: Estimates, task: str, index: int, n_atoms: int) -> float | None:
    group = TASKS[task].residual
    calibration = model.card.calibration.get(group)
    if calibration is None:
        return None
    std = float(calibration.std(found.spread[group][index]))
    return std * n_atoms if TASKS[task].extensive else std
