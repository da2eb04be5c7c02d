"""Tables of results: what is wrong with one is said by name; what is right is read as written."""

from pathlib import Path

import pandas as pd
import pytest

from heanet.comparison.results import ERRORS, check_errors, leaderboard, read_errors
from heanet.comparison.tables import ERROR_COLUMNS
from heanet.errors import DataError


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
    ],
)
def test_a_table_that_cannot_be_right_is_refused(
    lines: list[dict[str, object]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        check_errors(table(*lines), source="errors.csv")


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


def test_one_seed_has_no_spread() -> None:
    row = leaderboard(table(line(model="gp")), split="a2").iloc[0]
    assert pd.isna(row["mae_spread"])
    assert pd.isna(row["ensemble_mae"])
