from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heanet.data.dataset import alloy_of
from heanet.data.publishedtables import read_published_table
from heanet.data.splits import (
    PUBLISHED_SPLITS,
    Split,
    grouped_folds,
    leave_one_out,
    published_split,
    repeated_folds,
)
from heanet.errors import ConfigError, DataError

SEED = 1454880
FILES = ("train", "test", "B+T+Qua", "Quinary", "B+T", "Qua+Qui", "Database")
# Train, validation and test rows of the published set.
COUNTS = {
    "a0": (263, 29, 72),
    "a1": (279, 30, 55),
    "a2": (191, 21, 152),
    "a3": (137, 15, 212),
    "b0": (121, 15, 16),
    "b1": (169, 21, 22),
    "b2": (291, 36, 37),
}


def _partitions(n: int) -> dict[str, list[str]]:
    """n rows, each pool file and its test file together all of them."""
    names = [f"cell{i}" for i in range(n)]
    train, quaternary, ternary = 4 * n // 5, 2 * n // 3, n // 2
    return {
        "train": names[:train],
        "test": names[train:],
        "B+T+Qua": names[:quaternary],
        "Quinary": names[quaternary:],
        "B+T": names[:ternary],
        "Qua+Qui": names[ternary:],
        "Database": names[::-1],
    }


@settings(deadline=None)
@given(st.integers(4, 400), st.sampled_from(PUBLISHED_SPLITS))
def test_the_row_sets_are_disjoint_and_exhaust_their_file(n: int, name: str) -> None:
    partitions = _partitions(n)
    names = [f"cell{i}" for i in range(n)]
    split = published_split(name, names, partitions)
    rows = [names[i] for i in np.concatenate([split.train, split.validation, split.test])]
    assert len(set(rows)) == len(rows)
    file = {"b0": "Qua+Qui", "b1": "B+T"}.get(name, "Database")
    assert set(rows) == set(partitions[file])
    again = published_split(name, names, partitions)
    for row_set in ("train", "validation", "test"):
        np.testing.assert_array_equal(split.rows(row_set), again.rows(row_set))


@settings(deadline=None)
@given(st.integers(2, 400))
def test_b_splits_cut_the_published_permutation(n: int) -> None:
    names = [f"cell{i}" for i in range(n)]
    split = published_split("b2", names, {"Database": names})
    order = np.random.RandomState(SEED).permutation(np.arange(n))
    np.testing.assert_array_equal(split.train, order[: int(0.8 * n)])
    np.testing.assert_array_equal(split.validation, order[int(0.8 * n) : int(0.9 * n)])
    np.testing.assert_array_equal(split.test, order[int(0.9 * n) :])


def test_the_permutation_does_not_depend_on_the_version_of_numpy() -> None:
    names = [str(i) for i in range(20)]
    split = published_split("b2", names, {"Database": names})
    assert split.validation.tolist() == [13, 9]
    assert split.test.tolist() == [16, 1]


def test_rows_are_positions_in_the_table_whatever_its_order() -> None:
    names = [f"cell{i}" for i in range(10)]
    split = published_split("b2", names, {"Database": names})
    backwards = published_split("b2", names[::-1], {"Database": names})
    np.testing.assert_array_equal(backwards.train, 9 - split.train)


def test_a_splits_test_on_their_own_file_in_its_order() -> None:
    names = [f"cell{i}" for i in range(30)]
    partitions = {"train": names[:25], "test": names[:24:-1]}
    split = published_split("a0", names, partitions)
    assert split.test.tolist() == [29, 28, 27, 26, 25]
    assert len(split.validation) == 2  # a tenth of 25, rounded down
    assert sorted([*split.train, *split.validation]) == list(range(25))
    order = np.random.RandomState(SEED).permutation(np.arange(25))
    np.testing.assert_array_equal([*split.train, *split.validation], order)


