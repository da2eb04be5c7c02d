"""One training from settings to a checkpoint folder: resumable, and finished only once.

A run's folder holds its epochs, ``resume.safetensors`` while it is unfinished, and the checkpoint
afterwards.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from heanet.commit import code_commit
from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import Alloy, Dataset, alloy_of
from heanet.data.domain import Domain, fit_domain
from heanet.data.splits import ROW_SETS, Rows, Split
from heanet.errors import CheckpointError, DataError
from heanet.naming import checkpoint_name
from heanet.training.checkpoints import (
    CARD,
    DataCard,
    Metric,
    ModelCard,
    load_card,
    save_checkpoint,
    versions,
)
from heanet.training.ensemble import Ensemble
from heanet.training.epochs import EPOCHS, EpochLog
from heanet.training.evaluate import describe_rows, evaluate
from heanet.training.loop import EpochRecord, Fit, fit, training_rows
from heanet.training.values import ensemble_of

RESUME, LOCK = "resume.safetensors", ".lock"


def run_name(model: ModelConfig, train: TrainConfig, split: Split) -> str:
    """The name of a run's checkpoint by the published rule."""
    return str(
        checkpoint_name(model.tasks, epochs=train.epochs, split=split.name, best=train.is_validate)
    )


def train_run(
    folder: Path,
    dataset: Dataset,
    split: Split,
    model: ModelConfig,
    train: TrainConfig,
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    overwrite: bool = False,
) -> ModelCard | None:
    """Train into a folder, continuing what an interrupted run left there.

    A run that is already finished with the same data and settings is not trained again.

    Args:
        folder: The run's own folder; created.
        dataset: Labels and element graphs on the network's grid.
        split: Rows.
        model: Shape of the network.
        train: How to fit it.
        on_epoch: Called after every epoch.
        should_stop: Asked after every epoch.
        overwrite: Replace a finished run with other settings.

    Returns:
        The card of the checkpoint, or None if the run was stopped; it can be resumed.

    Raises:
        CheckpointError: The folder holds a run with other data or settings.
    """
    with _own_folder(folder):
        if (folder / CARD).exists():
            card = load_card(folder)
            if _settings(card) == (dataset.source.fingerprint, split.name, model, train):
                return card
            if not overwrite:
                raise CheckpointError(
                    f"'{folder}' holds a finished run with other data or settings",
                    fix="Choose another --out, or give --overwrite to replace it.",
                )
            # From here on the folder holds an unfinished run, which can be interrupted and resumed.
            (folder / CARD).unlink()
            (folder / RESUME).unlink(missing_ok=True)
        if not (folder / RESUME).exists():
            (folder / EPOCHS).unlink(missing_ok=True)  # of another run
        log = EpochLog(folder / EPOCHS)

        def note(record: EpochRecord) -> None:
            log.append(record)
            if on_epoch is not None:
                on_epoch(record)

        outcome = fit(
            dataset,
            split,
            model,
            train,
            resume=folder / RESUME,
            on_epoch=note,
            should_stop=should_stop,
        )
        if not outcome.finished:
            return None
        card = _card(dataset, split, model, train, outcome)
        card = save_checkpoint(folder, card, ensemble_of([outcome]).members)
        (folder / RESUME).unlink()
        return card


@contextmanager
def _own_folder(folder: Path) -> Iterator[None]:
    """The run's folder, created, and locked against a second process for as long as it lasts."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder / LOCK).acquire(timeout=0)
    except Timeout:
        raise CheckpointError(
            f"Another process is training in '{folder}'",
            fix="Wait for it, or choose another --out.",
        ) from None
    except OSError as error:
        raise CheckpointError(
            f"The run's folder '{folder}' cannot be written ({error.strerror})",
            fix="Choose another --out.",
        ) from error
    with held:
        yield


def _settings(card: ModelCard) -> tuple[str, str, ModelConfig, TrainConfig]:
    return card.data.fingerprint, card.split, card.model, card.train


def data_card(dataset: Dataset) -> DataCard:
    """What a card says of its labelled set."""
    source = dataset.source
    return DataCard(
        name=source.name,
        title=source.title,
        fingerprint=source.fingerprint,
        corrected=source.corrected,
        n_rows=len(dataset.names),
    )


def rows_domain(dataset: Dataset, rows: Rows) -> Domain:
    """The domain of some rows; reads their structures."""
    names = [dataset.names[i] for i in rows]
    return fit_domain(
        {name: dataset.source.read_cell(name) for name in names},
        [dataset.lattices[i] for i in rows],
        dataset.fractions.iloc[rows],
    )


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
    domain, known = card.domain, dict(zip(dataset.names, dataset.compositions, strict=True))
    fractions = (dict(zip(domain.elements, row, strict=True)) for row in domain.compositions)
    trained_on = dict(zip(domain.names, map(alloy_of, fractions), strict=True))
    return trained_on, {name: known.get(name) for name in card.chosen_on}


def _card(
    dataset: Dataset, split: Split, model: ModelConfig, train: TrainConfig, outcome: Fit
) -> ModelCard:
    """The card of a finished run, with its errors on every row set."""
    fitted, validation = training_rows(split, is_validate=train.is_validate)
    trained_on, chosen_on = dataset.alloys(fitted), dataset.alloys(validation)
    ensemble = ensemble_of([outcome])
    commit = code_commit()
    metrics = [
        line.model_copy(update={"commit": commit})
        for row_set in ROW_SETS
        if len(split.rows(row_set))
        for line in evaluate_rows(
            ensemble, dataset, split, row_set, trained_on=trained_on, chosen_on=chosen_on
        )
    ]
    return ModelCard(
        name=run_name(model, train, split),
        model=model,
        train=train,
        seeds=(train.seed,),
        best_epochs=(outcome.best_epoch,),
        data=data_card(dataset),
        split=split.name,
        n_rows={"train": len(fitted), "validation": len(validation), "test": len(split.test)},
        chosen_on=tuple(chosen_on),
        references=ensemble.references,
        metrics=tuple(metrics),
        domain=rows_domain(dataset, fitted),
        versions=versions(),
    )
