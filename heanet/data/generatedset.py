"""Labels of a generated set from what the teacher found, and its folder.

Beside the files of every labelled set (heanet.data.labelfiles) it holds::

    built/NAME    the cell as it was built; structures/NAME is the relaxed one
    cells.csv     one row per cell: seed, steps, whether the parent lattice survived
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from heanet.data.corrections import to_table
from heanet.data.geometry import SURVIVES
from heanet.data.labelfiles import new_set_folder, write_set
from heanet.data.lattices import detect_lattice
from heanet.data.partitions import partitions
from heanet.data.recipes import CellRecipe
from heanet.data.structures import write_structure
from heanet.errors import DataError

BUILT, CELLS = "built", "cells.csv"
COMPLETE = "n_cells"


def elements_of(recipe: CellRecipe) -> list[str]:
    """Symbols in order of atomic number."""
    return [symbol for symbol, _ in recipe.counts]


def write_generated(
    folder: Path,
    *,
    settings: Mapping[str, Any],
    recipes: Sequence[CellRecipe],
    parts: Mapping[str, Mapping[str, Any]],
    versions: Mapping[str, str],
) -> None:
    """Write the set; the folder appears only once all of it is there.

    Args:
        folder: Where to.
        settings: What it was asked for.
        recipes: The alloys, in order.
        parts: What was found, by name of the recipe, the elements' references among them.
        versions: Of what the labels depend on.

    Raises:
        DataError: An elemental reference or every cell failed.
    """
    energies = reference_energies(parts)
    good = [recipe for recipe in recipes if "failed" not in parts[recipe.name]]
    if not good:
        raise DataError(f"None of {len(recipes)} cells could be relaxed")
    rows = [_labels(recipe, parts[recipe.name], energies) for recipe in good]
    names = pd.Index([recipe.name for recipe in good], name="name")
    table = pd.DataFrame(rows, index=names)
    failed = {r.name: parts[r.name]["failed"] for r in recipes if "failed" in parts[r.name]}
    title = ", ".join(settings["elements"])
    source = {
        "name": folder.name,
        "title": f"Alloys of {title}, labelled by CHGNet",
        "labels": "CHGNet energies, relaxed cells and site moments; no DFT. Moments have no sign.",
        "generated": dict(settings),
        "versions": dict(versions),
        "reference_energies": energies,
        COMPLETE: len(good),
        "failed": failed,
    }
    with new_set_folder(folder) as scratch, TemporaryDirectory() as cells:
        write_set(
            scratch,
            table=table,
            corrections=to_table([]),
            structures=_files(Path(cells), good, parts, "relaxed"),
            partitions=partitions({recipe.name: len(recipe.counts) for recipe in good}),
            source=source,
        )
        (scratch / BUILT).mkdir()
        _files(scratch / BUILT, good, parts, "built")
        _details(good, parts).to_csv(scratch / CELLS, lineterminator="\n")


def reference_energies(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Energy of every element by lattice, eV/atom; the ground state is the lowest.

    Raises:
        DataError: One of them could not be relaxed.
    """
    energies: dict[str, dict[str, float]] = {}
    for name, part in parts.items():
        symbols = set(part["built"]["species"]) if "built" in part else set()
        if len(symbols) > 1:
            continue
        if "failed" in part:
            if not symbols and not _is_reference(name):
                continue
            raise DataError(f"The elemental reference {name} failed: {part['failed']}")
        lattice = name.rpartition("_sqs")[2]
        energies.setdefault(symbols.pop(), {})[lattice] = part["energy"]
    return energies


def _is_reference(name: str) -> bool:
    return sum(letter.isupper() for letter in name.rpartition("_sqs")[0]) == 1


def displacement(built: Structure, relaxed: Structure) -> float:
    """Root mean square distance of the relaxed atoms from the sites, Angstrom.

    The sites are stretched with the cell, and a common drift of all atoms is taken out, so the
    value does not depend on the origin or on the size of the cell.

    Args:
        built: Atoms on their sites.
        relaxed: The same atoms in the same order.
    """
    steps = relaxed.frac_coords - built.frac_coords
    steps -= np.round(steps)
    moves = steps @ relaxed.lattice.matrix
    moves -= moves.mean(axis=0)
    return float(np.sqrt((moves**2).sum(axis=1).mean()))


def _labels(
    recipe: CellRecipe, part: Mapping[str, Any], energies: Mapping[str, Mapping[str, float]]
) -> dict[str, Any]:
    shares = {symbol: number / recipe.n_atoms for symbol, number in recipe.counts}
    energy, moments = part["energy"], np.array(part["moments"])
    built, relaxed = _structure(part["built"]), _structure(part["relaxed"])
    ground = sum(x * min(energies[symbol].values()) for symbol, x in shares.items())
    parent = sum(x * energies[symbol][recipe.lattice] for symbol, x in shares.items())
    return {
        "lattice": recipe.lattice,
        "etot": energy,
        "emix": energy - parent,
        "eform": energy - ground,
        "ms": float(moments.mean()),
        "mb": float(moments.sum()),
        "rmsd": displacement(built, relaxed),
        "v0": relaxed.volume / len(relaxed),
    }


def _details(recipes: Sequence[CellRecipe], parts: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    rows = []
    for recipe in recipes:
        part = parts[recipe.name]
        guess = detect_lattice(_structure(part["relaxed"]))
        share = guess.fractions[recipe.lattice]
        survived = share >= SURVIVES
        rows.append((recipe.name, recipe.seed, part["steps"], round(share, 4), survived))
    columns = ["name", "seed", "steps", "share_on_parent_lattice", "survived"]
    return pd.DataFrame(rows, columns=columns).set_index("name")


def _files(
    folder: Path,
    recipes: Sequence[CellRecipe],
    parts: Mapping[str, Mapping[str, Any]],
    which: str,
) -> dict[str, Path]:
    """A POSCAR of each cell, by name."""
    files = {recipe.name: folder / recipe.name for recipe in recipes}
    for name, path in files.items():
        structure = _structure(parts[name][which])
        structure.properties = {"name": name}
        path.write_text(write_structure(structure, "poscar"), encoding="utf-8")
    return files


def _structure(plain: Mapping[str, Any]) -> Structure:
    coords: NDArray[np.float64] = np.array(plain["coords"])
    return Structure(Lattice(plain["lattice"]), plain["species"], coords)
