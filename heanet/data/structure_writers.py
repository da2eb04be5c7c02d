"""Writing structures, and the formats as data for buttons and help texts.

What one format alone needs is imported when it is written.
"""

import io
import json
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Element, Structure

from heanet.data.structure_text import Format
from heanet.errors import StructureError

if TYPE_CHECKING:
    from ase import Atoms

DIGITS = 12
COMMENT_LENGTH = 80


@dataclass(frozen=True)
class StructureFormat:
    """A file format that is read and written.

    Attributes:
        label: Name for people.
        extension: With the dot.
        mime: Media type for downloads.
    """

    label: str
    extension: str
    mime: str


FORMATS: dict[Format, StructureFormat] = {
    "poscar": StructureFormat("POSCAR / CONTCAR (VASP 5 or later)", ".vasp", "text/plain"),
    "cif": StructureFormat("CIF", ".cif", "chemical/x-cif"),
    "extxyz": StructureFormat("Extended XYZ", ".extxyz", "chemical/x-xyz"),
    "json": StructureFormat("pymatgen JSON", ".json", "application/json"),
}


def write_structure(structure: Structure, fmt: Format) -> str:
    """The text of a file.

    A POSCAR lists atoms element by element, in the order in which the elements first appear,
    which is how VASP takes them; the other formats keep the order of atoms. extxyz and JSON keep
    the numbers per atom in ``site_properties``.

    Args:
        structure: An ordered cell.
        fmt: A key of ``FORMATS``.

    Raises:
        StructureError: ``fmt`` is unknown.
    """
    if fmt not in FORMATS:
        raise StructureError(f"Unknown format '{fmt}'", expected=f"one of {', '.join(FORMATS)}")
    elements = [Element(site.specie.symbol) for site in structure]
    bare = Structure(structure.lattice, elements, structure.frac_coords)
    name = str(structure.properties.get("name", ""))
    if fmt == "poscar":
        return _poscar(bare, name)
    if fmt == "cif":
        from pymatgen.io.cif import CifWriter

        return str(CifWriter(bare, significant_figures=DIGITS))
    per_atom = {key: np.array(values) for key, values in structure.site_properties.items()}
    if fmt == "extxyz":
        return _extxyz(bare, per_atom)
    for key, values in per_atom.items():
        bare.add_site_property(key, values.tolist())
    bare.properties = {"name": name} if name else {}
    return json.dumps(bare.as_dict())


def _poscar(structure: Structure, name: str) -> str:
    """VASP 5, fractional coordinates, the name as comment line."""
    from ase.io.vasp import write_vasp

    order = list(dict.fromkeys(site.specie.symbol for site in structure))
    grouped = structure.get_sorted_structure(key=lambda site: order.index(site.specie.symbol))
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    comment = " ".join(plain.split())[:COMMENT_LENGTH] or grouped.formula
    stream = io.StringIO()
    # Not pymatgen's Poscar: writing takes it a time that grows with the square of the atoms.
    write_vasp(stream, _to_ase(grouped), direct=True, vasp5=True)
    _, after_comment = stream.getvalue().split("\n", maxsplit=1)
    return f"{comment}\n{after_comment}"


def _extxyz(structure: Structure, per_atom: dict[str, np.ndarray]) -> str:
    """One frame with cell, symbols, positions and the numbers per atom."""
    from ase.io.extxyz import write_xyz

    atoms = _to_ase(structure)
    for key, values in per_atom.items():
        atoms.set_array(key, values)
    stream = io.StringIO()
    write_xyz(stream, [atoms])
    return stream.getvalue()


def _to_ase(structure: Structure) -> "Atoms":
    """Cell, symbols and positions as ASE takes them."""
    from ase import Atoms

    return Atoms(
        [site.specie.symbol for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
    )
