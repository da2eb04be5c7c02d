from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.data.publishedtables import read_published_table
from heanet.data.splits import PUBLISHED_SPLITS, Split, grouped_folds, published_split
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
@given(st.integers(2, 400), st.sampled_from(PUBLISHED_SPLITS))
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
@given(st.integers(1, 400))
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
@given(st.integers(2, 400), st.sampled_from(["b0", "b1", "b2"]))
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
    with pytest.raises(DataError, match="Split 'mine' uses a row twice"):
        Split("mine", train=np.array([0, 1]), validation=np.array([2]), test=np.array([1]))


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=3, max_size=60), st.integers(2, 5), st.integers(0, 99))
def test_folds_never_share_a_group(groups: list[int], n_folds: int, seed: int) -> None:
    compositions = [(group / 12, 1 - group / 12) for group in groups]
    if len(set(groups)) < n_folds:
        with pytest.raises(ConfigError, match=f"2 to {len(set(groups))}"):
            list(grouped_folds(compositions, n_folds=n_folds, seed=seed))
        return
    folds = list(grouped_folds(compositions, n_folds=n_folds, seed=seed))
    assert [fold.name for fold in folds] == [f"fold {k + 1} of {n_folds}" for k in range(n_folds)]
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(len(groups)))
    for fold in folds:
        assert len(fold.test) > 0
        assert len(fold.validation) == 0
        assert sorted([*fold.train, *fold.test]) == list(range(len(groups)))
        assert not {groups[i] for i in fold.train} & {groups[i] for i in fold.test}
    again = grouped_folds(compositions, n_folds=n_folds, seed=seed)
    for fold, same in zip(folds, again, strict=True):
        np.testing.assert_array_equal(fold.test, same.test)


def test_another_seed_gives_other_folds() -> None:
    groups = list(range(40))
    first, second = (next(grouped_folds(groups, seed=seed)).test.tolist() for seed in (0, 1))
    assert first != second


def test_one_fold_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"1 folds\. Expected 2 to 3"):
        list(grouped_folds(["a", "b", "c"], n_folds=1))
