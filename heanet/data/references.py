"""References and scaling: from labels to what the towers learn, and back.

Physics that is exact (energies per atom, c_a the atomic fractions):

    etot = eform + sum_a c_a E_a(ground state)
    emix = etot  - sum_a c_a E_a(parent lattice)
    mb   = n_atoms * ms

So the energies share one residual (eform where its reference is known) and the moments another
(ms minus a share of each element). Other tasks have a residual of their own, over a share of each
element or over nothing, as their entry in heanet.properties says. A tower learns the residual of
its task, centred and scaled; whatever follows from it is given back consistently.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from heanet.config import Config
from heanet.data.leastdeviations import robust_fit
from heanet.errors import DataError
from heanet.properties import PUBLISHED_TASKS, TASKS, check_tasks

Array = NDArray[np.float64]
# Elemental energies of two labellings are the same up to this, eV/atom: methods differ by more.
SAME_ENERGIES = 0.005
_MOMENTS = "magnetic"  # the residual whose shares have a name of their own


class References(Config):
    """Elemental references, centre and spread of the residuals; fitted on training rows only.

    Attributes:
        elements: Symbols that the references know.
        ground: E_a(ground state) by element, eV/atom; zero where only energy differences are known.
        parent: E_a(parent lattice) by lattice and element, eV/atom; an element is missing where
            no training row of that lattice has it, and all is empty where only one energy is known.
        moment: Moment by element, muB/atom.
        elemental: Value by residual and element of the other tasks that the elements give a share
            to, in their unit per atom; empty where no such task is learnt.
        centre: Median by residual, in the unit of its per-atom task.
        spread: Standard deviation by residual, same units.
        known: Tasks that can be given back (etot is not, if only emix was ever labelled).
    """

    elements: tuple[str, ...]
    ground: dict[str, float]
    parent: dict[str, dict[str, float]]
    moment: dict[str, float]
    elemental: dict[str, dict[str, float]] = Field(default_factory=dict)
    centre: dict[str, float] = Field(default_factory=dict)
    spread: dict[str, float] = Field(default_factory=dict)
    known: tuple[str, ...]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        elements = set(self.elements)
        if not elements or not elements == set(self.ground) == set(self.moment):
            raise ValueError("ground and moment must name the same elements, at least one")
        if any(set(parent) - elements for parent in self.parent.values()):
            raise ValueError("parent names an element that has no reference")
        if any(set(shares) != elements for shares in self.elemental.values()):
            raise ValueError("elemental must name the elements of the references")
        residuals = {TASKS[task].residual for task in check_tasks(self.known)}
        if residuals - set(self.centre) or residuals - set(self.spread):
            raise ValueError("centre and spread must name every residual of the known tasks")
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what no task needs: the text of references is part of the keys of runs."""
        return {key: value for key, value in write(self).items() if key != "elemental" or value}

    def shares(self, residual: str) -> dict[str, float]:
        """What each element gives to the tasks of a residual, per atom; empty where unknown."""
        return self.moment if residual == _MOMENTS else self.elemental.get(residual, {})

    def element_offsets(self, task: str, lattice: str) -> Array:
        """What each atom of an element adds to the residual's per-atom value, (n_elements,).

        Args:
            task: Task key.
            lattice: Parent lattice; matters for emix only, which is NaN for an element that the
                training rows did not have on that lattice.
        """
        zero = dict.fromkeys(self.elements, 0.0)
        ground, parent = self.ground, self.parent.get(lattice, {})
        known = {a: ground[a] - parent.get(a, np.nan) for a in self.elements}
        offsets = {
            "ground": ground,
            "parent": known if self.parent else zero,
            "elements": self.shares(TASKS[task].residual),
            "none": zero,
        }[TASKS[task].reference]
        return np.array([offsets[a] for a in self.elements])

    def to_residual(
        self, task: str, values: Array, fractions: Array, lattices: Sequence[str], n_atoms: Array
    ) -> Array:
        """Scaled residuals of labels.

        Args:
            task: Task key.
            values: Labels, (n_structures,); NaN stays NaN.
            fractions: Atomic fractions in the order of ``elements``, (n_structures, n_elements).
            lattices: Parent lattices, (n_structures,).
            n_atoms: Atoms per cell, (n_structures,).

        Returns:
            Shape (n_structures,), no unit.
        """
        own = TASKS[task].residual
        per_atom = values / n_atoms if TASKS[task].extensive else values
        shift = self._shift(task, fractions, lattices)
        return (per_atom - shift - self.centre[own]) / self.spread[own]

    def from_residual(
        self, task: str, residual: Array, fractions: Array, lattices: Sequence[str], n_atoms: Array
    ) -> Array:
        """Labels from scaled residuals, the inverse of ``to_residual``; same shapes."""
        own = TASKS[task].residual
        shift = self._shift(task, fractions, lattices)
        per_atom = residual * self.spread[own] + self.centre[own] + shift
        return per_atom * n_atoms if TASKS[task].extensive else per_atom

    def _shift(self, task: str, fractions: Array, lattices: Sequence[str]) -> Array:
        rows = [self.element_offsets(task, lattice) for lattice in lattices]
        offsets = np.array(rows).reshape(fractions.shape)
        # An unknown offset matters only where the element is there.
        return np.where(fractions > 0, fractions * offsets, 0.0).sum(axis=1)


