import numpy as np
import pytest

from heanet.data.dataset import Dataset
from heanet.data.rowuse import split_of_file
from heanet.data.splits import PublishedSplit, Split
from heanet.errors import ConfigError
from heanet.training.record import EpochRecord
from heanet.training.twojudgements import judge_twice
from tests.alloys import small_dataset


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_dataset(40)


def test_rows_that_trained_flatter_the_network(dataset: Dataset) -> None:
    split = split_of_file("b2", 40)
    seen: list[EpochRecord] = []
    found = judge_twice(dataset, split, task="emix", epochs=30, on_epoch=seen.append)
    assert (found.n_train, found.n_seen, found.n_unseen) == (32, 4, 8)
    assert 0 < found.seen < found.unseen
    assert len(found.curve) == len(seen) == 30
    first, last = found.curve[0], found.curve[-1]
    assert last[0] < first[0]
    assert judge_twice(dataset, split, task="emix", epochs=30) == found, "the seed fixes all of it"


def test_what_a_callback_raises_ends_the_training(dataset: Dataset) -> None:
    class Stop(BaseException):
        pass

    epochs: list[int] = []

    def stop(record: EpochRecord) -> None:
        epochs.append(record.epoch)
        if record.epoch == 3:
            raise Stop

    with pytest.raises(Stop):
        judge_twice(dataset, split_of_file("b2", 40), task="emix", on_epoch=stop)
    assert epochs == [1, 2, 3]


def test_splits_with_genuine_test_rows_are_refused(dataset: Dataset) -> None:
    rows = np.arange(40)
    with pytest.raises(ConfigError, match="published one"):
        judge_twice(dataset, Split("mine", rows[:30], rows[:0], rows[30:]), task="emix")
    b2 = split_of_file("b2", 40)
    genuine = PublishedSplit(
        "a0", rows[:30], rows[:0], rows[30:],
        type(b2.looked_up)(rows[:30], rows[:0], rows[30:], rows[30:]),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="had not trained"):
        judge_twice(dataset, genuine, task="emix")
