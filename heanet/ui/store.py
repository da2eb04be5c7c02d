"""The cells a session has open, kept across pages.

The cells themselves lie in one bounded memory of the server, found by the hash of their content;
a session's state holds only which of them it has open and under which names. So an address with a
cell's id finds the cell again after a reload of the browser, for as long as the server runs.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:  # the home page does without it
    from pymatgen.core import Structure

MAX_STORED_BYTES = 1 * 2**30
# Measured with pymatgen's Structure: about 1.5 kB for an atom.
_BYTES_PER_ATOM = 1_500
_OPEN = "open_cells"  # dict id -> shown name
CHOSEN = "chosen_cell"  # id; the state of the chooser
_NEXT = "next_cell"  # id to choose when the chooser is drawn next
_DROPPED = "dropped_cells"  # names


@dataclass(frozen=True)
class Cell:
    """An open cell.

    Attributes:
        id: Short name for addresses: of a sample its file, otherwise a hash of the content.
        name: As shown; unique within a session.
        structure: Read-only: sessions share it.
        source: Name and content of the file, where its partially occupied sites were ordered: to
            order them again.
    """

    id: str
    name: str
    structure: "Structure"
    source: tuple[str, bytes] | None = None

    @property
    def built(self) -> bool:
        """Whether it was built here, on ideal sites, and not read from a file."""
        return "lattice" in self.structure.properties


class CellStore:
    """A bounded memory of cells, oldest use dropped first; safe for several sessions at once."""

    def __init__(self, max_bytes: int = MAX_STORED_BYTES) -> None:
        self._max_bytes = max_bytes
        self._cells: OrderedDict[str, Cell] = OrderedDict()
        self._lock = Lock()

    def put(self, cell: Cell) -> None:
        """Keeps a cell, at the price of those unused for longest."""
        with self._lock:
            self._cells[cell.id] = cell
            self._cells.move_to_end(cell.id)
            while len(self._cells) > 1 and self._size() > self._max_bytes:
                self._cells.popitem(last=False)

    def get(self, cell_id: str) -> Cell | None:
        """The cell, or None where it was never there or had to go."""
        with self._lock:
            if cell_id in self._cells:
                self._cells.move_to_end(cell_id)
            return self._cells.get(cell_id)

    def _size(self) -> int:
        return sum(
            _BYTES_PER_ATOM * len(cell.structure) + (len(cell.source[1]) if cell.source else 0)
            for cell in self._cells.values()
        )


@st.cache_resource
def memory() -> CellStore:
    """The server's one memory of cells."""
    return CellStore()


def cells() -> list[Cell]:
    """The cells that the session has open, in the order of opening.

    Cells that the memory had to drop are closed here, and named by ``dropped``.
    """
    names = _open()
    found = []
    for cell_id in list(names):
        cell = memory().get(cell_id)
        if cell is None:
            st.session_state.setdefault(_DROPPED, []).append(names.pop(cell_id))
        else:
            found.append(cell)
    return found


def dropped() -> list[str]:
    """Names of cells closed since the last call because the memory was full."""
    names: list[str] = st.session_state.pop(_DROPPED, [])
    return names


def add(
    structure: "Structure",
    name: str,
    *,
    cell_id: str = "",
    source: tuple[str, bytes] | None = None,
) -> Cell:
    """Opens a cell under ``name``, or ``name (2)`` and so on where the name is taken.

    Args:
        structure: A checked cell.
        name: The name of its file.
        cell_id: Given for samples and built cells, which are opened once; otherwise made from the
            content.
        source: File name and content, for cells whose sites were ordered.
    """
    if cell_id and cell_id in _open() and (known := memory().get(cell_id)):
        return known
    shown = unique_name(name, taken=_open().values())
    cell = Cell(cell_id or content_id(structure, shown), shown, structure, source)
    memory().put(cell)
    _open()[cell.id] = cell.name
    return cell


def reopen(cell_id: str) -> Cell | None:
    """Opens a cell that the server still has, as from an address."""
    cell = memory().get(cell_id)
    if cell is not None:
        _open()[cell.id] = cell.name
    return cell


def choose(cell_id: str) -> None:
    """Makes an open cell the one that the pages show, from the next ``settle_choice`` on.

    Not at once: the state of a widget must not change after it was drawn.
    """
    st.session_state[_NEXT] = cell_id


def settle_choice() -> None:
    """Puts the last choice, or the newest cell, into the chooser's state before it is drawn."""
    names = _open()
    if (wanted := st.session_state.pop(_NEXT, None)) in names:
        st.session_state[CHOSEN] = wanted
    if names and st.session_state.get(CHOSEN) not in names:
        st.session_state[CHOSEN] = next(reversed(names))


def close(cell_ids: list[str]) -> None:
    """Closes cells in this session; others keep theirs."""
    for cell_id in cell_ids:
        _open().pop(cell_id, None)


def unique_name(name: str, *, taken: Iterable[str]) -> str:
    """``name``, or the first of ``name (2)``, ``name (3)``, ... that is not ``taken``."""
    names = set(taken)
    if name not in names:
        return name
    number = 2
    while f"{name} ({number})" in names:
        number += 1
    return f"{name} ({number})"


def content_id(structure: "Structure", name: str) -> str:
    """A hash of lattice, elements, positions and name: sixteen hexadecimal digits."""
    digest = hashlib.sha256(name.encode())
    digest.update(structure.lattice.matrix.tobytes())
    digest.update(structure.frac_coords.tobytes())
    digest.update(" ".join(site.specie.symbol for site in structure).encode())
    return digest.hexdigest()[:16]


def _open() -> dict[str, str]:
    names: dict[str, str] = st.session_state.setdefault(_OPEN, {})
    return names
