"""Parser of CIF: text -> pymatgen structures.

pymatgen reads the blocks and applies the symmetry. Cells without symmetry are built here: its
search for equivalent sites takes minutes for 20,000 atoms, and it rounds coordinates near 1/3,
which is right for special positions and wrong for relaxed atoms.
"""

import re
import warnings
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Composition, Element, Lattice, Structure
from pymatgen.io.cif import CifBlock, CifFile, CifParser, str2float

from heanet.data.elements import as_element
from heanet.data.structure_text import MAX_FRAMES, check_size
from heanet.errors import StructureError

# Refined occupancies of mixed sites need not sum to exactly one.
OCCUPANCY_TOLERANCE = 1.02
SAME_SITE_DECIMALS = 4
# Sites times symmetry operations; pymatgen's time grows with its square, to about 10 s here.
MAX_IMAGES = 8_000
# pymatgen's time for one grows with the cube of its length.
LONGEST_OPERATION = 100
OPERATIONS_OF_A_CUBIC_CELL = 48  # where only the name of the space group is given

_CELL = tuple(f"_cell_length_{x}" for x in "abc") + tuple(
    f"_cell_angle_{x}" for x in ("alpha", "beta", "gamma")
)
_FRACTIONAL = tuple(f"_atom_site_fract_{x}" for x in "xyz")
_OPERATIONS = ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
_GROUP_NAMES = (
    "_symmetry_space_group_name_H-M",
    "_space_group_name_H-M_alt",
    "_symmetry_space_group_name_Hall",
    "_space_group_name_Hall",
)
_GROUP_NUMBERS = ("_symmetry_Int_Tables_number", "_space_group_IT_number")
_UNKNOWN = ("?", ".", "")


def parse_cif(text: str, *, name: str) -> list[tuple[Structure, list[str]]]:
    """The structure of every block that holds atoms."""
    filled = "\n".join(line.strip() for line in text.split("\n") if line.strip())
    texts = [
        f"data_{block}"
        for block in re.split("^data_", filled, flags=re.MULTILINE | re.IGNORECASE)[1:]
    ]
    if not texts:
        raise StructureError(
            f"'{name}' looks like a CIF, but no data block begins in it", expected="a line 'data_X'"
        )
    if len(texts) > MAX_FRAMES:
        raise StructureError(
            f"'{name}' holds {len(texts)} blocks", expected=f"at most {MAX_FRAMES}"
        )
    blocks = [(block, text) for text in texts for block in _read_block(text, name=name)]
    if not blocks:
        raise StructureError(f"'{name}' is a CIF without atoms", expected="an _atom_site loop")
    return [(_parse_block(block, text, name=name), []) for block, text in blocks]


def _read_block(text: str, *, name: str) -> list[CifBlock]:
    """The block in the text, or nothing if it holds no atoms."""
    try:
        blocks = CifFile.from_str(text).data.values()
    except (ValueError, ZeroDivisionError) as error:
        raise StructureError(
            f"'{name}' has a CIF loop whose values do not fill its rows",
            expected="one value for each column in every row",
        ) from error
    return [block for block in blocks if any(key.startswith("_atom_site_") for key in block.data)]


