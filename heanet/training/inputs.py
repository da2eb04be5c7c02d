"""The labelled set that a network is trained or evaluated on, with graphs on its grid."""

from heanet.config import ModelConfig, RunConfig
from heanet.data.dataset import Dataset, make_dataset
from heanet.data.labels import default_set, load_labels
from heanet.data.splits import Split
from heanet.nn.model import grid_of


def dataset_for(
    source: str, model: ModelConfig, *, corrected: bool, progress: bool = True
) -> Dataset:
    """A labelled set with element graphs on a network's grid.

    Args:
        source: A labelled set by name, or a folder of one; empty: the default one
            (heanet.data.labels.default_set).
        model: Shape of the network.
        corrected: Lay the corrections over labels and cells.
        progress: Show a progress bar where a terminal is attached.

    Raises:
        DataError: There is no such set, or it is damaged.
    """
    labels = load_labels(source or default_set(), corrected=corrected)
    return make_dataset(
        labels,
        grid=grid_of(model),
        use_pbc=model.use_pbc,
        cells=model.cells,
        progress=progress,
    )


def inputs_of(config: RunConfig, *, progress: bool = True) -> tuple[Dataset, Split]:
    """What a run reads: its data set and its rows.

    Raises:
        ConfigError: There is no such split.
        DataError: There is no such set, it is damaged, or lacks what the split needs.
    """
    corrected = config.train.corrected
    dataset = dataset_for(config.data, config.model, corrected=corrected, progress=progress)
    return dataset, dataset.split(config.split)