def test_the_published_set_is_cut_into_the_published_numbers(hea_dft_folder: Path) -> None:
    tables = {f: read_published_table(hea_dft_folder / "labels" / f"{f}.xlsx") for f in FILES}
    partitions = {file: list(table.index) for file, table in tables.items()}
    names = partitions["Database"]
    found = {name: published_split(name, names, partitions) for name in PUBLISHED_SPLITS}
    assert {
        name: (len(split.train), len(split.validation), len(split.test))
        for name, split in found.items()
    } == COUNTS
    for name, file in {"a0": "test", "a1": "Quinary", "a2": "Qua+Qui", "a3": "B+T"}.items():
        assert [names[i] for i in found[name].test] == partitions[file]


@settings(deadline=None)
@given(st.integers(4, 400), st.sampled_from(["b0", "b1", "b2"]))
def test_b_splits_say_which_rows_the_published_trainer_looked_up(n: int, name: str) -> None:
    partitions = _partitions(n)
    names = [f"cell{i}" for i in range(n)]
    file = partitions[{"b0": "Qua+Qui", "b1": "B+T", "b2": "Database"}[name]]
    split = published_split(name, names, partitions)
    published, unseen, trained, chosen = (
        [names[i] for i in rows]
        for rows in (
            split.rows("published"),
            split.rows("unseen"),
            split.looked_up.train,
            split.looked_up.validation,
        )
    )
    assert published == file[: len(split.test)]
    assert trained + unseen == file
    assert len(trained) == len(split.train)
    assert chosen == trained[: len(split.validation)]


def test_a_splits_have_a_test_file_of_their_own_that_was_never_trained_on() -> None:
    names = [f"cell{i}" for i in range(30)]
    split = published_split("a0", names, {"train": names[:25], "test": names[:24:-1]})
    assert split.looked_up.train.tolist() == list(range(23))
    assert split.looked_up.validation.tolist() == [0, 1]
    assert split.rows("published").tolist() == [29, 28, 27, 26, 25]
    assert split.rows("unseen").tolist() == [23, 24, 29, 28, 27, 26, 25]


def test_the_published_set_has_the_published_and_the_unseen_rows(hea_dft_folder: Path) -> None:
    tables = {f: read_published_table(hea_dft_folder / "labels" / f"{f}.xlsx") for f in FILES}
    partitions = {file: list(table.index) for file, table in tables.items()}
    names = partitions["Database"]
    found = {name: published_split(name, names, partitions) for name in PUBLISHED_SPLITS}
    counts = {n: (len(s.rows("published")), len(s.rows("unseen"))) for n, s in found.items()}
    assert counts == {
        "a0": (72, 101), "a1": (55, 85), "a2": (152, 173), "a3": (212, 227),
        "b0": (16, 31), "b1": (22, 43), "b2": (37, 73),
    }  # fmt: skip
    for name, file in {"b0": "Qua+Qui", "b1": "B+T", "b2": "Database"}.items():
        first = len(found[name].test)
        assert [names[i] for i in found[name].rows("published")] == partitions[file][:first]


def test_rows_that_a_split_has_not_are_refused() -> None:
    fold = next(grouped_folds(["a", "b", "c"], n_folds=3))
    with pytest.raises(ConfigError, match=r"no rows 'unseen'\. Expected one of train validation"):
        fold.rows("unseen")


def test_a_set_without_the_published_tables_says_so() -> None:
    partitions = {"Database": ["a", "b"]}
    with pytest.raises(DataError, match=r"Split 'a1' cuts the published table 'B\+T\+Qua'.*import"):
        published_split("a1", ["a", "b"], partitions)
    with pytest.raises(DataError, match="Split 'b0' cuts the published table 'Qua\\+Qui'"):
        published_split("b0", ["a", "b"], partitions)


def test_a_table_that_names_a_missing_row_is_refused() -> None:
    with pytest.raises(DataError, match="'Database' names 'c'"):
        published_split("b2", ["a", "b"], {"Database": ["a", "c"]})


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="Split b3 is named in the published rule but defined nowhere"
    ):
        published_split("b3", [], {})


