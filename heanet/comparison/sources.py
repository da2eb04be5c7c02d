"""Weights that fits of the study of transfer start from: kept, found, and taken.

A source is a fit like any other whose weights are kept beside its outcome: on all rows of the other
kind (percent 0), or on all rows that a universal potential labelled.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from heanet.comparison.contenders import contender_of
from heanet.comparison.plan import DIRECTIONS, TEACHER, Case
from heanet.config import ModelConfig
from heanet.data.home import written_whole
from heanet.data.references import References
from heanet.errors import TrainingError
from heanet.training.loop import Fit
from heanet.training.transfer import Source

_METADATA = ("key", "model", "references", "elements", "lattices")


@dataclass(frozen=True)
class Stores:
    """Folders of the outcomes on the labelled set, and on the teacher's, if there is one."""

    own: Path
    teacher: Path | None = None

    def weights(self, case: Case) -> Path:
        """Where the weights of a source lie.

        Raises:
            TrainingError: It is the teacher's, and no teacher was given.
        """
        store = self.teacher if case.split == TEACHER else self.own
        if store is None:
            raise TrainingError(
                f"The fit {case} needs a set that a universal potential labelled",
                fix="Name it with --teacher.",
            )
        return store / f"{case}.weights.safetensors"


def is_source(case: Case) -> bool:
    """Whether other fits start from this one."""
    network = contender_of(case.model).recipe is not None
    return network and case.split in {*DIRECTIONS, TEACHER} and not case.percent


def source_of(case: Case) -> Case | None:
    """The fit that a case starts from; None where all its weights are drawn."""
    if case.strategy == TEACHER:
        return Case(case.model, case.group, TEACHER, 0, case.seed)
    if case.strategy in {"tl1", "tl2", "frozen"}:
        return Case(case.model, case.group, case.split, 0, case.seed)
    return None


def save_source(
    path: Path, found: Fit, key: str, *, elements: Sequence[str], lattices: Sequence[str]
) -> None:
    """Keep the weights of a fit with what those who take them must know.

    Args:
        path: Where to.
        found: The fit, of a network that learns residuals.
        key: Of its outcome: another outcome has other weights.
        elements: Symbols in its training rows.
        lattices: Their parent lattices.
    """
    if found.references is None:
        raise TypeError("A source learns residuals over references")
    record = {
        "key": key,
        "model": found.model.config.model_dump_json(),
        "references": found.references.model_dump_json(),
        "elements": json.dumps(list(elements)),
        "lattices": json.dumps(list(lattices)),
    }
    tensors = {k: v.detach().cpu().contiguous() for k, v in found.model.state_dict().items()}
    with written_whole(path) as scratch:
        save_file(tensors, scratch, metadata=record)


def source_key(path: Path) -> str:
    """The key of the outcome that kept weights belong to; empty where there are none."""
    try:
        with safe_open(path, framework="pt") as file:
            return str(file.metadata()["key"])
    except (OSError, SafetensorError, KeyError, TypeError):
        return ""


def load_source(path: Path) -> Source:
    """The weights of a source.

    Raises:
        TrainingError: They are missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            record = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return Source(
            name=path.name.removesuffix(".weights.safetensors"),
            model=ModelConfig.model_validate_json(record["model"]),
            tensors=tensors,
            references=References.model_validate_json(record["references"]),
            elements=tuple(json.loads(record["elements"])),
            lattices=tuple(json.loads(record["lattices"])),
        )
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"The weights '{path.name}' to start from cannot be read: {error}",
            fix="The same command makes them again.",
        ) from error
