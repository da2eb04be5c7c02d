"""Parsers: text -> pymatgen structures. That of CIF is in heanet.data.structure_cif.

The parsers of pymatgen and ASE do the reading. What is here checks what they would guess at
(elements of a POSCAR without symbols), and counts atoms before the expensive part begins. What one
format alone needs is imported with its first file, and ahead of it where files of users are read
(heanet.data.reader).
"""

import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Element, Lattice, Structure

from heanet.data.elements import as_element
from heanet.data.structure_text import MAX_FRAMES, Format, check_size
from heanet.errors import StructureError

if TYPE_CHECKING:
    from ase import Atoms

Parsed = tuple[Structure, list[str]]  # with notes for the reader

# Words, but not those of the line that comes after the numbers of atoms.
_SYMBOL_LINE = re.compile(r"\s*(?!direct|cart|selective)[A-Z]", re.IGNORECASE)
# Properties=species:S:1:pos:R:3:forces:R:3; as many columns as somebody says, but not for ever.
_COLUMNS = re.compile(r"(?=.*\b(species|Z):.*\bpos:R:3(?!\d))[^:]*:\w:\d{1,3}(:[^:]*:\w:\d{1,3})*")
_CELL_FIX = 'Add the cell to the second line: Lattice="ax ay az bx by bz cx cy cz".'


def parse_poscar(text: str, *, name: str) -> list[Parsed]:
    """The structure of a POSCAR or CONTCAR of VASP 5 or later."""
    lines = text.split("\n")
    symbols, counts, after = _poscar_species(lines, name=name)
    for symbol in symbols:
        as_element(symbol, name=name)
    if len(symbols) != len(counts):
        raise StructureError(
            f"'{name}' names {len(symbols)} species but gives {len(counts)} numbers of atoms",
            expected="one number for each species",
        )
    if min(counts) < 0:
        raise StructureError(f"'{name}' has a negative number of atoms: {min(counts)}")
    check_size(sum(counts), name=name)
    if len(lines[1].split()) > 1:
        raise StructureError(
            f"'{name}' has several scaling factors in its second line",
            expected="one",
            fix="Multiply the lattice vectors by them and write 1.0 there.",
        )
    mode = lines[after].strip() if after < len(lines) else ""
    if mode[:1] not in tuple("sSdDcCkK"):
        raise StructureError(
            f"'{name}' has '{mode[:30]}' after its numbers of atoms",
            expected="Direct or Cartesian",
        )
    n_after = sum(bool(line.strip()) for line in lines[after + 1 :])
    if n_after < sum(counts):
        raise StructureError(
            f"'{name}' announces {sum(counts)} atoms, but only {n_after} lines follow",
            expected="one line of coordinates for each atom",
        )
    structure = _plain_poscar(lines, symbols, counts, after)
    if structure is None:
        # Imported here: it takes longer than all else that reads, and few files need it.
        from pymatgen.io.vasp import Poscar

        structure = Poscar.from_str(text, read_velocities=False).structure
    n_frames = sum(line.lower().startswith("direct configuration") for line in lines)
    notes = [f"only the first of {n_frames} configurations read"] if n_frames > 1 else []
    return [(structure, notes)]


def parse_cif(text: str, *, name: str) -> list[Parsed]:
    """Every block of a CIF that holds a structure."""
    from heanet.data import structure_cif

    return structure_cif.parse_cif(text, name=name)


def parse_extxyz(text: str, *, name: str) -> list[Parsed]:
    """Every frame of an extended xyz file."""
    from ase.io.extxyz import read_xyz

    text = text.strip() + "\n"
    _check_frames(text.split("\n"), name=name)
    try:
        frames = list(read_xyz(io.StringIO(text), index=slice(None)))
    except KeyError as error:  # how ASE says that it does not know an element
        as_element(str(error.args[0]), name=name)
        raise
    return [_from_atoms(frame, name=name) for frame in frames]


