"""Run the cases that are missing, in parallel; interrupted, it goes on where it was.

Ctrl-C reaches every process of a terminal. Here it is the parent's alone: it tells the workers,
which end after the epoch that they are in and leave their fit where the next run takes it up.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import c_bool
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawValue
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from tqdm import tqdm

from heanet.comparison.cases import (
    Inputs,
    Outcome,
    case_key,
    load_outcome,
    resume_path,
    run_case,
    save_outcome,
)
from heanet.comparison.plan import Case
from heanet.comparison.sources import Stores, is_source, source_key
from heanet.data.dataset import Dataset
from heanet.data.home import HOME_VARIABLE, make_private
from heanet.errors import HeanetError, TrainingError
from heanet.training.resume import remove_resume

LOCK = ".lock"
_NAMED = 5  # failed fits that a message names for each reason


@dataclass(frozen=True)
class _Worker:
    """What a worker process holds from fit to fit."""

    inputs: Inputs
    stop: c_bool

    def should_stop(self) -> bool:
        return bool(self.stop.value)


_worker: _Worker | None = None


def outcome_path(store: Path, case: Case) -> Path:
    """Where the outcome of a case lies."""
    return store / f"{case}.json"


def missing(
    dataset: Dataset, cases: Sequence[Case], store: Path, *, teacher: Path | None = None
) -> list[Case]:
    """The cases without an outcome for the present settings, data and rows."""
    stores = Stores(store, teacher)
    return [case for case in cases if _load(dataset, case, stores) is None]


def outcomes(
    dataset: Dataset, cases: Sequence[Case], store: Path, *, teacher: Path | None = None
) -> Iterator[Outcome]:
    """The outcomes that are there, in the order of the cases."""
    found = (_load(dataset, case, Stores(store, teacher)) for case in cases)
    return (outcome for outcome in found if outcome is not None)


def keep(found: Iterable[Outcome], store: Path) -> None:
    """Lay outcomes into a folder, created, where ``run`` finds them.

    Raises:
        TrainingError: Another process is making outcomes in the same folder.
    """
    with _own_store(store):
        for outcome in found:
            save_outcome(outcome, outcome_path(store, outcome.case))


def run(
    dataset: Dataset,
    cases: Sequence[Case],
    store: Path,
    *,
    workers: int,
    commit: str,
    teacher: Path | None = None,
) -> dict[Case, BaseException]:
    """Make every missing outcome.

    Args:
        dataset: Element graphs on HEANet's grid, and labels.
        cases: All cases.
        store: Folder of the outcomes; created.
        workers: Processes, one thread each; at least one.
        commit: Of the code, noted in every outcome.
        teacher: Folder of the outcomes on a teacher's set, for fits that start from those.

    Returns:
        Why a case has no outcome, by case; empty where all have one. A case that fails does not
        keep the others from being made; a process that is killed does.

    Raises:
        KeyboardInterrupt: Ctrl-C; finished cases are kept, unfinished fits are continued by the
            next call. No worker is left.
        TrainingError: Another process is making outcomes in the same folder.
    """
    with _own_store(store):
        todo = missing(dataset, cases, store, teacher=teacher)
        if not todo:
            return {}
        failed: dict[Case, BaseException] = {}
        with _workers(dataset, min(workers, len(todo))) as pool:
            with _interrupts_held():
                waiting = {
                    pool.submit(_make, case, Stores(store, teacher), commit): case for case in todo
                }
            with tqdm(total=len(todo), desc="Comparison", unit="fit", disable=None) as bar:
                for done in as_completed(waiting):
                    if error := done.exception():
                        failed[waiting[done]] = error
                    bar.set_postfix_str(str(waiting[done]), refresh=False)
                    bar.update()
        return failed


def failure(failed: Mapping[Case, BaseException]) -> TrainingError:
    """One error for all failed fits: which, and why.

    Args:
        failed: As ``run`` returns it; at least one.
    """
    by_reason: dict[str, list[str]] = {}
    for case, error in failed.items():
        by_reason.setdefault(_reason(error), []).append(str(case))
    told = []
    for reason, names in by_reason.items():
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        told.append(f"{', '.join(names[:_NAMED])}{rest} ({reason})")
    return TrainingError(
        f"{len(failed)} {'fit' if len(failed) == 1 else 'fits'} failed: {'; '.join(told)}",
        fix="The same command tries them again.",
    )


def _reason(error: BaseException) -> str:
    if isinstance(error, BrokenProcessPool):
        return "a worker process was killed, perhaps for want of memory: give fewer --workers"
    if isinstance(error, HeanetError):
        return error.given
    return f"{type(error).__name__}: {error}"


def _load(dataset: Dataset, case: Case, stores: Stores) -> Outcome | None:
    outcome = load_outcome(outcome_path(stores.own, case))
    if outcome is None or outcome.key != case_key(dataset, case, stores):
        return None
    if is_source(case) and source_key(stores.own / stores.weights(case).name) != outcome.key:
        return None  # others are to start from its weights
    return outcome


@contextmanager
def _own_store(store: Path) -> Iterator[None]:
    """The folder of the outcomes, created, and locked against a second process meanwhile."""
    make_private(store)
    try:
        held = FileLock(store / LOCK).acquire(timeout=0)
    except Timeout:
        raise TrainingError(
            f"Another process is fitting for the comparison in '{store}'",
            fix=f"Wait for it, or set {HOME_VARIABLE} to another folder.",
        ) from None
    with held:
        yield


@contextmanager
def _workers(dataset: Dataset, n: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that have ended when the block has: left early, they end within an epoch."""
    # Without a lock, which a killed worker could take with it.
    stop = RawValue(c_bool, False)
    pool = ProcessPoolExecutor(n, initializer=_start, initargs=(dataset, stop))
    try:
        yield pool
    finally:
        stop.value = True
        pool.shutdown()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits for the end of the block; processes that are started in it never see one."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(dataset: Dataset, stop: c_bool) -> None:
    """Prepare a worker process."""
    global _worker
    torch.set_num_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = _Worker(Inputs(dataset), stop)


def _end_with_parent() -> None:
    """A parent that was killed tells its workers nothing: they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(case: Case, stores: Stores, commit: str) -> None:
    """Make one outcome and save it, unless the run is to end."""
    if _worker is None:
        raise RuntimeError("The worker was not prepared")
    if _worker.should_stop():  # the rest of the cases is gone through in no time
        return
    outcome = run_case(
        _worker.inputs,
        case,
        work=stores.own,
        teacher=stores.teacher,
        commit=commit,
        should_stop=_worker.should_stop,
    )
    if outcome is not None:
        save_outcome(outcome, outcome_path(stores.own, case))
        # Only now: a kill in between must not cost a finished fit.
        remove_resume(resume_path(stores.own, case))
