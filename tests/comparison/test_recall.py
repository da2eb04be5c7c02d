"""What a finished comparison wrote is enough to go on with it elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from heanet.cli import main
from heanet.comparison import run as run_module
from heanet.comparison.cases import Outcome
from heanet.comparison.plan import Case
from heanet.comparison.rebuild import about
from heanet.comparison.recall import recall
from heanet.comparison.results import (
    FITS,
    PREDICTIONS,
    RESULTS,
    Results,
    load_results,
    save_results,
)
from heanet.comparison.tables import (
    curve_table,
    error_table,
    fit_table,
    prediction_table,
)
from heanet.data.dataset import Dataset

CASES = [
    *(Case("heanet", "rmsd", "grouped", fold, 0) for fold in range(1, 6)),
    Case("heanet", "all", "b2", 0, 0),
    Case("published", "energies", "b2", 0, 0),
    Case("gp", "all", "b2", 0, 0),
]


def tables(found: list[Outcome], dataset: Dataset) -> Results:
    return Results(
        errors=error_table(found, dataset),
        fits=fit_table(found),
        predictions=prediction_table(found),
        curves=curve_table(found),
        published=pd.DataFrame(),
        about=about(dataset, n_done=len(found), n_planned=len(CASES)),
    )


@pytest.fixture
def written(found: list[Outcome], dataset: Dataset, tmp_path: Path) -> Path:
    results = replace(tables(found, dataset), published=load_results(RESULTS).published)
    save_results(results, tmp_path / "results")
    return tmp_path / "results"


@pytest.mark.usefixtures("small_recipes")
def test_recalled_outcomes_give_the_same_tables(
    written: Path, found: list[Outcome], dataset: Dataset
) -> None:
    again = list(recall(written, dataset, CASES))
    assert [outcome.case for outcome in again] == CASES
    for ours, before in zip(again, found, strict=True):
        assert (ours.key, ours.commit, ours.trained, ours.chosen_on, ours.tested) == (
            before.key,
            "abc1234",
            before.trained,
            before.chosen_on,
            before.tested,
        )
    first, second = tables(found, dataset), tables(again, dataset)
    for name in ("errors", "fits", "predictions", "curves"):
        pd.testing.assert_frame_equal(getattr(second, name), getattr(first, name))


@pytest.mark.usefixtures("small_recipes")
def test_only_cases_that_were_asked_for_and_are_current_are_recalled(
    written: Path, dataset: Dataset
) -> None:
    assert [o.case for o in recall(written, dataset, CASES[5:6])] == CASES[5:6]
    other = replace(dataset, source=replace(dataset.source, fingerprint="of other labels"))
    assert list(recall(written, other, CASES)) == []


@pytest.mark.usefixtures("small_recipes")
def test_a_fit_without_predictions_is_not_recalled(written: Path, dataset: Dataset) -> None:
    table = pd.read_parquet(written / PREDICTIONS)
    table[table["model"] != "gp"].to_parquet(written / PREDICTIONS, index=False)
    assert [outcome.case for outcome in recall(written, dataset, CASES)] == CASES[:-1]


@pytest.mark.usefixtures("small_recipes")
@pytest.mark.parametrize("damage", [FITS, PREDICTIONS])
def test_damaged_or_missing_tables_recall_nothing(
    damage: str, written: Path, dataset: Dataset, tmp_path: Path
) -> None:
    (written / damage).write_text("nonsense")
    assert list(recall(written, dataset, CASES)) == []
    assert list(recall(tmp_path / "nowhere", dataset, CASES)) == []


def test_a_rebuild_in_a_new_home_fits_nothing_again_unless_it_is_to(
    make_published: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [
        *("compare", "--rebuild", "--splits", "b2", "--models", "gp", "mean", "--workers", "1"),
        *("--data", str(make_published()), "--out", str(tmp_path / "docs")),
    ]
    assert main(arguments) == 0
    kept = {path.name: path.read_bytes() for path in (tmp_path / "docs" / "results").iterdir()}

    def fitted(*_: object, **__: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(run_module, "run_case", fitted)
    monkeypatch.setenv("HEANET_HOME", str(tmp_path / "other"))
    assert main(arguments) == 0
    again = {path.name: path.read_bytes() for path in (tmp_path / "docs" / "results").iterdir()}
    assert again == kept
    monkeypatch.setenv("HEANET_HOME", str(tmp_path / "third"))
    capsys.readouterr()
    assert main([*arguments, "--fresh"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("2 of 2 fits to be made")
    assert "fitted again" in err
    monkeypatch.undo()
    monkeypatch.setenv("HEANET_HOME", str(tmp_path / "fourth"))
    models = arguments.index("gp")
    only_one = [*arguments[:models], *arguments[models + 1 :], "--fresh"]
    assert main(only_one) == 0
    (docs,) = (tmp_path / "docs" / "results").glob(FITS)
    assert [line.split(",")[0] for line in docs.read_text().splitlines()] == ["model", "gp", "mean"]
