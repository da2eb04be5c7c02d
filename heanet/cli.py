"""The command line: parse, call one function, print.

Exit codes: 0 done, 1 failed, 2 bad input. Errors are one line on stderr; ``--debug`` adds the
traceback. Modules that import torch are imported by the command that needs them, so that
``--help`` answers at once.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import OmitArgPrefixes, Positional
from tyro.extras import SubcommandApp

import heanet
from heanet.cli_benchmark import benchmark
from heanet.cli_build import build, generate
from heanet.cli_compare import compare
from heanet.cli_data import describe_set, fetch_mp, import_zip
from heanet.cli_screen import screen
from heanet.cli_stop import stop_on_ctrl_c
from heanet.cli_study import study
from heanet.config import ModelConfig, Output, RunConfig, StartConfig, TrainConfig
from heanet.errors import EXIT_FAILED, HeanetError, InputError

if TYPE_CHECKING:
    from heanet.training.checkpoints import Metric

app = SubcommandApp()
labelled_sets = SubcommandApp()
fetched_sets = SubcommandApp()
app.command(labelled_sets, name="data", help="Import, fetch, generate or audit labelled sets.")
labelled_sets.command(fetched_sets, name="fetch", help="Fetch a labelled set from its source.")

Command = Callable[..., int]


def command(group: SubcommandApp, name: str = "") -> Callable[[Command], Command]:
    """Register a command of a group. Parsing only binds its arguments; ``main`` runs it."""

    def register(function: Command) -> Command:
        @functools.wraps(function)
        def bound(*args: object, **options: object) -> Callable[[], int]:
            return functools.partial(function, *args, **options)

        group.command(name=name or function.__name__)(bound)
        return function

    return register


@command(app)
def predict(
    files: Positional[tuple[Path, ...]],
    model: str = "auto",
    lattice: Literal["auto", "fcc", "bcc", "hcp"] = "auto",
    output: Output = "table",
    order_seed: int | None = None,
) -> int:
    """Predict six properties of the cells in structure files.

    Args:
        files: POSCAR, CIF, extxyz or pymatgen JSON files, also gzipped; folders of them; patterns
            in quotes, where there are too many files for a command line.
        model: Name of a shipped or trained model, or a checkpoint folder; auto: by the kind of
            cell, hea-six for relaxed ones and hea-built for those on ideal sites.
        lattice: Parent lattice; auto takes it from the file name, else from the geometry.
        output: How to print.
        order_seed: Put whole atoms on partially occupied sites, with this seed.
    """
    from heanet.cli_predict import print_predictions

    if not files:
        raise InputError("No file was given", expected="at least one structure file")
    return print_predictions(files, model, lattice=lattice, output=output, order_seed=order_seed)


@command(app)
def train(
    model: Annotated[ModelConfig, OmitArgPrefixes] = ModelConfig(),  # noqa: B008
    fit: Annotated[TrainConfig, OmitArgPrefixes] = TrainConfig(),  # noqa: B008
    start: Annotated[StartConfig, OmitArgPrefixes] = StartConfig(),  # noqa: B008
    split_type: Literal[0, 1, 2, 3] = 2,
    processed_data: bool = False,
    split: str = "",
    data: str = "",
    name: str = "",
    out: Path | None = None,
    overwrite: bool = False,
) -> int:
    """Train a network; Ctrl-C leaves a run that the same command continues.

    Args:
        model: Shape of the network.
        fit: How to fit it.
        start: Where the weights start.
        split_type: Number of the split.
        processed_data: Take the a-splits, cut into files beforehand; otherwise the b-splits.
        split: Any split by its name, such as "fold 1 of 5", in place of the two options before.
        data: A labelled set by name, or a folder of one; default hea-dft where it was imported,
            else another imported set, else alloys, which comes with the project.
        name: Of the run; default one that says tasks, epochs and split by the published rule.
        out: Folder that the run's folder is written into; default HEANET_HOME/trained.
        overwrite: Replace a finished run of the same name.
    """
    from heanet.mlflowrun import is_complete
    from heanet.report import metrics_report
    from heanet.tracking import train as train_it
    from heanet.training.runfolder import CANCEL, check_name, trained_home
    from heanet.training.runs import run_name

    split = split or f"{'a' if processed_data else 'b'}{split_type}"
    config = RunConfig(data=data, split=split, model=model, train=fit, start=start)
    folder = (out or trained_home()) / check_name(name or run_name(config))
    (folder / CANCEL).unlink(missing_ok=True)  # asked of an earlier start
    with stop_on_ctrl_c() as should_stop:
        card = train_it(folder, config, should_stop=should_stop, overwrite=overwrite)
    if card is None:
        print(f"Stopped; the same command continues the run in {folder}", file=sys.stderr)
        return EXIT_FAILED
    if not is_complete(folder):
        print(
            "The record of this run is not complete: the tracking server did not take it. The "
            "same command completes it.",
            file=sys.stderr,
        )
    rows = ", ".join(f"{n} {row_set}" for row_set, n in card.n_rows.items())
    print(f"{folder}\n{card.data.title}; split {card.split}: {rows} rows")
    print(metrics_report(card.metrics, "table"))
    return 0


@command(app)
def evaluate(
    checkpoint: str,
    split: str,
    rows: Literal["test", "train", "validation", "published", "unseen"] = "test",
    data: str = "",
    labels: Literal["as_trained", "raw", "corrected"] = "as_trained",
    output: Output = "table",
) -> int:
    """Errors of a checkpoint on named rows, with how many of them it was trained on.

    Args:
        checkpoint: Name of a model, a checkpoint folder, or a published checkpoint (.pt).
        split: Split that names the rows: a published one, a0-a3 or b0-b2, or for our own models
            also one like "fold 3 of 5", "without Cr-Fe-Ni" or "without 3 components".
        rows: Row set of the split. The published trainer looked up other rows than its cut names:
            published are those that its test errors are from, unseen those that it never used.
        data: Labelled set; default: the one that the checkpoint was trained on.
        labels: Version of the labels; as_trained is the one that the checkpoint was trained on.
        output: How to print.
    """
    from heanet.data.splitnames import parse_split_name
    from heanet.report import metrics_report

    parse_split_name(split)  # a wrong name is refused before anything is read
    evaluate_it = _evaluate_published if checkpoint.endswith(".pt") else _evaluate_model
    lines = evaluate_it(checkpoint, split=split, rows=rows, data=data, version=labels)
    print(metrics_report(lines, output))
    return 0


command(app)(compare)
command(app)(study)
command(app)(build)
command(app)(screen)
command(app)(benchmark)
command(labelled_sets)(generate)


@command(labelled_sets, "import")
def import_folder(
    source: Positional[Path], table: Path | None = None, name: str = "", method: str = ""
) -> int:
    """Import a labelled set into HEANET_HOME, where commands and pages find it by name.

    Args:
        source: Folder with labels/*.xlsx and structures/, or one that data generate made; with
            --table a zip of structure files.
        table: CSV or Excel table (.xlsx) of labels, a row per structure file; headings such as
            "structure", "lattice" and "eform (meV/atom)" say what a column holds.
        name: Name of a set from a zip; default that of the zip.
        method: What the labels of a zip were computed with.
    """
    from heanet.data.labels import import_set

    if table is not None:
        return describe_set(import_zip(source, table, name=name, method=method))
    if name or method:
        raise InputError(
            "--name and --method without --table", expected="them with a zip of structures alone"
        )
    return describe_set(import_set(source))


@command(fetched_sets, "hea-dft")
def fetch_hea_dft() -> int:
    """Fetch the published DFT set from its source repository and import it."""
    from heanet.data.fetch import fetch_published

    return describe_set(fetch_published())


command(fetched_sets, "mp")(fetch_mp)


@command(labelled_sets, "audit")
def audit_labels(source: Positional[str] = "") -> int:
    """Labels that contradict each other, and which one is wrong, as CSV.

    Args:
        source: A labelled set by name, or a folder of one; default as for train.
    """
    from heanet.data.audit import audit
    from heanet.data.labels import default_set, load_labels
    from heanet.report import formula_free_table

    raw = load_labels(source or default_set(), corrected=False)
    print(f"Labels of {raw.title}", file=sys.stderr)
    found = formula_free_table(audit(raw.table, raw.structures()))
    print(found.to_csv(index=False), end="")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args == ["--version"]:
        print(heanet.__version__)
        return 0
    # Names may hold letters that the terminal's encoding lacks.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    debug = "--debug" in args
    try:
        command = _parse([word for word in args if word != "--debug"])
        return command()
    except HeanetError as error:
        if debug:
            traceback.print_exc()
        print(f"heanet: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("heanet: interrupted", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:  # the reader of our output has seen enough
        return EXIT_FAILED
    except OSError as error:  # a full disk, a folder that may not be read
        if debug:
            traceback.print_exc()
        text = " ".join(str(error).split()) or type(error).__name__
        print(f"heanet: {text}", file=sys.stderr)
        return EXIT_FAILED


def _parse(args: list[str]) -> Callable[[], int]:
    """The command with its arguments bound.

    Raises:
        InputError: The arguments are wrong; the parser's message, on one line.
    """
    message = io.StringIO()
    try:
        with contextlib.redirect_stderr(message):
            parsed: Callable[[], int] = app.cli(prog="heanet", args=args, use_underscores=True)
    except SystemExit as stop:
        if not stop.code:
            raise
        raise InputError(_one_line(message.getvalue()), fix="See `heanet --help`.") from None
    return parsed


def _one_line(box: str) -> str:
    """The text of the parser's framed message."""
    words = re.sub(r"[\u2500-\u257f]", " ", box).split()
    text = re.sub(r" For (full helptext|further information).*", "", " ".join(words))
    # A value that a configuration class refused: its key and the reason, without the machinery.
    if refused := re.search(r"validation errors? for \w+ (?P<key>\w+) (?P<why>.*)", text):
        why = re.sub(
            r"\[type=.*?input_value=(?P<given>.*?), input_type=.*", r"(\g<given>)", refused["why"]
        )
        return f"Option --{refused['key']}: {why}"
    text = re.sub(r"^(Parsing error|Required options|Unrecognized options) ", "", text)
    return text or "The arguments are wrong"


def _evaluate_model(
    checkpoint: str, *, split: str, rows: str, data: str, version: str
) -> list[Metric]:
    """Errors of one of our own models."""
    from heanet.prediction import load_model
    from heanet.training.inputs import dataset_for
    from heanet.training.seen import evaluate_rows, rows_seen

    model = load_model(checkpoint)
    card = model.card
    corrected = card.data.corrected if version == "as_trained" else version == "corrected"
    dataset = dataset_for(data or card.data.name, card.model, corrected=corrected)
    trained_on, chosen_on = rows_seen(card, dataset)
    lines = evaluate_rows(
        model.ensemble,
        dataset,
        dataset.split(split),
        rows,
        trained_on=trained_on,
        chosen_on=chosen_on,
    )
    made_by = card.versions.get("commit", "")
    return [line.model_copy(update={"commit": made_by}) for line in lines]


def _evaluate_published(
    checkpoint: str, *, split: str, rows: str, data: str, version: str
) -> list[Metric]:
    """Errors of a published checkpoint, which was trained on raw labels."""
    from heanet.data.labels import PUBLISHED, load_labels
    from heanet.training.published import evaluate_published, load_published

    net, name = load_published(Path(checkpoint))
    labels = load_labels(data or PUBLISHED, corrected=version == "corrected")
    return evaluate_published(net, name, labels, split=split, row_set=rows)