def fit_references(
    labels: pd.DataFrame,
    fractions: pd.DataFrame,
    lattices: Sequence[str],
    n_atoms: Array,
    *,
    transform: bool = True,
) -> References:
    """Fit references on training rows.

    Args:
        labels: Task columns, NaN where missing, (n_structures, n_tasks); tasks beyond the
            published ones that are not among them get no reference.
        fractions: Atomic fractions, one column per element of the data set; elements without an
            atom in these rows are left out.
        lattices: Parent lattices, (n_structures,).
        n_atoms: Atoms per cell, (n_structures,).
        transform: Scale residuals to unit spread; otherwise they are only shifted.

    Raises:
        DataError: There is no row, or no label at all.
    """
    labels = labels.reindex(columns=_columns(labels))
    if labels.notna().sum().sum() == 0:
        raise DataError("The training rows hold no label", expected="at least one label")
    present = [str(a) for a in fractions.columns if (fractions[a] > 0).any()]
    shares = fractions[present].to_numpy()
    ground, parent = _fit_energies(labels, shares, np.array(lattices), present)
    elemental = {
        residual: dict(zip(present, robust_fit(shares, values), strict=True))
        for residual, values in _shared_values(labels, n_atoms).items()
    }
    residuals = _residuals(labels.columns)
    raw = References(
        elements=tuple(present),
        ground=ground,
        parent=parent,
        moment=elemental.pop(_MOMENTS),
        elemental=elemental,
        centre=dict.fromkeys(residuals, 0.0),
        spread=dict.fromkeys(residuals, 1.0),
        known=_known(labels),
    )
    return _fit_scaling(raw, labels, shares, lattices, n_atoms) if transform else raw


def carry_references(
    earlier: References,
    labels: pd.DataFrame,
    fractions: pd.DataFrame,
    lattices: Sequence[str],
    n_atoms: Array,
) -> References | None:
    """Earlier references, completed for rows of other elements and lattices.

    Elemental energies are facts of a labelling method, not of the alloys that they were read
    from: where the rows confirm them they need not be guessed again from few rows.

    Args:
        earlier: Fitted on the rows that had trained a network before.
        labels: Task columns, NaN where missing, (n_structures, n_tasks).
        fractions: Atomic fractions, one column per element, (n_structures, n_elements).
        lattices: Parent lattices, (n_structures,).
        n_atoms: Atoms per cell, (n_structures,).

    Returns:
        The earlier ones with what was missing fitted on these rows; None where the differences
        of the rows' energies, which are exact, belong to other elemental energies.
    """
    own = fit_references(labels, fractions, lattices, n_atoms)
    if not _agrees(earlier, labels, fractions, lattices):
        return None
    new = [a for a in own.elements if a not in earlier.elements]
    known = {a: fractions[a].to_numpy() for a in earlier.elements if a in fractions}
    shares = fractions[new].to_numpy()

    def rest(values: Array, offsets: Mapping[str, float]) -> dict[str, float]:
        """The references of the new elements, with those of the others given."""
        left = values - sum(known[a] * offsets.get(a, 0.0) for a in known)
        return dict(zip(new, robust_fit(shares, left), strict=True)) if new else {}

    etot, emix, eform = (
        labels.reindex(columns=[key])[key].to_numpy(dtype=float)
        for key in ("etot", "emix", "eform")
    )
    shared = _shared_values(labels.reindex(columns=_columns(labels)), n_atoms)
    elemental = _carry_shares(earlier, own, {key: partial(rest, it) for key, it in shared.items()})
    parent = {}
    for lattice in dict.fromkeys((*earlier.parent, *own.parent)):
        of = earlier.parent.get(lattice, {})
        on = np.where(np.array(lattices) == lattice, etot - emix, np.nan)
        found = {a: e for a, e in rest(on, of).items() if a in own.parent.get(lattice, {})}
        parent[lattice] = {**own.parent.get(lattice, {}), **found, **of}
    return References(
        elements=(*earlier.elements, *new),
        ground={**rest(etot - eform, earlier.ground), **earlier.ground},
        parent=parent,
        moment=elemental.pop(_MOMENTS),
        elemental=elemental,
        centre={**own.centre, **earlier.centre},
        spread={**own.spread, **earlier.spread},
        known=tuple(key for key in TASKS if key in {*earlier.known, *own.known}),
    )


