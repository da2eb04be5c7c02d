"""What a network has seen of the rows that it is judged on."""

from collections.abc import Iterable, Mapping

from heanet.data.dataset import Alloy, Dataset, alloy_of
from heanet.data.splits import Split
from heanet.errors import DataError
from heanet.training.checkpoints import Metric, ModelCard
from heanet.training.ensemble import Ensemble
from heanet.training.evaluate import describe_rows, evaluate
from heanet.training.transfer import alloys_of


def evaluate_rows(
    ensemble: Ensemble,
    dataset: Dataset,
    split: Split,
    row_set: str,
    *,
    trained_on: Mapping[str, Alloy],
    chosen_on: Mapping[str, Alloy | None],
) -> list[Metric]:
    """Errors on one row set of a split, saying how much of its rows the network has seen.

    Args:
        ensemble: Trained networks.
        dataset: Labels and element graphs.
        split: Rows.
        row_set: "train", "validation" or "test"; of a published split also "published" or
            "unseen".
        trained_on: Composition by name of the rows that trained the networks.
        chosen_on: The same of the rows that the epoch was chosen on; None where it is not known.

    Raises:
        ConfigError: The split has no such row set.
        DataError: The row set is empty.
    """
    rows = split.rows(row_set)
    if len(rows) == 0:
        raise DataError(
            f"Split '{split.name}' has no {row_set} rows",
            expected=f"one of {' '.join(key for key, r in split.row_sets.items() if len(r))}",
        )
    which = describe_rows(
        f"{split.name} {row_set}",
        dataset.alloys(rows),
        trained_on=trained_on,
        chosen_on=chosen_on,
        corrected=dataset.source.corrected,
    )
    return evaluate(ensemble, dataset, rows, which=which)


def rows_seen(
    card: ModelCard, dataset: Dataset
) -> tuple[dict[str, Alloy], dict[str, Alloy | None]]:
    """The rows that a checkpoint was trained on, and those that its epoch was chosen on.

    Args:
        card: Of the checkpoint.
        dataset: What it is evaluated on, which need not be what it was trained on.

    Returns:
        Composition by name of both; the card has those of the training rows, the others are
        looked up in ``dataset`` and None where it lacks them.
    """
    domain = card.domain
    fractions = (dict(zip(domain.elements, row, strict=True)) for row in domain.compositions)
    trained_on = dict(zip(domain.names, map(alloy_of, fractions), strict=True))
    if card.start is not None:
        trained_on = {**alloys_of(card.start), **trained_on}
    chosen_on = (*card.chosen_on, *(card.start.chosen_on if card.start else ()))
    return trained_on, looked_up(dataset, chosen_on)


def looked_up(dataset: Dataset, names: Iterable[str]) -> dict[str, Alloy | None]:
    """Composition by name of some rows; None for those that the data set lacks."""
    known = dict(zip(dataset.names, dataset.compositions, strict=True))
    return {name: known.get(name) for name in names}
