"""The results that come with the project: read, checked, and summed up over seeds.

``docs/results`` holds ``errors.csv`` (the table that every printed number comes from), predictions
and curves for the figures, and the published checkpoints' errors. ``heanet compare --rebuild``
makes all of it again.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from heanet.comparison.tables import (
    CURVE_COLUMNS,
    ENSEMBLE,
    ERROR_COLUMNS,
    KEYS,
    POOLED,
    PREDICTION_COLUMNS,
)
from heanet.config import Config, parse_config
from heanet.errors import ConfigError, DataError
from heanet.properties import TASKS
from heanet.training.checkpoints import DataCard

ENVIRONMENT = "HEANET_RESULTS"
RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"
ERRORS, PREDICTIONS, CURVES = "errors.csv", "predictions.parquet", "curves.parquet"
PUBLISHED, ABOUT = "published.csv", "about.json"
PUBLISHED_COLUMNS = (
    *("experiment", "split", "strategy", "group", "epochs", "task", "unit", "rows", "reported"),
    *("checkpoint", "same_rows", "n_same", "trained_of_same", "shuffled", "unseen", "n_unseen"),
)
_TEXT = (*KEYS, "unit", "labels", "commit")
_PUBLISHED_TEXT = (
    *("experiment", "split", "strategy", "group", "task", "unit", "rows", "checkpoint"),
)
_COUNTS = ("n", "compositions", "shared")


class About(Config):
    """What the results stand on.

    Attributes:
        data: The labelled set.
        seeds: Of the fits.
        n_folds: Of the grouped cross-validation.
        fold_seed: That shuffled compositions over its folds.
        n_done: Fits that the results stand on.
        n_planned: Fits of the whole plan.
        contenders: By model, its settings as text by option.
        versions: Software that the numbers come from.
    """

    data: DataCard
    seeds: tuple[int, ...]
    n_folds: int
    fold_seed: int
    n_done: int
    n_planned: int
    contenders: dict[str, dict[str, str]]
    versions: dict[str, str]


@dataclass(frozen=True, eq=False)
class Results:
    """Everything that was measured.

    Attributes:
        errors: One error a row (heanet.comparison.tables.ERROR_COLUMNS).
        predictions: One prediction a row (PREDICTION_COLUMNS); no labels.
        curves: One point of a learning curve a row (CURVE_COLUMNS).
        published: One figure of the published system a row, beside the same checkpoint evaluated
            again on the same rows and on rows that it never saw (PUBLISHED_COLUMNS).
        about: What all of it stands on.
    """

    errors: pd.DataFrame
    predictions: pd.DataFrame
    curves: pd.DataFrame
    published: pd.DataFrame
    about: About


def results_folder() -> Path:
    """The folder that HEANET_RESULTS names, or the results that come with the project."""
    return Path(os.environ.get(ENVIRONMENT) or RESULTS)


def save_results(results: Results, folder: Path) -> None:
    """Write all tables into a folder, created if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    check_errors(results.errors, source=ERRORS).to_csv(folder / ERRORS, index=False)
    results.predictions.to_parquet(folder / PREDICTIONS, index=False, compression="zstd")
    results.curves.to_parquet(folder / CURVES, index=False, compression="zstd")
    results.published.to_csv(folder / PUBLISHED, index=False)
    text = results.about.model_dump_json(indent=1)
    (folder / ABOUT).write_text(text + "\n", encoding="utf-8")


def load_results(folder: Path = RESULTS) -> Results:
    """Read the tables of a folder.

    Raises:
        DataError: A table is missing or damaged, has other columns or units, or says a thing twice.
    """
    return Results(
        errors=read_errors(folder / ERRORS),
        predictions=_read_parquet(folder / PREDICTIONS, PREDICTION_COLUMNS),
        curves=_read_parquet(folder / CURVES, CURVE_COLUMNS),
        published=read_published(folder / PUBLISHED),
        about=_read_about(folder / ABOUT),
    )


def read_errors(path: Path) -> pd.DataFrame:
    """An error table from a CSV file.

    Raises:
        DataError: As ``load_results``.
    """
    return check_errors(_read_csv(path, ERROR_COLUMNS, text=_TEXT), source=path.name)


def read_published(path: Path) -> pd.DataFrame:
    """The published figures from a CSV file.

    Raises:
        DataError: The table is missing, damaged, or has other columns.
    """
    return _read_csv(path, PUBLISHED_COLUMNS, text=_PUBLISHED_TEXT)


