"""Tables of results: what is wrong with one is said by name; what is right is read as written."""

from pathlib import Path

import pandas as pd
import pytest

from heanet.comparison.cases import case_key
from heanet.comparison.checks import PUBLISHED_COLUMNS, check_errors, check_published
from heanet.comparison.plan import plan
from heanet.comparison.recall import recall
from heanet.comparison.results import (
    ABOUT,
    ERRORS,
    RESULTS,
    leaderboard,
    load_results,
    read_errors,
)
from heanet.comparison.tables import ERROR_COLUMNS, error_table
from heanet.config import ModelConfig
from heanet.data.dataset import make_dataset
from heanet.data.labels import load_labels
from heanet.errors import DataError
from heanet.nn.model import grid_of


def line(**changes: object) -> dict[str, object]:
    """One error, changed where a test wants it."""
    usual = {
        "model": "heanet", "group": "all", "split": "a2", "fold": "", "seed": "0", "rows": "test",
        "by": "all", "part": "all", "task": "etot", "unit": "eV/atom", "n": 152, "mae": 0.01,
        "rmse": 0.02, "r2": 0.9, "labels": "corrected", "compositions": 80, "shared": 0,
        "commit": "abc1234",
    }  # fmt: skip
    return {**usual, **changes}


def table(*lines: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(lines), columns=list(ERROR_COLUMNS))


def test_a_written_table_is_read_as_it_was(tmp_path: Path) -> None:
    errors = table(line(), line(seed="1", r2=float("nan")), line(seed="ensemble", commit=""))
    errors.to_csv(tmp_path / ERRORS, index=False)
    found = read_errors(tmp_path / ERRORS)
    pd.testing.assert_frame_equal(found, errors, check_dtype=False)
    assert found["fold"].tolist() == ["", "", ""]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(task="etott")], "has the task 'etott'"),
        ([line(unit="meV/atom")], "gives etot in 'meV/atom'. Expected eV/atom"),
        ([line(), line(mae=0.3)], "says twice: heanet all a2 0 test all all etot"),
        ([line(mae="much")], "Row 1 of 'errors.csv' has 'much' as mae"),
        ([line(), line(seed="1", rmse=-1.0)], "Row 2 of 'errors.csv' has '-1.0' as rmse"),
        ([line(mae=float("inf"))], "Row 1 of 'errors.csv' has 'inf' as mae"),
        ([line(mae=float("nan"))], "damaged: its row 1 has no mae"),
        ([line(r2="good")], "Row 1 of 'errors.csv' has 'good' as r2"),
        ([line(r2=float("-inf"))], "has '-inf' as r2"),
        ([line(model="heanett")], "model 'heanett' .row 1.. .*Did you mean 'heanet'"),
        ([line(), line(rows="tests")], "rows 'tests' .row 2.. Expected one of train validation"),
        ([line(split="a4")], "split 'a4'"),
        ([line(group="energy")], "group 'energy'"),
        ([line(fold="6")], "fold '6'"),
        ([line(by="colour")], "by 'colour'"),
        ([line(labels="new")], "labels 'new'"),
        ([line(seed="first")], "has 'first' as seed"),
        ([line(task="")], "'errors.csv' is damaged: its row 1 has no task"),
        ([line(shared=81)], "'81' as shared. Expected at most as many as compositions"),
        ([line(), line(model="gp", n=150)], "different numbers of rows for a2 all all etot"),
        ([line(), line(model="gp", compositions=79)], "different numbers of rows"),
        ([line(rows="train"), line(rows="train", seed="1", n=9)], "rows for heanet all train a2"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(
    lines: list[dict[str, object]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        check_errors(table(*lines), source="errors.csv")


def test_training_rows_can_differ_between_models() -> None:
    """One of them keeps some rows to choose its epoch on."""
    both = table(line(rows="train", n=212), line(model="published", rows="train", n=191))
    assert leaderboard(check_errors(both, source=""), split="a2", rows="train")["n"].tolist() == [
        212,
        191,
    ]


def test_a_table_that_was_cut_short_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / ERRORS
    table(line(), line(seed="1")).to_csv(path, index=False)
    text = path.read_text()
    # After 'a2': the rest of the last row is missing.
    path.write_text(text[: text.rindex(",a2,") + 3])
    with pytest.raises(DataError, match=r"'errors.csv' is damaged: its row 2 has no .* --rebuild"):
        read_errors(path)


def test_other_json_is_not_about_the_results(tmp_path: Path) -> None:
    for name in (
        "errors.csv",
        "fits.csv",
        "predictions.parquet",
        "curves.parquet",
        "published.csv",
    ):
        (tmp_path / name).symlink_to(RESULTS / name)
    (tmp_path / ABOUT).write_text("[]")
    with pytest.raises(DataError, match=r"'about.json' cannot be read, it is damaged.*--rebuild"):
        load_results(tmp_path)


def figure(**changes: object) -> dict[str, object]:
    """One published figure, changed where a test wants it."""
    usual = {
        "experiment": "energy-table", "split": "b2", "strategy": "scratch", "epochs": 500,
        "group": "etot emix eform", "task": "etot", "unit": "eV/atom", "rows": "test",
        "reported": 0.122, "checkpoint": "some.pt", "same_rows": 0.12196, "n_same": 37,
        "trained_of_same": 37, "shuffled": 0.4, "unseen": 1.3798, "n_unseen": 73,
    }  # fmt: skip
    return {**usual, **changes}


def test_published_figures_that_can_be_right_are_kept() -> None:
    again = dict.fromkeys(("same_rows", "n_same", "trained_of_same", "shuffled", "unseen"))
    alone = figure(checkpoint="", split="", n_unseen=None, **again)
    found = pd.DataFrame([figure(), figure(reported=None), alone], columns=list(PUBLISHED_COLUMNS))
    assert check_published(found, source="published.csv") is found


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reported": float("inf")}, "has 'inf' as reported"),
        ({"reported": "low"}, "has 'low' as reported"),
        ({"unseen": -1.0}, "has '-1.0' as unseen"),
        ({"n_same": None}, "damaged: its row 1 has no n_same"),
        ({"reported": None, "checkpoint": ""}, "damaged: its row 1 has no reported"),
        ({"unit": "meV/atom"}, "gives etot in 'meV/atom'"),
        ({"task": "etott"}, "task 'etott'"),
        ({"rows": "unseen"}, "rows 'unseen'"),
        ({"split": "b3"}, "split 'b3'"),
    ],
)
def test_published_figures_that_cannot_be_right_are_refused(
    changes: dict[str, object], message: str
) -> None:
    found = pd.DataFrame([figure(**changes)], columns=list(PUBLISHED_COLUMNS))
    with pytest.raises(DataError, match=message):
        check_published(found, source="published.csv")


def test_unknown_and_missing_columns_are_named(tmp_path: Path) -> None:
    wrong = table(line()).rename(columns={"mae": "MAE"})
    wrong.to_csv(tmp_path / ERRORS, index=False)
    with pytest.raises(DataError, match=r"'errors.csv' lacks mae and has the unknown MAE"):
        read_errors(tmp_path / ERRORS)


def test_a_missing_table_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="compare --rebuild"):
        read_errors(tmp_path / ERRORS)


