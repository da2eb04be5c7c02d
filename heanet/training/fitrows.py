"""Which rows of a split a training learns from, and whether they can teach it anything."""

import numpy as np

from heanet.config import NetworkConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Rows, Split
from heanet.errors import DataError


def training_rows(split: Split, *, is_validate: bool) -> tuple[Rows, Rows]:
    """Rows that train and rows that validate; without validation the latter train as well."""
    if is_validate:
        return split.train, split.validation
    return np.concatenate([split.train, split.validation]), split.validation[:0]


def check_rows(
    dataset: Dataset, split: Split, network_config: NetworkConfig, train_config: TrainConfig
) -> None:
    """Refuse rows without a label: a tower would stay as it was drawn, and be believed.

    Raises:
        DataError: A task has no label on the training rows, or there is none on the validation
            rows although they are to choose the epoch.
    """
    train, validation = training_rows(split, is_validate=train_config.is_validate)
    labels = dataset.labels[list(network_config.tasks)].notna()
    bare = [task for task in network_config.tasks if not labels[task].iloc[train].any()]
    if bare:
        raise DataError(
            f"The {len(train)} training rows of split '{split.name}' have no label of "
            f"{', '.join(bare)}",
            expected="a label of every task that is trained",
            fix="Leave these tasks out.",
        )
    if train_config.is_validate and not labels.iloc[validation].to_numpy().any():
        raise DataError(
            f"Split '{split.name}' has {len(validation)} validation rows and no label on them",
            expected="labelled validation rows, which choose the best epoch",
            fix="Train without --is_validate.",
        )
