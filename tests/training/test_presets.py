"""Presets: every experiment of the published notes, as settings that hold."""

from typing import Any

import pytest

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.config import RunConfig
from heanet.data.labels import MP_SET, load_labels
from heanet.data.splits import PUBLISHED_SPLITS, published_splits_of
from heanet.errors import ConfigError
from heanet.training import presets
from heanet.training.presets import PRESETS, preset_config


def test_every_experiment_of_the_notes_has_a_preset() -> None:
    found = [preset_config(key) for key in PRESETS]
    assert {config.split for config in found} == set(PUBLISHED_SPLITS)
    assert {config.model.tasks for config in found} == {
        *TASK_GROUPS.values(),
        ("etot",),
        ("eform",),
    }
    alone = {key: preset_config(key).split for key in ("etot", "eform", "eform-mp-tl1")}
    assert set(alone.values()) == {"a0"}
    assert {config.model.use_pbc for config in found if config.split == "a3"} == {True, False}
    towers = {(config.model.tower_h1, config.model.tower_h2) for config in found}
    assert towers == {(128, 64), (64, 64)}


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_is_the_recipe_of_the_comparison_with_its_changes(key: str) -> None:
    recipe = CONTENDERS["heanet"].recipe
    assert recipe is not None
    config, preset = preset_config(key), PRESETS[key]
    plain = RunConfig(
        model=recipe.network(config.model.tasks),
        train=recipe.train.model_copy(update={"is_validate": True}),
    )
    assert plain.model.model_dump() | dict(preset.changes.get("model", {})) == (
        config.model.model_dump()
    )
    assert plain.train.model_dump() | dict(preset.changes.get("train", {})) == (
        config.train.model_dump()
    )
    assert config.split == preset.changes.get("split", "b2")
    assert config.data == preset.changes.get("data", "")


def test_presets_differ_and_name_what_they_are_to_be_compared_with() -> None:
    assert len({preset_config(key).model_dump_json() for key in PRESETS}) == len(PRESETS)
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)
    against = {preset.against for preset in PRESETS.values() if preset.against}
    assert against < set(PRESETS)
    assert [key for key, preset in PRESETS.items() if preset.against == key] == []


def test_a_preset_starts_from_the_run_of_the_one_that_it_needs() -> None:
    """By the name that the page proposes for it, and with weights of one shape."""
    starts = {key: preset for key, preset in PRESETS.items() if preset.needs}
    strategies = ("tl1", "tl2", "frozen", "teacher")
    assert set(starts) == {*(f"four-five-{it}" for it in strategies), "eform-mp-tl1"}
    for key, preset in starts.items():
        source, config = preset_config(preset.needs), preset_config(key)
        assert config.start.init == f"{preset.needs}-{source.split}"
        assert config.model == source.model
    assert preset_config("mp-eform").data == MP_SET


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'energies'"):
        preset_config("energie")


def test_a_wrong_change_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    changes: dict[str, Any] = {"model": {"use_pcb": False}}
    monkeypatch.setitem(PRESETS, "odd", presets.Preset("odd", "Odd", "Nothing.", changes))
    with pytest.raises(ConfigError, match="use_pcb"):
        preset_config("odd")


def test_the_own_set_has_all_published_splits_and_one_without_files_none() -> None:
    partitions = load_labels("alloys").partitions
    assert published_splits_of(partitions) == list(PUBLISHED_SPLITS)
    assert published_splits_of({"Database": ()}) == ["b2"]
    assert published_splits_of({"B+T": (), "Qua+Qui": ()}) == ["a2", "a3", "b0", "b1"]
    assert published_splits_of({}) == []
