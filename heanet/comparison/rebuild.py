"""Make the results again: run what is missing, tabulate, write tables and report."""

from collections.abc import Mapping, Sequence
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
    read_published,
    save_results,
)
from heanet.comparison.run import failure, keep, missing, outcomes, run
from heanet.comparison.settings import settings
from heanet.comparison.tables import curve_table, error_table, fit_table, prediction_table
from heanet.data.dataset import Dataset
from heanet.data.home import heanet_home
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
) -> Rebuilt:
    """Run the missing cases and write tables and report of all that are there.

    Outcomes are kept in HEANET_HOME; what is not there is taken from the tables of an earlier
    rebuild, and fitted where those do not hold it either, or not for these settings.

    Args:
        dataset: Element graphs on HEANet's grid, and labels.
        out: Folder of the report; the tables go into its folder "results".
        cases: What to run; results of other cases of the plan are kept.
        published: Folder of the published system; None keeps the figures that are there.
        workers: Processes.
        fresh: Believe no table: fit everything that is not in HEANET_HOME.

    Raises:
        DataError: There is no outcome at all, or the published folder is not one.
        TrainingError: There is no outcome because the fits failed, or another process is fitting.
    """
    store = heanet_home() / "comparison"
    # First: what is wrong with a folder should not be found out after hours of fitting.
    figures = _published(published, dataset, out / TABLES / PUBLISHED)
    everything = plan()
    if not fresh:
        unknown = missing(dataset, everything, store)
        keep(recall(out / TABLES, dataset, unknown), store)
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
    )
    save_results(results, out / TABLES)
    report = out / REPORT
    report.write_text(results_report(results), encoding="utf-8")
    return Rebuilt(report, len(found), len(everything), failed)


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
    if folder is not None:
        raw = load_labels(dataset.source.folder, corrected=False)
        return published_table(folder, raw)
    return read_published(kept) if kept.exists() else pd.DataFrame(columns=list(PUBLISHED_COLUMNS))
