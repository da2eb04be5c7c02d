import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.comparison.contenders import TASK_GROUPS
from heanet.config import ModelConfig
from heanet.errors import ConfigError
from heanet.properties import (
    LATTICES,
    PUBLISHED_TASKS,
    TASK_KEYS,
    TASKS,
    check_tasks,
    referenced,
)
from heanet.training.presets import PRESETS, preset_config


def test_units_and_groups_are_those_of_the_published_labels() -> None:
    found = {key: (task.unit, task.extensive, task.group) for key, task in TASKS.items()}
    assert found.pop("v0") == ("Angstrom^3/atom", False, "geometry")  # of their tables, no task
    assert found == {
        "etot": ("eV/atom", False, "energy"),
        "emix": ("eV/atom", False, "energy"),
        "eform": ("eV/atom", False, "energy"),
        "ms": ("muB/atom", False, "magnetic"),
        "mb": ("muB/cell", True, "magnetic"),
        "rmsd": ("Angstrom", False, "geometry"),
    }
    assert LATTICES == ("fcc", "bcc", "hcp")


def test_every_task_is_explained_in_both_languages() -> None:
    for key, task in TASKS.items():
        assert task.key == key
        says = (task.reading.above, task.reading.below, task.reading.open)
        for words in (task.label, task.meaning, *(words for words in says if words)):
            assert set(words) == {"en", "zh"}
            assert words["en"].replace("Å", "A").isascii()
            assert any("\u4e00" <= letter <= "\u9fff" for letter in words["zh"])
    assert len({task.label["en"] for task in TASKS.values()}) == len(TASKS)


def test_the_six_published_tasks_are_those_that_are_meant_where_none_is_named() -> None:
    six = ("etot", "emix", "eform", "ms", "mb", "rmsd")
    assert six == PUBLISHED_TASKS
    assert six == ModelConfig().tasks == TASK_GROUPS["all"]
    assert {key: len(tasks) for key, tasks in TASK_GROUPS.items()} == {
        "all": 6, "energies": 3, "magnetic": 2, "rmsd": 1,
    }  # fmt: skip
    assert "v0" not in {task for key in PRESETS for task in preset_config(key).model.tasks}


def test_what_shares_a_residual_follows_from_each_other_and_nothing_else_does() -> None:
    assert {key: task.residual for key, task in TASKS.items()} == {
        "etot": "energy", "emix": "energy", "eform": "energy", "ms": "magnetic", "mb": "magnetic",
        "rmsd": "geometry", "v0": "volume",
    }  # fmt: skip
    for tasks in ((), ("etot",), PUBLISHED_TASKS):
        assert referenced(tasks) == PUBLISHED_TASKS
    assert referenced(("v0",)) == (*PUBLISHED_TASKS, "v0")


@settings(deadline=None)
@given(st.lists(st.sampled_from(TASK_KEYS), min_size=1, unique=True))
def test_tasks_come_in_canonical_order(keys: list[str]) -> None:
    assert check_tasks(keys) == tuple(sorted(keys, key=list(TASK_KEYS).index))


def test_an_unknown_task_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r"Unknown task 'eforn'.*etot emix.*Did you mean 'eform'"):
        check_tasks(["etot", "eforn"])


@pytest.mark.parametrize("keys", [[], ["ms", "etot", "ms"]])
def test_no_task_or_one_twice_is_refused(keys: list[str]) -> None:
    with pytest.raises(ConfigError, match="at least one task, each once"):
        check_tasks(keys)
