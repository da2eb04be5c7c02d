"""The cells of a labelled set as they were built, before anyone relaxed them."""

from pymatgen.core import Structure
from tqdm import tqdm

from heanet.data.generatedset import BUILT
from heanet.data.idealtwin import at_built_volume, find_twins
from heanet.data.labels import LabelledSet, read_cell_file
from heanet.errors import DataError
from heanet.properties import Lattice

# Raise it when the cells that are found change: graphs of them are made again.
TWIN_VERSION = 1
_NAMED = 3


def built_cells(labels: LabelledSet, *, progress: bool = True) -> dict[str, Structure]:
    """Ideal cells by name, in the order of the table, at the volume that the builder gives them.

    A generated set keeps them; of another set they are the ideal twins of its relaxed cells.

    Args:
        labels: The set.
        progress: Show a progress bar where a terminal is attached.

    Raises:
        DataError: Cells show no lattice that they could have been built on.
    """
    kept = labels.folder / BUILT
    if kept.is_dir():
        hidden = None if progress else True
        names = tqdm(labels.table.index, desc=f"Reading {labels.name}", disable=hidden)
        return {name: at_built_volume(read_cell_file(kept / name)) for name in names}
    cells = labels.structures(progress=progress)
    lattices: list[Lattice] = labels.table["lattice"].tolist()
    twins = find_twins(cells, dict(zip(cells, lattices, strict=True)))
    bare = [name for name in cells if name not in twins]
    if bare:
        more = f" and {len(bare) - _NAMED} more" if len(bare) > _NAMED else ""
        raise DataError(
            f"The cells {', '.join(bare[:_NAMED])}{more} of '{labels.name}' do not show what they "
            "were built as",
            expected="cells that sit near the sites of fcc or bcc",
            fix="Train on relaxed cells, or leave these rows out of the set.",
        )
    return {name: twins[name].cell for name in cells}
