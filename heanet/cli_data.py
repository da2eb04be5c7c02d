"""The labelled set that a command works on, with graphs for a network; a set from a zip."""

from __future__ import annotations

import sys
from pathlib import Path
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


def import_zip(structures: Path, table: Path, *, name: str, method: str) -> Path:
    """Keep a user's own set; what was left out or understood is said on stderr.

    Args:
        structures: A zip of structure files.
        table: A table of labels; the headings say what a column holds.
        name: Of the set; empty: that of the zip.
        method: What the labels were computed with.

    Returns:
        The folder of the set.

    Raises:
        DataError: A file cannot be used, or something must be put right first.
    """
    from heanet.data.keptsets import import_upload

    folder, own = import_upload(structures, table, name=name, method=method)
    for field, column in own.origin["read_from"].items():
        unit = f" in {column['unit']}" if "unit" in column else ""
        print(f"heanet: {field} from column '{column['column']}'{unit}", file=sys.stderr)
    for text in (*own.notes, *(problem.message for problem in own.problems)):
        print(f"heanet: {text}", file=sys.stderr)
    return folder
