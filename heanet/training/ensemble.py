"""Trained networks with their references: element graphs -> values of every known task.

The towers of one group (the energies; the moments) estimate the same residual, so their mean is
taken and every task of the group is given back from it. A group here is what shares a residual
(``Task.residual``), and goes by its name. That keeps exact relations exact:
etot - eform, etot - emix and mb / ms are fixed by composition, lattice and number of atoms.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from pymatgen.core import Element
from torch import Tensor
from torch_geometric.data import Data

from heanet.config import ModelConfig
from heanet.data.batches import GraphTable
from heanet.data.references import References
from heanet.errors import ConfigError, ModelInputError
from heanet.nn.model import N_ELEMENTS, HEANet
from heanet.properties import LATTICES, TASKS
from heanet.training.stack import Stack

Array = NDArray[np.float64]
# What decides which element graphs a network reads.
READS = ("cutoff", "spacing", "use_pbc", "cells")
BATCH = 256  # structures per forward pass; bounds memory, changes no result
# Structures, and elements of all of them, up to which stacked members are the faster ones: what
# they compute stays in the processor's cache. Of many structures one member at a time does.
STACK_BATCH, STACK_ELEMENTS = 64, 512


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks that read the same element graphs, each with the references of its training rows.

    They need not have the same tasks: what is said of a group is the mean of those that learnt it.

    Attributes:
        members: Networks in inference mode; at least one.
        references: One per member.

    Raises:
        ConfigError: The members read different graphs.
    """

    members: tuple[HEANet, ...]
    references: tuple[References, ...]

    def __post_init__(self) -> None:
        for key in READS:
            read = {getattr(member.config, key) for member in self.members}
            if len(read) > 1:
                raise ConfigError(
                    f"Members of one ensemble with {key} {' and '.join(map(str, sorted(read)))}",
                    expected="networks that read the same element graphs",
                )

    @property
    def config(self) -> ModelConfig:
        """Shape of the first member; all of them read the same graphs."""
        return self.members[0].config

    @cached_property
    def stacks(self) -> dict[tuple[int, ...], Stack | None]:
        """Members of one shape as one network, by their places; None where they are not alike."""
        shapes: dict[ModelConfig, list[int]] = {}
        for place, member in enumerate(self.members):
            shapes.setdefault(member.config, []).append(place)
        alike = {tuple(of): [self.members[place] for place in of] for of in shapes.values()}
        return {of: Stack(some) if Stack.fits(some) else None for of, some in alike.items()}

    @property
    def towers(self) -> tuple[str, ...]:
        """Tasks with a tower in some member."""
        learnt = {task for member in self.members for task in member.config.tasks}
        return tuple(task for task in TASKS if task in learnt)

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of tasks with at least one tower."""
        return tuple(dict.fromkeys(TASKS[task].residual for task in self.towers))

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that can be given: those with a tower, and those that follow from them."""
        given = {
            task
            for member, reference in zip(self.members, self.references, strict=True)
            for task in _given(reference, {TASKS[tower].residual for tower in member.config.tasks})
        }
        return tuple(task for task in TASKS if task in given)


@dataclass(frozen=True, eq=False)
class Estimates:
    """What the members say.

    Attributes:
        members: Values by task, (n_members, n_structures), in the task's unit, of the members that
            learnt its group; NaN where the training rows leave the reference unknown (emix on a
            lattice never seen).
        shares: By task, each element's part of the members' mean, (n_all_elements,): the element
            graphs' nodes end to end. The shares of one structure sum to its value.
        spread: Standard deviation over members of each group's residual, (n_structures,), in the
            unit of the group's per-atom task.
    """

    members: dict[str, Array]
    shares: dict[str, Array]
    spread: dict[str, Array]

    def mean(self, task: str) -> Array:
        """Mean over members, (n_structures,)."""
        return self.members[task].mean(axis=0)


@dataclass(frozen=True, eq=False)
class _Nodes:
    """All element graphs' nodes end to end; every array is (n_all_elements,)."""

    z: NDArray[np.int64]
    fraction: Array
    structure: NDArray[np.int64]
    lattice: NDArray[np.int64]
    n_atoms: Array

    def sum(self, values: Array) -> Array:
        """Sum over the elements of each structure, (n_structures,)."""
        return np.bincount(self.structure, weights=values).astype(np.float64)


def estimate(ensemble: Ensemble, graphs: Sequence[Data]) -> Estimates:
    """All known tasks of all structures.

    Args:
        ensemble: Trained networks.
        graphs: Element graphs on the ensemble's grid, with ``lattice`` (1,); at least one.

    Raises:
        ModelInputError: A structure has an element that the training rows did not have.
    """
    nodes = _nodes(graphs)
    _check_elements(ensemble, nodes)
    return _estimates(ensemble, nodes, group_residuals(ensemble, graphs))


def estimate_batch(ensemble: Ensemble, batch: Data) -> Estimates:
    """As ``estimate``, of structures that are one batch already; the caller bounds its memory.

    Args:
        ensemble: Trained networks.
        batch: Element graphs end to end, as of ``heanet.data.randomalloy.random_alloy_batch``.

    Raises:
        ModelInputError: A structure has an element that the training rows did not have.
    """
    structure = batch.batch.numpy()
    nodes = _Nodes(
        z=batch.z.numpy(),
        fraction=_summing_to_one(batch.fraction.double().numpy(), structure),
        structure=structure,
        lattice=batch.lattice.numpy()[structure],
        n_atoms=batch.n_atoms.double().numpy()[structure],
    )
    _check_elements(ensemble, nodes)
    return _estimates(ensemble, nodes, batch_residuals(ensemble, batch))


