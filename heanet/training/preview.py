"""What a training will stand on, before it is launched: rows, labels, leaks, what forbids it."""

from collections.abc import Mapping
from dataclasses import dataclass

from heanet.config import RunConfig
from heanet.data.dataset import Alloy, Dataset
from heanet.data.leaks import Leak, find_leak
from heanet.data.splits import Split, published_splits_of
from heanet.errors import HeanetError
from heanet.training.fitrows import check_rows, training_rows
from heanet.training.transfer import TransferReport, start_of

N_FOLDS = 5


@dataclass(frozen=True)
class RowFacts:
    """Rows of one run.

    Attributes:
        n_train: Rows that train.
        n_validation: Rows that choose the epoch.
        n_test: Rows that nothing is fitted or chosen on.
        n_labels: Training rows that have the label, by task of the run.
        leak: How far the test rows are told by rows of the same composition.
        n_seen: Test rows that had trained the model that the weights start from.
    """

    n_train: int
    n_validation: int
    n_test: int
    n_labels: dict[str, int]
    leak: Leak[str]
    n_seen: int = 0


@dataclass(frozen=True)
class Preview:
    """What is known of a run before it is launched.

    Attributes:
        rows: None where the labelled set has no such split.
        lacks_validation: Whether the epoch is to be chosen on validation rows, and there are none.
        problem: Why it cannot be launched; None if it can.
        report: What becomes of every tensor; None where all are drawn.
        new: Elements and lattices of the training rows that the source of the weights never saw.
    """

    rows: RowFacts | None
    lacks_validation: bool = False
    problem: HeanetError | None = None
    report: TransferReport | None = None
    new: tuple[str, ...] = ()


def preview(dataset: Dataset, config: RunConfig) -> Preview:
    """What a run will stand on.

    Args:
        dataset: Labels and compositions; its element graphs are not looked at.
        config: What to train on what.
    """
    try:
        split = dataset.split(config.split)
    except HeanetError as error:
        return Preview(None, problem=error)
    try:
        start = start_of(config.start, config.model)
    except HeanetError as error:
        return Preview(_row_facts(dataset, split, config, {}), problem=error)
    rows = _row_facts(dataset, split, config, start.seen_in(dataset) if start else {})
    lacks = config.train.is_validate and rows.n_validation == 0
    try:
        check_rows(dataset, split, config.model, config.train)
    except HeanetError as error:
        return Preview(rows, lacks, error)
    if start is None:
        return Preview(rows)
    fitted, _ = training_rows(split, is_validate=config.train.is_validate)
    return Preview(rows, report=start.report, new=start.report.new_in(dataset, fitted))


def split_choices(dataset: Dataset) -> list[str]:
    """The splits that one would choose from, by name: published ones, folds, counts left out."""
    counts = sorted(set(dataset.n_components))
    by_count = [f"without {n} component{'s' if n > 1 else ''}" for n in counts]
    return [
        *published_splits_of(dataset.source.partitions),
        *(folds() if len(set(dataset.compositions)) >= N_FOLDS else ()),
        *(by_count if len(by_count) > 1 else ()),
    ]


def folds() -> list[str]:
    """The names of all folds: every cell is tested by one of them."""
    return [f"fold {k} of {N_FOLDS}" for k in range(1, N_FOLDS + 1)]


def _row_facts(
    dataset: Dataset, split: Split, config: RunConfig, before: Mapping[str, Alloy]
) -> RowFacts:
    """Rows of a run whose start weights were trained on other rows before."""
    fitted, validation = training_rows(split, is_validate=config.train.is_validate)
    labels = dataset.labels.iloc[fitted].notna().sum()
    learnt = {**before, **dataset.alloys(fitted), **dataset.alloys(validation)}
    tested = dataset.alloys(split.test)
    return RowFacts(
        n_train=len(fitted),
        n_validation=len(validation),
        n_test=len(split.test),
        n_labels={task: int(labels[task]) for task in config.model.tasks},
        leak=find_leak(tested, set(learnt.values())),
        n_seen=len(tested.keys() & before.keys()),
    )
