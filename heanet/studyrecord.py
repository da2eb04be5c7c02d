"""The record of a study in MLflow: a run for every fit, with what it was and how it did.

A study's fits are many and short, and their outcomes are files already; so they are carried over
once, after they are made, and what is there already is not written twice.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from heanet.comparison.cases import Outcome
from heanet.comparison.plan import DIRECTIONS, part_name
from heanet.data.dataset import Dataset
from heanet.mlflowrun import RECORD_KEY, client_and_experiment, failures

EXPERIMENT = "heanet studies"
_PAGE = 1000  # runs that are asked for at a time


def record_fits(
    study: str, outcomes: Sequence[Outcome], dataset: Dataset, *, progress: bool = True
) -> str:
    """Carry the fits of a study over to MLflow.

    Args:
        study: Its name.
        outcomes: Finished fits.
        dataset: Labelled set, for the errors on the rows that each fit is tested on.
        progress: Show a progress bar where a terminal is attached.

    Returns:
        Why not all are there; empty if they are. A record that is away costs no fit.
    """
    try:
        _record(study, outcomes, dataset, progress=progress)
    except failures() as error:
        return str(error)
    return ""


def _record(study: str, outcomes: Sequence[Outcome], dataset: Dataset, *, progress: bool) -> None:
    client, experiment = client_and_experiment(EXPERIMENT)  # first: it sets MLflow up
    from mlflow.entities import Metric, Param, RunTag

    known: set[str] = set()
    token = None
    while True:
        page = client.search_runs([experiment], max_results=_PAGE, page_token=token)
        finished = (run for run in page if run.info.status == "FINISHED")
        known |= {str(run.data.tags.get(RECORD_KEY)) for run in finished}
        token = page.token
        if not token:
            break
    new = [outcome for outcome in outcomes if outcome.key not in known]
    hidden = None if progress else True
    for outcome in tqdm(new, desc="Recording", unit="fit", disable=hidden):
        run = client.create_run(
            experiment, run_name=str(outcome.case), tags={"study": study, RECORD_KEY: outcome.key}
        ).info.run_id
        tags = {"commit": outcome.commit, "data.fingerprint": dataset.source.fingerprint}
        client.log_batch(
            run,
            metrics=[Metric(name, value, 0, 0) for name, value in _metrics(outcome, dataset)],
            params=[Param(name, value) for name, value in _settings(outcome).items()],
            tags=[RunTag(name, value) for name, value in tags.items()],
        )
        client.set_terminated(run, "FINISHED")


def _settings(outcome: Outcome) -> dict[str, str]:
    case = outcome.case
    name = part_name(case) if case.split in DIRECTIONS and case.percent else case.split
    own = {key: str(value) for key, value in vars(case).items()}
    return {**own, "split_name": name, "n_train": str(len(outcome.trained))}


def _metrics(outcome: Outcome, dataset: Dataset) -> Iterator[tuple[str, float]]:
    """Mean absolute error on the test rows by task, and the seconds that the fit took."""
    names = list(outcome.tested)
    for task, values in outcome.values.items():
        labels = dataset.labels.loc[names, task].to_numpy(dtype=float)
        off = np.abs(np.array([values.get(name, np.nan) for name in names]) - labels)
        if np.isfinite(off).any():
            yield f"test_mae.{task}", float(np.nanmean(off))
    if np.isfinite(outcome.seconds):
        yield "seconds", outcome.seconds