def _carry_shares(
    earlier: References,
    own: References,
    rests: Mapping[str, Callable[[Mapping[str, float]], dict[str, float]]],
) -> dict[str, dict[str, float]]:
    """The elements' shares by residual: the earlier ones, and those of what they do not know.

    Args:
        earlier: Fitted on the rows that had trained a network before.
        own: Fitted on the rows at hand.
        rests: By residual that the rows have labels of, the shares of the new elements, with
            those of the others given.
    """
    before = {TASKS[task].residual for task in earlier.known}
    new = dict.fromkeys((a for a in own.elements if a not in earlier.elements), 0.0)
    carried = {residual: {**new, **known} for residual, known in earlier.elemental.items()}
    for residual, rest in rests.items():
        if residual in before:
            known = earlier.shares(residual)
            carried[residual] = {**rest(known), **known}
        else:
            unknown = dict.fromkeys(earlier.elements, 0.0)
            carried[residual] = {**unknown, **own.shares(residual)}
    return carried


def _agrees(
    references: References, labels: pd.DataFrame, fractions: pd.DataFrame, lattices: Sequence[str]
) -> bool:
    """Whether energy differences of rows of known elements are those that references give."""
    labels = labels.reindex(columns=_columns(labels))
    shares = fractions.reindex(columns=list(references.elements)).fillna(0.0).to_numpy()
    whole = np.where(shares.sum(axis=1) > 1 - 1e-6, 1.0, np.nan)
    off = []
    for first, second in (("etot", "eform"), ("etot", "emix")):
        given = (labels[first] - labels[second]).to_numpy(dtype=float)
        expected = references._shift(first, shares, lattices) - references._shift(
            second, shares, lattices
        )
        differences = np.abs(given - expected) * whole
        off += differences[np.isfinite(differences)].tolist()
    # The median: a few labels are wrong.
    return not off or float(np.median(off)) < SAME_ENERGIES


def _fit_scaling(
    raw: References,
    labels: pd.DataFrame,
    fractions: Array,
    lattices: Sequence[str],
    n_atoms: Array,
) -> References:
    """The references with the centre (median) and spread of each residual."""
    centre, spread = dict(raw.centre), dict(raw.spread)
    for residual in _residuals(raw.known):
        tasks = [task for task in raw.known if TASKS[task].residual == residual]
        values = np.concatenate(
            [raw.to_residual(t, labels[t].to_numpy(), fractions, lattices, n_atoms) for t in tasks]
        )
        values = values[np.isfinite(values)]
        centre[residual] = float(np.median(values))
        # One row, or rows that are all alike, have no spread to scale by.
        spread[residual] = float(np.std(values)) if np.std(values) > 1e-9 else 1.0
    return raw.model_copy(update={"centre": centre, "spread": spread})


def _columns(labels: pd.DataFrame) -> list[str]:
    """The published tasks and others that there are labels of, in canonical order."""
    return [task for task in TASKS if task in PUBLISHED_TASKS or task in labels.columns]


def _residuals(tasks: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(TASKS[task].residual for task in tasks))


def _known(labels: pd.DataFrame) -> tuple[str, ...]:
    """Tasks that labels allow to give back; what differs by the number of atoms comes together."""
    labelled = [TASKS[str(task)] for task in labels.columns if labels[task].notna().any()]
    known = {(task.residual, task.reference) for task in labelled}
    return tuple(
        str(task)
        for task in labels.columns
        if (TASKS[str(task)].residual, TASKS[str(task)].reference) in known
    )


def _shared_values(labels: pd.DataFrame, n_atoms: Array) -> dict[str, Array]:
    """Per-atom labels of the tasks that the elements give a share to, by residual.

    Where one task of a residual has no label, the next one says it.
    """
    found: dict[str, pd.Series] = {}
    for key in labels.columns:
        task = TASKS[str(key)]
        if task.reference == "elements":
            per_atom = labels[key] / n_atoms if task.extensive else labels[key]
            before = found.get(task.residual)
            found[task.residual] = per_atom if before is None else before.fillna(per_atom)
    return {residual: values.to_numpy(dtype=float) for residual, values in found.items()}


def _fit_energies(
    labels: pd.DataFrame, fractions: Array, lattices: NDArray[np.str_], elements: list[str]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Ground-state and parent-lattice energies.

    Differences of two labels are linear in composition without any residual, so wherever two
    energies are labelled together the reference between them is exact.
    """
    etot, emix, eform = (labels[key].to_numpy() for key in ("etot", "emix", "eform"))
    ground = robust_fit(fractions, etot - eform)
    if np.isfinite(etot).any() and not np.isfinite(etot - eform).any():
        # Never labelled together: the parts of both that are linear in composition tell.
        parts = robust_fit(fractions, etot), robust_fit(fractions, eform)
        ground = [total - formation for total, formation in zip(*parts, strict=True)]
    # etot, or what eform says of it in rows that lack it.
    anchor = np.where(np.isfinite(etot), etot, eform + fractions @ np.array(ground))
    parent = {}
    labelled = np.isfinite(anchor - emix)
    for lattice in dict.fromkeys(lattices[labelled].tolist()):
        rows = labelled & (lattices == lattice)
        fit = robust_fit(fractions[rows], (anchor - emix)[rows])
        seen = (fractions[rows] > 0).any(axis=0)
        parent[lattice] = {a: e for a, e, s in zip(elements, fit, seen, strict=True) if s}
    return dict(zip(elements, ground, strict=True)), parent
