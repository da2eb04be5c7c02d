"""A small labelled set, and contenders that are fitted in seconds."""

from collections.abc import Iterator

import pytest

from heanet.comparison.cases import Outcome
from heanet.comparison.run import outcomes, run
from heanet.data.dataset import Dataset, make_dataset
from heanet.data.labels import load_labels
from heanet.nn.model import grid_of
from tests.alloys import SMALL
from tests.comparison.small import use_small_recipes
from tests.conftest import write_published


@pytest.fixture(scope="module")
def small_recipes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_small_recipes(patch)
        yield


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("comparison")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEANET_HOME", str(folder / "home"))
        labels = load_labels(write_published(folder / "alloys"))
        return make_dataset(labels, grid=grid_of(SMALL), progress=False)


@pytest.fixture(scope="module")
def found(
    request: pytest.FixtureRequest,
    small_recipes: None,  # noqa: ARG001
    dataset: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Outcome]:
    """Outcomes of the module's CASES, fitted."""
    cases, store = request.module.CASES, tmp_path_factory.mktemp("outcomes")
    run(dataset, cases, store, workers=1, commit="abc1234")
    return list(outcomes(dataset, cases, store))
