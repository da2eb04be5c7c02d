"""Make the results again: run what is missing, tabulate, write tables and report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from heanet.commit import code_commit
from heanet.comparison.checks import PUBLISHED_COLUMNS
from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.plan import FOLD_SEED, N_FOLDS, SEEDS, Case, plan
from heanet.comparison.published import published_table
from heanet.comparison.recall import recall
from heanet.comparison.report import results_report
from heanet.comparison.results import (
    PUBLISHED,
    TABLES,
    About,
    Results,
    load_results,
    read_published,
    save_results,
)
from heanet.comparison.run import failure, keep, missing, outcomes, run
from heanet.comparison.settings import settings
from heanet.comparison.studytables import TRANSFER, load_study, save_study
from heanet.comparison.tables import curve_table, error_table, fit_table, prediction_table
from heanet.data.dataset import Dataset
from heanet.data.home import heanet_home, write_whole
from heanet.data.labels import PUBLISHED as PUBLISHED_SET
from heanet.data.labels import load_labels
from heanet.errors import DataError
from heanet.training.checkpoints import versions
from heanet.training.runs import data_card

REPORT = "results.md"


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        report: The report's file.
        done: Fits that the results stand on.
        planned: Fits of the whole plan.
        failed: Why a fit that was asked for is not among them, by case.
    """

    report: Path
    done: int
    planned: int
    failed: Mapping[Case, BaseException]


def rebuild(
    dataset: Dataset,
    out: Path,
    *,
    cases: Sequence[Case],
    published: Path | None = None,
    workers: int = 2,
    fresh: bool = False,
    on_start: Callable[[int, int], None] = lambda *_: None,
) -> Rebuilt:
    """Run the missing cases and write tables and report of all that are there.

    Outcomes are kept in HEANET_HOME; what is not there is taken from the tables of an earlier
    rebuild, and fitted where those do not hold it either, or not for these settings.

    Args:
        dataset: Element graphs on HEANet's grid, and labels.
        out: Folder of the report; the tables go into its folder "results".
        cases: What to run; results of other cases of the plan are kept.
        published: Folder of the published system, whose figures stand beside results on the
            published set; None keeps those that are there.
        workers: Processes.
        fresh: Believe no table of these cases: fit all that HEANET_HOME does not hold.

        on_start: Told how many of the cases are to be fitted, and how many there are.

    Raises:
        DataError: There is no outcome at all, the published folder is not one, or the results are
            on another set than the published figures.
        TrainingError: There is no outcome because the fits failed, or another process is fitting.
    """
    store = outcome_store(dataset)
    # First: what is wrong with a folder should not be found out after hours of fitting.
    figures = _published(published, dataset, out / TABLES / PUBLISHED)
    transfer = load_study(TRANSFER, out / TABLES)
    everything = plan()
    believed = [case for case in everything if case not in cases] if fresh else everything
    keep(recall(out / TABLES, dataset, missing(dataset, believed, store)), store)
    on_start(len(missing(dataset, cases, store)), len(cases))
    failed = run(dataset, cases, store, workers=workers, commit=code_commit())
    found = list(outcomes(dataset, everything, store))
    if failed and not found:
        raise failure(failed) from next(iter(failed.values()))
    if not found:
        raise DataError(
            "No fit of the comparison is finished",
            expected="at least one",
            fix="Choose at least one model, split and seed.",
        )
    results = Results(
        errors=error_table(found, dataset),
        fits=fit_table(found),
        predictions=prediction_table(found),
        curves=curve_table(found),
        published=figures,
        about=about(dataset, n_done=len(found), n_planned=len(everything)),
        transfer=transfer,
    )
    save_results(results, out / TABLES)
    report = out / REPORT
    write_whole(report, results_report(results))
    return Rebuilt(report, len(found), len(everything), failed)


def write_study(name: str, table: pd.DataFrame, out: Path) -> Path:
    """Write the table of a study beside the results, and the report anew.

    Args:
        name: Of its file: TRANSFER or ABLATION.
        table: The study; an empty one leaves what is there.
        out: Folder of the report.

    Returns:
        The report's file.

    Raises:
        DataError: There are no results that it could stand beside.
    """
    folder = out / TABLES
    load_results(folder)  # first: a report is of all of it
    save_study(name, table, folder)
    report = out / REPORT
    write_whole(report, results_report(load_results(folder)))
    return report


def outcome_store(dataset: Dataset) -> Path:
    """The folder of the outcomes on a labelled set; other sets have their own."""
    return heanet_home() / "comparison" / dataset.source.fingerprint[:12]


def about(dataset: Dataset, *, n_done: int, n_planned: int) -> About:
    """What results of a data set stand on, after ``n_done`` of ``n_planned`` fits."""
    return About(
        data=data_card(dataset),
        seeds=SEEDS,
        n_folds=N_FOLDS,
        fold_seed=FOLD_SEED,
        n_done=n_done,
        n_planned=n_planned,
        contenders={key: settings(contender) for key, contender in CONTENDERS.items()},
        versions=versions(),
    )


def _published(folder: Path | None, dataset: Dataset, kept: Path) -> pd.DataFrame:
    """The published figures, from their folder or as they were tabulated before."""
    if folder is not None and dataset.source.name != PUBLISHED_SET:
        raise DataError(
            f"The published figures are of {PUBLISHED_SET}, these results of {dataset.source.name}",
            fix="Leave --published out.",
        )
    if folder is not None:
        raw = load_labels(dataset.source.folder, corrected=False)
        return published_table(folder, raw)
    return read_published(kept) if kept.exists() else pd.DataFrame(columns=list(PUBLISHED_COLUMNS))
