"""Configuration shared by the command line, the pages and the runs.

Frozen; an unknown key is an error. The options of the published trainer keep their names.
"""

from typing import Annotated, Any, Literal, Self, TypeVar

import tyro
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from heanet.errors import ConfigError, did_you_mean
from heanet.properties import PUBLISHED_TASKS, check_tasks


class Config(BaseModel):
    """Base of all configuration classes."""

    # JSON has no infinity, and no option means anything with one.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        use_attribute_docstrings=True,  # the reason under a field is its help text as well
    )


# A model card may come from anyone, and its networks are built before their weights are looked at.
WIDEST = 4096

CellKind = Literal["relaxed", "built"]


class NetworkConfig(Config):
    """What every kind of network has: the tasks that it learns."""

    tasks: Annotated[tuple[str, ...], tyro.conf.arg(name="task")] = PUBLISHED_TASKS
    """Properties to learn, one tower each."""

    @field_validator("tasks")
    @classmethod
    def _canonical_tasks(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        return check_tasks(tasks)


class ModelConfig(NetworkConfig):
    """Everything that fixes the shape and meaning of a HEANet."""

    hidden_channels: Annotated[int, Field(ge=1, le=WIDEST)] = 128
    """Width of an element's state; the published width."""
    n_filters: Annotated[int, Field(ge=1, le=WIDEST)] = 64
    """Width of the messages; the published width."""
    n_interactions: Annotated[int, Field(ge=0, le=64)] = 3
    """Number of elemental convolutions; 0 leaves composition and parent lattice only."""
    n_gaussian: Annotated[int, Field(ge=2, le=WIDEST)] = 32
    """Gaussians under each filter; 32 on 6 Angstrom lie about one width apart."""
    gaussian_width: Annotated[float, Field(gt=0)] = 0.2
    """Width of each Gaussian in Angstrom; 0.3 blurs the broadening that rmsd shows in."""
    cutoff: Annotated[float, Field(ge=0.1, le=50)] = 6.0
    """Pairs beyond this distance (Angstrom) do not count; 6 holds five shells of fcc."""
    spacing: Annotated[float, Field(ge=1e-4, le=1)] = 0.015
    """Largest spacing of the radial grid (Angstrom); docs/decisions/001-radial-grid.md."""
    tower_h1: Annotated[int, Field(ge=1, le=WIDEST)] = 128
    """First hidden width of a tower; the published width."""
    tower_h2: Annotated[int, Field(ge=1, le=WIDEST)] = 64
    """Second hidden width of a tower; the published width."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout in the towers; did not help on 364 rows."""
    use_pbc: bool = True
    """Count periodic images; False counts the atoms of the cell alone, as published."""
    cells: CellKind = "relaxed"
    """Which cell the network reads: relaxed, or built (ideal sites at the builder's volume), as it
    is before any relaxation. Labels belong to the relaxed cell in both cases."""


class TrainConfig(Config):
    """How a network is fitted."""

    epochs: Annotated[int, Field(ge=1)] = 500
    """Passes over the training rows; 500 as in the published notes."""
    batch_size: Annotated[int, Field(ge=1)] = 128
    """Structures per step."""
    lr: Annotated[float, Field(gt=0)] = 2e-3
    """Highest learning rate of AdamW; the schedule says how it changes."""
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    """Weight decay of AdamW; 1e-4 as in the published commands for six tasks."""
    max_gradient_norm: Annotated[float, Field(ge=0)] = 5.0
    """Longer gradients are scaled down to this norm; 0 leaves them, as published."""
    is_validate: bool = False
    """Keep the best epoch on the validation rows; otherwise they train too and the last is kept."""
    loss: Literal["huber", "l1"] = "huber"
    """Huber (quadratic up to a tenth of a spread), or the absolute error, as published."""
    weighting: Literal["task", "group"] = "task"
    """What weighs alike in the loss: tasks, three of which are energies, or groups of tasks."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Learning rate over the steps: warm-up and cosine, or constant, as published."""
    shuffle: bool = True
    """Draw the batches anew in every epoch; otherwise they stay the same, as published."""
    twins: bool = False
    """Train every cell a second time, as it was built beside relaxed, or relaxed beside built."""
    transform: bool = True
    """Scale residuals to unit spread, so that every task weighs alike in the loss."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Fixes initial weights and the order of rows; the same seed gives the same numbers on CPU."""
    corrected: bool = True
    """Use the corrections overlay of the labels."""


Strategy = Literal["scratch", "tl1", "tl2", "frozen", "teacher"]


class StartConfig(Config):
    """Where the weights of a training start."""

    strategy: Strategy = "scratch"
    """scratch draws all weights; tl1 takes body and towers of another model, tl2 its body alone;
    frozen takes both and trains the towers alone; teacher takes the body of a model that learnt
    the labels of a universal potential."""
    init: str = ""
    """Model, run or checkpoint folder that weights are taken from; not for scratch."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.strategy == "scratch" and self.init:
            raise ValueError("scratch takes no weights from a model")
        if self.strategy != "scratch" and not self.init:
            raise ValueError(f"{self.strategy} needs a model to take weights from")
        return self


class RunConfig(Config):
    """One training, whole: equal ones give equal weights wherever they are launched from."""

    data: str = ""
    """A labelled set by name, or a folder of one; empty: the default one."""
    split: str = "b2"
    """Split that says which rows train, choose the epoch and test."""
    model: ModelConfig = ModelConfig()
    """Shape of the network."""
    train: TrainConfig = TrainConfig()
    """How to fit it."""
    start: StartConfig = StartConfig()
    """Where its weights start."""


Output = Literal["table", "json", "csv"]
SplitName = Literal["a0", "a1", "a2", "a3", "b0", "b1", "b2"]


C = TypeVar("C", bound=Config)


def parse_config(cls: type[C], values: dict[str, Any]) -> C:
    """``values`` as a ``cls``.

    Raises:
        ConfigError: Names the first wrong key, its value and what was expected.
    """
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise ConfigError(f"Option '{key}' is missing") from None
        if first["type"] == "extra_forbidden":
            # Below the top level the keys are those of another class.
            known = list(cls.model_fields) if len(first["loc"]) == 1 else []
            raise ConfigError(
                f"Unknown option '{key}'",
                expected=f"some of {', '.join(known)}" if known else "",
                fix=did_you_mean(key, known),
            ) from None
        raise ConfigError(f"Option '{key}' is {first['input']!r}: {first['msg']}") from None
