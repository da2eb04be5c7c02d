"""fit(): one network on one split.

Everything random is a function of the seed and the epoch, so a run that was interrupted and
resumed gives the same numbers, bit for bit on a CPU, as one that was not.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.utils import deterministic
from torch_geometric.data import Batch
from tqdm import tqdm

from heanet.config import Config, NetworkConfig, TrainConfig
from heanet.data.batches import GraphTable
from heanet.data.dataset import Dataset
from heanet.data.references import References
from heanet.data.splits import Rows, Split
from heanet.errors import TrainingError
from heanet.nn.network import Network
from heanet.nn.networks import StartWeights, build
from heanet.training.fitrows import check_rows, training_rows
from heanet.training.record import EpochRecord, Errors
from heanet.training.resume import (
    ResumeState,
    has_resume,
    load_resume,
    optimiser_moments,
    restore_moments,
    save_resume,
)
from heanet.training.targets import masked_loss, rows_references, scaled_targets
from heanet.training.twins import twins_of

# Raise it when the same settings give other numbers: runs of older code are then not continued.
TRAINING_VERSION = 2
# Options that younger versions added, with the value that leaves numbers as they were.
_LATER = {"cells": "relaxed", "weighting": "task", "twins": False}
WARM_UP = 0.1  # share of all steps
SAVE_EVERY = 10.0  # seconds between resume files


@dataclass(frozen=True, eq=False)
class Fit:
    """The outcome of a run.

    Attributes:
        model: Network with the weights of ``best_epoch``, in inference mode.
        references: Fitted on the training rows; None for a network that learns the labels.
        history: One record per epoch.
        best_epoch: Lowest validation loss; the last epoch without validation rows.
        finished: False if the run was asked to stop; call again with the same ``resume`` file.
    """

    model: Network
    references: References | None
    history: list[EpochRecord]
    best_epoch: int
    finished: bool


@dataclass(eq=False)
class _Progress:
    """What changes while a run goes on."""

    history: list[EpochRecord] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    best: dict[str, Tensor] = field(default_factory=dict)


def fit(
    dataset: Dataset,
    split: Split,
    network_config: NetworkConfig,
    train_config: TrainConfig,
    *,
    watch: Rows | None = None,
    start: StartWeights | None = None,
    references: References | None = None,
    resume: Path | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    progress: bool = True,
    device: torch.device | None = None,
) -> Fit:
    """Train one network.

    Args:
        dataset: Graphs of the kind that the network reads, and labels.
        split: Rows to train and validate on; its test rows are not looked at.
        network_config: Kind and shape of the network.
        train_config: How to fit it.
        watch: Rows whose errors are noted after every epoch and change nothing: learning curves.
        start: Weights to begin with; all others are drawn.
        references: What the network learns the residual of; default: fitted on the training rows.
        resume: File that an interrupted run is continued from and that is kept up to date.
        on_epoch: Called after every epoch.
        should_stop: Asked after every epoch; True ends the run so that it can be resumed.
        progress: Show a progress bar with time left where a terminal is attached.
        device: Default: CUDA when there is one, else the CPU.

    Raises:
        DataError: A task has no label on the training rows, or there is none on the validation
            rows although they are to choose the epoch.
        TrainingError: The loss is not finite any more.
    """
    device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train, validation = training_rows(split, is_validate=train_config.is_validate)
    check_rows(dataset, split, network_config, train_config)
    with _deterministic(train_config.seed):
        model = build(network_config)
        if start:
            start.load_into(model)
        model.to(device)
        if not model.learns_residuals:
            references = None
        elif references is None:
            references = rows_references(
                dataset, train, tasks=network_config.tasks, transform=train_config.transform
            )
        rows = _RowSets(train, validation, np.array([], dtype=np.int64) if watch is None else watch)
        run = _Run(dataset, references, model, train_config, rows, device, start)
        finished = run.go(resume, on_epoch, should_stop, progress=progress)
    model.load_state_dict(run.progress.best)
    model.eval()
    return Fit(model, references, run.progress.history, run.progress.best_epoch, finished)


@dataclass(frozen=True, eq=False)
class _RowSets:
    """The rows of a run, by what they are for."""

    train: Rows
    validation: Rows
    watched: Rows


def run_key(
    dataset: Dataset,
    network_config: NetworkConfig,
    train_config: TrainConfig,
    *row_sets: Rows,
    start: StartWeights | None = None,
    references: References | None = None,
) -> str:
    """One SHA-256 over everything that fixes a run; only an equal run may be resumed.

    Args:
        dataset: Labels and graphs.
        network_config: Kind and shape of the network.
        train_config: How it is fitted.
        row_sets: Rows that train, that choose the epoch, that are watched.
        start: Weights to begin with; None where all are drawn.
        references: Those of another model; None where the training rows fix them.
    """
    parts = [
        str(TRAINING_VERSION),
        torch.__version__.split("+")[0],  # builds for other processors only round differently
        dataset.source.fingerprint,
        type(network_config).__name__,
        _settings(network_config),
        _settings(train_config),
        *(str(rows.tolist()) for rows in row_sets),
    ]
    if start:
        parts += [
            hashlib.sha256(save(dict(start.tensors))).hexdigest(),
            f"{sorted(start.drawn.items())} {sorted(start.fixed)}",
        ]
    if references:
        parts.append(references.model_dump_json())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _settings(config: Config) -> str:
    """A configuration as text; an option that came later counts only where it is used."""
    unused = {key for key, value in _LATER.items() if getattr(config, key, None) == value}
    return config.model_dump_json(exclude=unused)


class _Run:
    """The state of one training and its steps."""

    def __init__(
        self,
        dataset: Dataset,
        references: References | None,
        model: Network,
        config: TrainConfig,
        rows: _RowSets,
        device: torch.device,
        start: StartWeights | None,
    ) -> None:
        self.model, self.config, self.device, self.start = model, config, device, start
        row_sets = rows.train, rows.validation, rows.watched
        self.key = run_key(
            dataset,
            model.config,
            config,
            *row_sets,
            start=start,
            references=references if start else None,
        )
        targets = scaled_targets(dataset, references, model.config.tasks)
        graphs, self.train = dataset.graphs, rows.train
        if config.twins:  # behind the rows themselves, with the same targets
            graphs = [*graphs, *twins_of(dataset, model.config).graphs]
            targets = {task: torch.cat([target, target]) for task, target in targets.items()}
            self.train = np.concatenate([rows.train, rows.train + len(dataset.graphs)])
        self.targets = {task: target.to(device) for task, target in targets.items()}
        self.graphs = GraphTable(graphs).to(device)
        self.validation = self._batch(rows.validation) if len(rows.validation) else None
        self.watched = self._batch(rows.watched) if len(rows.watched) else None
        self.steps_per_epoch = math.ceil(len(self.train) / config.batch_size)
        trained = [p for p in model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            trained, lr=config.lr, weight_decay=config.weight_decay, fused=True
        )
        self.progress = _Progress(best=_copy(model.state_dict()))

    def go(
        self,
        resume: Path | None,
        on_epoch: Callable[[EpochRecord], None] | None,
        should_stop: Callable[[], bool],
        *,
        progress: bool,
    ) -> bool:
        """Run the epochs that are left; whether all are done."""
        if resume is not None and has_resume(resume):
            self._restore(load_resume(resume, key=self.key))
        elif resume is not None:  # whatever else the folder gets from now on belongs to this run
            save_resume(self._snapshot(), resume)
        history = self.progress.history
        before = history[-1].seconds if history else 0.0
        start = saved = time.monotonic()
        bar = tqdm(
            total=self.config.epochs,
            initial=len(history),
            desc="Training",
            unit="epoch",
            disable=None if progress else True,
        )
        with bar:
            while len(history) < self.config.epochs and not should_stop():
                record = self._epoch(len(history) + 1, start - before)
                history.append(record)
                bar.update()
                bar.set_postfix(loss=f"{record.train_loss:.4f}", best=self.progress.best_epoch)
                if on_epoch:
                    on_epoch(record)
                if resume is not None and time.monotonic() - saved > SAVE_EVERY:
                    save_resume(self._snapshot(), resume)
                    saved = time.monotonic()
        if resume is not None:
            save_resume(self._snapshot(), resume)
        return len(history) == self.config.epochs

    def _epoch(self, epoch: int, start: float) -> EpochRecord:
        """Train one epoch, validate, and keep the weights if they are the best so far."""
        seed = self.config.seed * 1_000_003 + epoch
        torch.manual_seed(seed)  # dropout
        self.model.train()
        losses, errors = [], Errors(self.targets)
        for k, rows in enumerate(self._batches(seed)):
            lr = self.config.lr * self._schedule((epoch - 1) * self.steps_per_epoch + k)
            losses.append(self._step(rows, lr, errors))
        loss, mae = self._judge(self.validation)
        if not math.isfinite(sum(losses) + (loss or 0.0)):
            raise TrainingError(
                f"The loss is no longer finite in epoch {epoch}",
                fix=f"Lower --lr (it is {self.config.lr:g}).",
            )
        progress = self.progress
        if loss is None or loss < progress.best_loss:
            progress.best_loss = math.inf if loss is None else loss
            progress.best, progress.best_epoch = _copy(self.model.state_dict()), epoch
        _, watched = self._judge(self.watched)
        seconds = time.monotonic() - start
        train_loss = float(np.mean(losses))
        return EpochRecord(epoch, train_loss, loss, mae, lr, seconds, watched, errors.means())

    def _batches(self, seed: int) -> list[Rows]:
        """Training rows of each step of an epoch."""
        if not self.config.shuffle:
            size = self.config.batch_size
            return [self.train[k : k + size] for k in range(0, len(self.train), size)]
        order = np.random.default_rng(seed).permutation(self.train)
        return [order[k :: self.steps_per_epoch] for k in range(self.steps_per_epoch)]

    def _schedule(self, step: int) -> float:
        """Share of the highest learning rate: linear warm-up, then half a cosine to zero."""
        if self.config.schedule == "constant":
            return 1.0
        total = self.steps_per_epoch * self.config.epochs
        warm = max(1, round(WARM_UP * total))
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))

    def _step(self, rows: Rows, lr: float, errors: Errors) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        batch, targets = self._batch(rows)
        outputs = self.model(batch)
        loss = self._loss(outputs, targets)
        errors.add(outputs, targets)
        self.optimiser.zero_grad()
        loss.backward()
        if self.config.max_gradient_norm:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config.max_gradient_norm)
        self.optimiser.step()
        if self.start:
            self.start.restore_fixed(self.model)
        return float(loss.detach())

    def _judge(
        self, rows: tuple[Batch, dict[str, Tensor]] | None
    ) -> tuple[float | None, dict[str, float]]:
        """Loss and mean absolute scaled residual by task on some rows; nothing without rows."""
        if rows is None:
            return None, {}
        batch, targets = rows
        self.model.eval()
        with torch.no_grad():
            outputs = self.model(batch)
        mae = {
            task: float((outputs[task] - target).abs().nanmean())
            for task, target in targets.items()
        }
        return float(self._loss(outputs, targets)), mae

    def _loss(self, outputs: dict[str, Tensor], targets: dict[str, Tensor]) -> Tensor:
        kind, weighting = self.config.loss, self.config.weighting
        return masked_loss(outputs, targets, kind=kind, weighting=weighting)

    def _batch(self, rows: Rows) -> tuple[Batch, dict[str, Tensor]]:
        """Graphs and scaled targets of some rows, on the device."""
        index = torch.from_numpy(rows).to(self.device)
        return self.graphs.batch(index), {task: t[index] for task, t in self.targets.items()}

    def _snapshot(self) -> ResumeState:
        return ResumeState(
            key=self.key,
            history=[asdict(record) for record in self.progress.history],
            best_epoch=self.progress.best_epoch,
            best_loss=self.progress.best_loss,
            best=self.progress.best,
            weights=self.model.state_dict(),
            moments=optimiser_moments(self.optimiser),
        )

    def _restore(self, state: ResumeState) -> None:
        self.model.load_state_dict(state.weights)
        restore_moments(self.optimiser, state.moments)
        self.progress = _Progress(
            [EpochRecord(**record) for record in state.history],
            state.best_epoch,
            state.best_loss,
            state.best,
        )


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: value.detach().clone() for key, value in state.items()}


@contextmanager
def _deterministic(seed: int) -> Iterator[None]:
    """Deterministic algorithms, a seeded generator, one thread; the caller's settings are put back.

    On CUDA a few sums have no deterministic form; torch then warns instead of failing. Sums would
    depend on the number of threads, and networks of this size gain nothing from a second one: on
    two idle cores an epoch took as long with it, on two busy ones five times as long.
    """
    before = torch.are_deterministic_algorithms_enabled()
    n_threads = torch.get_num_threads()
    fills = deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
        # Writing NaN into every new tensor only shows up code that reads what it never wrote.
        deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        try:
            yield
        finally:
            torch.set_num_threads(n_threads)
            torch.use_deterministic_algorithms(before)
            deterministic.fill_uninitialized_memory = fills  # type: ignore[attr-defined]
