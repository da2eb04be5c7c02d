"""The program that reads users' files in a process of its own (heanet.apart).

What it read goes back to the asking process as JSON.
"""

from typing import Any

from heanet.apart import Apart, serve
from heanet.imports import load_vesin_alone

SECONDS = 30  # of computing; the slowest good file known, a CIF of 8,000 images, takes 10
MEMORY = 2 * 2**30  # bytes

READER = Apart("heanet.data.reader", seconds=SECONDS, memory=MEMORY)


def answer(data: bytes, options: dict[str, Any]) -> bytes:
    """The structures or the label table of a file, packed.

    Args:
        data: The file.
        options: ``what`` is "structures" or "labels"; the others are those of its reader.

    Raises:
        HeanetError: The file cannot be used.
    """
    # Their doors import this module.
    from heanet.data import labeltables, structure_reading

    rest = {key: value for key, value in options.items() if key != "what"}
    if options["what"] == "labels":
        return labeltables.packed(labeltables.read_table_here(data, **rest))
    return structure_reading.packed(structure_reading.read_here(data, **rest))


if __name__ == "__main__":
    load_vesin_alone()

    # Before the first file.
    import ase.io.extxyz  # noqa: F401

    from heanet.data import labeltables, structure_cif, structure_reading  # noqa: F401

    serve(answer)
