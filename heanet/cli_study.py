"""The command ``study``: what transfers, and what each addition to HEANet gives."""

import sys
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from heanet.config import ModelConfig
from heanet.errors import ConfigError


def study(
    which: Positional[Literal["transfer", "ablation"]],
    data: str | None = None,
    teacher: str = "alloys",
    out: Path | None = None,
    workers: int = 2,
) -> int:
    """Make the transfer or the ablation table again; interrupted, the same command goes on.

    Args:
        which: transfer: strategies from few components to many and back; ablation: what each
            addition to HEANet gives.
        data: Labelled set; default hea-dft where it was imported, else another imported set, else
            alloys.
        teacher: A set labelled by a universal potential, by name or folder; none leaves out what
            starts from it.
        out: Folder of results.md; default that of the set's results.
        workers: Processes that fit at the same time.
    """
    from heanet.comparison.ablation import ablation_cases, ablation_table
    from heanet.comparison.rebuild import outcome_store, write_study
    from heanet.comparison.results import TABLES, load_results, report_folder_of
    from heanet.comparison.run import failure
    from heanet.comparison.studies import Ground, run_study, study_outcomes
    from heanet.comparison.studytables import ABLATION, TRANSFER
    from heanet.comparison.transfer import transfer_cases, transfer_table
    from heanet.studyrecord import record_fits
    from heanet.training.inputs import dataset_for

    if workers < 1:
        raise ConfigError(f"Option --workers is {workers}", expected="at least 1")
    dataset = dataset_for(data or "", ModelConfig(), corrected=True)
    ground = Ground(dataset, outcome_store(dataset))
    if teacher != "none":
        taught = dataset_for(teacher, ModelConfig(), corrected=True)
        ground = Ground(dataset, ground.store, taught, outcome_store(taught))
    make, name = {
        "transfer": (transfer_cases, TRANSFER),
        "ablation": (ablation_cases, ABLATION),
    }[which]
    folder = out or report_folder_of(dataset.source)
    load_results(folder / TABLES)  # first: there must be results that the table stands beside
    cases = make(with_teacher=ground.teacher is not None)
    failed = run_study(
        ground,
        cases,
        workers=workers,
        on_start=lambda n, of: print(f"{n} of {of} fits to be made", file=sys.stderr),
    )
    found = study_outcomes(ground, cases)
    if name == ABLATION:
        table = ablation_table(found, dataset, teacher=ground.teacher)
    else:
        table = transfer_table(found, dataset)
    print(write_study(name, table, folder))
    if reason := record_fits(which, found, dataset):
        print(f"The record of the fits is not complete: {reason}", file=sys.stderr)
    if failed:
        raise failure(failed) from next(iter(failed.values()))
    return 0