def test_a_split_cannot_use_a_row_twice() -> None:
    with pytest.raises(DataError, match="Split 'mine' uses row 1 more than once"):
        Split("mine", train=np.array([0, 1]), validation=np.array([2]), test=np.array([1]))


def test_a_split_needs_rows_to_train_on() -> None:
    none, rows = np.array([], dtype=np.int64), np.arange(3)
    for validation, test in ((rows[:1], rows[1:]), (none, none)):
        with pytest.raises(DataError, match=r"'mine' leaves no row to train on\..*more rows"):
            Split("mine", train=none, validation=validation, test=test)


@pytest.mark.parametrize(
    ("split", "partitions", "says"),
    [
        ("b2", {"Database": ["a"]}, "'b2' leaves no row to train on"),
        ("b2", {"Database": []}, "'b2' leaves no row to test on"),
        ("a1", {"B+T+Qua": [], "Quinary": ["a"]}, "'a1' leaves no row to train on"),
        ("a1", {"B+T+Qua": ["a"], "Quinary": []}, "'a1' leaves no row to test on.*'Quinary'"),
    ],
)
def test_a_published_split_needs_rows_to_train_and_to_test_on(
    split: str, partitions: dict[str, list[str]], says: str
) -> None:
    with pytest.raises(DataError, match=rf"{says}.*another split\.$"):
        published_split(split, ["a"], partitions)


@pytest.mark.parametrize(
    ("row_names", "split", "partitions", "says"),
    [
        ("aba", "b2", {"Database": "ab"}, "labelled set names 'a'"),
        ("ab", "b2", {"Database": "abb"}, "published table 'Database' names 'b'"),
        ("abc", "a2", {"B+T": "abc", "Qua+Qui": "cd"}, r"'B\+T' and 'Qua\+Qui' names 'c'"),
    ],
)
def test_a_row_that_is_named_twice_is_refused(
    row_names: str, split: str, partitions: dict[str, str], says: str
) -> None:
    with pytest.raises(DataError, match=rf"{says} more than once\..*Remove the repeated row"):
        published_split(split, row_names, partitions)


# Our own splits. An alloy is drawn as counts of atoms, so that one composition comes in several
# rows and in cells of several sizes.
ALLOYS = st.lists(
    st.dictionaries(st.sampled_from(["Cr", "Fe", "Ni", "Pd"]), st.integers(1, 2), min_size=1),
    min_size=2,
    max_size=40,
)
Alloys = list[dict[str, int]]


def _systems(alloys: Alloys) -> list[str]:
    return ["-".join(sorted(alloy)) for alloy in alloys]


def _counts(alloys: Alloys) -> list[str]:
    return [f"{len(alloy)} components" for alloy in alloys]


def _compositions(alloys: Alloys) -> list[tuple[tuple[str, float], ...]]:
    return [alloy_of({a: n / sum(alloy.values()) for a, n in alloy.items()}) for alloy in alloys]


# Each way to make splits of alloys, with how often it tests each row.
OWN: dict[str, tuple[Callable[[Alloys], Iterator[Split]], int]] = {
    "folds": (lambda alloys: grouped_folds(_compositions(alloys), n_folds=3, seed=4), 1),
    "repeats": (lambda alloys: repeated_folds(_compositions(alloys), n_folds=2, n_repeats=3), 3),
    "systems": (lambda alloys: leave_one_out(_systems(alloys)), 1),
    "component counts": (lambda alloys: leave_one_out(_counts(alloys)), 1),
}


