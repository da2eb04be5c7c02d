"""Files -> predictions, row by row and however many there are."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pymatgen.core import Structure

from heanet.data.structures import read_structures
from heanet.errors import HeanetError
from heanet.modelinput import AUTO
from heanet.prediction import Model, check_known, load_model, model_for, predict_checked

# Rows, and atoms, that are read before they are predicted together; bounds memory.
CHUNK, CHUNK_ATOMS = 64, 40_000


def predict_files(
    files: Iterable[Path],
    model: Model | str | Path = AUTO,
    *,
    lattice: str = "auto",
    order_seed: int | None = None,
) -> list[dict[str, Any]]:
    """All rows of ``stream_predictions``."""
    return list(stream_predictions(files, model, lattice=lattice, order_seed=order_seed))


def stream_predictions(
    files: Iterable[Path],
    model: Model | str | Path = AUTO,
    *,
    lattice: str = "auto",
    order_seed: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Predict the cells of files, chunk by chunk; a bad file does not keep the others from it.

    Args:
        files: Structure files, taken one by one; of several frames each is predicted.
        model: A loaded model, its name, or a checkpoint folder; "auto" as in ``predict``.
        lattice: Parent lattice, or "auto".
        order_seed: Order partially occupied sites with this seed; None refuses them.

    Yields:
        In the order of the files ``{"file", "formula", ...}`` as in ``Prediction.as_dict``, or
        ``{"file", "error"}``; frames of one file are told apart as ``FILE#2``.
    """
    one = model if isinstance(model, Model) or model == AUTO else load_model(model)
    rows: list[dict[str, Any]] = []
    cells: list[Structure | None] = []
    for file in files:
        for row, cell in _read_rows(file, one, lattice, order_seed):
            rows.append(row)
            cells.append(cell)
            if len(rows) >= CHUNK or sum(map(len, filter(None, cells))) >= CHUNK_ATOMS:
                yield from _served(rows, cells, one, lattice)
                rows, cells = [], []
    yield from _served(rows, cells, one, lattice)


def _read_rows(
    file: Path, model: Model | str | Path, lattice: str, order_seed: int | None
) -> Iterator[tuple[dict[str, Any], Structure | None]]:
    """The beginning of each row of a file, and its cell where that can be predicted."""
    try:
        structures = read_structures(file, order_seed=order_seed)
    except HeanetError as error:
        yield {"file": str(file), "error": str(error)}, None
        return
    for k, structure in enumerate(structures, start=1):
        row = {"file": f"{file}#{k}" if len(structures) > 1 else str(file)}
        try:
            asked = model if isinstance(model, Model) else model_for(structure)
            check_known(asked, structure, lattice)
        except HeanetError as error:
            yield {**row, "error": str(error)}, None
        else:
            yield row, structure


def _served(
    rows: Sequence[dict[str, Any]],
    cells: Sequence[Structure | None],
    model: Model | str | Path,
    lattice: str,
) -> Iterator[dict[str, Any]]:
    """Rows with the predictions of their cells; those without a cell as they are."""
    found = iter(predict_checked([cell for cell in cells if cell is not None], model, lattice))
    for row, cell in zip(rows, cells, strict=True):
        yield row if cell is None else row | next(found).as_dict()
