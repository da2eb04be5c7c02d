"""The cells of an uploaded zip, each read on its own and written again as a POSCAR.

A file that cannot be used is listed and takes nothing else with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pymatgen.core import Structure

from heanet.data.archives import read_zip
from heanet.data.labelfiles import sha256
from heanet.data.lattices import detect_lattice, lattice_from_name
from heanet.data.setproblems import Kind, Problem
from heanet.data.structures import read_structures, write_structure
from heanet.errors import DataError, DisorderedStructureError, HeanetError
from heanet.properties import Lattice

MAX_TOTAL_ATOMS = 1_000_000


@dataclass(frozen=True)
class OwnCell:
    """A cell of an upload.

    Attributes:
        poscar: The cell as it is kept.
        n_atoms: Number of atoms.
        n_elements: Number of elements.
        volume: Angstrom^3/atom.
        lattice: Parent lattice as far as file name or geometry tell; None where neither does.
        lattice_source: Which of them.
        lattice_share: Share of atoms that show the lattice, from the geometry; 1 from the name.
    """

    poscar: str
    n_atoms: int
    n_elements: int
    volume: float
    lattice: Lattice | None
    lattice_source: Literal["file name", "geometry"]
    lattice_share: float


@dataclass(frozen=True)
class OwnCells:
    """What a zip holds.

    Attributes:
        name: Its file name.
        sha256: Of the zip.
        cells: By file name, sorted.
        unusable: Why a file cannot be used, by file name.
    """

    name: str
    sha256: str
    cells: dict[str, OwnCell]
    unusable: dict[str, Problem]


def read_own_cells(
    data: bytes, *, name: str, on_progress: Callable[[float], None] | None = None
) -> OwnCells:
    """Read every file of a zip.

    Args:
        data: The zip.
        name: Its file name.
        on_progress: Called with the share of files that are read, 0 to 1.

    Raises:
        DataError: The zip itself cannot be used (heanet.data.archives), or holds too many atoms.
    """
    files = read_zip(data, name=name)
    cells: dict[str, OwnCell] = {}
    unusable: dict[str, Problem] = {}
    n_atoms = 0
    for number, (file, content) in enumerate(files.items(), start=1):
        try:
            cells[file] = _read_cell(content, file)
        except DisorderedStructureError as error:
            unusable[file] = _problem("disordered", file, error)
        except HeanetError as error:
            unusable[file] = _problem("unreadable", file, error)
        n_atoms += cells[file].n_atoms if file in cells else 0
        if n_atoms > MAX_TOTAL_ATOMS:
            raise DataError(
                f"The cells of '{name}' have more than {MAX_TOTAL_ATOMS:,} atoms",
                expected=f"at most {MAX_TOTAL_ATOMS:,} together",
                fix="Upload smaller cells or fewer of them.",
            )
        if on_progress:
            on_progress(number / len(files))
    return OwnCells(name, sha256(data), cells, unusable)


def _read_cell(content: bytes, file: str) -> OwnCell:
    structures = read_structures(content, name=file)
    if len(structures) != 1:
        raise DataError(
            f"'{file}' holds {len(structures)} cells",
            expected="one cell per label",
            fix="Keep the relaxed cell alone, the last one of a relaxation.",
        )
    (cell,) = structures
    lattice, source, share = _lattice(cell, file)
    return OwnCell(
        poscar=write_structure(cell, "poscar"),
        n_atoms=len(cell),
        n_elements=len(cell.composition),
        volume=float(cell.volume) / len(cell),
        lattice=lattice,
        lattice_source=source,
        lattice_share=share,
    )


def _lattice(
    cell: Structure, file: str
) -> tuple[Lattice | None, Literal["file name", "geometry"], float]:
    """The lattice that the file name tells, else the one that most atoms show."""
    if named := lattice_from_name(file):
        return named, "file name", 1.0
    guess = detect_lattice(cell)
    return guess.lattice, "geometry", guess.confidence


def _problem(kind: Kind, file: str, error: HeanetError) -> Problem:
    """The error without the advice, which is for a file that is opened alone."""
    return Problem(kind, file, f"{error.given}.")
