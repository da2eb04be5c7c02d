"""What is known of a run before it is launched: rows, labels, leaks and reasons."""

from dataclasses import replace

import numpy as np
import pytest

from heanet.config import ModelConfig, RunConfig, TrainConfig
from heanet.data.dataset import Dataset
from heanet.errors import ConfigError, DataError
from heanet.training.loop import fit
from heanet.training.preview import folds, preview, split_choices
from tests.alloys import SMALL, small_dataset


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_dataset()


def config(split: str, *, is_validate: bool = True) -> RunConfig:
    train = TrainConfig(epochs=1, is_validate=is_validate)
    return RunConfig(split=split, model=SMALL, train=train)


def test_rows_are_those_that_the_run_will_have(dataset: Dataset) -> None:
    rows = preview(dataset, config("b2")).rows
    assert rows is not None
    assert (rows.n_train, rows.n_validation, rows.n_test) == (19, 2, 3)
    assert rows.n_labels == dict.fromkeys(SMALL.tasks, 19)
    rows = preview(dataset, config("b2", is_validate=False)).rows
    assert rows is not None
    assert (rows.n_train, rows.n_validation, rows.n_test) == (21, 0, 3)


def test_a_leak_counts_compositions_on_both_sides(dataset: Dataset) -> None:
    split = dataset.split("b2")
    seen = {dataset.compositions[i] for i in np.concatenate([split.train, split.validation])}
    tested = {dataset.compositions[i] for i in split.test}
    rows = preview(dataset, config("b2")).rows
    assert rows is not None
    assert rows.leak.n_groups == len(tested)
    assert rows.leak.n_shared == len(tested & seen)
    first, other = int(split.test[0]), int(split.train[0])
    fractions = dataset.fractions.copy()
    fractions.iloc[first] = fractions.iloc[other]
    leaky = preview(replace(dataset, fractions=fractions), config("b2")).rows
    assert leaky is not None
    assert dataset.names[first] in leaky.leak.rows


def test_folds_have_no_validation_rows(dataset: Dataset) -> None:
    found = preview(dataset, config("fold 1 of 5"))
    assert found.lacks_validation
    assert isinstance(found.problem, DataError)
    assert "0 validation rows" in str(found.problem)
    found = preview(dataset, config("fold 1 of 5", is_validate=False))
    assert not found.lacks_validation
    assert found.problem is None


def test_a_task_without_labels_is_refused_as_the_training_would(dataset: Dataset) -> None:
    labels = dataset.labels.copy()
    labels["ms"] = np.nan
    bare = replace(dataset, labels=labels)
    found = preview(bare, config("b2"))
    assert not found.lacks_validation
    assert found.rows is not None
    assert found.rows.n_labels["ms"] == 0
    with pytest.raises(DataError) as refusal:
        fit(bare, bare.split("b2"), SMALL, TrainConfig(epochs=1, is_validate=True))
    assert str(found.problem) == str(refusal.value)
    without = ModelConfig(**{**dict(SMALL), "tasks": ("etot", "mb")})
    assert preview(bare, config("b2").model_copy(update={"model": without})).problem is None


def test_a_split_that_the_set_lacks_is_a_reason(dataset: Dataset) -> None:
    found = preview(dataset, config("a2"))
    assert found.rows is None
    assert "lacks" in str(found.problem)
    assert isinstance(preview(dataset, config("without Al")).problem, ConfigError)


def test_split_choices_are_all_splits_of_the_set(dataset: Dataset) -> None:
    names = split_choices(dataset)
    counts = {f"without {n} component{'s' if n > 1 else ''}" for n in dataset.n_components}
    assert names[:6] == ["b2", *folds()]
    assert set(names[6:]) == (counts if len(counts) > 1 else set())
    assert [dataset.split(name).name for name in names] == names
    few = replace(dataset, fractions=dataset.fractions.iloc[[0] * len(dataset.names)])
    assert split_choices(few) == ["b2"]
