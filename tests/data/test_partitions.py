import numpy as np
import pytest

from heanet.data.labels import SHIPPED, load_labels
from heanet.data.partitions import partitions
from heanet.data.splits import PUBLISHED_SPLITS, published_split
from heanet.errors import DataError


def counts(*sizes: int) -> dict[str, int]:
    return {f"{size}-{i}": size for i, size in enumerate(sizes)}


def test_splits_are_cut_by_the_number_of_components() -> None:
    n_components = counts(*[size for size in (2, 3, 4, 5) for _ in range(10)])
    cut = partitions(n_components)
    assert len(cut["Database"]) == 40
    assert set(cut["B+T"]).isdisjoint(cut["Qua+Qui"])
    assert set(cut["B+T"]) | set(cut["Qua+Qui"]) == set(cut["Database"])
    assert set(cut["B+T+Qua"]) == set(cut["Database"]) - set(cut["Quinary"])
    assert (len(cut["train"]), len(cut["test"])) == (32, 8)
    assert set(cut["train"]).isdisjoint(cut["test"])
    assert np.array_equal(cut["test"], partitions(n_components)["test"])


def test_the_shipped_set_is_cut_as_it_was() -> None:
    own = load_labels(SHIPPED / "alloys")
    names = own.table.index
    n_components = {name: sum(map(str.isupper, name.partition("_")[0])) for name in names}
    assert partitions(n_components) == own.partitions


def test_elements_and_alloys_of_six_are_in_the_whole_alone() -> None:
    cut = partitions(counts(1, 2, 6))
    assert cut["Database"] == ("1-0", "2-1", "6-2")
    assert cut["B+T"] == ("2-1",)
    assert cut["Qua+Qui"] == cut["Quinary"] == ()


@pytest.mark.parametrize("split", PUBLISHED_SPLITS)
def test_a_set_too_small_for_a_split_is_told_so(split: str) -> None:
    n_components = counts(2)
    with pytest.raises(DataError, match=f"Split '{split}' leaves no row to (train|test) on"):
        published_split(split, list(n_components), partitions(n_components))
