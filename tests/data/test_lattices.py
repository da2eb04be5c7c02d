"""Parent lattice from names and from geometry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from heanet.data.lattices import LatticeGuess, atom_lattices, detect_lattice, lattice_from_name

PRIMITIVE = {
    "fcc": Structure(Lattice([[0, 1.8, 1.8], [1.8, 0, 1.8], [1.8, 1.8, 0]]), ["Ni"], [[0, 0, 0]]),
    "bcc": Structure(
        Lattice([[-1.4, 1.4, 1.4], [1.4, -1.4, 1.4], [1.4, 1.4, -1.4]]), ["Fe"], [[0, 0, 0]]
    ),
    "hcp": Structure(
        Lattice.hexagonal(2.5, 2.5 * np.sqrt(8 / 3)),
        ["Co", "Co"],
        [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
    ),
}
FCC_CUBE = Structure(
    Lattice.cubic(3.6), ["Ni"] * 4, [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
)


@pytest.mark.parametrize(
    ("name", "lattice"),
    [
        ("FeNi_sqsfcc", "fcc"),
        ("CoCr_sqsbcc", "bcc"),
        ("CrMnFeCoNi_FCC", "fcc"),
        ("bcc-FeCo", "bcc"),
        ("Co hcp 2", "hcp"),
        ("FeNi_fcc2", "fcc"),
        ("fcc", "fcc"),
        ("FeNi", None),
        ("FeNifcc", None),
        ("hfcc_Ni", None),
        ("from_fcc_to_bcc", None),
        ("", None),
    ],
)
def test_names(name: str, lattice: str | None) -> None:
    assert lattice_from_name(name) == lattice


@pytest.mark.parametrize("lattice", PRIMITIVE)
@pytest.mark.parametrize("size", [1, 2, (3, 1, 2), 5])
def test_ideal_lattices_of_any_size(lattice: str, size: int | tuple[int, int, int]) -> None:
    guess = detect_lattice(PRIMITIVE[lattice] * size)
    assert (guess.lattice, guess.confidence) == (lattice, 1.0)
    assert guess.fractions == {"fcc": 0, "bcc": 0, "hcp": 0, "other": 0} | {lattice: 1.0}


@settings(max_examples=40, deadline=None)
@given(
    lattice=st.sampled_from(sorted(PRIMITIVE)),
    scale=st.floats(0.7, 2.0),
    seed=st.integers(0, 2**31),
)
def test_any_size_of_atom_rotation_shear_of_the_cell_and_some_heat(
    lattice: str, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    cell = PRIMITIVE[lattice] * 3
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    shear = np.eye(3, dtype=int)
    shear[np.triu_indices(3, 1)] = rng.integers(-3, 4, 3)
    matrix = shear @ cell.lattice.matrix @ turn * scale
    # 3 % of the neighbour distance, and the origin moved anywhere.
    positions = cell.cart_coords @ turn * scale + rng.normal(
        scale=0.03 * scale, size=(len(cell), 3)
    )
    moved = Structure(Lattice(matrix), cell.species, positions + 7.7, coords_are_cartesian=True)
    assert detect_lattice(moved) == detect_lattice(cell)


def test_double_hcp_is_half_fcc_and_half_hcp() -> None:
    # Stacking ABAC: the A layers lie between unlike layers (fcc), B and C between two A (hcp).
    places = [[0, 0, 0], [1 / 3, 2 / 3, 0.25], [0, 0, 0.5], [2 / 3, 1 / 3, 0.75]]
    cell = Structure(Lattice.hexagonal(2.5, 4 * 2.5 * np.sqrt(2 / 3)), ["Co"] * 4, places)
    assert atom_lattices(cell).tolist() == ["fcc", "hcp", "fcc", "hcp"]
    assert detect_lattice(cell).confidence == 0.5


def test_surface_atoms_are_not_fcc() -> None:
    layers = FCC_CUBE * (2, 2, 3)
    slab = Structure(
        Lattice.orthorhombic(7.2, 7.2, 3 * 3.6 + 6),
        layers.species,
        layers.cart_coords,
        coords_are_cartesian=True,
    )
    # Six layers, of which the outer two lack neighbours.
    assert detect_lattice(slab).fractions["fcc"] == pytest.approx(4 / 6)


@pytest.mark.parametrize(("c_over_a", "lattice"), [(1.0, "bcc"), (np.sqrt(2), "fcc")])
def test_bain_path_leads_from_bcc_to_fcc(c_over_a: float, lattice: str) -> None:
    cell = Structure(
        Lattice.tetragonal(2.8, 2.8 * c_over_a), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    assert detect_lattice(cell).lattice == lattice


@pytest.mark.parametrize(
    "places",
    [
        [[0, 0, 0]],
        [*FCC_CUBE.frac_coords, *(FCC_CUBE.frac_coords + 0.25)],
    ],
    ids=["simple cubic", "diamond"],
)
def test_other_lattices_give_no_guess(places: list[list[float]]) -> None:
    guess = detect_lattice(Structure(Lattice.cubic(4.0), ["Fe"] * len(places), places))
    assert guess == LatticeGuess(None, 0.0, {"fcc": 0, "bcc": 0, "hcp": 0, "other": 1.0})


def test_lone_atom_far_from_its_images_has_no_lattice() -> None:
    assert detect_lattice(Structure(Lattice.cubic(40), ["Fe"], [[0, 0, 0]])).lattice is None