def _estimates(
    ensemble: Ensemble, nodes: _Nodes, scaled_of_members: Sequence[dict[str, Array]]
) -> Estimates:
    """What follows from the members' scaled residuals of every element."""
    values: dict[str, list[Array]] = {task: [] for task in ensemble.tasks}
    shares: dict[str, list[Array]] = {task: [] for task in ensemble.tasks}
    residuals: dict[str, list[Array]] = {group: [] for group in ensemble.groups}
    for scaled, reference in zip(scaled_of_members, ensemble.references, strict=True):
        for group, own in scaled.items():
            residuals[group].append(nodes.sum(nodes.fraction * own) * reference.spread[group])
        for task in _given(reference, scaled):
            shares[task].append(_shares(reference, task, scaled[TASKS[task].residual], nodes))
            values[task].append(nodes.sum(shares[task][-1]))
    return Estimates(
        members={task: np.stack(rows) for task, rows in values.items()},
        shares={task: np.mean(parts, axis=0) for task, parts in shares.items()},
        spread={group: np.stack(rows).std(axis=0) for group, rows in residuals.items()},
    )


def _given(reference: References, residuals: Collection[str]) -> list[str]:
    """Tasks that one network gives: their residual is learnt and their reference is known."""
    return [task for task in reference.known if TASKS[task].residual in residuals]


def group_residuals(ensemble: Ensemble, graphs: Sequence[Data]) -> list[dict[str, Array]]:
    """Scaled residual of every element, the mean over the towers of a group, by member.

    Returns:
        A dictionary per member, (n_all_elements,) by group.
    """
    device = next(ensemble.members[0].parameters()).device
    table = GraphTable(graphs).to(device)
    order = torch.arange(len(graphs), device=device)
    size = STACK_BATCH if any(ensemble.stacks.values()) else BATCH
    parts = [batch_residuals(ensemble, table.batch(rows)) for rows in order.split(size)]
    return [
        {group: np.concatenate([part[group] for part in of]) for group in of[0]}
        for of in zip(*parts, strict=True)
    ]


def batch_residuals(ensemble: Ensemble, batch: Data) -> list[dict[str, Array]]:
    """As ``group_residuals``, of one batch."""
    found: dict[int, dict[str, Array]] = {}
    for places, stack in ensemble.stacks.items():
        if stack is not None and len(batch.z) <= STACK_ELEMENTS:
            values = _by_group(stack.contributions(batch))
            for k, place in enumerate(places):
                found[place] = {group: of_members[k] for group, of_members in values.items()}
        else:
            found |= {place: member_residuals(ensemble.members[place], batch) for place in places}
    return [found[place] for place in range(len(ensemble.members))]


def member_residuals(member: HEANet, batch: Data) -> dict[str, Array]:
    """As ``group_residuals``, of one batch and one member."""
    member.eval()
    with torch.inference_mode():
        return _by_group(member.contributions(batch))


def _by_group(contributions: dict[str, Tensor]) -> dict[str, Array]:
    """Mean over the towers of each group, in double precision."""
    by_group: dict[str, list[Tensor]] = {}
    for task, value in contributions.items():
        by_group.setdefault(TASKS[task].residual, []).append(value)
    return {
        group: torch.stack(towers).double().mean(dim=0).cpu().numpy()
        for group, towers in by_group.items()
    }


def _shares(reference: References, task: str, scaled: Array, nodes: _Nodes) -> Array:
    """Each element's part of a value, (n_all_elements,), in the task's unit."""
    group = TASKS[task].residual
    table = np.full((len(LATTICES), N_ELEMENTS), np.nan)
    numbers = [Element(symbol).Z for symbol in reference.elements]
    for row, lattice in enumerate(LATTICES):
        table[row, numbers] = reference.element_offsets(task, lattice)
    offset = table[nodes.lattice, nodes.z]
    per_atom = scaled * reference.spread[group] + reference.centre[group] + offset
    weight = nodes.fraction * nodes.n_atoms if TASKS[task].extensive else nodes.fraction
    return per_atom * weight


def _nodes(graphs: Sequence[Data]) -> _Nodes:
    sizes = [len(graph.z) for graph in graphs]
    counts = np.concatenate([graph.fraction.double().numpy() for graph in graphs])
    structure = np.repeat(np.arange(len(graphs)), sizes)
    return _Nodes(
        z=np.concatenate([graph.z.numpy() for graph in graphs]),
        fraction=_summing_to_one(counts, structure),
        structure=structure,
        lattice=np.repeat([int(graph.lattice) for graph in graphs], sizes),
        n_atoms=np.repeat([float(graph.n_atoms) for graph in graphs], sizes),
    )


def _summing_to_one(fraction: Array, structure: NDArray[np.int64]) -> Array:
    """Fractions are stored in single precision; they are to sum to one in double precision."""
    found: Array = fraction / np.bincount(structure, weights=fraction)[structure]
    return found


def _check_elements(ensemble: Ensemble, nodes: _Nodes) -> None:
    known = set.intersection(*(set(reference.elements) for reference in ensemble.references))
    symbols = {Element.from_Z(int(z)).symbol for z in np.unique(nodes.z)}
    if symbols - known:
        raise ModelInputError(
            f"Element {', '.join(sorted(symbols - known))} was not in the training rows",
            expected=f"cells made of {' '.join(sorted(known))}",
        )
