"""Run the cases that are missing, in parallel; interrupted, it goes on where it was."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import torch
from tqdm import tqdm

from heanet.comparison.cases import (
    Inputs,
    Outcome,
    case_key,
    load_outcome,
    run_case,
    save_outcome,
)
from heanet.comparison.plan import Case
from heanet.data.dataset import Dataset
from heanet.data.home import make_private

_inputs: Inputs | None = None  # of a worker process


def outcome_path(store: Path, case: Case) -> Path:
    """Where the outcome of a case lies."""
    return store / f"{case}.json"


def missing(dataset: Dataset, cases: Sequence[Case], store: Path) -> list[Case]:
    """The cases without an outcome for the present settings, data and rows."""
    return [case for case in cases if _load(dataset, case, store) is None]


def outcomes(dataset: Dataset, cases: Sequence[Case], store: Path) -> Iterator[Outcome]:
    """The outcomes that are there, in the order of the cases."""
    found = (_load(dataset, case, store) for case in cases)
    return (outcome for outcome in found if outcome is not None)


def run(dataset: Dataset, cases: Sequence[Case], store: Path, *, workers: int, commit: str) -> None:
    """Make every missing outcome.

    Args:
        dataset: Element graphs on HEANet's grid, and labels.
        cases: All cases.
        store: Folder of the outcomes; created.
        workers: Processes, one thread each.
        commit: Of the code, noted in every outcome.

    Raises:
        KeyboardInterrupt: Ctrl-C; finished cases are kept, unfinished fits are continued by the
            next call.
    """
    make_private(store)
    todo = missing(dataset, cases, store)
    bar = tqdm(total=len(todo), desc="Comparison", unit="fit")
    with bar, ProcessPoolExecutor(workers, initializer=_start, initargs=(dataset,)) as pool:
        waiting = [pool.submit(_make, case, store, commit) for case in todo]
        try:
            for done in as_completed(waiting):
                bar.set_postfix_str(done.result(), refresh=False)
                bar.update()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _load(dataset: Dataset, case: Case, store: Path) -> Outcome | None:
    outcome = load_outcome(outcome_path(store, case))
    return outcome if outcome is not None and outcome.key == case_key(dataset, case) else None


def _start(dataset: Dataset) -> None:
    """Prepare a worker process."""
    global _inputs
    torch.set_num_threads(1)
    _inputs = Inputs(dataset)


def _make(case: Case, store: Path, commit: str) -> str:
    if _inputs is None:
        raise RuntimeError("The worker was not prepared")
    outcome = run_case(_inputs, case, work=store, commit=commit)
    save_outcome(outcome, outcome_path(store, case))
    return str(case)
