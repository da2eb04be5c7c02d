"""Which rows train, validate and test: three disjoint sets of row positions.

The published splits are those of X. Wang et al. (doi 10.1038/s41524-022-00945-x): a0-a3 are files
that were cut beforehand, b0-b2 cut one file 80/10/10 after a fixed permutation. Their trainer then
looked up other rows (``LookedUp``); here they are those that the cut names.

Our own splits never tear a composition apart, because an fcc and a bcc cell of one composition are
near-twins; the published ones do (``heanet.data.leaks`` counts how often).
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut

from heanet.errors import ConfigError, DataError
from heanet.naming import check_split

PUBLISHED_SEED = 1454880
_A_SPLITS = {
    "a0": ("train", "test"),
    "a1": ("B+T+Qua", "Quinary"),
    "a2": ("B+T", "Qua+Qui"),
    "a3": ("Qua+Qui", "B+T"),
}
_B_SPLITS = {"b0": "Qua+Qui", "b1": "B+T", "b2": "Database"}
PUBLISHED_SPLITS = (*_A_SPLITS, *_B_SPLITS)
ROW_SETS = ("train", "validation", "test")

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LookedUp:
    """The rows that the published trainer used under the names of a split.

    Its samplers turned every list of shuffled row numbers into 0, 1, ..., length - 1, so that it
    read the first rows of a file whichever rows the cut had named. In b0-b2 the validation and
    the test rows thus lie inside the training rows, and the last fifth of the file was never
    used. In a0-a3 the test rows are a file of their own, which all of them fill.

    Attributes:
        train: The first n_train rows of the file.
        validation: The first n_validation rows of the file; they chose the epoch.
        published: The rows that the published test errors are from: in b0-b2 the first n_test
            rows of the file, in a0-a3 the test file.
        unseen: Rows that were never trained on: in b0-b2 the last n - n_train rows of the file,
            in a0-a3 those and the test file.
    """

    train: Rows
    validation: Rows
    published: Rows
    unseen: Rows


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint sets of row positions of one labelled set.

    Attributes:
        name: For example "b2" or "fold 3 of 5".
        train: Positions in the label table, in the order in which the split names them.
        validation: Rows that choose the best epoch; may be empty.
        test: Rows that nothing was fitted or chosen on; empty where all rows are to train.

    Raises:
        DataError: A row is used twice, or none is left to train on.
    """

    name: str
    train: Rows
    validation: Rows
    test: Rows

    def __post_init__(self) -> None:
        used = Counter(np.concatenate([self.train, self.validation, self.test]).tolist())
        row, times = used.most_common(1)[0] if used else (0, 0)
        if times > 1:
            raise DataError(
                f"Split '{self.name}' uses row {row} more than once",
                expected="train, validation and test rows without a common row",
            )
        if len(self.train) == 0:
            raise DataError(
                f"Split '{self.name}' leaves no row to train on",
                expected="at least one",
                fix="Use a labelled set with more rows, or another split.",
            )

    @property
    def row_sets(self) -> dict[str, Rows]:
        """Every named row set; beyond the three they may overlap."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def rows(self, row_set: str) -> Rows:
        """The positions of one of ``row_sets``.

        Raises:
            ConfigError: The split has no such rows.
        """
        if row_set not in self.row_sets:
            raise ConfigError(
                f"Split '{self.name}' has no rows '{row_set}'",
                expected=f"one of {' '.join(self.row_sets)}",
            )
        return self.row_sets[row_set]


@dataclass(frozen=True, eq=False)
class PublishedSplit(Split):
    """A published split, with the rows that the published trainer used in its place.

    Attributes:
        looked_up: Gives the row sets "published" and "unseen".
    """

    looked_up: LookedUp

    @property
    def row_sets(self) -> dict[str, Rows]:
        """The three disjoint row sets, and "published" and "unseen"."""
        looked_up = {"published": self.looked_up.published, "unseen": self.looked_up.unseen}
        return super().row_sets | looked_up


def published_splits_of(partitions: Mapping[str, Sequence[str]]) -> list[str]:
    """Those of a0-a3, b0-b2 whose files a labelled set comes with.

    Args:
        partitions: Row names of each published file.
    """
    files = _A_SPLITS | {name: (file,) for name, file in _B_SPLITS.items()}
    return [name for name in PUBLISHED_SPLITS if set(files[name]) <= set(partitions)]


def published_split(
    name: str, row_names: Sequence[str], partitions: Mapping[str, Sequence[str]]
) -> PublishedSplit:
    """One of a0-a3, b0-b2.

    Args:
        name: Name of the split.
        row_names: Names of the rows of the label table.
        partitions: Row names of each published file, in its order.

    Raises:
        ConfigError: There is no such split.
        DataError: The labelled set does not come with the file that the split cuts, or with a
            row of it; a row is named twice; no row is left to train or to test on.
    """
    check_split(name)
    files = _A_SPLITS.get(name) or (_B_SPLITS[name],)
    pool, *test_file = _positions(name, files, row_names, partitions)
    n = len(pool)
    ends = [n - n // 10, n] if test_file else [int(0.8 * n), int(0.9 * n)]
    train, validation, rest = np.split(pool[_permutation(n)], ends)
    test = test_file[0] if test_file else rest
    if len(test) == 0:
        raise DataError(
            f"Split '{name}' leaves no row to test on",
            expected=f"at least one in the published table '{files[-1]}'",
            fix="Import the set again, or use another split.",
        )
    looked_up = LookedUp(
        train=pool[: len(train)],
        validation=pool[: len(validation)],
        published=test if test_file else pool[: len(test)],
        unseen=np.concatenate([pool[len(train) :], *test_file]),
    )
    return PublishedSplit(name, train, validation, test, looked_up)


def grouped_folds(
    groups: Sequence[Hashable], *, n_folds: int = 5, seed: int = 0
) -> Iterator[Split]:
    """k-fold cross-validation in which all rows of one group are tested together.

    Args:
        groups: Group of each row, for example its composition; a row may be a group of its own.
        n_folds: Number of folds.
        seed: Shuffles the groups over the folds.

    Yields:
        One split per fold, without validation rows.

    Raises:
        ConfigError: There are fewer groups than folds.
    """
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    if not 2 <= n_folds <= len(codes):
        raise ConfigError(
            f"{n_folds} folds of {len(codes)} groups of rows",
            expected="at least 2 folds, and at least one group, such as a composition, for each",
            fix="Use fewer folds, or a labelled set with more alloys.",
        )
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    labels = [codes[group] for group in groups]
    for k, (train, test) in enumerate(folds.split(labels, groups=labels), start=1):
        yield Split(f"fold {k} of {n_folds}", train, _no_rows(), test)


def repeated_folds(
    groups: Sequence[Hashable], *, n_folds: int = 5, n_repeats: int = 3, seed: int = 0
) -> Iterator[Split]:
    """``grouped_folds`` several times over, every time with the groups shuffled anew.

    Args:
        groups: Group of each row.
        n_folds: Number of folds of each repeat.
        n_repeats: Number of repeats.
        seed: Of the first repeat; the next one has the next seed.

    Yields:
        One split per fold of each repeat, without validation rows.

    Raises:
        ConfigError: There are fewer groups than folds, or no repeats.
    """
    if n_repeats < 1:
        raise ConfigError(f"{n_repeats} repeats of the folds", expected="at least 1")
    for repeat in range(n_repeats):
        for fold in grouped_folds(groups, n_folds=n_folds, seed=seed + repeat):
            yield replace(fold, name=f"repeat {repeat + 1}, {fold.name}")


def part_of_fold(
    name: str,
    pool: Rows,
    groups: Sequence[Hashable],
    *,
    fold: int,
    n_folds: int = 5,
    percent: int = 100,
    seed: int = 0,
) -> Split:
    """Few rows to train on, and rows to test on that no larger part of them shares a group with.

    The rows of 10 % are among those of 20 %, and so on: what grows is their number alone.

    Args:
        name: Of the split.
        pool: The rows that it is about.
        groups: Group of each of them, for example its composition.
        fold: Whose groups are tested, from 1.
        n_folds: Number of folds.
        percent: How many rows train, in per cent of the pool; at most those that are not tested.
        seed: Shuffles the groups over the folds, and the rows that train.

    Raises:
        ConfigError: There is no such fold.
    """
    folds = list(grouped_folds(groups, n_folds=n_folds, seed=seed))
    if not 1 <= fold <= n_folds:
        raise ConfigError(f"Fold {fold} of {n_folds}", expected=f"1 to {n_folds}")
    chosen = folds[fold - 1]
    order = np.random.default_rng([seed, fold]).permutation(chosen.train)
    n_train = max(1, round(percent / 100 * len(pool)))
    return Split(name, pool[np.sort(order[:n_train])], _no_rows(), pool[chosen.test])


def leave_one_out(labels: Sequence[str]) -> Iterator[Split]:
    """Each kind of rows tested once, on a network that has seen all other kinds.

    Args:
        labels: Kind of each row in words: its system ("Cr-Fe-Ni") or how many elements it has
            ("3 components"). Rows of one composition are of one kind by either.

    Yields:
        One split per kind in alphabetical order, without validation rows.

    Raises:
        DataError: There are fewer than two kinds.
    """
    kinds = sorted(set(labels))
    if len(kinds) < 2:
        raise DataError(
            f"All rows are of one kind ('{kinds[0]}')" if kinds else "There are no rows",
            expected="at least two kinds of rows, so that one can be left out",
            fix="Use folds, or a labelled set with more alloys.",
        )
    held_out = LeaveOneGroupOut().split(labels, groups=labels)
    for kind, (train, test) in zip(kinds, held_out, strict=True):
        yield Split(f"without {kind}", train, _no_rows(), test)


def _no_rows() -> Rows:
    return np.array([], dtype=np.int64)


def _permutation(n: int) -> Rows:
    """The published shuffle; the legacy generator is part of the split's definition."""
    return np.random.RandomState(PUBLISHED_SEED).permutation(np.arange(n))


def _positions(
    split: str,
    files: Sequence[str],
    row_names: Sequence[str],
    partitions: Mapping[str, Sequence[str]],
) -> list[Rows]:
    """The positions of the rows of each file, in its order."""
    for file in files:
        if file not in partitions:
            raise DataError(
                f"Split '{split}' cuts the published table '{file}', which this labelled set lacks",
                fix="Use the published set (`heanet data import` or `heanet data fetch hea-dft`).",
            )
    _refuse_repeats("labelled set", row_names)
    tables = " and ".join(f"'{file}'" for file in files)
    _refuse_repeats(f"published table {tables}", [row for f in files for row in partitions[f]])
    position = {row: i for i, row in enumerate(row_names)}
    for file in files:
        missing = [row for row in partitions[file] if row not in position]
        if missing:
            raise DataError(
                f"The published table '{file}' names '{missing[0]}', which this labelled set lacks",
                fix="Import the set again.",
            )
    return [np.array([position[row] for row in partitions[f]], dtype=np.int64) for f in files]


def _refuse_repeats(where: str, names: Sequence[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise DataError(
            f"The {where} names '{repeated[0]}' more than once",
            expected="every row once",
            fix="Remove the repeated row, and import the set again.",
        )
