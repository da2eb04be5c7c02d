"""Cells of ideal sites: size, volume, handedness, shape, and the lattice that they show."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure

from heanet.data.ideallattice import (
    atomic_volume,
    cell_volume,
    ideal_sites,
    nearest_size,
    sites_per_cell,
    superlattices,
)
from heanet.data.lattices import detect_lattice
from heanet.errors import StructureError
from heanet.properties import LATTICES, Lattice

LATTICE = st.sampled_from(get_args(Lattice))


def shortest_period(cell: Structure) -> float:
    """Length of the shortest lattice vector, of a cell whose own vectors are short already."""
    steps = np.array(np.meshgrid(*[range(-2, 3)] * 3)).reshape(3, -1).T
    lengths = np.linalg.norm(steps @ cell.lattice.matrix, axis=1)
    return float(lengths[lengths > 1e-9].min())


@settings(max_examples=60)
@given(lattice=LATTICE, wanted=st.integers(1, 300))
def test_a_cell_has_the_size_the_volume_and_the_hand_that_it_should(
    lattice: Lattice, wanted: int
) -> None:
    n_atoms = nearest_size(lattice, wanted)
    cell = ideal_sites(lattice, n_atoms)
    assert len(cell) == n_atoms
    assert cell.volume == pytest.approx(n_atoms)
    assert np.linalg.det(cell.lattice.matrix) > 0
    assert np.all((cell.frac_coords > -1e-6) & (cell.frac_coords < 1))


@settings(max_examples=60)
@given(lattice=LATTICE, wanted=st.integers(4, 300))
def test_every_atom_of_an_ideal_cell_shows_its_lattice(lattice: Lattice, wanted: int) -> None:
    guess = detect_lattice(ideal_sites(lattice, nearest_size(lattice, wanted)))
    assert (guess.lattice, guess.confidence) == (lattice, 1.0)


@pytest.mark.parametrize("lattice", LATTICES)
@pytest.mark.parametrize("n_cells", [16, 40, 81, 101, 500, 997])
def test_atoms_are_far_from_their_own_images(lattice: Lattice, n_cells: int) -> None:
    cell = ideal_sites(lattice, n_cells * sites_per_cell(lattice))
    # Most that any cell can have is 2^(1/6) = 1.12 (its copies are closest-packed balls).
    assert 0.9 < shortest_period(cell) / cell.volume ** (1 / 3) < 1.1225


def test_four_atoms_of_fcc_are_the_cube() -> None:
    cube = Structure.from_spacegroup("Fm-3m", np.eye(3) * 4 ** (1 / 3), ["H"], [[0, 0, 0]])
    assert StructureMatcher(primitive_cell=False).fit(ideal_sites("fcc", 4), cube)


def test_superlattices_are_as_many_as_published() -> None:
    """Hart and Forcade 2008, table I: all Hermite normal forms of determinant n."""
    assert [len(superlattices(n)) for n in range(1, 9)] == [1, 7, 13, 35, 31, 91, 57, 155]


@settings(max_examples=20)
@given(n_cells=st.integers(1, 400))
def test_superlattices_have_their_number_of_cells(n_cells: int) -> None:
    assert set(np.round(np.linalg.det(superlattices(n_cells)))) == {float(n_cells)}


@pytest.mark.parametrize(
    ("lattice", "wanted", "size"),
    [("fcc", 37, 37), ("hcp", 37, 36), ("hcp", 39, 40), ("hcp", 1, 2), ("bcc", 1, 1)],
)
def test_the_nearest_size(lattice: Lattice, wanted: int, size: int) -> None:
    assert nearest_size(lattice, wanted) == size


def test_volumes_are_those_of_the_solids() -> None:
    assert cell_volume({"Fe": 2, "Ni": 1}) == pytest.approx(2 * 11.4 + 10.9)
    # Aluminium: 4.05 Angstrom, four atoms in the cube.
    assert atomic_volume("Al") == pytest.approx(4.05**3 / 4, rel=0.01)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: ideal_sites("sc", 8), "Lattice 'sc'"),
        (lambda: ideal_sites("hcp", 7), "positive multiple of 2"),
        (lambda: ideal_sites("fcc", 0), "0 atoms"),
        (lambda: atomic_volume("Og"), "volume of Og"),
    ],
)
def test_what_there_is_not_is_said(ask: object, message: str) -> None:
    with pytest.raises(StructureError, match=message):
        ask()  # type: ignore[operator]
