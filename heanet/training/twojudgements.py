"""One small network, judged twice: on rows that it trained on, and on rows that it never saw.

It learns from the rows that the published trainer looked up in a b-split, in seconds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import PublishedSplit, Rows, Split
from heanet.errors import ConfigError
from heanet.training.evaluate import task_metric
from heanet.training.loop import fit
from heanet.training.record import EpochRecord
from heanet.training.values import fit_values

EPOCHS = 50
_STEPS = 6  # an epoch: a larger file is not to take longer
_WIDTH = 32  # enough for some hundred rows


@dataclass(frozen=True)
class TwoJudgements:
    """Errors of one network on two sets of rows.

    Attributes:
        task: What it learnt.
        seen: Mean absolute error on rows that had trained it, in the task's unit.
        unseen: The same on rows that it never saw.
        n_seen: Number of those rows.
        n_unseen: Number of the others.
        n_train: Rows that trained, the seen ones among them.
        seed: Of the fit.
        curve: By epoch, mean absolute scaled residual on the training rows and on the unseen
            ones, (n_epochs, 2).
    """

    task: str
    seen: float
    unseen: float
    n_seen: int
    n_unseen: int
    n_train: int
    seed: int
    curve: tuple[tuple[float, float], ...]


def small_config(task: str) -> ModelConfig:
    """A network that some hundred rows teach in seconds."""
    return ModelConfig(
        tasks=(task,),
        hidden_channels=_WIDTH,
        n_filters=_WIDTH,
        n_interactions=2,
        tower_h1=_WIDTH,
        tower_h2=_WIDTH // 2,
    )


def judge_twice(
    dataset: Dataset,
    split: Split,
    *,
    task: str,
    epochs: int = EPOCHS,
    seed: int = 0,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> TwoJudgements:
    """Train on the rows that were looked up, and judge on rows in and outside of them.

    Args:
        dataset: Element graphs on the default grid.
        split: A published one.
        task: What to learn.
        epochs: Passes over the training rows.
        seed: Fixes weights and order of rows.
        on_epoch: Called after every epoch; what it raises ends the training.

    Raises:
        ConfigError: The split is none of the published ones, or tells no rows that trained.
    """
    if not isinstance(split, PublishedSplit):
        raise ConfigError(f"Split '{split.name}'", expected="a published one, such as b1")
    rows = split.looked_up
    if set(rows.published.tolist()) - set(rows.train.tolist()):
        raise ConfigError(
            f"The test rows of split '{split.name}' had not trained", expected="one of b0 b1 b2"
        )
    nothing = np.array([], dtype=np.int64)
    outcome = fit(
        dataset,
        Split(split.name, rows.train, nothing, rows.unseen),
        small_config(task),
        TrainConfig(
            epochs=epochs, batch_size=math.ceil(len(rows.train) / _STEPS), lr=5e-3, seed=seed
        ),
        watch=rows.unseen,
        on_epoch=on_epoch,
        progress=False,
    )

    def error(which: Rows) -> float:
        values = fit_values(outcome, dataset, which)[task]
        labels = dataset.labels[task].to_numpy()[which]
        found = task_metric(task, labels, values, which="")
        return math.nan if found is None else found.mae

    return TwoJudgements(
        task=task,
        seen=error(rows.published),
        unseen=error(rows.unseen),
        n_seen=len(rows.published),
        n_unseen=len(rows.unseen),
        n_train=len(rows.train),
        seed=seed,
        curve=tuple((r.train_mae[task], r.watched_mae[task]) for r in outcome.history),
    )