@pytest.mark.parametrize("kind", OWN)
@given(alloys=ALLOYS)
def test_our_splits_use_every_row_once_and_tear_no_composition_apart(
    kind: str, alloys: Alloys
) -> None:
    make, times_tested = OWN[kind]
    compositions = _compositions(alloys)
    assume(len(set(compositions)) >= 3)
    assume(len(set(_counts(alloys))) >= 2)
    splits, rows = list(make(alloys)), list(range(len(alloys)))
    for split in splits:
        assert len(split.test) > 0
        assert len(split.train) > 0
        assert sorted([*split.train, *split.validation, *split.test]) == rows
        assert {compositions[i] for i in split.test}.isdisjoint(
            compositions[i] for i in [*split.train, *split.validation]
        )
    tested = sorted(np.concatenate([split.test for split in splits]))
    assert tested == sorted(rows * times_tested)
    assert len({split.name for split in splits}) == len(splits)
    for split, again in zip(splits, make(alloys), strict=True):
        assert split.name == again.name
        for row_set in ("train", "validation", "test"):
            np.testing.assert_array_equal(split.rows(row_set), again.rows(row_set))


@given(ALLOYS)
def test_leaving_one_out_tests_all_rows_of_its_kind_and_no_other(alloys: Alloys) -> None:
    systems = _systems(alloys)
    assume(len(set(systems)) >= 2)
    splits = list(leave_one_out(systems))
    assert [split.name for split in splits] == [f"without {s}" for s in sorted(set(systems))]
    for split in splits:
        kind = split.name.removeprefix("without ")
        assert [systems[i] for i in split.test] == [kind] * systems.count(kind)
        assert kind not in {systems[i] for i in split.train}


def test_a_fold_is_named_by_its_place() -> None:
    folds = list(grouped_folds("abcde", n_folds=4))
    assert [fold.name for fold in folds] == [f"fold {k} of 4" for k in (1, 2, 3, 4)]
    repeats = [split.name for split in repeated_folds("abc", n_folds=2, n_repeats=2)]
    assert repeats == [f"repeat {r}, fold {k} of 2" for r in (1, 2) for k in (1, 2)]


def test_each_repeat_is_shuffled_by_the_next_seed() -> None:
    groups = list(range(40))
    repeats = list(repeated_folds(groups, n_folds=2, n_repeats=2, seed=7))
    for k, seed in enumerate((7, 8)):
        for found, fold in zip(
            repeats[2 * k :], grouped_folds(groups, n_folds=2, seed=seed), strict=False
        ):
            np.testing.assert_array_equal(found.test, fold.test)
    assert set(repeats[0].test) not in ({*repeats[2].test}, {*repeats[3].test})


def test_groups_of_one_row_are_tested_alone() -> None:
    assert [s.test.tolist() for s in leave_one_out(["Fe-Ni", "Cr-Fe", "Fe-Ni"])] == [[1], [0, 2]]
    folds = list(grouped_folds(["a", "b", "c"], n_folds=3))
    assert sorted(fold.test.tolist() for fold in folds) == [[0], [1], [2]]


@pytest.mark.parametrize(("groups", "n_folds"), [("abc", 1), ("abca", 4), ("", 2), ("aaa", 2)])
def test_folds_that_cannot_be_filled_are_refused(groups: str, n_folds: int) -> None:
    says = (
        rf"{n_folds} folds of {len(set(groups))} groups of rows\. .* at least 2 folds.*fewer folds"
    )
    with pytest.raises(ConfigError, match=says):
        list(grouped_folds(groups, n_folds=n_folds))
    with pytest.raises(ConfigError, match=says):
        list(repeated_folds(groups, n_folds=n_folds))


def test_no_repeats_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"0 repeats of the folds\. Expected at least 1"):
        list(repeated_folds("abc", n_folds=2, n_repeats=0))


@pytest.mark.parametrize(
    ("labels", "says"),
    [(["Fe-Ni"] * 3, r"All rows are of one kind \('Fe-Ni'\)"), ([], "There are no rows")],
)
def test_nothing_can_be_left_out_of_one_kind(labels: list[str], says: str) -> None:
    with pytest.raises(DataError, match=rf"{says}\. Expected at least two kinds.*Use folds"):
        list(leave_one_out(labels))
