import numpy as np
import pytest

from heanet.data.dataset import Dataset
from heanet.nn.model import grid_of
from heanet.training.readouts import CENTRES, readout_errors, readout_features
from tests.alloys import SMALL, small_dataset

GRID = grid_of(SMALL)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_dataset(40)


def test_the_weighted_mean_holds_the_composition_and_the_sum_does_not(dataset: Dataset) -> None:
    block = 1 + 3 * len(CENTRES)  # elements Cr, Fe, Ni
    mean = readout_features(dataset, "mean", grid=GRID)
    total = readout_features(dataset, "sum", grid=GRID)
    assert mean.shape == total.shape == (40, 3 * block)
    assert mean[:, ::block] == pytest.approx(dataset.fractions.to_numpy())
    assert (total[:, ::block] == (dataset.fractions.to_numpy() > 0)).all()
    shares = np.repeat(dataset.fractions.to_numpy(), block, axis=1)
    assert mean == pytest.approx(total * shares)


def test_all_four_choices_are_judged_on_rows_that_did_not_train(dataset: Dataset) -> None:
    train, test = np.arange(30), np.arange(30, 40)
    found = readout_errors(dataset, train, test, grid=GRID)
    assert [(e.readout, e.target) for e in found] == [
        ("sum", "raw"), ("sum", "residual"), ("mean", "raw"), ("mean", "residual"),
    ]  # fmt: skip
    assert {(e.n_train, e.n_test) for e in found} == {(30, 10)}
    by_choice = {(e.readout, e.target): e.test for e in found}
    assert by_choice["mean", "residual"] < by_choice["sum", "raw"]
    spread = dataset.labels["etot"].to_numpy()[test].std()
    assert by_choice["mean", "residual"] < 0.1 * spread
