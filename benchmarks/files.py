"""Structure files to six properties, beside a single point of the potential CHGNet."""

import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import torch
from pymatgen.core import Structure

from benchmarks.cells import poscars
from benchmarks.profiles import python_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Pairs, Side, alternate, seconds
from heanet.errors import DataError
from heanet.fileprediction import predict_files
from heanet.prediction import load_model

GOAL = 50.0
_AT_ONCE = 16  # cells in a batch of CHGNet, its own default
_SIZES = {16: (1, 2, 2), 64: (2, 2, 4), 128: (2, 4, 4)}


def measure(*, quick: bool) -> Found:
    """Time both on the same files, one thread.

    Raises:
        DataError: CHGNet is not installed.
    """
    torch.set_num_threads(1)
    chgnet, model = _chgnet(), load_model("hea-six")
    n, n_theirs = (20, 2) if quick else (200, 3 * _AT_ONCE)

    def ours(files: list[Path]) -> None:
        predict_files(files, model)

    def theirs(files: list[Path], task: str = "efsm") -> None:
        # A batch at a time: it keeps the graphs of all cells that it is given, gigabytes of them.
        for start in range(0, len(files), _AT_ONCE):
            cells = [Structure.from_file(file) for file in files[start : start + _AT_ONCE]]
            chgnet.predict_structure(cells, task=task, batch_size=_AT_ONCE)

    with tempfile.TemporaryDirectory() as folder:
        files = _written(Path(folder), n, 64)
        some = files[:n_theirs]
        found = alternate(Side(lambda: ours(files)), Side(lambda: theirs(some)), repeats=5)
        short = some[: max(2, n_theirs // 3)]
        without = alternate(Side(lambda: ours(files)), Side(lambda: theirs(short, "em")), repeats=5)
        profile = python_profile(lambda: ours(files))
        costs = []
        for n_atoms in (16, 64) if quick else _SIZES:
            few = _written(Path(folder), 16, n_atoms)
            ours(few)
            costs.append(
                (seconds(Side(lambda few=few: ours(few))) / len(few),
                 seconds(Side(lambda few=few: theirs(few[:2]))) / 2)
            )  # fmt: skip
    return Found(
        sizes={"files": n, "files of CHGNet's turn": n_theirs, "atoms per cell": 64},
        lines=(
            _line("", found, n, n_theirs, GOAL, "energy, forces, stress, moments: its default"),
            _line(", forces left out", without, n, len(short), None, "energy and moments alone"),
        ),
        curve=Curve(
            size="atoms per cell",
            cost="seconds per cell",
            sizes=(16.0, 64.0) if quick else tuple(map(float, _SIZES)),
            ours=tuple(a for a, _ in costs),
            theirs=tuple(b for _, b in costs),
            our_name="HEANet, file to six properties",
            their_name="CHGNet, file to single point",
        ),
        profile=profile,
    )


def _line(what: str, found: Pairs, n: int, n_theirs: int, goal: float | None, theirs: str) -> Line:
    mine = tuple(1e3 * one / n for one in found.ours)
    other = tuple(1e3 * one / n_theirs for one in found.theirs)
    return Line(
        what=f"file to six properties beside a single point of CHGNet{what}, one thread",
        ours="heanet predict, hea-six, with error bars and warnings",
        theirs=theirs,
        goal=goal,
        values=tuple(b / a for a, b in zip(mine, other, strict=True)),
        cost="ms per cell",
        our_cost=mine,
        their_cost=other,
    )


def _written(folder: Path, n: int, n_atoms: int) -> list[Path]:
    files = []
    for k, text in enumerate(poscars(n, _SIZES[n_atoms])):
        files.append(folder / f"{n_atoms}-{k}.vasp")
        files[-1].write_bytes(text)
    return files


def _chgnet() -> Any:  # noqa: ANN401
    try:
        from chgnet.model.model import CHGNet
    except ImportError as error:
        raise DataError(
            "CHGNet, which HEANet is timed against, is not installed",
            fix="Install it with `pip install -r requirements-teacher.txt`.",
        ) from error
    with redirect_stdout(StringIO()):  # it announces itself
        return CHGNet.load(use_device="cpu", verbose=False)
