import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.errors import ConfigError
from heanet.properties import LATTICES, TASK_KEYS, TASKS, check_tasks


def test_units_and_groups_are_those_of_the_published_labels() -> None:
    found = {key: (task.unit, task.extensive, task.group) for key, task in TASKS.items()}
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
        for words in (task.label, task.meaning):
            assert set(words) == {"en", "zh"}
            assert words["en"].isascii()
            assert any("\u4e00" <= letter <= "\u9fff" for letter in words["zh"])
    assert len({task.label["en"] for task in TASKS.values()}) == len(TASKS)


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
