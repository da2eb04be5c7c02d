"""What ``predict`` prints: each row as soon as its chunk is predicted, however many there are."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from heanet.config import Output
from heanet.data.structurefiles import find_structure_files
from heanet.errors import EXIT_BAD_INPUT
from heanet.fileprediction import stream_predictions
from heanet.modelinput import AUTO
from heanet.prediction import load_model
from heanet.properties import PUBLISHED_TASKS
from heanet.report import prediction_pieces


def print_predictions(
    given: Sequence[Path], model: str, *, lattice: str, output: Output, order_seed: int | None
) -> int:
    """Print the predictions of files; the exit code.

    Errors go to stderr, and progress with the time left where that is a terminal.

    Args:
        given: Files, folders and patterns.
        model: Name of a model, a checkpoint folder, or "auto".
        lattice: Parent lattice, or "auto".
        output: How to print.
        order_seed: Put whole atoms on partially occupied sites, with this seed.
    """
    asked = AUTO if model == AUTO else load_model(model)
    # Which shipped model a file goes to is not known yet; all of them have these and no others.
    tasks = PUBLISHED_TASKS if isinstance(asked, str) else asked.ensemble.tasks
    files = find_structure_files(given)
    n_failed = 0
    # Of a few files the rows themselves are the progress.
    with tqdm(files, desc="Predicting", unit=" files", disable=None if files[1:] else True) as bar:

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal n_failed
            for row in stream_predictions(bar, asked, lattice=lattice, order_seed=order_seed):
                yield row
                if "error" in row:
                    n_failed += 1
                    _write(bar, f"heanet: {row['error']}\n", sys.stderr)

        for piece in prediction_pieces(rows(), output, tasks):
            _write(bar, piece, sys.stdout)
    return EXIT_BAD_INPUT if n_failed else 0


def _write(bar: "tqdm[Path]", text: str, stream: TextIO) -> None:
    """Write text; a terminal has the bar below it."""
    with bar.external_write_mode(file=stream) if stream.isatty() else nullcontext():
        print(text, end="", file=stream, flush=True)
