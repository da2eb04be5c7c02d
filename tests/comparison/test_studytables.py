"""Tables of studies: may be missing; one that is there must hold."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from heanet.comparison.results import load_results, save_results
from heanet.comparison.studytables import (
    TRANSFER,
    check_transfer,
    empty_study,
    load_study,
    save_study,
)
from heanet.comparison.transfer import COLUMNS
from heanet.errors import DataError
from tests.comparison.test_report import BOTH, results
from tests.transfer_sample import arm, sample_study, study


def changed(**changes: object) -> pd.DataFrame:
    """A small study, its first line changed."""
    lines = arm(0.1)
    return study([lines[0] | changes], lines[1:])


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = sample_study()
    save_study(TRANSFER, table, tmp_path)
    found = load_study(TRANSFER, tmp_path)
    pd.testing.assert_frame_equal(found, table, check_dtype=False, rtol=1e-12)
    assert found["fold"].iloc[0] == "1"
    assert found["percent"].iloc[0] == 10


def test_a_study_that_was_not_made_is_empty(tmp_path: Path) -> None:
    found = load_study(TRANSFER, tmp_path)
    assert tuple(found.columns) == COLUMNS
    assert len(found) == 0


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (changed(direction="to-most"), "has the direction 'to-most'"),
        (changed(strategy="tl3"), "has the strategy 'tl3'"),
        (changed(model="schnet"), "has the model 'schnet'"),
        (changed(group="energy"), "has the group 'energy'"),
        (changed(percent=15), "has the percent '15'"),
        (changed(fold="6"), "has the fold '6'"),
        (changed(task="etott"), "has the task 'etott'"),
        (changed(unit="meV/atom"), "gives eform in 'meV/atom'"),
        (changed(mae=float("nan")), "its row 1 has no mae"),
        (changed(rmse=-1.0), "has '-1.0' as rmse"),
        (changed(n="few"), "has 'few' as n"),
        (changed(commit=""), "its row 1 has no commit"),
        (changed(group="magnetic"), "has 'eform' as task"),
        (changed(strategy="zero-shot"), "has '10' as percent"),
        (changed(percent=0), "has '0' as percent"),
        (changed(n_train=0.0), "has '0.0' as n_train"),
        (changed(fold="2"), "says twice: to-many heanet scratch all 10 2 eform"),
        (changed(n=29), "Row 6 of 'transfer.csv' has '152' as n"),
        (study(arm(0.1)[1:]), "has '152' as n"),
        (study(arm(0.1)).drop(columns="n"), "lacks n"),
        (study(arm(0.1)).assign(r2=1.0), "has the unknown r2"),
    ],
)
def test_what_is_wrong_is_said_by_name(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_transfer(table, source=TRANSFER)


def test_folds_may_differ_in_rows_where_a_reference_is_open() -> None:
    table = study(arm(0.1), arm(0.1, strategy="tl1", fold_n=(30, 21, 30, 31, 30)))
    assert check_transfer(table, source=TRANSFER) is table


def test_a_damaged_file_says_what_makes_it_again(tmp_path: Path) -> None:
    (tmp_path / TRANSFER).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="heanet study transfer"):
        load_study(TRANSFER, tmp_path)


def test_results_keep_a_study_that_they_do_not_hold(tmp_path: Path) -> None:
    whole = replace(results(*BOTH), transfer=sample_study())
    save_results(whole, tmp_path)
    save_results(replace(whole, transfer=empty_study(TRANSFER)), tmp_path)
    assert len(load_results(tmp_path).transfer) == len(sample_study())
    (tmp_path / TRANSFER).unlink()
    assert len(load_results(tmp_path).transfer) == 0


def test_a_false_study_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        save_study(TRANSFER, changed(mae=float("inf")), tmp_path)
    assert not (tmp_path / TRANSFER).exists()