def test_something_else_is_no_table(tmp_path: Path) -> None:
    (tmp_path / ERRORS).write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    with pytest.raises(DataError, match=r"'errors\.csv'"):
        read_errors(tmp_path / ERRORS)


def test_the_leaderboard_takes_only_the_rows_asked_for() -> None:
    errors = table(
        line(mae=0.01),
        line(seed="1", mae=0.03),
        line(seed="ensemble", mae=0.015),
        line(rows="train", mae=0.001),
        line(by="lattice", part="fcc", mae=0.5),
        line(split="a1", mae=0.7),
        line(split="grouped", fold="1", mae=0.9),
    )
    board = leaderboard(errors, split="a2")
    assert len(board) == 1
    row = board.iloc[0]
    assert row["mae"] == pytest.approx(0.02)
    assert row["mae_spread"] == pytest.approx(0.01 * 2**0.5)
    assert row["ensemble_mae"] == 0.015
    assert leaderboard(errors, split="a2", by="lattice", part="fcc")["mae"].item() == 0.5
    assert leaderboard(errors, split="grouped").empty


def test_a_leaderboard_names_every_commit_and_the_worst_leak() -> None:
    errors = table(line(), line(seed="1", commit="fff0000", shared=2))
    row = leaderboard(errors, split="a2").iloc[0]
    assert (row["commit"], row["shared"]) == ("abc1234 fff0000", 2)


def test_one_seed_has_no_spread() -> None:
    row = leaderboard(table(line(model="gp")), split="a2").iloc[0]
    assert pd.isna(row["mae_spread"])
    assert pd.isna(row["ensemble_mae"])


@pytest.mark.slow
def test_the_shipped_errors_are_those_of_the_shipped_predictions(hea_dft_folder: Path) -> None:
    """Every error again, from predictions and labels; and no fit is of other settings or data."""
    dataset = make_dataset(load_labels(hea_dft_folder), grid=grid_of(ModelConfig()), progress=False)
    fits = load_results(RESULTS).fits
    found = list(recall(RESULTS, dataset, plan()))
    assert len(found) == len(fits) > 0
    assert {outcome.key for outcome in found} == {case_key(dataset, o.case) for o in found}
    errors = error_table(found, dataset)
    pd.testing.assert_frame_equal(errors, read_errors(RESULTS / "errors.csv"), check_dtype=False)
