"""What an epoch of a training gives, and how the errors of its steps are gathered."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class EpochRecord:
    """One epoch of a run.

    Attributes:
        epoch: Counted from 1.
        train_loss: Mean masked loss over the steps, scaled residuals, no unit.
        validation_loss: The same on the validation rows; None without any.
        validation_mae: Mean absolute scaled residual by task, no unit.
        watched_mae: The same on the rows that were only watched.
        train_mae: The same on the training rows, each with the weights of its step.
        lr: Learning rate of the last step.
        seconds: Since the run began, interruptions left out.
    """

    epoch: int
    train_loss: float
    validation_loss: float | None
    validation_mae: dict[str, float]
    lr: float
    seconds: float
    watched_mae: dict[str, float] = field(default_factory=dict)
    train_mae: dict[str, float] = field(default_factory=dict)


class Errors:
    """Mean absolute residuals by task, gathered over the steps of an epoch.

    Args:
        tasks: Their keys.
    """

    def __init__(self, tasks: Iterable[str]) -> None:
        self._sums = dict.fromkeys(tasks, 0.0)
        self._counts = dict.fromkeys(self._sums, 0)

    def add(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> None:
        """Count a step: scaled residuals by task, (n_structures,), NaN where a label is missing."""
        for task, target in targets.items():
            off = (outputs[task].detach() - target).abs()
            self._sums[task] += float(off.nansum())
            self._counts[task] += int(off.isfinite().sum())

    def means(self) -> dict[str, float]:
        """By task; a task without any label is missing."""
        return {task: self._sums[task] / n for task, n in self._counts.items() if n}
