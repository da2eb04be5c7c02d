"""Make the results again: run what is missing, tabulate, write tables and report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from heanet.commit import code_commit
from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS, Contender
from heanet.comparison.plan import FOLD_SEED, N_FOLDS, SEEDS, Case, plan
from heanet.comparison.published import published_table
from heanet.comparison.report import results_report
from heanet.comparison.results import (
    PUBLISHED,
    PUBLISHED_COLUMNS,
    About,
    Results,
    read_published,
    save_results,
)
from heanet.comparison.run import outcomes, run
from heanet.comparison.tables import curve_table, error_table, prediction_table
from heanet.data.dataset import Dataset
from heanet.data.home import heanet_home
from heanet.data.labels import load_labels
from heanet.errors import DataError
from heanet.training.checkpoints import versions
from heanet.training.runs import data_card

REPORT, TABLES = "results.md", "results"


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        report: The report's file.
        done: Fits that the results stand on.
        planned: Fits of the whole plan.
    """

    report: Path
    done: int
    planned: int


def rebuild(
    dataset: Dataset,
    out: Path,
    *,
    cases: Sequence[Case],
    published: Path | None = None,
    workers: int = 2,
) -> Rebuilt:
    """Run the missing cases and write tables and report of all that are there.

    Args:
        dataset: Element graphs on HEANet's grid, and labels.
        out: Folder of the report; the tables go into its folder "results".
        cases: What to run; results of other cases of the plan are kept.
        published: Folder of the published system; None keeps the figures that are there.
        workers: Processes.

    Raises:
        DataError: There is no outcome at all, or the published folder is not one.
    """
    store = heanet_home() / "comparison"
    run(dataset, cases, store, workers=workers, commit=code_commit())
    everything = plan()
    found = list(outcomes(dataset, everything, store))
    if not found:
        raise DataError(
            "No fit of the comparison is finished",
            expected="at least one",
            fix="Choose at least one model, split and seed.",
        )
    results = Results(
        errors=error_table(found, dataset),
        predictions=prediction_table(found),
        curves=curve_table(found),
        published=_published(published, dataset, out / TABLES / PUBLISHED),
        about=about(dataset, n_done=len(found), n_planned=len(everything)),
    )
    save_results(results, out / TABLES)
    report = out / REPORT
    report.write_text(results_report(results), encoding="utf-8")
    return Rebuilt(report, len(found), len(everything))


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


def settings(contender: Contender) -> dict[str, str]:
    """Everything that fixes a contender beside tasks, rows and seed, as text by option."""
    if contender.recipe is None:
        return {"network": "none"}
    recipe = contender.recipe
    network = recipe.network(TASK_GROUPS["all"])
    options = {
        **network.model_dump(exclude={"tasks"}),
        **recipe.train.model_dump(exclude={"seed"}),
    }
    kind = type(network).__name__.removesuffix("Config")
    return {
        "network": {"Model": "HEANet"}.get(kind, kind),
        "graphs": recipe.graphs,
        **{
            key: f"{value:g}" if isinstance(value, float) else str(value)
            for key, value in options.items()
        },
    }


def _published(folder: Path | None, dataset: Dataset, kept: Path) -> pd.DataFrame:
    """The published figures, from their folder or as they were tabulated before."""
    if folder is not None:
        raw = load_labels(dataset.source.folder, corrected=False)
        return published_table(folder, raw)
    return read_published(kept) if kept.exists() else pd.DataFrame(columns=list(PUBLISHED_COLUMNS))
