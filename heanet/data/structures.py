"""Reading structures; the door to what else is done with them.

What is known of a structure beside its cell stands in ``structure.properties``:

    name           file name without extension; frames of one file are ``NAME#1``, ``NAME#2``, ...
    format         "poscar", "cif", "extxyz" or "json"
    notes          what reading did to it, for people
    ordering_seed  only where partially occupied sites were ordered

Numbers that a file gives per atom (moments, charges) stay in ``structure.site_properties``.
Everything else that a file may say (labels, oxidation states, velocities, constraints) is left
behind, so that a cell is the same whichever format it came in.
"""

from pathlib import Path

from pymatgen.core import Structure

from heanet.data.ordering import order_sites
from heanet.data.reader import READER
from heanet.data.structure_checks import MIN_DISTANCE, check_structure
from heanet.data.structure_reading import file_content, file_stem, unpacked
from heanet.data.structure_text import MAX_ATOMS, MAX_BYTES, check_bytes
from heanet.data.structure_writers import FORMATS, StructureFormat, write_structure
from heanet.errors import StructureError

__all__ = [
    "FORMATS",
    "MAX_ATOMS",
    "MAX_BYTES",
    "MIN_DISTANCE",
    "StructureFormat",
    "check_structure",
    "file_stem",
    "order_sites",
    "read_structures",
    "write_structure",
]


def read_structures(
    source: str | Path | bytes, *, name: str = "", order_seed: int | None = None
) -> list[Structure]:
    """Every structure of a file: POSCAR, CIF, extxyz or pymatgen JSON, gzip-compressed or not.

    The content decides on the format, not the file's extension. The file is read in a process of
    its own (heanet.apart), which is ended when it takes too much time or memory.

    Args:
        source: A path, or the bytes of an upload.
        name: File name of an upload; for a path, its own name.
        order_seed: Where sites are partially occupied, put whole atoms on them with this seed.

    Returns:
        Checked, ordered cells; see the module's docstring for what they carry.

    Raises:
        DisorderedStructureError: Sites are partially occupied and ``order_seed`` is None.
        StructureError: The file cannot be read or a cell cannot be used; the message says why.
    """
    if isinstance(source, bytes):
        data, file_name = source, name or "upload"
        check_bytes(len(data), name=file_name)
    else:
        data, file_name = file_content(Path(source)), name or Path(source).name
    content = READER.ask(
        data, name=file_name, error=StructureError, what="structures", order_seed=order_seed
    )
    return unpacked(content)
