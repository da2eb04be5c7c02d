"""One training from settings to a checkpoint folder: resumable, and finished only once.

What the folder holds: heanet.training.runfolder.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from heanet.commit import code_commit
from heanet.config import ModelConfig, RunConfig, StartConfig, TrainConfig
from heanet.data.dataset import Alloy, Dataset
from heanet.data.domain import Domain, fit_domain
from heanet.data.home import write_whole, writing_in
from heanet.data.references import References
from heanet.data.splits import ROW_SETS, Rows, Split
from heanet.data.wholefolder import put_folder, replace_folder
from heanet.errors import CheckpointError
from heanet.naming import checkpoint_name
from heanet.training.checkpoints import (
    CARD,
    WEIGHTS,
    DataCard,
    ModelCard,
    load_card,
    save_checkpoint,
    versions,
)
from heanet.training.epochs import EPOCHS, EpochLog
from heanet.training.fitrows import training_rows
from heanet.training.loop import Fit, fit
from heanet.training.record import EpochRecord
from heanet.training.registry import find_checkpoint
from heanet.training.resume import has_resume, remove_resume
from heanet.training.runfolder import (
    CANCEL,
    PREDICTIONS,
    REFERENCES,
    RESUME,
    RUN,
    START,
    STOPPED,
    log,
    logged,
    own_folder,
    read_config,
    write_config,
)
from heanet.training.seen import evaluate_rows, looked_up
from heanet.training.targets import rows_references
from heanet.training.transfer import Start, start_of, start_references
from heanet.training.values import ensemble_of, fit_values


def run_name(config: RunConfig) -> str:
    """The name of a run by the published rule, which is stretched to splits of our own."""
    name = checkpoint_name(
        config.model.tasks, epochs=config.train.epochs, split="b2", best=config.train.is_validate
    )
    split, strategy = re.sub(r"[^A-Za-z0-9]+", "-", config.split), config.start.strategy
    return str(replace(name, split=split, transfer="" if strategy == "scratch" else strategy))


def train_run(
    folder: Path,
    dataset: Dataset,
    split: Split,
    model: ModelConfig,
    train: TrainConfig,
    *,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    start: StartConfig = StartConfig(),  # noqa: B008 - frozen
    overwrite: bool = False,
    progress: bool = True,
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
        should_stop: Asked after every epoch; a file "cancel" in the folder stops the run as well.
        start: Where the weights start.
        overwrite: Replace a finished run with other settings.
        progress: Show a progress bar where a terminal is attached.

    Returns:
        The card of the checkpoint, or None if the run was stopped; it can be resumed.

    Raises:
        CheckpointError: The folder holds a run with other data or settings.
        StorageError: The disk takes no more; the run can be continued.
    """
    run = _Run(folder, dataset, split, model, train, start)
    with own_folder(folder), writing_in(folder):
        known = run.finished(overwrite=overwrite)
        if known is not None:
            return known
        with logged(folder):
            outcome = run.fit(on_epoch, should_stop, progress=progress)
            (folder / CANCEL).unlink(missing_ok=True)
            if outcome.finished:
                return run.keep(outcome)
            run.keep_best(outcome)
            return None


