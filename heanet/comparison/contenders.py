"""The models that are compared: what each is, and with which settings it is fitted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from heanet.config import ModelConfig, NetworkConfig, TrainConfig
from heanet.nn.baselines import SchNetConfig
from heanet.nn.published_elements import PublishedConfig
from heanet.nn.variants import MomentsConfig
from heanet.properties import PUBLISHED_TASKS, published_in

Graphs = Literal["element", "published", "atom", "built", "moments"]

# Which tasks are learnt together; as in the notes of the published system.
TASK_GROUPS: dict[str, tuple[str, ...]] = {
    "all": PUBLISHED_TASKS,
    "energies": published_in("energy"),
    "magnetic": published_in("magnetic"),
    "rmsd": published_in("geometry"),
}


@dataclass(frozen=True)
class Recipe:
    """How a network is made and fitted.

    Attributes:
        graphs: What it reads: element graphs, the published network's, or atom graphs; element
            graphs of the cells as built, or with the spread of surroundings behind the mean.
        network: Its configuration for some tasks.
        train: How it is fitted; the seed is replaced. With ``is_validate`` the validation rows of
            a split choose the epoch where it has any; otherwise they train too.
    """

    graphs: Graphs
    network: Callable[[tuple[str, ...]], NetworkConfig]
    train: TrainConfig


@dataclass(frozen=True)
class Contender:
    """One model of the comparison.

    Attributes:
        key: Name in tables.
        title: Name for people.
        summary: What it is, in one sentence.
        recipe: None for a model without a network; it has no seed and takes each task alone.
        version: To be raised when the same settings give other numbers (filters, graphs, starting
            points): outcomes of an older version are made again.
    """

    key: str
    title: str
    summary: str
    recipe: Recipe | None = None
    version: int = 1


def _heanet(tasks: tuple[str, ...]) -> ModelConfig:
    """The shape that errs least on the folds of seed 0, for these tasks."""
    # Alone, rmsd is learnt better by one convolution: 0.0438 against 0.0453 Angstrom with three,
    # lower with each of three seeds (docs/decisions/004-comparison.md).
    return ModelConfig(tasks=tasks, n_interactions=1 if tasks == ("rmsd",) else 3)


# Highest learning rate of fits that start from other weights. Kept towers are near their place
# already and fit few rows too well at higher rates; towers that are drawn have to learn.
# docs/decisions/007-transfer.md has the numbers.
START_RATES = {"tl1": 1e-4, "frozen": 1e-4, "tl2": 5e-4, "teacher": 5e-4}
# Steps of a fit on a teacher's set: more of its rows need no more of them.
TEACHER_STEPS = 6000

CONTENDERS: dict[str, Contender] = {
    contender.key: contender
    for contender in (
        Contender(
            "heanet",
            "HEANet",
            "Elemental convolution on element graphs, over elemental references.",
            Recipe(
                "element",
                _heanet,
                TrainConfig(epochs=200, batch_size=32, lr=2e-3),
            ),
        ),
        Contender(
            "published",
            "Published recipe",
            "The published network, inputs, targets, loss and optimiser, on honest rows.",
            Recipe(
                "published",
                lambda tasks: PublishedConfig(tasks=tasks),
                TrainConfig(
                    epochs=500,
                    batch_size=128,
                    lr=1e-3,
                    weight_decay=0.0,
                    max_gradient_norm=0.0,
                    is_validate=True,
                    loss="l1",
                    schedule="constant",
                    shuffle=False,
                ),
            ),
        ),
        Contender(
            "schnet",
            "SchNet",
            "Messages from atom to atom; references, towers, widths and epochs as HEANet.",
            Recipe(
                "atom",
                lambda tasks: SchNetConfig(tasks=tasks),
                TrainConfig(epochs=200, batch_size=32, lr=2e-3),
            ),
        ),
        Contender(
            "gp",
            "Gaussian process",
            "Composition and parent lattice only, over the references that HEANet has.",
        ),
        Contender("mean", "Training mean", "The mean of the training labels, whatever the cell."),
    )
}

_FIT = TrainConfig(epochs=200, batch_size=32, lr=2e-3)
_TWINS = _FIT.model_copy(update={"twins": True, "epochs": 100})


def _built(tasks: tuple[str, ...]) -> ModelConfig:
    return _heanet(tasks).model_copy(update={"cells": "built"})


# What was tried on top of HEANet, one thing each; they are in the ablation table alone.
VARIANTS: dict[str, Contender] = {
    contender.key: contender
    for contender in (
        Contender(
            "heanet-groups",
            "Groups weigh alike",
            "Energies, moments and rmsd weigh alike in the loss, instead of every task.",
            Recipe("element", _heanet, _FIT.model_copy(update={"weighting": "group"})),
        ),
        Contender(
            "heanet-layers",
            "Five convolutions",
            "More layers: five convolutions instead of three.",
            Recipe("element", lambda tasks: ModelConfig(tasks=tasks, n_interactions=5), _FIT),
        ),
        Contender(
            "heanet-moments",
            "Higher moments",
            "The spread of surroundings over the atoms of an element beside their mean.",
            Recipe("moments", lambda tasks: MomentsConfig(tasks=tasks), _FIT),
        ),
        Contender(
            "heanet-twins",
            "Ideal twins",
            "Every training cell a second time, on ideal sites; half the epochs.",
            Recipe("element", _heanet, _TWINS),
        ),
        Contender(
            "heanet-built",
            "Unrelaxed input",
            "Reads the cell as it was built; labels are those of the relaxed one.",
            Recipe("built", _built, _FIT),
        ),
        Contender(
            "heanet-built-twins",
            "Unrelaxed input, relaxed twins",
            "Reads the cell as it was built; the relaxed cells train along; half the epochs.",
            Recipe("built", _built, _TWINS),
        ),
    )
}


def contender_of(key: str) -> Contender:
    """A contender or a variant by its key."""
    return CONTENDERS[key] if key in CONTENDERS else VARIANTS[key]