def check_errors(table: pd.DataFrame, *, source: str) -> pd.DataFrame:
    """The table itself, if it can be believed.

    Args:
        table: A table of errors.
        source: Its name in messages.

    Raises:
        DataError: Columns are missing or unknown, a task is unknown or in another unit, a number is
            not one, or two rows say the same thing.
    """
    _check_columns(table, ERROR_COLUMNS, source)
    for task, unit in table[["task", "unit"]].drop_duplicates().itertuples(index=False):
        if task not in TASKS:
            raise DataError(
                f"'{source}' has the task '{task}'", expected=f"some of {' '.join(TASKS)}"
            )
        if unit != TASKS[task].unit:
            raise DataError(
                f"'{source}' gives {task} in '{unit}'",
                expected=TASKS[task].unit,
                fix="Convert the errors, or leave the task out.",
            )
    for column in (*_COUNTS, "mae", "rmse"):
        numbers = pd.to_numeric(table[column], errors="coerce")
        if numbers.isna().any() or (numbers < 0).any():
            row = table.index[numbers.isna() | (numbers < 0)][0]
            raise DataError(
                f"Row {row + 1} of '{source}' has '{table.loc[row, column]}' as {column}",
                expected="a number, zero or more",
            )
    twice = table.duplicated(list(KEYS))
    if twice.any():
        first = table.loc[twice, list(KEYS)].iloc[0]
        raise DataError(
            f"'{source}' says twice: {' '.join(part for part in first if part)}",
            expected="every error once",
            fix="Remove one of the rows.",
        )
    return table


def leaderboard(
    errors: pd.DataFrame, *, split: str, rows: str = "test", by: str = "all", part: str = "all"
) -> pd.DataFrame:
    """Mean and spread over seeds of every model, task group and task on the same rows.

    Args:
        errors: Table of errors.
        split: Name of the split; of "grouped" all folds are pooled.
        rows: "train", "validation" or "test".
        by: Kind of part.
        part: Which part.

    Returns:
        One row per model, group and task: unit, n, seeds, mae, mae_spread (standard deviation over
        seeds, NaN for one), rmse, rmse_spread, r2, r2_spread, ensemble_mae (NaN for one seed),
        labels, compositions, shared, commit; in the order of the table.
    """
    chosen = errors[
        (errors["split"] == split)
        & (errors["rows"] == rows)
        & (errors["by"] == by)
        & (errors["part"] == part)
        & errors["fold"].isin(["", POOLED])
    ]
    keys = ["model", "group", "task"]
    single = chosen[chosen["seed"] != ENSEMBLE].groupby(keys, sort=False)
    board = single.agg(
        unit=("unit", "first"),
        n=("n", "first"),
        seeds=("seed", "nunique"),
        mae=("mae", "mean"),
        mae_spread=("mae", "std"),
        rmse=("rmse", "mean"),
        rmse_spread=("rmse", "std"),
        r2=("r2", "mean"),
        r2_spread=("r2", "std"),
        labels=("labels", "first"),
        compositions=("compositions", "first"),
        shared=("shared", "first"),
        commit=("commit", "first"),
    )
    together = chosen[chosen["seed"] == ENSEMBLE].set_index(keys)["mae"]
    board["ensemble_mae"] = together.reindex(board.index)
    return board.reset_index()


def _read_csv(path: Path, columns: Sequence[str], *, text: Sequence[str]) -> pd.DataFrame:
    """A CSV table whose ``text`` columns stay text; in the others empty is NaN."""
    numeric = {column: [""] for column in columns if column not in text}
    try:
        table = pd.read_csv(
            path, dtype=dict.fromkeys(text, str), keep_default_na=False, na_values=numeric
        )
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{path.name}' cannot be read: {error}", expected="a table as CSV"
        ) from error
    _check_columns(table, columns, path.name)
    return table


def _read_about(path: Path) -> About:
    try:
        return parse_config(About, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError, ConfigError) as error:
        raise DataError(f"'{path.name}' cannot be read: {error}") from error


def _read_parquet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except (OSError, ValueError) as error:
        raise DataError(f"'{path.name}' cannot be read", expected="a Parquet table") from error
    _check_columns(table, columns, path.name)
    return table


def _check_columns(table: pd.DataFrame, columns: Sequence[str], source: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    unknown = [str(column) for column in table.columns if column not in columns]
    if missing or unknown:
        faults = [f"lacks {', '.join(missing)}"] * bool(missing)
        faults += [f"has the unknown {', '.join(unknown)}"] * bool(unknown)
        raise DataError(
            f"'{source}' {' and '.join(faults)}", expected=f"the columns {' '.join(columns)}"
        )


def _missing(path: Path) -> DataError:
    return DataError(
        f"There is no '{path.name}' in '{path.parent}'",
        expected="the results that come with the project",
        fix="Make them with `heanet compare --rebuild`.",
    )
