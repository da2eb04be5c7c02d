"""From fits to values: what a trained network of any kind says of rows of a data set."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from heanet.data.batches import GraphTable
from heanet.data.dataset import Dataset
from heanet.data.references import References
from heanet.data.splits import Rows
from heanet.nn.model import HEANet
from heanet.properties import TASKS
from heanet.training.ensemble import BATCH, Ensemble
from heanet.training.loop import Fit

Array = NDArray[np.float64]


def ensemble_of(fits: Sequence[Fit]) -> Ensemble:
    """The members as one model.

    Args:
        fits: Of HEANets that read the same element graphs; at least one.

    Raises:
        TypeError: A fit is of another kind of network.
    """
    members, references = [], []
    for outcome in fits:
        if not isinstance(outcome.model, HEANet) or outcome.references is None:
            raise TypeError(f"An ensemble of {type(outcome.model).__name__}: only HEANets have one")
        members.append(outcome.model)
        references.append(outcome.references)
    return Ensemble(tuple(members), tuple(references))


def fit_values(outcome: Fit, dataset: Dataset, rows: Rows) -> dict[str, Array]:
    """What a trained network says of some rows, for the tasks that it was trained on.

    The towers of one group estimate the same residual; their mean is taken, as in an ensemble.

    Args:
        outcome: A fit of any kind of network.
        dataset: Graphs of the kind that the network reads.
        rows: Positions of the rows, (n_structures,).

    Returns:
        By task (n_structures,), in the task's unit; NaN where the training rows leave the
        reference unknown.
    """
    outputs = _outputs(outcome, dataset, rows)
    if outcome.references is None:
        return outputs
    groups: dict[str, list[Array]] = {}
    for task, output in outputs.items():
        groups.setdefault(TASKS[task].residual, []).append(output)
    residuals = {group: np.mean(towers, axis=0) for group, towers in groups.items()}
    return residual_values(outcome.references, residuals, dataset, rows, tuple(outputs))


def residual_values(
    references: References,
    residuals: dict[str, Array],
    dataset: Dataset,
    rows: Rows,
    tasks: Sequence[str],
) -> dict[str, Array]:
    """Values from the scaled residuals of their groups.

    Args:
        references: Fitted on the training rows.
        residuals: By group (n_structures,), no unit.
        dataset: Compositions, lattices and numbers of atoms.
        rows: Positions of the rows, (n_structures,).
        tasks: Tasks to give back.

    Returns:
        By task (n_structures,), in the task's unit.
    """
    fractions = dataset.fractions.reindex(columns=list(references.elements)).to_numpy()[rows]
    lattices = [dataset.lattices[i] for i in rows]
    # Where an element has no reference nothing can be said.
    whole = np.where(fractions.sum(axis=1) > 1 - 1e-6, 1.0, np.nan)
    return {
        task: whole
        * references.from_residual(
            task, residuals[TASKS[task].residual], fractions, lattices, dataset.n_atoms[rows]
        )
        for task in tasks
    }


def _outputs(outcome: Fit, dataset: Dataset, rows: Rows) -> dict[str, Array]:
    """The network's own numbers, (n_structures,) per task."""
    device = next(outcome.model.parameters()).device
    table = GraphTable([dataset.graphs[i] for i in rows]).to(device)
    order = torch.arange(len(rows), device=device)
    parts: dict[str, list[torch.Tensor]] = {}
    with torch.inference_mode():
        for some in order.split(BATCH):
            for task, value in outcome.model(table.batch(some)).items():
                parts.setdefault(task, []).append(value)
    return {task: torch.cat(values).double().cpu().numpy() for task, values in parts.items()}
