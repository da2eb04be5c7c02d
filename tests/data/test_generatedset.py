"""Labels from energies, moments and positions, and the folder that they end in."""

from pathlib import Path
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure

from heanet.data.generatedset import (
    BUILT,
    CELLS,
    displacement,
    reference_energies,
    write_generated,
)
from heanet.data.ideallattice import ideal_sites
from heanet.data.labels import load_labels
from heanet.data.recipes import CellRecipe
from heanet.errors import DataError

ENERGIES = {
    "Fe": {"fcc": -8.0, "bcc": -8.2, "hcp": -7.9},
    "Ni": {"fcc": -5.5, "bcc": -5.3, "hcp": -5.4},
}
RECIPES = [
    CellRecipe((("Fe", 4), ("Ni", 12)), "fcc", 1),
    CellRecipe((("Fe", 8), ("Ni", 8)), "bcc", 2),
]


def plain(cell: Structure) -> dict[str, Any]:
    return {
        "lattice": cell.lattice.matrix.tolist(),
        "species": [site.specie.symbol for site in cell],
        "coords": cell.frac_coords.tolist(),
    }


def part(recipe: CellRecipe, energy: float, **changes: Any) -> dict[str, Any]:
    sites = ideal_sites(recipe.lattice, recipe.n_atoms)
    symbols = [symbol for symbol, number in recipe.counts for _ in range(number)]
    cell = plain(Structure(sites.lattice.scale(11.0 * len(symbols)), symbols, sites.frac_coords))
    moments = [2.0 if symbol == "Fe" else 0.5 for symbol in symbols]
    found = {"built": cell, "relaxed": cell, "energy": energy, "moments": moments, "steps": 7}
    return found | changes


@pytest.fixture
def parts() -> dict[str, dict[str, Any]]:
    found = {
        f"{symbol}{n}_sqs{lattice}": part(CellRecipe(((symbol, n),), lattice, 0), energy)
        for symbol, energies in ENERGIES.items()
        for (lattice, energy), n in zip(energies.items(), (4, 2, 2), strict=True)
    }
    return found | {r.name: part(r, -6.5) for r in RECIPES}


def write(folder: Path, parts: dict[str, dict[str, Any]]) -> None:
    asked = {"elements": ["Fe-Ni"], "lattices": ["fcc", "bcc"], "n": 2, "seed": 0}
    write_generated(folder, settings=asked, recipes=RECIPES, parts=parts, versions={"x": "1"})


def test_labels_follow_from_energies_and_moments(
    tmp_path: Path, parts: dict[str, dict[str, Any]]
) -> None:
    write(tmp_path / "set", parts)
    labels = load_labels(tmp_path / "set")
    fcc = labels.table.loc["Fe4Ni12_sqsfcc"]
    assert fcc["etot"] == -6.5
    assert fcc["emix"] == pytest.approx(-6.5 - (0.25 * -8.0 + 0.75 * -5.5), abs=1e-12)
    assert fcc["eform"] == pytest.approx(-6.5 - (0.25 * -8.2 + 0.75 * -5.5), abs=1e-12)
    assert fcc["ms"] == pytest.approx(0.25 * 2.0 + 0.75 * 0.5)
    assert fcc["mb"] == pytest.approx(16 * fcc["ms"])
    assert fcc["rmsd"] == 0
    assert fcc["v0"] == pytest.approx(11.0)
    bcc = labels.table.loc["Fe8Ni8_sqsbcc"]
    assert bcc["emix"] == pytest.approx(-6.5 - (0.5 * -8.2 + 0.5 * -5.3), abs=1e-12)
    assert len(labels.read_cell("Fe8Ni8_sqsbcc")) == 16
    assert (tmp_path / "set" / BUILT / "Fe8Ni8_sqsbcc").is_file()
    assert "Fe8Ni8_sqsbcc,2,7,1.0,True" in (tmp_path / "set" / CELLS).read_text()


def test_a_failed_cell_is_recorded_and_left_out(
    tmp_path: Path, parts: dict[str, dict[str, Any]]
) -> None:
    parts["Fe8Ni8_sqsbcc"] = {"failed": "forces not converged after 400 steps"}
    write(tmp_path / "set", parts)
    labels = load_labels(tmp_path / "set")
    assert list(labels.table.index) == ["Fe4Ni12_sqsfcc"]
    assert labels.source["failed"] == {"Fe8Ni8_sqsbcc": "forces not converged after 400 steps"}


def test_without_a_reference_there_are_no_labels(parts: dict[str, dict[str, Any]]) -> None:
    parts["Ni2_sqsbcc"] = {"failed": "gone"}
    with pytest.raises(DataError, match="Ni2_sqsbcc failed: gone"):
        reference_energies(parts)


def test_displacement_forgets_origin_images_strain_and_cell_size() -> None:
    built = Structure(Lattice.cubic(4.0), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    moved = Structure(Lattice.cubic(5.0), ["Fe", "Fe"], [[0.98, 0.3, 0], [0.52, 0.8, 0.5]])
    # Both drift by 0.3 along b; 0.02 * 5 Angstrom apart along a, each from the common mean.
    assert displacement(built, moved) == pytest.approx(0.1)
    inside = Structure(moved.lattice, moved.species, [[-0.02, 0.3, 0], [0.52, 0.8, 0.5]])
    assert displacement(built * 2, inside * 2) == pytest.approx(0.1)