@dataclass(frozen=True, eq=False)
class _Run:
    """One training and its folder, which is this process's own."""

    folder: Path
    dataset: Dataset
    split: Split
    model: ModelConfig
    train: TrainConfig
    start: StartConfig

    @cached_property
    def begins_with(self) -> Start | None:
        """The weights to begin with, kept in the folder: their source may change or go."""
        if self.start.strategy == "scratch":
            return None
        kept = self.folder / START
        if not (kept / CARD).exists():
            source = find_checkpoint(self.start.init)
            scratch = self.folder / f".{START}"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            for name in (CARD, WEIGHTS):
                shutil.copyfile(source / name, scratch / name)
            put_folder(scratch, kept)
        return start_of(StartConfig(strategy=self.start.strategy, init=str(kept)), self.model)

    def finished(self, *, overwrite: bool) -> ModelCard | None:
        """The card of a finished run with these settings; others are refused or undone."""
        card = load_card(self.folder) if (self.folder / CARD).exists() else None
        own = self.dataset.source.fingerprint, self.split.name, self.model, self.train
        if not self._is_of_another() and (card is None or _settings(card) == own):
            return card
        if not overwrite:
            raise CheckpointError(
                f"'{self.folder}' holds a {'finished ' if card else ''}run with other data or "
                "settings",
                fix="Choose another --out, or give --overwrite to replace it.",
            )
        # From here on the folder holds an unfinished run, which can be interrupted and resumed.
        write_config(self.folder, self._config())
        for name in (CARD, PREDICTIONS):
            (self.folder / name).unlink(missing_ok=True)
        for name in (START, STOPPED):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        remove_resume(self.folder / RESUME)
        return None

    def _config(self) -> RunConfig:
        settings = {"model": self.model, "train": self.train, "start": self.start}
        return RunConfig(data=self.dataset.source.name, split=self.split.name, **settings)

    def _is_of_another(self) -> bool:
        """Whether something else was asked for in this folder, which may not have begun yet."""
        if not (self.folder / RUN).exists():
            return False
        asked = read_config(self.folder)
        own = self.split.name, self.model, self.train, self.start
        return (asked.split, asked.model, asked.train, asked.start) != own

    def fit(
        self,
        on_epoch: Callable[[EpochRecord], None] | None,
        should_stop: Callable[[], bool],
        *,
        progress: bool,
    ) -> Fit:
        """Begin or go on, noting every epoch."""
        folder = self.folder
        goes_on = has_resume(folder / RESUME)
        if not goes_on:
            (folder / EPOCHS).unlink(missing_ok=True)  # of another run
            (folder / REFERENCES).unlink(missing_ok=True)
        epochs = EpochLog(folder / EPOCHS)

        def note(record: EpochRecord) -> None:
            if not (folder / REFERENCES).exists():
                self._begin()
            epochs.append(record)
            n_epochs = self.train.epochs
            log.info("Epoch %d of %d: loss %.5f", record.epoch, n_epochs, record.train_loss)
            if on_epoch is not None:
                on_epoch(record)

        log.info("%s; %s", "Going on" if goes_on else "Begun", self._rows_in_words())
        if self.begins_with:
            report = self.begins_with.report
            log.info("Start %s: %s", self.start.strategy, report)
            if new := report.new_in(self.dataset, self._fitted()[0]):
                log.info("New to the source, embeddings drawn: %s", ", ".join(new))
            kept = "kept" if self._kept_references() else "fitted on these rows"
            log.info("Elemental references: %s", kept)
        return fit(
            self.dataset,
            self.split,
            self.model,
            self.train,
            start=self.begins_with.weights if self.begins_with else None,
            references=self._kept_references(),
            resume=folder / RESUME,
            on_epoch=note,
            should_stop=lambda: should_stop() or (folder / CANCEL).exists(),
            progress=progress,
        )

    def _begin(self) -> None:
        """Say what is trained here, once nothing has refused it."""
        if not (self.folder / RUN).exists():
            write_config(self.folder, self._config())
        fitted, _ = self._fitted()
        references = self._kept_references() or rows_references(
            self.dataset, fitted, tasks=self.model.tasks, transform=self.train.transform
        )
        write_whole(self.folder / REFERENCES, references.model_dump_json() + "\n")

    def _kept_references(self) -> References | None:
        """Those of the source, where they hold on these rows."""
        fitted, _ = self._fitted()
        transform = self.train.transform
        source = self.begins_with.references if self.begins_with else None
        tasks = self.model.tasks
        return start_references(source, self.dataset, fitted, tasks=tasks, transform=transform)

    def keep(self, outcome: Fit) -> ModelCard:
        """Write the checkpoint and the predictions of a finished run."""
        predictions = _predictions(self.dataset, self.split, outcome)
        text = predictions.to_csv(index=False, lineterminator="\n")
        write_whole(self.folder / PREDICTIONS, text)
        log.info("Finished; best epoch %d", outcome.best_epoch)
        card = save_checkpoint(self.folder, self._card(outcome), ensemble_of([outcome]).members)
        remove_resume(self.folder / RESUME)
        shutil.rmtree(self.folder / STOPPED, ignore_errors=True)
        return card

    def keep_best(self, outcome: Fit) -> None:
        """Write the best weights so far of a stopped run as a checkpoint of their own."""
        done, best = len(outcome.history), outcome.best_epoch
        log.info("Stopped after epoch %d of %d; best epoch %d", done, self.train.epochs, best)
        if not done:
            return
        limit = (
            f"Training was stopped after epoch {done} of {self.train.epochs}; these are the "
            f"weights of epoch {best}."
        )
        card = self._card(outcome)
        card = card.model_copy(update={"limits": (*card.limits, limit)})
        with TemporaryDirectory(prefix=f".{STOPPED}-", dir=self.folder) as scratch:
            stopped = Path(scratch) / STOPPED
            save_checkpoint(stopped, card, ensemble_of([outcome]).members)
            replace_folder(stopped, self.folder / STOPPED)

    def _fitted(self) -> tuple[Rows, Rows]:
        return training_rows(self.split, is_validate=self.train.is_validate)

    def _rows_in_words(self) -> str:
        fitted, validation = self._fitted()
        return (
            f"{len(fitted)} rows of {self.dataset.source.name} train, {len(validation)} choose the "
            f"epoch; split {self.split.name}, seed {self.train.seed}"
        )

    def _card(self, outcome: Fit) -> ModelCard:
        """The card of the run, with its errors on every row set."""
        dataset, split = self.dataset, self.split
        fitted, validation = self._fitted()
        before = self.begins_with.alloys if self.begins_with else {}
        trained_on = {**before, **dataset.alloys(fitted)}
        chosen_on: dict[str, Alloy | None] = {**dataset.alloys(validation)}
        if self.begins_with:
            chosen_on = {**looked_up(dataset, self.begins_with.card.chosen_on), **chosen_on}
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
            name=self.folder.name,
            model=self.model,
            train=self.train,
            seeds=(self.train.seed,),
            best_epochs=(outcome.best_epoch,),
            data=data_card(dataset),
            split=split.name,
            n_rows={"train": len(fitted), "validation": len(validation), "test": len(split.test)},
            chosen_on=tuple(dataset.alloys(validation)),
            references=ensemble.references,
            metrics=tuple(metrics),
            domain=rows_domain(dataset, fitted),
            start=self.begins_with.card if self.begins_with else None,
            versions=versions(),
        )


def _predictions(dataset: Dataset, split: Split, outcome: Fit) -> pd.DataFrame:
    """Label and prediction of every row of a split: name, rows, task, label, predicted."""
    parts = []
    for row_set in ROW_SETS:
        rows = split.rows(row_set)
        names = [dataset.names[i] for i in rows]
        values = fit_values(outcome, dataset, rows) if len(rows) else {}
        for task, predicted in values.items():
            label = dataset.labels[task].to_numpy()[rows]
            table = {"name": names, "rows": row_set, "task": task}
            parts.append(pd.DataFrame({**table, "label": label, "predicted": predicted}))
    return pd.concat(parts, ignore_index=True)


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
    return fit_domain(
        dataset.read_cells(rows),
        [dataset.lattices[i] for i in rows],
        dataset.fractions.iloc[rows],
    )
