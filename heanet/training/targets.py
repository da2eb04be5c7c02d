"""What a network is to put out, and how far it is off: references, scaled targets, loss."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from heanet.data.dataset import Dataset
from heanet.data.references import References, fit_references
from heanet.data.splits import Rows
from heanet.properties import TASKS, referenced

# Beyond a tenth of a spread residuals weigh linearly: some labels are outliers.
HUBER_DELTA = 0.1


def rows_references(
    dataset: Dataset, rows: Rows, *, tasks: Sequence[str] = (), transform: bool = True
) -> References:
    """References fitted on some rows of a data set.

    Args:
        dataset: Labels and compositions.
        rows: Positions of the rows, (n_structures,).
        tasks: Those that are learnt; the published ones get a reference in any case.
        transform: Scale residuals to unit spread.
    """
    return fit_references(
        dataset.labels[list(referenced(tasks))].iloc[rows],
        dataset.fractions.iloc[rows],
        [dataset.lattices[i] for i in rows],
        dataset.n_atoms[rows],
        transform=transform,
    )


def scaled_targets(
    dataset: Dataset, references: References | None, tasks: tuple[str, ...]
) -> dict[str, Tensor]:
    """What the network is to put out, of all rows by task, (n_structures,); NaN where unknown.

    Scaled residuals, or the labels themselves without references. Rows with an element that the
    references do not know stay NaN: they cannot be training rows.
    """
    labels = {task: dataset.labels[task].to_numpy() for task in tasks}
    if references is None:
        return {task: torch.tensor(values, dtype=torch.float32) for task, values in labels.items()}
    known = dataset.fractions.reindex(columns=list(references.elements)).to_numpy()
    # A fraction that is missing from the sum belongs to an element without reference.
    whole = known.sum(axis=1) > 1 - 1e-6
    targets = {}
    for task, values in labels.items():
        usable = np.where(whole, values, np.nan)
        residuals = references.to_residual(task, usable, known, dataset.lattices, dataset.n_atoms)
        targets[task] = torch.from_numpy(residuals).float()
    return targets


def masked_loss(
    outputs: dict[str, Tensor],
    targets: dict[str, Tensor],
    *,
    kind: str = "huber",
    weighting: str = "task",
) -> Tensor:
    """Mean over tasks, or groups of tasks, of the mean loss over the rows that have the label.

    Args:
        outputs: Scaled residuals by task, (n_structures,).
        targets: The same from the labels; NaN where one is missing.
        kind: "huber" or "l1".
        weighting: "task" or "group": what weighs alike.

    Returns:
        Scalar; zero (with a gradient) if no row has any label.
    """
    losses: dict[str, list[Tensor]] = {}
    for task, target in targets.items():
        labelled = torch.isfinite(target)
        if labelled.any():
            pair = outputs[task][labelled], target[labelled]
            alike = TASKS[task].residual if weighting == "group" else task
            losses.setdefault(alike, []).append(
                functional.l1_loss(*pair)
                if kind == "l1"
                else functional.huber_loss(*pair, delta=HUBER_DELTA)
            )
    if not losses:
        return torch.cat(list(outputs.values())).sum() * 0
    return torch.stack([torch.stack(some).mean() for some in losses.values()]).mean()
