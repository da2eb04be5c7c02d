"""The labelled set that a command works on, with graphs for a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heanet.config import ModelConfig
    from heanet.data.dataset import Dataset


def dataset_for(source: str, model: ModelConfig, *, corrected: bool) -> Dataset:
    """A labelled set with element graphs on a network's grid.

    Args:
        source: A labelled set by name, or a folder of one; empty: the default one
            (heanet.data.labels.default_set).
        model: Shape of the network.
        corrected: Lay the corrections over labels and cells.

    Raises:
        DataError: There is no such set, or it is damaged.
    """
    from heanet.data.dataset import make_dataset
    from heanet.data.labels import default_set, load_labels
    from heanet.nn.model import grid_of

    labels = load_labels(source or default_set(), corrected=corrected)
    return make_dataset(labels, grid=grid_of(model), use_pbc=model.use_pbc)
