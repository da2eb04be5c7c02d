import json
import math
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from heanet.config import Config, ModelConfig, SplitName, TrainConfig, parse_config
from heanet.data.splits import PUBLISHED_SPLITS
from heanet.errors import ConfigError
from heanet.properties import TASK_KEYS


class Outer(Config):
    """A configuration within another, as in a model card."""

    name: str
    model: ModelConfig = ModelConfig()


def test_the_defaults_are_the_published_options() -> None:
    model, train = ModelConfig(), TrainConfig()
    assert model.tasks == ("etot", "emix", "eform", "ms", "mb", "rmsd")
    assert (model.hidden_channels, model.n_filters, model.n_interactions) == (128, 64, 3)
    assert (model.tower_h1, model.tower_h2) == (128, 64)
    assert (train.epochs, train.batch_size, train.weight_decay) == (500, 128, 1e-4)
    # Not as published, on purpose: periodic images count, and the validation rows may train.
    assert model.use_pbc
    assert not train.is_validate
    assert train.corrected


def test_the_splits_of_the_options_are_the_published_ones() -> None:
    assert get_args(SplitName) == PUBLISHED_SPLITS


@settings(deadline=None)
@given(
    st.builds(
        ModelConfig,
        tasks=st.lists(st.sampled_from(TASK_KEYS), min_size=1, unique=True).map(tuple),
        n_filters=st.integers(1, 500),
        cutoff=st.floats(0.1, 20),
        dropout=st.floats(0, 1, exclude_max=True),
        use_pbc=st.booleans(),
    ),
    st.builds(TrainConfig, lr=st.floats(1e-9, 1), seed=st.integers(0, 2**32 - 1)),
)
def test_json_and_back_is_the_same_configuration(model: ModelConfig, train: TrainConfig) -> None:
    assert parse_config(ModelConfig, json.loads(model.model_dump_json())) == model
    assert parse_config(TrainConfig, json.loads(train.model_dump_json())) == train


@settings(deadline=None)
@given(st.permutations(TASK_KEYS).map(tuple))
def test_tasks_are_put_in_canonical_order(tasks: tuple[str, ...]) -> None:
    assert ModelConfig(tasks=tasks).tasks == TASK_KEYS
    assert parse_config(ModelConfig, {"tasks": list(tasks[:2])}).tasks == tuple(
        sorted(tasks[:2], key=TASK_KEYS.index)
    )


def test_a_configuration_cannot_be_changed() -> None:
    config = TrainConfig()
    with pytest.raises(ValidationError, match="frozen"):
        config.epochs = 3  # type: ignore[misc]
    assert config.epochs == 500


@pytest.mark.parametrize(
    ("cls", "values", "message"),
    [
        (
            TrainConfig,
            {"epoch": 3},
            "Unknown option 'epoch'. Expected some of epochs, batch_size, ",
        ),
        (TrainConfig, {"epoch": 3}, "Did you mean 'epochs'?"),
        (TrainConfig, {"epochs": 0}, "Option 'epochs' is 0: Input should be greater than or eq"),
        (TrainConfig, {"epochs": "many"}, "Option 'epochs' is 'many': Input should be a valid int"),
        (TrainConfig, {"seed": -1}, "Option 'seed' is -1: "),
        (TrainConfig, {"seed": 2**32}, "Option 'seed' is 4294967296: "),
        (TrainConfig, {"lr": math.inf}, "Option 'lr' is inf: "),
        (ModelConfig, {"cutoff": math.nan}, "Option 'cutoff' is nan: "),
        (ModelConfig, {"dropout": 1.0}, "Option 'dropout' is 1.0: Input should be less than 1."),
        (ModelConfig, {"tasks": ["etot", "emx"]}, "Unknown task 'emx'."),
        (ModelConfig, {"tasks": []}, "at least one task"),
        (ModelConfig, {"tasks": "etot"}, "Option 'tasks' is 'etot': Input should be a valid tuple"),
        (ModelConfig, {"tasks": [1]}, "Option 'tasks.0' is 1: Input should be a valid string."),
        (ModelConfig, {"tasks": None}, "Option 'tasks' is None: "),
        (Outer, {}, "Option 'name' is missing."),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    cls: type[Config], values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(cls, values)
    assert message in str(caught.value)


def test_an_unknown_key_further_down_is_not_compared_with_the_keys_above() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(Outer, {"name": "x", "model": {"names": 1}})
    assert str(caught.value) == "Unknown option 'model.names'."
