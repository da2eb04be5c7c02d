"""Reading structures in the process that asks: from the bytes of a file to checked cells.

For files of our own making, and for the process that reads those of others
(heanet.data.reader); everyone else's come through ``heanet.data.structures.read_structures``.
"""

import json
import re
import warnings
from pathlib import Path

import numpy as np
from pymatgen.core import Composition, Element, Lattice, Structure

from heanet.data.elements import as_element, formula
from heanet.data.ordering import order_sites
from heanet.data.structure_checks import check_structure
from heanet.data.structure_parsers import PARSERS, Parsed
from heanet.data.structure_text import (
    MAX_BYTES,
    Format,
    check_bytes,
    detect_format,
    to_text,
)
from heanet.data.structure_writers import FORMATS
from heanet.errors import HeanetError, StructureError

# A refined occupancy this close to one is a whole atom.
WHOLE = 1e-3
_EXTENSIONS = re.compile(
    r"\.(gz|vasp|poscar|contcar|cif|mcif|xyz|extxyz|json|mson|txt|dat)$", re.IGNORECASE
)


def read_here(data: bytes, *, name: str, order_seed: int | None = None) -> list[Structure]:
    """Every structure of a file, as ``read_structures`` gives them.

    Args:
        data: The file.
        name: Its name.
        order_seed: Where sites are partially occupied, put whole atoms on them with this seed.

    Raises:
        DisorderedStructureError: Sites are partially occupied and ``order_seed`` is None.
        StructureError: The file cannot be read or a cell cannot be used; the message says why.
    """
    text, notes = to_text(data, name=name)
    fmt = detect_format(text, name=name)
    parsed = _parse(text, fmt, name=name)
    stem = file_stem(name)
    structures = []
    for number, (structure, own_notes) in enumerate(parsed, start=1):
        title = f"{stem}#{number}" if len(parsed) > 1 else stem
        clean = _clean(structure, fmt, title)
        clean.properties["format"] = fmt
        clean.properties["notes"] = notes + own_notes + clean.properties["notes"]
        structures.append(_ordered(clean, order_seed))
        check_structure(structures[-1])
    return structures


def file_content(path: Path) -> bytes:
    """The bytes of a file that is not too large.

    Raises:
        StructureError: It is too large, a folder, or cannot be read.
    """
    if path.is_dir():
        raise StructureError(
            f"The folder '{path}' cannot be read: no file in it looks like a structure file",
            expected="POSCAR, CIF, extxyz or pymatgen JSON files, not in folders inside it",
        )
    try:
        check_bytes(path.stat().st_size, name=path.name)
        with path.open("rb") as stream:  # a pipe or a device has no size, and may have no end
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise StructureError(
            f"'{path}' cannot be read ({error.strerror})", expected="a structure file"
        ) from error
    check_bytes(len(data), name=path.name)
    return data


def packed(structures: list[Structure]) -> bytes:
    """Checked cells as JSON, every digit kept."""
    cells = [
        {
            "matrix": structure.lattice.matrix.tolist(),
            "symbols": [site.specie.symbol for site in structure],
            "places": structure.frac_coords.tolist(),
            "per_atom": dict(structure.site_properties),
            "properties": structure.properties,
        }
        for structure in structures
    ]
    return json.dumps(cells).encode()


def unpacked(content: bytes) -> list[Structure]:
    """The cells that ``packed`` packed."""
    return [_unpacked(**cell) for cell in json.loads(content)]


def _unpacked(
    *,
    matrix: list[list[float]],
    symbols: list[str],
    places: list[list[float]],
    per_atom: dict[str, list[object]],
    properties: dict[str, object],
) -> Structure:
    elements = [Element(symbol) for symbol in symbols]
    structure = Structure(Lattice(matrix), elements, places, site_properties=per_atom)
    structure.properties = properties
    return structure


def file_stem(file_name: str) -> str:
    """A file's name without folders and the extensions of structure files.

    Anything else after a dot belongs to the name: ``Fe0.5Ni0.5_fcc``.
    """
    stem = re.split(r"[/\\]", file_name)[-1]
    while (shorter := _EXTENSIONS.sub("", stem)) not in (stem, ""):
        stem = shorter
    return stem


def _parse(text: str, fmt: Format, *, name: str) -> list[Parsed]:
    """Run the parser of a format; whatever it dislikes becomes a ``StructureError``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return PARSERS[fmt](text, name=name)
    except HeanetError:
        raise
    except Exception as error:
        raise StructureError(
            f"'{name}' looks like {FORMATS[fmt].label}, but cannot be read: {_reason(error)}"
        ) from error


def _reason(error: Exception) -> str:
    """What a parser disliked, in one line of plain words."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    if isinstance(error, (IndexError, StopIteration)):
        return "it ends too early or a line has too few values"
    if isinstance(error, np.linalg.LinAlgError):
        return "its cell has zero volume"
    line = " ".join(str(error).split())
    return line[:200] or type(error).__name__


def _clean(structure: Structure, fmt: Format, name: str) -> Structure:
    """The cell with elements alone on its sites, and with numbers alone beside them."""
    if fmt == "poscar" and not structure.site_properties:
        # Its symbols were checked, and it has nothing but symbols and places.
        structure.properties = {"name": name, "notes": []}
        return structure
    notes = []
    if any(getattr(specie, "oxi_state", None) for specie in structure.composition):
        notes.append("oxidation states left out")
    species = [_elements(site.species, name=name) for site in structure]
    per_atom = {}
    for key, values in structure.site_properties.items():
        try:
            numbers = np.array(values, dtype=float)
        except (TypeError, ValueError):
            continue
        if np.isfinite(numbers).all() and key != "selective_dynamics":
            per_atom[key] = numbers.tolist()
    clean = Structure(structure.lattice, species, structure.frac_coords, site_properties=per_atom)
    clean.properties = {"name": name, "notes": notes}
    return clean


def _elements(species: Composition, *, name: str) -> Composition:
    """Occupancies by element; one that is whole but for rounding is made whole."""
    shares: dict[Element, float] = {}
    for specie, share in species.items():
        element = as_element(getattr(specie, "symbol", str(specie)), name=name)
        shares[element] = shares.get(element, 0.0) + share
    if len(shares) == 1 and abs(sum(shares.values()) - 1) < WHOLE:
        return Composition(dict.fromkeys(shares, 1.0))
    return Composition(shares)


def _ordered(structure: Structure, seed: int | None) -> Structure:
    """The structure with its mixed sites ordered, where there are any and a seed is given."""
    if seed is None or structure.is_ordered:
        return structure
    n_mixed = sum(not site.is_ordered for site in structure)
    ordered = order_sites(structure, seed=seed)
    ordered.properties["notes"] = [
        *structure.properties["notes"],
        f"ordered {n_mixed} partially occupied sites with seed {seed}: "
        f"{formula(structure.composition)} became {formula(ordered.composition)}",
    ]
    return ordered
