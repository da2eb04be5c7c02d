"""Checkpoints: a folder with ``card.json`` and ``weights.safetensors``.

The card says what the networks were trained on, how, and how well; it is also all that is needed
to build them again. No pickle is involved. Old formats are upgraded step by step when read.
"""

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

import heanet
from heanet.commit import code_commit
from heanet.config import Config, ModelConfig, Strategy, TrainConfig, parse_config
from heanet.data.domain import Domain
from heanet.data.home import write_whole
from heanet.data.references import References
from heanet.errors import CheckpointError, ConfigError
from heanet.nn.model import HEANet
from heanet.training.calibration import Calibration
from heanet.training.ensemble import Ensemble

FORMAT = 1
CARD, WEIGHTS = "card.json", "weights.safetensors"
# By format: the function that turns a card of that format into one of the next.
_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


class DataCard(Config):
    """The labelled set that a model was trained on."""

    name: str
    title: str
    fingerprint: str
    corrected: bool
    n_rows: int


class Metric(Config):
    """How well one task was predicted on one set of rows.

    Attributes:
        task: Task key.
        unit: Unit of mae and rmse.
        rows: Which rows, in words: split, row set, and whether anything was fitted on them.
        n: Labelled rows.
        mae: Mean absolute error.
        rmse: Root mean square error.
        r2: Coefficient of determination; None for fewer than two rows.
        coverage: Share of rows inside the 90 % interval; None without calibrated error bars.
        commit: Of the code that made the model; empty where that is not known.
    """

    task: str
    unit: str
    rows: str
    n: int
    mae: float
    rmse: float
    r2: float | None
    coverage: float | None = None
    commit: str = ""


class StartCard(Config):
    """What the weights of a model had started from, and the rows that had trained those before.

    Attributes:
        strategy: Any but scratch.
        source: Name of the model.
        weights_sha256: Of its weights.
        data: Name of the labelled set that had trained it; empty on cards of older versions.
        fingerprint: Of that set.
        names: Rows that had trained it.
        chosen_on: Names of the rows that its epoch was chosen on.
        elements: Symbols, in the order of the composition columns.
        lattices: Parent lattices of these rows.
        compositions: Atomic fractions of these rows, (n_structures, n_elements).
    """

    strategy: Strategy
    source: str
    weights_sha256: str
    data: str = ""
    fingerprint: str = ""
    names: tuple[str, ...]
    chosen_on: tuple[str, ...] = ()
    elements: tuple[str, ...]
    lattices: tuple[str, ...] = ()
    compositions: tuple[tuple[float, ...], ...]


class ModelCard(Config):
    """What a checkpoint was trained on, how, and how well.

    Attributes:
        format: Version of this form.
        name: Name of the checkpoint.
        title: What it is, by language code.
        model: Shape of the networks; where they differ, of the first one.
        models: Shape of every member; empty where all have that of ``model``.
        train: How each was fitted; its seed is the first member's.
        trains: How every member was fitted, with its seed; empty where all were fitted alike.
        seeds: One per member.
        best_epochs: The epoch that each member's weights are from.
        data: Labelled set.
        split: Name of the split.
        n_rows: Rows by row set; validation rows choose the epoch, test rows nothing.
        chosen_on: Names of the validation rows.
        references: One per member.
        metrics: Errors, each with its rows.
        calibration: Error bars by group of tasks; empty for a single network.
        domain: The rows that trained; their names are in it.
        start: What the weights had started from; None where they were drawn.
        limits: What the model should not be asked, as sentences.
        versions: Software that the numbers come from.
        weights_sha256: Of the weights file.
        card_sha256: Of all the rest of the card; empty on cards of older versions.
    """

    format: int = FORMAT
    name: str
    title: dict[str, str] = Field(default_factory=dict)
    model: ModelConfig
    models: tuple[ModelConfig, ...] = ()
    train: TrainConfig
    trains: tuple[TrainConfig, ...] = ()
    seeds: tuple[int, ...]
    best_epochs: tuple[int, ...]
    data: DataCard
    split: str
    n_rows: dict[str, int]
    chosen_on: tuple[str, ...] = ()
    references: tuple[References, ...]
    metrics: tuple[Metric, ...] = ()
    calibration: dict[str, Calibration] = Field(default_factory=dict)
    domain: Domain
    start: StartCard | None = None
    limits: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    weights_sha256: str = ""
    card_sha256: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not len(self.references) == len(self.seeds) == len(self.best_epochs) > 0:
            raise ValueError("references, seeds and best_epochs must be one per member")
        if self.models and (len(self.models) != len(self.seeds) or self.models[0] != self.model):
            raise ValueError("models must be one per member, the first of them model")
        if self.trains and (
            tuple(train.seed for train in self.trains) != self.seeds or self.trains[0] != self.train
        ):
            raise ValueError("trains must be one per member, the first of them train")
        return self


