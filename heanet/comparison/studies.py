"""Fits that build on other fits: those go first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heanet.commit import code_commit
from heanet.comparison.cases import Outcome
from heanet.comparison.plan import TEACHER, Case
from heanet.comparison.run import missing, outcomes, run
from heanet.comparison.sources import source_of
from heanet.data.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Ground:
    """What the fits of a study stand on.

    Attributes:
        dataset: Labelled set.
        store: Folder of its outcomes.
        teacher: A set that a universal potential labelled; None without one.
        teacher_store: Folder of the outcomes on it.
    """

    dataset: Dataset
    store: Path
    teacher: Dataset | None = None
    teacher_store: Path | None = None


def run_study(
    ground: Ground,
    cases: Sequence[Case],
    *,
    workers: int,
    on_start: Callable[[int, int], None] = lambda *_: None,
) -> dict[Case, BaseException]:
    """Make every missing fit, those first that others start from; interrupted, it goes on.

    Args:
        ground: Labelled sets and folders.
        cases: What is wanted; without a teacher, nothing that starts from one.
        workers: Processes.
        on_start: Told before each of the steps how many fits are to be made, of how many.

    Returns:
        Why a fit is missing, by case; empty where all are there.

    Raises:
        KeyboardInterrupt: Ctrl-C; what is finished is kept.
        TrainingError: Another process is making outcomes in the same folder.
    """
    sources = dict.fromkeys(s for case in cases if (s := source_of(case)) is not None)
    taught = [case for case in sources if case.split == TEACHER]
    first = [case for case in sources if case.split != TEACHER]
    last = [case for case in cases if case not in sources]
    steps = [(ground.dataset, first, ground.store), (ground.dataset, last, ground.store)]
    if ground.teacher is not None and ground.teacher_store is not None:
        steps.insert(0, (ground.teacher, taught, ground.teacher_store))
    for dataset, some, store in steps:
        kept = ground.teacher_store
        on_start(len(missing(dataset, some, store, teacher=kept)), len(some))
        failed = run(dataset, some, store, workers=workers, commit=code_commit(), teacher=kept)
        if failed:
            return failed
    return {}


def study_outcomes(ground: Ground, cases: Sequence[Case]) -> list[Outcome]:
    """The outcomes of some cases that are there."""
    found = outcomes(ground.dataset, cases, ground.store, teacher=ground.teacher_store)
    return list(found)
