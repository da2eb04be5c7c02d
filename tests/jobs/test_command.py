"""The command beside the launch button means what the button does."""

import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.cli import _parse
from heanet.config import ModelConfig, RunConfig, TrainConfig
from heanet.data.splits import PUBLISHED_SPLITS
from heanet.jobs.command import command_line
from heanet.properties import TASK_KEYS
from heanet.training.presets import PRESETS, preset_config
from heanet.training.runs import run_name

_SPLITS = (*PUBLISHED_SPLITS, "fold 3 of 5", "repeat 2, fold 1 of 4", "without 3 components")
_TASKS = st.lists(st.sampled_from(TASK_KEYS), min_size=1, unique=True).map(tuple)


def _parts(cls: type[Any]) -> st.SearchStrategy[Any]:
    """Any configuration of a class, every field drawn from its type and bounds."""
    fields = {}
    for key, field in cls.model_fields.items():
        bounds = {k: v for m in field.metadata for k in ("ge", "gt", "le", "lt")
                  if (v := getattr(m, k, None)) is not None}  # fmt: skip
        if key == "tasks":
            fields[key] = _TASKS
        elif field.annotation is bool:
            fields[key] = st.booleans()
        elif field.annotation is int:
            fields[key] = st.integers(bounds["ge"], bounds.get("le", bounds.get("lt", 10**6) - 1))
        elif field.annotation is float:
            low = bounds.get("ge", bounds.get("gt"))
            fields[key] = st.floats(
                low, bounds.get("le", bounds.get("lt")),
                exclude_min="gt" in bounds, exclude_max="lt" in bounds,
                allow_infinity=False, allow_nan=False,
            )  # fmt: skip
        else:
            fields[key] = st.sampled_from(field.annotation.__args__)
    return st.builds(cls, **fields)


CONFIGS = st.builds(
    RunConfig,
    data=st.sampled_from(["", "alloys", "my set", "-odd", "it's", "/data/$HOME/*", "数据"]),
    split=st.sampled_from(_SPLITS),
    model=_parts(ModelConfig),
    train=_parts(TrainConfig),
)


def parse_back(line: str) -> tuple[RunConfig, str]:
    """Settings and name that the command line makes of a command."""
    words = shlex.split(line)
    assert words[:4] == ["python", "-m", "heanet", "train"]
    given = _parse(words[3:]).keywords
    split = given["split"] or f"{'a' if given['processed_data'] else 'b'}{given['split_type']}"
    own = {key: given[key] for key in RunConfig.model_fields.keys() & given.keys()}
    config = RunConfig(**{**own, "split": split, "train": given["fit"]})
    return config, given["name"] or run_name(config)


@given(config=CONFIGS, name=st.sampled_from(["run", "my-run_2.b"]))
@settings(max_examples=60)
def test_the_command_line_reads_back_what_was_asked_for(config: RunConfig, name: str) -> None:
    assert parse_back(command_line(config, name)) == (config, name)


@pytest.mark.parametrize("key", PRESETS)
def test_the_command_of_a_preset_is_that_preset(key: str) -> None:
    assert parse_back(command_line(preset_config(key), key)) == (preset_config(key), key)


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert command_line(RunConfig(), run_name(RunConfig())) == "python -m heanet train"
    config = RunConfig(
        data="my set",
        split="fold 1 of 5",
        model=ModelConfig(tasks=("ms", "mb"), use_pbc=False),
        train=TrainConfig(is_validate=True, lr=1e-5, shuffle=False),
    )
    assert command_line(config, "mine") == (
        "python -m heanet train --data 'my set' --split 'fold 1 of 5' --task ms mb --no-use_pbc "
        "--lr 1e-05 --is_validate --no-shuffle --name mine"
    )
