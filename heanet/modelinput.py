"""What a model reads of a structure: on which parent lattice, and relaxed or as it was built."""

from dataclasses import dataclass

from pymatgen.core import Structure

from heanet.config import CellKind
from heanet.data.geometry import MOST_ATOMS, is_ideal
from heanet.data.idealtwin import at_built_volume, find_twin
from heanet.data.lattices import detect_lattice, lattice_from_name
from heanet.properties import Lattice

# By the kind of cell: the shipped model that reads it.
MODELS: dict[CellKind, str] = {"relaxed": "hea-six", "built": "hea-built"}
AUTO = "auto"


@dataclass(frozen=True)
class ParentLattice:
    """The parent lattice that is used, where it comes from, and how that is worded in a warning."""

    lattice: str
    source: str
    doubt: str = ""


def choose_lattice(structure: Structure, given: str, known: tuple[Lattice, ...]) -> ParentLattice:
    """The parent lattice of a cell: given, else from its name, else from its geometry.

    Args:
        structure: Ordered cell; a name in its properties is used.
        given: A lattice, or "auto".
        known: Lattices that the model knows, at least one.
    """
    if given != "auto":
        return ParentLattice(given, "given")
    named = lattice_from_name(str(structure.properties.get("name", "")))
    if named in known:
        return ParentLattice(str(named), "file name")
    guess = detect_lattice(structure)
    if guess.lattice in known:
        doubt = f"was read from the geometry, where {guess.confidence:.0%} of the atoms show it"
        return ParentLattice(str(guess.lattice), "geometry", doubt)
    looks = f"looks {guess.lattice}" if guess.lattice else "shows no lattice"
    return ParentLattice(known[0], "assumed", f"was assumed, because the geometry {looks}")


@dataclass(frozen=True, eq=False)
class ModelInput:
    """A structure as a model reads it.

    Attributes:
        structure: What the element graph is made of.
        kind: What the cell was given as.
        notes: Sentences: what was changed, or what the model is not made for.
    """

    structure: Structure
    kind: CellKind
    notes: tuple[str, ...] = ()


def kind_of(structure: Structure) -> CellKind:
    """Whether a cell is as it was built, on ideal sites, or relaxed."""
    return "built" if is_ideal(structure) else "relaxed"


def read_as(cells: CellKind, structure: Structure, lattice: str, *, kind: CellKind) -> ModelInput:
    """A structure as a model reads it that was trained on cells of one kind.

    Args:
        cells: Of the model.
        structure: Ordered cell.
        lattice: Its parent lattice.
        kind: What it was given as (``kind_of``).
    """
    if cells == "relaxed":
        note = (
            "The atoms sit on ideal sites; this model was trained on relaxed cells and takes the "
            "cell for a relaxed one."
        )
        return ModelInput(structure, kind, (note,) if kind == "built" else ())
    if kind == "built":
        return ModelInput(at_built_volume(structure), kind)
    parent: Lattice = lattice  # type: ignore[assignment]
    twin = find_twin(structure, parent) if len(structure) <= MOST_ATOMS else None
    if twin is not None and twin.is_sure:
        note = (
            f"This model reads cells as built: the atoms were put back on the sites of {lattice}."
        )
        return ModelInput(twin.cell, kind, (note,))
    note = (
        "This model reads cells as built, and the sites that this one was built on do not show "
        "any more: it is read as it is, at the builder's volume."
    )
    return ModelInput(at_built_volume(structure), kind, (note,))
