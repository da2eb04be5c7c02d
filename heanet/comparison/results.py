"""The results that come with the project: read, checked, and summed up over seeds.

``docs/results`` holds ``errors.csv`` (the table that every printed number comes from), the fits,
predictions and curves behind it, and the published checkpoints' errors. ``heanet compare
--rebuild`` fits what is missing there; with ``--fresh`` it makes all of it again.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from heanet.comparison.checks import (
    PUBLISHED_COLUMNS,
    PUBLISHED_TEXT,
    REMAKE,
    check_columns,
    check_errors,
    check_published,
)
from heanet.comparison.csvfiles import missing_table, read_csv, write_csv
from heanet.comparison.studytables import (
    ABLATION,
    TRANSFER,
    empty_study,
    load_study,
    save_study,
)
from heanet.comparison.tables import (
    CURVE_COLUMNS,
    ENSEMBLE,
    ERROR_COLUMNS,
    FIT_COLUMNS,
    KEYS,
    POOLED,
    PREDICTION_COLUMNS,
)
from heanet.config import Config, parse_config
from heanet.data.home import heanet_home, make_folder, write_whole, written_whole
from heanet.data.labels import PUBLISHED as PUBLISHED_SET
from heanet.data.labels import LabelledSet, available_sets, default_set, is_shipped, set_folder
from heanet.errors import ConfigError, DataError
from heanet.training.checkpoints import DataCard

ENVIRONMENT = "HEANET_RESULTS"
_DOCS = Path(__file__).resolve().parents[2] / "docs"
RESULTS = _DOCS / "results"  # on the published set
TABLES = "results"  # the folder of the tables, beside the report
ERRORS, FITS, PREDICTIONS, CURVES = (
    *("errors.csv", "fits.csv"),
    *("predictions.parquet", "curves.parquet"),
)
PUBLISHED, ABOUT = "published.csv", "about.json"
_TEXT = (*KEYS, "unit", "labels", "commit")


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
        versions: Software that tabulated them; each fit has its commit.
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
        fits: One fit a row (FIT_COLUMNS).
        predictions: One prediction a row (PREDICTION_COLUMNS); no labels.
        curves: One point of a learning curve a row (CURVE_COLUMNS).
        published: One figure of the published system a row, beside the same checkpoint evaluated
            again on the same rows and on rows that it never saw (PUBLISHED_COLUMNS).
        about: What all of it stands on.
        transfer: One error of the study of transfer a row (heanet.comparison.transfer.COLUMNS);
            empty where the study was not made.
        ablation: One error of the ablation a row (heanet.comparison.ablation.COLUMNS); as well.
    """

    errors: pd.DataFrame
    fits: pd.DataFrame
    predictions: pd.DataFrame
    curves: pd.DataFrame
    published: pd.DataFrame
    about: About
    transfer: pd.DataFrame = field(default_factory=lambda: empty_study(TRANSFER))
    ablation: pd.DataFrame = field(default_factory=lambda: empty_study(ABLATION))


def report_folder(name: str) -> Path:
    """Where the results on a labelled set of that name are written, and looked for.

    Those on the published set and on our own come with the project; the user's are in HEANET_HOME.
    """
    if name == PUBLISHED_SET:
        return _DOCS
    return _DOCS / name if is_shipped(name) else heanet_home() / "results" / name


def report_folder_of(labels: LabelledSet) -> Path:
    """Where the results on this set are written: a set that only shares a name has its own place.

    Args:
        labels: The set itself.
    """
    own = heanet_home() / "results" / labels.name
    return report_folder(labels.name) if set_folder(labels.name) == labels.folder else own


def default_results() -> str:
    """The set whose results are shown where none is named: the default one, if there are any."""
    names = sets_with_results() or [PUBLISHED_SET]
    default = default_set()
    return default if default in names else names[0]


def results_folder(name: str = PUBLISHED_SET) -> Path:
    """The folder that HEANET_RESULTS names, or that of the results on a labelled set."""
    return Path(os.environ.get(ENVIRONMENT) or report_folder(name) / TABLES)


def sets_with_results() -> list[str]:
    """Names of the labelled sets that there are results on."""
    if ENVIRONMENT in os.environ:
        return [PUBLISHED_SET]
    names = dict.fromkeys((PUBLISHED_SET, *available_sets()))
    return [name for name in names if (results_folder(name) / ERRORS).is_file()]


