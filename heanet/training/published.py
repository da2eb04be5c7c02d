"""The published checkpoints: read from their files, evaluated on named rows.

A file is a PyTorch state dict named by the published rule (heanet.naming). It is read in a process
of its own, and nothing but tensors is unpickled there (heanet.training.tensorreader). The published
errors belong to the labels as published, errors included: every line of an evaluation says which
labels it stands on.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pymatgen.core import Structure
from safetensors.torch import load
from torch_geometric.data import Batch

from heanet.data.dataset import alloy_of
from heanet.data.elements import formula
from heanet.data.labels import LabelledSet
from heanet.data.splits import published_split
from heanet.errors import CheckpointError, ConfigError, DataError, ModelInputError
from heanet.naming import CheckpointName, parse_checkpoint_name
from heanet.nn.published import PublishedNet, published_graph, read_state
from heanet.training.checkpoints import Metric
from heanet.training.evaluate import describe_rows, task_metric
from heanet.training.tensorreader import MAX_BYTES, TENSORS

# Elements of the published data set: only their embeddings were ever fitted.
ELEMENTS = frozenset({"Cr", "Mn", "Fe", "Co", "Ni", "Pd"})
BATCH = 32  # structures per forward pass; bounds memory, changes no result beyond rounding


def load_published(path: Path) -> tuple[PublishedNet, CheckpointName]:
    """Read a published checkpoint.

    Args:
        path: A .pt file; its name says tasks, epochs and split.

    Returns:
        The network in inference mode, and what its name says; the columns of its output are
        ``name.tasks``.

    Raises:
        CheckpointError: The name does not follow the rule, the file is damaged or holds something
            else, or name and network do not fit.
    """
    try:
        name = parse_checkpoint_name(path.name)
    except ConfigError as error:
        raise CheckpointError(
            str(error), fix="The name says the tasks: give the file its published name."
        ) from error
    try:
        net = read_state(_read_tensors(path))
    except CheckpointError as error:
        raise CheckpointError(
            f"'{path.name}': {error.given}", expected=error.expected, fix=error.fix
        ) from error
    if net.widths.n_tasks != len(name.tasks):
        raise CheckpointError(
            f"'{path.name}' holds {net.widths.n_tasks} towers",
            expected=f"{len(name.tasks)}, one for each of {' '.join(name.tasks)}",
            fix="Give the file its published name.",
        )
    return net, name


def published_values(net: PublishedNet, cells: Sequence[Structure]) -> NDArray[np.float64]:
    """What a published network says of cells, (n_structures, n_tasks), in the tasks' units.

    Args:
        net: A network in inference mode.
        cells: Ordered cells, their sites in file order; at least one.

    Raises:
        ModelInputError: A cell has an element that the published data did not have.
    """
    for cell in cells:
        unknown = sorted({site.specie.symbol for site in cell} - ELEMENTS)
        if unknown:
            raise ModelInputError(
                f"The cell {formula(cell.composition, reduced=True)} has {', '.join(unknown)}, "
                "which the published networks have never seen",
                expected=f"only {' '.join(sorted(ELEMENTS))}",
            )
    graphs = [published_graph(cell) for cell in cells]
    batches = [graphs[i : i + BATCH] for i in range(0, len(graphs), BATCH)]
    with torch.inference_mode():
        values = torch.cat([net(Batch.from_data_list(batch)) for batch in batches])
    return values.double().numpy()


def evaluate_published(
    net: PublishedNet, name: CheckpointName, labels: LabelledSet, *, split: str, row_set: str
) -> list[Metric]:
    """Errors of a published checkpoint on one row set of a split.

    Args:
        net: The network.
        name: Its name: tasks, and the split that it was trained on.
        labels: Labelled set; raw labels reproduce the published figures.
        split: Published split that names the rows; it may be another than the checkpoint's.
        row_set: "train", "validation", "test", "published" or "unseen".

    Raises:
        DataError: The labelled set lacks a table that the splits cut, or there are no labelled
            rows.
        ModelInputError: A cell has an element that the published data did not have.
    """
    known = [str(row) for row in labels.table.index]
    rows = published_split(split, known, labels.partitions).rows(row_set)
    used = published_split(name.split, known, labels.partitions).looked_up
    chosen = used.validation if name.best else used.validation[:0]
    cells = {i: labels.read_cell(known[i]) for i in {*rows, *used.train, *chosen}}
    evaluated, trained_on, chosen_on = (
        {known[i]: alloy_of(cells[i].composition.fractional_composition.as_dict()) for i in some}
        for some in (rows, used.train, chosen)
    )
    told = {"trained_on": trained_on, "chosen_on": chosen_on}
    which = describe_rows(f"{split} {row_set}", evaluated, **told, corrected=labels.corrected)
    if name.transfer == "tl2":  # the runs called tl1 never loaded the weights of another one
        which += ", rows of the pre-training not counted"
    table = labels.table.iloc[rows][list(name.tasks)]
    if not table.notna().any(axis=None):
        raise DataError(f"No labelled rows to evaluate on ({which})", expected="at least one")
    values = published_values(net, [cells[i] for i in rows])
    lines = [
        task_metric(task, table[task].to_numpy(), values[:, k], which=which)
        for k, task in enumerate(name.tasks)
    ]
    return [line for line in lines if line is not None]


def _read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file by name, on the CPU."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CheckpointError(
            f"The file cannot be read ({error.strerror})", expected="a .pt file"
        ) from error
    if len(content) > MAX_BYTES:
        raise CheckpointError(
            f"The file holds more than {MAX_BYTES // 2**20} MB",
            expected="a published checkpoint, which has less than one",
        )
    return load(TENSORS.ask(content, name=path.name, error=CheckpointError))
