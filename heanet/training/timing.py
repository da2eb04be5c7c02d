"""How long a training will take, measured before it is launched."""

from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Split
from heanet.training.loop import fit

_EPOCHS = 2  # the first one pays for what is done once


def seconds_per_epoch(
    dataset: Dataset, split: Split, model: ModelConfig, train: TrainConfig
) -> float:
    """Seconds that an epoch takes now, on this machine, beside whatever else runs on it.

    Two epochs are trained and thrown away; the second one is timed.

    Args:
        dataset: Labels and element graphs.
        split: Rows.
        model: Shape of the network.
        train: How to fit it.

    Raises:
        DataError: The rows cannot be trained on.
        TrainingError: The loss is not finite.
    """
    short = train.model_copy(update={"epochs": _EPOCHS})
    history = fit(dataset, split, model, short, progress=False).history
    return history[-1].seconds - history[-2].seconds
