"""What a geometry says: as built or relaxed, displaced or gone."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from heanet.data.alloys import Alloy, build_alloy
from heanet.data.geometry import geometry_of, is_ideal
from heanet.properties import LATTICES
from heanet.properties import Lattice as Parent


def built(lattice: str, n_atoms: int = 24) -> Structure:
    return build_alloy(Alloy({"Fe": 0.5, "Ni": 0.5}, lattice, n_atoms, "random", 1))


@pytest.mark.parametrize("lattice", LATTICES)
def test_a_built_cell_is_known_at_any_volume_and_shape(lattice: Parent) -> None:
    cell = built(lattice)
    assert is_ideal(cell)
    wide = cell * (2, 1, 1)
    wide.scale_lattice(1.4 * wide.volume)
    assert is_ideal(wide)
    found = geometry_of(wide, lattice)
    assert (found.kind, found.shows, found.share) == ("built", lattice, 1.0)
    assert found.survives


@pytest.mark.parametrize("lattice", ["fcc", "bcc"])
def test_moved_atoms_are_measured_and_the_lattice_is_still_there(lattice: Parent) -> None:
    cell, rng = built(lattice), np.random.default_rng(3)
    moves = rng.normal(scale=0.02, size=(len(cell), 3))
    moved = Structure(
        cell.lattice, cell.species, cell.cart_coords + moves, coords_are_cartesian=True
    )
    found = geometry_of(moved, lattice)
    rms = np.sqrt(((moves - moves.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert found.kind == "relaxed"
    assert found.displacement == pytest.approx(rms, rel=1e-6)
    assert found.strain == pytest.approx(0, abs=1e-9)
    assert found.survives


def test_a_cell_that_went_over_to_another_lattice_did_not_survive() -> None:
    """Stretched along the Bain path bcc is fcc: every atom is in order, on the wrong lattice."""
    cell = built("bcc", 16)
    stretch = np.diag([2 ** (-1 / 6), 2 ** (-1 / 6), 2 ** (1 / 3)])
    bain = Structure(Lattice(cell.lattice.matrix @ stretch), cell.species, cell.frac_coords)
    found = geometry_of(bain, "bcc")
    assert (found.shows, found.share, found.survives) == ("fcc", 0.0, False)
    assert geometry_of(bain, "fcc").survives


def test_a_strained_cell_is_relaxed_although_no_atom_moved() -> None:
    cell = built("fcc")
    strained = Structure(
        Lattice(cell.lattice.matrix @ np.diag([1.01, 1, 1])), cell.species, cell.frac_coords
    )
    found = geometry_of(strained, "fcc")
    assert found.kind == "relaxed"
    assert found.displacement == pytest.approx(0, abs=1e-9)
    # Green strain of 1 % along one axis, a third of it taken out as volume.
    assert found.strain == pytest.approx(((1.01 ** (2 / 3)) ** 2 - 1) / 2, rel=0.01)


def test_one_atom_alone_is_no_lattice() -> None:
    assert not is_ideal(Structure(Lattice.cubic(30), ["Fe"], [[0, 0, 0]]))