def parse_json(text: str, *, name: str) -> list[Parsed]:
    """One structure, or a list of them, as pymatgen's ``Structure.as_dict`` writes them."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise StructureError(f"'{name}' is broken JSON: {error}") from error
    entries = content if isinstance(content, list) else [content]
    if not entries:
        raise StructureError(f"'{name}' is an empty JSON list", expected="at least one structure")
    if len(entries) > MAX_FRAMES:
        raise StructureError(
            f"'{name}' holds {len(entries)} structures", expected=f"at most {MAX_FRAMES}"
        )
    return [(_from_dict(entry, name=name), []) for entry in entries]


PARSERS: dict[Format, Callable[..., list[Parsed]]] = {
    "poscar": parse_poscar,
    "cif": parse_cif,
    "extxyz": parse_extxyz,
    "json": parse_json,
}


def _poscar_species(lines: list[str], *, name: str) -> tuple[list[str], list[int], int]:
    """Symbols, numbers of atoms, and the index of the line after them.

    Both may run over several lines. VASP 6 writes ``Fe_pv/1a2b``: potential and checksum.
    """
    index = 5
    symbols: list[str] = []
    while index < len(lines) and _SYMBOL_LINE.match(lines[index]):
        symbols += [re.split("[_/]", word)[0] for word in lines[index].split()]
        index += 1
    counts: list[int] = []
    # Coordinates may be whole numbers too, so no further than there are species.
    while index < len(lines) and _are_integers(lines[index]) and len(counts) < max(len(symbols), 1):
        counts += [int(word) for word in lines[index].split()]
        index += 1
    if not counts:
        raise StructureError(
            f"'{name}' looks like a POSCAR, but has no numbers of atoms where they belong",
            expected="a line of element symbols and one of numbers after the three lattice vectors",
        )
    if not symbols:
        raise StructureError(
            f"'{name}' is a POSCAR without a line of element symbols (VASP 4)",
            expected=f"the symbols of its {len(counts)} species before '{lines[5].strip()}'",
            fix=f"Insert a line such as '{' '.join(['Fe', 'Ni', 'Cr', 'Co', 'Mn'][: len(counts)])}'"
            " with the right elements after the lattice vectors.",
        )
    return symbols, counts, index


def _plain_poscar(
    lines: list[str], symbols: list[str], counts: list[int], after: int
) -> Structure | None:
    """The structure of a POSCAR as most programs write it, without pymatgen's way through it.

    Args:
        lines: The file.
        symbols: Of the species, known to be elements.
        counts: Their atoms, as many numbers.
        after: Index of the line after the numbers of atoms.

    Returns:
        None for what is not plain, which pymatgen reads or refuses: selective dynamics, a scaling
        factor that means a volume, lines that are cut short.
    """
    mode, n_atoms = lines[after].strip()[0], sum(counts)
    rows = [line.split()[:3] for line in lines[after + 1 : after + 1 + n_atoms]]
    try:
        scale = float(lines[1])
        matrix = scale * np.array([line.split()[:3] for line in lines[2:5]], dtype=np.float64)
        places = np.array(rows, dtype=np.float64)
    except ValueError:
        return None
    if scale <= 0 or mode in "sS" or matrix.shape != (3, 3) or places.shape != (n_atoms, 3):
        return None
    cartesian = mode in "cCkK"
    return Structure(
        Lattice(matrix),
        [Element(symbol) for symbol, n in zip(symbols, counts, strict=True) for _ in range(n)],
        places * scale if cartesian else places,
        coords_are_cartesian=cartesian,
    )


def _are_integers(line: str) -> bool:
    """Whether a line holds integers and nothing else."""
    words = line.split()
    return bool(words) and all(re.fullmatch("[+-]?[0-9]+", word) for word in words)


def _check_frames(lines: list[str], *, name: str) -> None:
    """Walk over the frames by their numbers of atoms, before any of them is parsed."""
    start = 0
    n_frames = 0
    while start < len(lines) and lines[start].strip():
        n_frames += 1
        if not _are_integers(lines[start]):
            raise StructureError(
                f"'{name}' has '{lines[start].strip()[:30]}' at line {start + 1}, "
                f"where frame {n_frames} begins",
                expected="the number of atoms of the frame",
            )
        n_atoms = int(lines[start])
        check_size(n_atoms, name=name)
        comment = lines[start + 1] if start + 1 < len(lines) else ""
        if not re.search(r"(?<!\w)Lattice\s*=", comment):
            raise StructureError(
                f"'{name}' has no cell in frame {n_frames}: a molecule, not a crystal",
                expected="a periodic cell",
                fix=_CELL_FIX,
            )
        stated = re.findall(r"""(?<!\w)Properties["']?\s*=\s*["']?([^\s"']*)""", comment)
        if unusable := [columns for columns in stated if not _COLUMNS.fullmatch(columns)]:
            raise StructureError(
                f"'{name}' has columns '{unusable[0][:60]}' in frame {n_frames}",
                expected="species (or Z) and pos among them, as Properties=species:S:1:pos:R:3",
            )
        start += n_atoms + 2
    if n_frames > MAX_FRAMES:
        raise StructureError(f"'{name}' holds {n_frames} frames", expected=f"at most {MAX_FRAMES}")


def _from_atoms(atoms: "Atoms", *, name: str) -> Parsed:
    """An ASE object with the numbers it carries per atom."""
    notes = [] if atoms.pbc.all() else ["taken as periodic in all three directions"]
    results = atoms.calc.results if atoms.calc else {}
    per_atom: dict[str, Any] = {}
    for key, values in {**atoms.arrays, **results}.items():
        if key not in ("numbers", "positions") and np.shape(values)[:1] == (len(atoms),):
            per_atom[_PROPERTY_NAMES.get(key, key)] = values.tolist()
    structure = Structure(
        Lattice(atoms.cell.array),
        [as_element(symbol, name=name) for symbol in atoms.get_chemical_symbols()],
        atoms.positions,
        coords_are_cartesian=True,
        site_properties=per_atom,
    )
    return structure, notes


# ASE's names -> pymatgen's.
_PROPERTY_NAMES = {"initial_magmoms": "magmom", "magmoms": "magmom", "initial_charges": "charge"}


def _from_dict(entry: object, *, name: str) -> Structure:
    """A structure from its dictionary; only numbers and symbols of it are looked at.

    pymatgen's own reader would import and build any object that the file names among its
    properties, so it is given a dictionary without them.
    """
    if not isinstance(entry, dict) or "lattice" not in entry or "sites" not in entry:
        held = ", ".join(sorted(entry)[:5]) if isinstance(entry, dict) else type(entry).__name__
        raise StructureError(
            f"'{name}' is JSON, but no pymatgen structure (it holds: {held})",
            expected="'lattice' and 'sites', as Structure.as_dict() writes them",
        )
    check_size(len(entry["sites"]), name=name)
    lattice = entry["lattice"]
    sites = []
    for site in entry["sites"]:
        species = [
            {"element": as_element(part["element"], name=name).symbol, "occu": part["occu"]}
            | ({"oxidation_state": part["oxidation_state"]} if part.get("oxidation_state") else {})
            for part in site["species"]
        ]
        sites.append({"species": species, "abc": site["abc"]})
    matrix = {key: lattice[key] for key in _LATTICE_KEYS if key in lattice}
    structure = Structure.from_dict({"lattice": matrix, "sites": sites})
    for key in entry["sites"][0].get("properties") or {} if sites else {}:
        values = [(site.get("properties") or {}).get(key) for site in entry["sites"]]
        structure.add_site_property(key, values)
    return structure


_LATTICE_KEYS = ("matrix", "a", "b", "c", "alpha", "beta", "gamma")