def save_results(results: Results, folder: Path) -> None:
    """Write all tables into a folder, created if it is missing.

    Tables of studies that these results do not hold stay as they are.
    """
    make_folder(folder)
    write_csv(folder / ERRORS, check_errors(results.errors, source=ERRORS))
    check_published(results.published, source=PUBLISHED)
    # The keys come last: they vouch for what is written before.
    (folder / FITS).unlink(missing_ok=True)
    for name, table in ((PREDICTIONS, results.predictions), (CURVES, results.curves)):
        with written_whole(folder / name) as scratch:
            table.to_parquet(scratch, index=False, compression="zstd")
    write_csv(folder / PUBLISHED, results.published)
    save_study(TRANSFER, results.transfer, folder)
    save_study(ABLATION, results.ablation, folder)
    write_whole(folder / ABOUT, results.about.model_dump_json(indent=1) + "\n")
    write_csv(folder / FITS, results.fits)


def load_results(folder: Path = RESULTS) -> Results:
    """Read the tables of a folder.

    Raises:
        DataError: A table is missing or damaged, has other columns or units, or says a thing twice.
    """
    return Results(
        errors=read_errors(folder / ERRORS),
        fits=read_csv(folder / FITS, FIT_COLUMNS, text=FIT_COLUMNS),
        predictions=_read_parquet(folder / PREDICTIONS, PREDICTION_COLUMNS),
        curves=_read_parquet(folder / CURVES, CURVE_COLUMNS),
        published=read_published(folder / PUBLISHED),
        about=_read_about(folder / ABOUT),
        transfer=load_study(TRANSFER, folder),
        ablation=load_study(ABLATION, folder),
    )


def read_errors(path: Path) -> pd.DataFrame:
    """An error table from a CSV file.

    Raises:
        DataError: As ``load_results``.
    """
    return check_errors(read_csv(path, ERROR_COLUMNS, text=_TEXT), source=path.name)


def read_published(path: Path) -> pd.DataFrame:
    """The published figures from a CSV file.

    Raises:
        DataError: As ``load_results``.
    """
    table = read_csv(path, PUBLISHED_COLUMNS, text=PUBLISHED_TEXT)
    return check_published(table, source=path.name)


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
        labels, compositions, shared (most of any seed), commit (of all seeds); in the order of the
        table. Models are judged on the same test rows; their training rows can differ, and so n.
    """
    chosen = errors[
        (errors["split"] == split)
        & (errors["rows"] == rows)
        & (errors["by"] == by)
        & (errors["part"] == part)
        & errors["fold"].isin(["", POOLED])
    ]
    keys = ["model", "group", "task"]
    board = chosen[chosen["seed"] != ENSEMBLE].groupby(keys, sort=False).agg(**_BOARD)
    together = chosen[chosen["seed"] == ENSEMBLE].set_index(keys)["mae"]
    board["ensemble_mae"] = together.reindex(board.index)
    return board.reset_index()


def distinct(values: Iterable[str]) -> str:
    """The different words in some texts, sorted: the commits, or label versions, of some lines."""
    return " ".join(sorted(set(" ".join(values).split())))


# A column of a leaderboard: the column of errors that it is from, and how seeds become one.
_BOARD: dict[str, tuple[str, str | Callable[[Iterable[str]], str]]] = {
    "unit": ("unit", "first"),
    "n": ("n", "first"),
    "seeds": ("seed", "nunique"),
    "mae": ("mae", "mean"),
    "mae_spread": ("mae", "std"),
    "rmse": ("rmse", "mean"),
    "rmse_spread": ("rmse", "std"),
    "r2": ("r2", "mean"),
    "r2_spread": ("r2", "std"),
    "labels": ("labels", distinct),
    "compositions": ("compositions", "first"),
    "shared": ("shared", "max"),
    "commit": ("commit", distinct),
}


def _read_about(path: Path) -> About:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ConfigError("It holds no options by name")
        return parse_config(About, found)
    except FileNotFoundError as error:
        raise missing_table(path) from error
    except (OSError, ValueError, ConfigError) as error:
        raise DataError(
            f"'{path.name}' cannot be read, it is damaged: {error}",
            expected="what the results stand on, as JSON",
            fix=REMAKE,
        ) from error


def _read_parquet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise missing_table(path) from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"'{path.name}' cannot be read, it is damaged", expected="a Parquet table", fix=REMAKE
        ) from error
    check_columns(table, columns, path.name)
    return table
