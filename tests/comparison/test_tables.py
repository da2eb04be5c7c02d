"""The tables count what each fit has seen, whichever rows are put together for an error."""

from dataclasses import replace

import pandas as pd
import pytest

from heanet.comparison.cases import Outcome
from heanet.comparison.plan import N_FOLDS, Case
from heanet.comparison.tables import error_table
from heanet.data.dataset import Dataset, make_dataset
from heanet.data.labels import load_labels
from heanet.nn.model import grid_of
from tests.alloys import SMALL
from tests.conftest import write_published


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEANET_HOME", str(folder / "home"))
        labels = load_labels(write_published(folder / "alloys"))
        return make_dataset(labels, grid=grid_of(SMALL), progress=False)


def made_up(
    dataset: Dataset, case: Case, tested: list[str], *, chosen_on: tuple[str, ...] = ()
) -> Outcome:
    """An outcome that predicts every label of rmsd exactly, and learnt from all other rows."""
    trained = tuple(n for n in dataset.names if n not in {*tested, *chosen_on})
    return Outcome(
        case=case,
        key="",
        commit=f"made{case.fold}",
        trained=trained,
        chosen_on=chosen_on,
        tested=tuple(tested),
        values={"rmsd": dataset.labels["rmsd"].to_dict()},
        curve=[],
        seconds=0.0,
    )


def folds(dataset: Dataset, *, seed: int = 0) -> list[Outcome]:
    """Five folds that keep every composition on one side."""
    compositions = list(dict.fromkeys(dataset.compositions))
    rows = list(zip(dataset.names, dataset.compositions, strict=True))
    return [
        made_up(
            dataset,
            Case("heanet", "rmsd", "grouped", fold, seed),
            [name for name, of in rows if of in compositions[fold - 1 :: N_FOLDS]],
        )
        for fold in range(1, N_FOLDS + 1)
    ]


def pooled(outcomes: list[Outcome], dataset: Dataset) -> pd.DataFrame:
    """The lines of all folds together on all their rows, by seed."""
    errors = error_table(outcomes, dataset)
    return errors[(errors["fold"] == "pooled") & (errors["by"] == "all")].set_index("seed")


def test_whole_compositions_leak_nothing(dataset: Dataset) -> None:
    line = pooled(folds(dataset), dataset).loc["0"]
    assert (line["n"], line["compositions"], line["shared"]) == (24, 12, 0)
    assert line["commit"] == "made1 made2 made3 made4 made5"


def test_a_torn_composition_shows_in_the_pooled_number(dataset: Dataset) -> None:
    """Its two cells are tested in different folds: each fold has trained on the other one."""
    outcomes = folds(dataset)
    first, second = outcomes[0], outcomes[1]
    torn = first.tested[0]
    outcomes[0] = made_up(dataset, first.case, list(first.tested[1:]))
    outcomes[1] = made_up(dataset, second.case, [*second.tested, torn])
    errors = error_table(outcomes, dataset)
    by_fold = errors[(errors["rows"] == "test") & (errors["by"] == "all")].set_index("fold")
    assert by_fold.loc[["1", "2", "3"], "shared"].tolist() == [1, 1, 0]
    line = by_fold.loc["pooled"]
    assert (line["n"], line["compositions"], line["shared"]) == (24, 12, 1)
    lattice = dict(zip(dataset.names, dataset.lattices, strict=True))[torn]
    part = errors.query(f"fold == 'pooled' and by == 'lattice' and part == '{lattice}'")
    assert part["shared"].item() == 1  # its twin is of the other lattice


def test_a_leak_of_one_seed_is_one_of_their_mean(dataset: Dataset) -> None:
    other = folds(dataset, seed=1)
    # A fold that kept its test rows for training too: the table must not believe the plan.
    other[0] = replace(other[0], trained=(*other[0].trained, *other[0].tested))
    table = pooled([*folds(dataset), *other], dataset)
    n_torn = len({dataset.compositions[dataset.names.index(n)] for n in other[0].tested})
    assert table["shared"].to_dict() == {"0": 0, "1": n_torn, "ensemble": n_torn}


def test_rows_that_chose_the_epoch_count_as_seen(dataset: Dataset) -> None:
    """A validation cell of the tested composition is a leak, though it trained nothing."""
    of = dict(zip(dataset.names, dataset.compositions, strict=True))
    tested = dataset.names[0]
    (twin,) = [n for n in dataset.names if of[n] == of[tested] and n != tested]
    outcome = made_up(dataset, Case("published", "rmsd", "b2", 0, 0), [tested], chosen_on=(twin,))
    assert twin not in outcome.trained
    errors = error_table([outcome], dataset)
    lines = errors[errors["by"] == "all"].set_index("rows")
    assert lines.loc[["validation", "test"], "shared"].tolist() == [1, 1]
