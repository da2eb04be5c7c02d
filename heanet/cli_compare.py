"""The command ``compare``: show the errors of all models, or make them again."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from heanet.config import ModelConfig, Output
from heanet.errors import ConfigError

SPLIT, WORKERS = "a2", 2


def compare(
    split: str | None = None,
    rows: Literal["test", "train", "validation"] | None = None,
    output: Output | None = None,
    rebuild: bool = False,
    models: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    splits: tuple[str, ...] = (),
    data: str | None = None,
    published: Path | None = None,
    out: Path | None = None,
    workers: int | None = None,
    fresh: bool = False,
) -> int:
    """Errors of every model on the same rows; --rebuild makes them again.

    Args:
        split: Split to show, a0-a3, b0-b2 or grouped; default a2.
        rows: Row set to show; default test.
        output: How to print; default table.
        rebuild: Fit what is missing, then write results.md and its tables; Ctrl-C and the same
            command go on where it was.
        models: Models to fit; default all.
        groups: Groups of tasks to fit; default all.
        splits: Splits to fit on; default all.
        data: Labelled set of the results; default hea-dft where it was imported, else another
            imported set, else alloys, which comes with the project.
        published: Folder of the published system (reported_mae.csv and checkpoints), to evaluate
            its checkpoints again.
        out: Folder of results.md and its tables; default docs for hea-dft, docs/alloys for
            alloys, HEANET_HOME/results/NAME for another set.
        workers: Processes that fit at the same time; default 2.
        fresh: Fit everything again that is not in HEANET_HOME, also what the results hold.
    """
    if rebuild:
        _refuse(
            {"--split": split, "--rows": rows, "--output": output},
            "chooses what is shown, and --rebuild shows nothing",
            fix="Leave it out; --models, --groups and --splits choose what is fitted.",
        )
        workers = WORKERS if workers is None else workers
        if workers < 1:
            raise ConfigError(f"Option --workers is {workers}", expected="at least 1")
        return _rebuild(models, groups, splits, data, published, out, workers, fresh=fresh)
    _refuse(
        {
            "--models": models,
            "--groups": groups,
            "--splits": splits,
            "--published": published,
            "--workers": workers,
            "--fresh": fresh or None,
        },
        "is for --rebuild, which was not given",
        fix="Leave it out, or add --rebuild; --split chooses what is shown.",
    )
    return _show(split or SPLIT, rows or "test", output or "table", data, out)


def _refuse(options: Mapping[str, object], why: str, *, fix: str) -> None:
    """Raise a ConfigError if one of the options was given: it would be ignored."""
    for option, value in options.items():
        if value not in (None, ()):
            raise ConfigError(f"Option {option} {why}", fix=fix)


def _show(split: str, rows: str, output: Output, data: str | None, out: Path | None) -> int:
    from heanet.comparison.plan import check_split_key
    from heanet.comparison.results import (
        TABLES,
        default_results,
        leaderboard,
        load_results,
        results_folder,
    )
    from heanet.report import leaderboard_report

    check_split_key(split)
    folder = results_folder(data or default_results()) if out is None else out / TABLES
    found = load_results(folder)
    if data not in (None, found.about.data.name):
        raise ConfigError(
            f"The results in '{folder}' are on {found.about.data.name}, not on {data}",
            fix="Leave --data out, or name their set.",
        )
    board = leaderboard(found.errors, split=split, rows=rows)
    title = found.about.data.title or found.about.data.name
    print(leaderboard_report(board, output, which=f"{split} {rows}", data=title))
    return 0


def _rebuild(
    models: tuple[str, ...],
    groups: tuple[str, ...],
    splits: tuple[str, ...],
    data: str | None,
    published: Path | None,
    out: Path | None,
    workers: int,
    *,
    fresh: bool,
) -> int:
    from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
    from heanet.comparison.plan import SPLITS, plan
    from heanet.comparison.rebuild import rebuild
    from heanet.comparison.results import report_folder_of
    from heanet.comparison.run import failure
    from heanet.training.inputs import dataset_for

    cases = plan(
        models=models or tuple(CONTENDERS),
        groups=groups or tuple(TASK_GROUPS),
        splits=splits or SPLITS,
    )
    dataset = dataset_for(data or "", ModelConfig(), corrected=True)
    done = rebuild(
        dataset,
        out or report_folder_of(dataset.source),
        cases=cases,
        published=published,
        workers=workers,
        fresh=fresh,
        on_start=lambda n, of: print(f"{n} of {of} fits to be made", file=sys.stderr),
    )
    print(f"{done.report}: {done.done} of {done.planned} planned fits")
    if done.failed:
        raise failure(done.failed) from next(iter(done.failed.values()))
    return 0
