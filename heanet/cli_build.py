"""The commands ``build`` and ``data generate``: cells without a file, and labels without DFT."""

import sys
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from heanet.errors import EXIT_FAILED, InputError
from heanet.properties import Lattice

_EXTENSIONS = {".vasp": "poscar", ".poscar": "poscar", ".cif": "cif", ".extxyz": "extxyz",
               ".xyz": "extxyz", ".json": "json"}  # fmt: skip


def build(
    composition: Positional[str],
    lattice: Lattice = "fcc",
    n_atoms: int = 40,
    sqs: bool = False,
    iterations: int = 100_000,
    seed: int = 0,
    out: Path | None = None,
) -> int:
    """Build an alloy cell and write it as a structure file.

    Args:
        composition: Formula: CrFeCoNi, Cr20Mn20Fe20Co20Ni20, Al0.3CoCrFeNi.
        lattice: Parent lattice.
        n_atoms: Wanted number of atoms; the nearest one that the lattice can have is taken.
        sqs: Arrange the elements as a special quasirandom structure instead of at random.
        iterations: Arrangements that the search for it tries.
        seed: The same seed gives the same cell.
        out: File to write, its extension says the format: vasp, cif, extxyz, json; default: a
            POSCAR named after the cell.
    """
    from tqdm import tqdm

    from heanet.data.alloys import Alloy, build_alloy, parse_composition
    from heanet.data.elements import formula
    from heanet.data.home import write_whole
    from heanet.data.structures import write_structure

    if out is not None and out.suffix.lower() not in _EXTENSIONS:
        raise InputError(
            f"The file '{out}' has the extension '{out.suffix}'",
            expected=f"one of {' '.join(_EXTENSIONS)}",
        )
    arrangement: Literal["random", "sqs"] = "sqs" if sqs else "random"
    alloy = Alloy(parse_composition(composition), lattice, n_atoms, arrangement, seed, iterations)
    with tqdm(total=100, desc="SQS", unit="%", disable=None if sqs else True) as bar:

        def show(share: float) -> None:
            bar.update(round(100 * share) - bar.n)

        cell = build_alloy(alloy, on_progress=show)
    path = out or Path(f"{cell.properties['name']}.vasp")
    try:
        text = write_structure(cell, _EXTENSIONS[path.suffix.lower()])  # type: ignore[arg-type]
        write_whole(path, text)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written ({error.strerror})") from error
    print(f"{path}: {formula(cell.composition)}, {lattice}, {len(cell)} atoms, seed {seed}")
    for note in cell.properties["notes"]:
        print(note)
    return 0


def generate(
    out: Path,
    elements: tuple[str, ...],
    lattice: tuple[Lattice, ...] = ("fcc", "bcc"),
    n: int = 100,
    atoms: tuple[int, int] = (16, 40),
    seed: int = 0,
    workers: int = 2,
) -> int:
    """Make a labelled set with CHGNet as the teacher; the same command continues it.

    Args:
        out: Folder of the set.
        elements: Symbols to mix (Cr Fe Co Ni), or families of them (Cr-Fe-Ni Fe-Co-Pd).
        lattice: Parent lattices.
        n: Number of cells, of two to five components.
        atoms: Of the smallest and of the largest cell.
        seed: Of everything random; the same seed gives the same cells.
        workers: Processes, one thread each.
    """
    from heanet.data.generate import generate as generate_set

    made = generate_set(
        out, elements, lattices=lattice, n=n, atoms=atoms, seed=seed, workers=workers
    )
    print(f"{made.folder}: {made.labelled} labelled cells, {len(made.failed)} failed")
    for name, reason in made.failed.items():
        print(f"{name}: {reason}", file=sys.stderr)
    return 0 if made.labelled else EXIT_FAILED
