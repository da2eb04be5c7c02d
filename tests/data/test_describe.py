"""Composition, density, symmetry and distances of a cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from heanet.data import describe as module
from heanet.data.describe import describe, partial_pair_distributions, symmetry
from heanet.data.neighbours import compact_cell, neighbour_pairs

FENI3 = Structure(
    Lattice.cubic(3.6),
    ["Fe", "Ni", "Ni", "Ni"],
    [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
)


def test_description_of_an_ordered_compound() -> None:
    found = describe(FENI3 * 2)
    assert found.formula == "FeNi3"
    assert found.n_atoms == 32
    assert found.fractions == {"Fe": 0.25, "Ni": 0.75}
    # Masses 55.845 + 3 * 58.6934 u in (3.6 A)^3, with 1 u/A^3 = 1.66054 g/cm^3.
    assert found.density == pytest.approx((55.845 + 3 * 58.6934) * 1.660539 / 3.6**3, rel=1e-5)
    assert found.volume_per_atom == pytest.approx(3.6**3 / 4)
    assert (found.a, found.gamma) == pytest.approx((7.2, 90))
    assert found.nearest == pytest.approx(
        {("Fe", "Fe"): 3.6, ("Fe", "Ni"): 3.6 / 2**0.5, ("Ni", "Ni"): 3.6 / 2**0.5}
    )


def test_cell_angles_keep_their_names() -> None:
    found = describe(Structure(Lattice.from_parameters(3, 4, 5, 80, 95, 100), ["Fe"], [[0, 0, 0]]))
    lattice = (found.a, found.b, found.c, found.alpha, found.beta, found.gamma)
    assert lattice == pytest.approx((3, 4, 5, 80, 95, 100))


def test_atoms_that_never_meet_have_no_nearest_distance() -> None:
    far = Structure(Lattice.cubic(13), ["Fe", "Fe", "Ni"], [[0, 0, 0], [0.2, 0, 0], [0.5] * 3])
    assert describe(far).nearest == pytest.approx({("Fe", "Fe"): 2.6})


@pytest.mark.parametrize(
    ("symprec", "symbol", "number"), [(0.1, "Pm-3m", 221), (0.001, "P4mm", 99)]
)
def test_symmetry_depends_on_the_tolerance(symprec: float, symbol: str, number: int) -> None:
    moved = FENI3.copy()
    moved.translate_sites([0], [0, 0, 0.004])
    found = symmetry(moved, symprec=symprec)
    assert found is not None
    assert (found.symbol, found.number, found.symprec) == (symbol, number, symprec)
    assert found.crystal_system == {221: "cubic", 99: "tetragonal"}[number]


def test_moments_do_not_lower_the_symmetry() -> None:
    magnetic = FENI3.copy(site_properties={"magmom": [3.0, 0.5, 0.6, 0.7]})
    found = symmetry(magnetic)
    assert found is not None
    assert found.symbol == "Pm-3m"


def test_no_symmetry_where_the_tolerance_exceeds_the_atoms_distances() -> None:
    assert symmetry(FENI3, symprec=5.0) is None


def test_no_symmetry_search_for_very_large_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SYMMETRY_ATOMS", 3)
    assert symmetry(FENI3) is None


def test_pair_distribution_counts_the_shells_of_an_ordered_compound() -> None:
    radii, distributions = partial_pair_distributions(FENI3, cutoff=4.0, spacing=0.1)
    assert radii[[0, -1]] == pytest.approx([0.05, 3.95])
    assert list(distributions) == [("Fe", "Fe"), ("Fe", "Ni"), ("Ni", "Ni")]
    shells = 4 / 3 * np.pi * ((radii + 0.05) ** 3 - (radii - 0.05) ** 3)
    density = 1 / 3.6**3  # of Fe; three times that of Ni
    neighbours = {
        ("Fe", "Fe"): distributions["Fe", "Fe"] * shells * density,
        ("Fe", "Ni"): distributions["Fe", "Ni"] * shells * density * 3,
        ("Ni", "Ni"): distributions["Ni", "Ni"] * shells * density * 3,
    }
    # Around Fe: 12 Ni at a/sqrt 2 = 2.55; around Ni: 8 Ni there; 6 of its own kind at a = 3.6.
    assert neighbours["Fe", "Ni"][25] == pytest.approx(12)
    assert neighbours["Ni", "Ni"][25] == pytest.approx(8)
    assert neighbours["Fe", "Fe"].sum() == pytest.approx(6)
    assert neighbours["Ni", "Ni"].sum() == pytest.approx(8 + 6)


def test_pair_distribution_of_a_gas_is_one_at_large_distances() -> None:
    rng = np.random.default_rng(3)
    gas = Structure(
        Lattice.from_parameters(20, 22, 24, 80, 95, 100),
        rng.choice(["Fe", "Ni"], 3000, p=[0.2, 0.8]),
        rng.random((3000, 3)),
    )
    radii, distributions = partial_pair_distributions(gas, cutoff=8.0, spacing=0.5)
    for values in distributions.values():
        assert values[radii > 4] == pytest.approx(1.0, abs=0.06)


@settings(max_examples=30, deadline=None)
@given(
    angles=st.lists(st.floats(50, 120), min_size=3, max_size=3).filter(
        lambda x: max(x) < sum(x) - max(x) - 5 and sum(x) < 350
    ),
    cutoff=st.floats(2.0, 7.0),
    seed=st.integers(0, 2**31),
)
def test_neighbours_agree_with_pymatgen(angles: list[float], cutoff: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shear = np.eye(3)
    shear[0, 1:] = rng.integers(-2, 3, 2)
    matrix = shear @ Lattice.from_parameters(3, 4, 5, *angles).matrix
    cell = Structure(Lattice(matrix), ["Fe"] * 3, rng.uniform(-2, 2, (3, 3)))
    pairs = neighbour_pairs(cell, cutoff)
    first, _, _, distances = cell.get_neighbor_list(cutoff, exclude_self=True)
    # An image exactly at the cutoff is inside or outside by rounding.
    ours, theirs = pairs.distances < cutoff - 1e-9, distances < cutoff - 1e-9
    assert np.sort(pairs.distances[ours]) == pytest.approx(np.sort(distances[theirs]), abs=1e-9)
    assert np.bincount(pairs.first[ours], minlength=3).tolist() == (
        np.bincount(first[theirs], minlength=3).tolist()
    )
    # Each vector leads from an atom to an image of the other one.
    steps = cell.cart_coords[pairs.second] - cell.cart_coords[pairs.first]
    images = (pairs.vectors - steps) @ np.linalg.inv(matrix)
    assert images == pytest.approx(np.round(images), abs=1e-9)
    assert np.linalg.norm(pairs.vectors, axis=1) == pytest.approx(pairs.distances)


def test_compact_cell_is_the_same_crystal() -> None:
    sheared = Structure(Lattice([[3, 0, 0], [30, 3, 0], [0, 300, 3]]), ["Fe"], [[5.25, -0.5, 0]])
    cell, positions = compact_cell(sheared)
    assert sorted(np.linalg.norm(cell, axis=1)) == pytest.approx([3, 3, 3])
    inside = positions @ np.linalg.inv(cell)
    assert ((inside >= 0) & (inside < 1)).all()
    moved = (positions - sheared.cart_coords) @ np.linalg.inv(sheared.lattice.matrix)
    assert moved == pytest.approx(np.round(moved), abs=1e-9)