def versions() -> dict[str, str]:
    """Versions of what decides numbers."""
    packages = ("torch", "torch-geometric", "numpy", "pymatgen", "vesin")
    found = {package: importlib.metadata.version(package) for package in packages}
    own = {"heanet": heanet.__version__, "commit": code_commit()}
    return {**own, "python": platform.python_version(), **found}


def save_checkpoint(folder: Path, card: ModelCard, members: tuple[HEANet, ...]) -> ModelCard:
    """Write a checkpoint; the card comes last, so a folder with a card is whole.

    Args:
        folder: Where to; created.
        card: Its checksums are filled in.
        members: Networks of the card's configuration, one per reference.

    Returns:
        The card as written.
    """
    tensors = {
        f"{i}.{name}": value.detach().cpu().contiguous()
        for i, member in enumerate(members)
        for name, value in member.state_dict().items()
    }
    content = save(tensors)
    card = _sealed(card, hashlib.sha256(content).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    write_whole(folder / WEIGHTS, content)
    text = json.dumps(card.model_dump(mode="json"), indent=1, ensure_ascii=False)
    write_whole(folder / CARD, text + "\n")
    return card


def card_checksum(values: Mapping[str, Any]) -> str:
    """The SHA-256 of what a card says, however its file is laid out; its own one left out."""
    rest = {key: value for key, value in values.items() if key != "card_sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _sealed(card: ModelCard, weights_sha256: str) -> ModelCard:
    card = card.model_copy(update={"weights_sha256": weights_sha256})
    return card.model_copy(update={"card_sha256": card_checksum(card.model_dump(mode="json"))})


def load_card(folder: Path) -> ModelCard:
    """Read a card, upgrading older formats.

    Raises:
        CheckpointError: There is no card, it is damaged or changed, or a newer version wrote it.
    """
    try:
        values = json.loads((folder / CARD).read_text(encoding="utf-8"))
        found, sealed = values["format"], values.get("card_sha256")
        if sealed and sealed != card_checksum(values):
            raise CheckpointError(
                f"The card of '{folder}' was changed after it was written",
                expected=f"a card with the SHA-256 {str(sealed)[:12]}...",
                fix="Fetch the checkpoint again.",
            )
        while found in _UPGRADES:
            values = _UPGRADES[found](values)
            found = values["format"]
        if found != FORMAT:
            raise CheckpointError(
                f"The checkpoint '{folder}' has format {found}",
                expected=f"format {FORMAT} or older",
                fix="A newer HEANet wrote it; update this one.",
            )
        return parse_config(ModelCard, values)
    except FileNotFoundError:
        raise CheckpointError(
            f"'{folder}' is not a checkpoint: it has no {CARD}",
            expected=f"a folder with {CARD} and {WEIGHTS}",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ConfigError) as error:
        raise CheckpointError(f"The card of '{folder}' cannot be read: {error}") from error


def load_checkpoint(folder: Path) -> tuple[ModelCard, Ensemble]:
    """Read a checkpoint: its card and its networks, in inference mode.

    Raises:
        CheckpointError: Card or weights are missing, damaged, or do not fit each other.
    """
    card = load_card(folder)
    try:
        content = (folder / WEIGHTS).read_bytes()
        tensors = load(content)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"The weights of '{folder}' cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise CheckpointError(
            f"The weights of '{folder}' are not those that its card describes",
            expected=f"weights with the SHA-256 {card.weights_sha256[:12]}...",
            fix="Fetch the checkpoint again.",
        )
    members = tuple(_member(card, tensors, i) for i in range(len(card.references)))
    return card, Ensemble(members, card.references)


def _member(card: ModelCard, tensors: dict[str, Tensor], index: int) -> HEANet:
    member = HEANet(card.models[index] if card.models else card.model)
    prefix = f"{index}."
    state = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    try:
        member.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(
            f"The weights do not fit the card of '{card.name}': {error}"
        ) from None
    return member.eval().requires_grad_(False)