def _parse_block(block: CifBlock, text: str, *, name: str) -> Structure:
    """The structure of one block that holds atoms."""
    missing = [key for key in _CELL if block.data.get(key, "?") in _UNKNOWN]
    if missing:
        raise StructureError(f"'{name}' has no complete cell: {', '.join(missing)} missing")
    symbols = _symbols(block, name=name)
    coordinates = _coordinates(block, name=name)
    if _is_p1(block):
        check_size(len(symbols), name=name)
        return _without_symmetry(block, symbols, coordinates, name=name)
    n_operations = _count_operations(block, name=name) or OPERATIONS_OF_A_CUBIC_CELL
    n_images = len(symbols) * n_operations
    if n_images > MAX_IMAGES:
        raise StructureError(
            f"'{name}' has {len(symbols)} sites and {n_operations} symmetry operations",
            expected=f"a product of at most {MAX_IMAGES}",
            fix="Write the whole cell without symmetry (P1).",
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parser = CifParser.from_str(text, occupancy_tolerance=OCCUPANCY_TOLERANCE)
        structure = parser.parse_structures(primitive=False, on_error="raise")[0]
    if {el.symbol for el in structure.composition.element_composition} != set(symbols):
        raise StructureError(
            f"'{name}' has atom labels that can be read as different elements",
            expected="an _atom_site_type_symbol column",
        )
    if any("Defaulting to P1" in str(warning.message) for warning in caught):
        raise StructureError(
            f"'{name}' names a space group that is not known, so atoms would be missing",
            expected=f"symmetry operations ({_OPERATIONS[-1]}) or a known space group",
            fix="Write the whole cell without symmetry (P1).",
        )
    return structure


def _count_operations(block: CifBlock, *, name: str) -> int:
    """How many symmetry operations the block lists, none of which takes long to read."""
    found = [block.data[key] for key in block.data if key.rstrip("_") in _OPERATIONS]
    lists = [value if isinstance(value, list) else [value] for value in found]
    longest = max((text for texts in lists for text in texts), key=len, default="")
    if len(longest) > LONGEST_OPERATION:
        raise StructureError(
            f"'{name}' has a symmetry operation of {len(longest)} letters: '{longest[:30]}'",
            expected="such as 'x, y+1/2, -z'",
        )
    return max(map(len, lists), default=0)


def _symbols(block: CifBlock, *, name: str) -> list[str]:
    """Element symbol of every listed site."""
    key = "_atom_site_type_symbol"
    if key not in block.data:
        key = "_atom_site_label"
    raw = block.data.get(key)
    if not isinstance(raw, list):
        raise StructureError(f"'{name}' has no loop of atoms", expected=f"a loop_ with {key}")
    return [_symbol(word, name=name) for word in raw]


def _symbol(word: str, *, name: str) -> str:
    """``Fe`` from ``Fe``, ``FE``, ``Fe3+``, ``Fe1`` or ``Fe_a``; never V from ``Vac``."""
    letters = re.match("[A-Za-z]*", word)
    symbol = letters.group().title() if letters else ""
    if not Element.is_valid_symbol(symbol):
        shorter = re.match("[A-Z][a-z]?(?![a-z])", word)  # FeA1: a label, not a type
        symbol = shorter.group() if shorter else word
    return as_element(symbol, name=name).symbol


def _coordinates(block: CifBlock, *, name: str) -> NDArray[np.float64]:
    """Fractional coordinates as listed, (n_sites, 3)."""
    missing = [key for key in _FRACTIONAL if key not in block.data]
    if missing:
        raise StructureError(f"'{name}' has no fractional coordinates", expected=missing[0])
    columns = [block.data[key] for key in _FRACTIONAL]
    if any(value in _UNKNOWN for column in columns for value in column):
        raise StructureError(f"'{name}' has atoms with unknown coordinates ('?' or '.')")
    return np.array([[str2float(value) for value in column] for column in columns]).T


def _is_p1(block: CifBlock) -> bool:
    """Whether the block lists every atom of its cell."""
    for key in _OPERATIONS:
        if key in block.data:
            value = block.data[key]
            operations = value if isinstance(value, list) else [value]
            return [re.sub(r"[\s+']", "", op).lower() for op in operations] == ["x,y,z"]
    names = {re.sub(r"[\s_']", "", block.data.get(key, "P1")) for key in _GROUP_NAMES}
    numbers = {block.data.get(key, "1") for key in _GROUP_NUMBERS}
    return names <= {"P1", *_UNKNOWN} and numbers <= {"1", *_UNKNOWN}


def _without_symmetry(
    block: CifBlock, symbols: list[str], coordinates: NDArray[np.float64], *, name: str
) -> Structure:
    """The structure as listed; entries at one place become one mixed site."""
    given = block.data.get("_atom_site_occupancy", ["1"] * len(symbols))
    sites: dict[tuple[float, ...], dict[str, float]] = defaultdict(dict)
    places: list[NDArray[np.float64]] = []
    keys = np.round(coordinates % 1, SAME_SITE_DECIMALS) % 1
    for key, symbol, place, text in zip(keys, symbols, coordinates, given, strict=True):
        occupancy = 1.0 if text in _UNKNOWN else str2float(text)
        shares = sites[tuple(key)]
        if not shares:
            places.append(place)
        shares[symbol] = shares.get(symbol, 0.0) + occupancy
    species = []
    for shares in sites.values():
        total = sum(shares.values())
        if not total <= OCCUPANCY_TOLERANCE:
            raise StructureError(
                f"'{name}' has a site with {' and '.join(shares)} whose occupancies sum to "
                f"{total:.3g}",
                expected="at most 1",
            )
        species.append(Composition({el: x / max(total, 1.0) for el, x in shares.items()}))
    lattice = Lattice.from_parameters(*(str2float(block.data[key]) for key in _CELL))
    return Structure(lattice, species, np.array(places))
