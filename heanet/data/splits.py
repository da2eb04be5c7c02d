"""Which rows train, validate and test: three disjoint sets of row positions.

The published splits are those of X. Wang et al. (doi 10.1038/s41524-022-00945-x): a0-a3 are files
that were cut beforehand, b0-b2 cut one file 80/10/10 after a fixed permutation. Their trainer then
looked up other rows (``LookedUp``); here they are those that the cut names. Folds are grouped by
composition, because an fcc and a bcc cell of one composition are near-twins.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

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
        test: Rows that nothing was fitted or chosen on.
    """

    name: str
    train: Rows
    validation: Rows
    test: Rows

    def __post_init__(self) -> None:
        rows = np.concatenate([self.train, self.validation, self.test])
        if len(np.unique(rows)) != len(rows):
            raise DataError(f"Split '{self.name}' uses a row twice", expected="disjoint row sets")

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
            row of it.
    """
    check_split(name)
    position = {row: i for i, row in enumerate(row_names)}
    if name in _A_SPLITS:
        pool_file, test_file = _A_SPLITS[name]
        pool, test = (_positions(name, f, position, partitions) for f in (pool_file, test_file))
        cut = len(pool) - len(pool) // 10
        looked_up = LookedUp(
            train=pool[:cut],
            validation=pool[: len(pool) - cut],
            published=test,
            unseen=np.concatenate([pool[cut:], test]),
        )
        train, validation = np.split(pool[_permutation(len(pool))], [cut])
        return PublishedSplit(name, train, validation, test, looked_up)
    rows = _positions(name, _B_SPLITS[name], position, partitions)
    n = len(rows)
    train, validation, test = np.split(rows[_permutation(n)], [int(0.8 * n), int(0.9 * n)])
    looked_up = LookedUp(
        train=rows[: len(train)],
        validation=rows[: len(validation)],
        published=rows[: len(test)],
        unseen=rows[len(train) :],
    )
    return PublishedSplit(name, train, validation, test, looked_up)


def grouped_folds(
    groups: Sequence[Hashable], *, n_folds: int = 5, seed: int = 0
) -> Iterator[Split]:
    """k-fold cross-validation in which all rows of one group are tested together.

    Args:
        groups: Group of each row, for example its composition.
        n_folds: Number of folds.
        seed: Shuffles the groups over the folds.

    Yields:
        One split per fold, without validation rows.

    Raises:
        ConfigError: There are fewer groups than folds.
    """
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    if not 2 <= n_folds <= len(codes):
        raise ConfigError(f"{n_folds} folds", expected=f"2 to {len(codes)}, the number of groups")
    folds = GroupKFold(n_folds, shuffle=True, random_state=seed)
    labels = [codes[group] for group in groups]
    for k, (train, test) in enumerate(folds.split(labels, groups=labels), start=1):
        none = np.array([], dtype=np.int64)
        yield Split(f"fold {k} of {n_folds}", train, none, test)


def _permutation(n: int) -> Rows:
    """The published shuffle; the legacy generator is part of the split's definition."""
    return np.random.RandomState(PUBLISHED_SEED).permutation(np.arange(n))


def _positions(
    split: str, file: str, position: Mapping[str, int], partitions: Mapping[str, Sequence[str]]
) -> Rows:
    if file not in partitions:
        raise DataError(
            f"Split '{split}' cuts the published table '{file}', which this labelled set lacks",
            fix="Use the published set (`heanet data import` or `heanet data fetch hea-dft`).",
        )
    missing = [row for row in partitions[file] if row not in position]
    if missing:
        raise DataError(
            f"The published table '{file}' names '{missing[0]}', which this labelled set lacks",
            fix="Import the set again.",
        )
    return np.array([position[row] for row in partitions[file]], dtype=np.int64)
