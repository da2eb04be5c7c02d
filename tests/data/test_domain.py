import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from heanet.data.domain import (
    ISOLATED,
    ROUNDING,
    Domain,
    beyond_mixtures,
    composition_distance,
    domain_warnings,
    fit_domain,
    is_mixture,
    measure,
    near_cells,
    nearest_distances,
)

# Both lattices with the same volume per atom.
SIDES = {"fcc": 3.6, "bcc": 3.6 / 2 ** (1 / 3)}
SITES = {
    "fcc": [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
    "bcc": [[0, 0, 0], [0.5, 0.5, 0.5]],
}
SMALLER = "The volume per atom is smaller"
LARGER = "The volume per atom is larger"
CLOSER = "Two atoms are closer"
UNRELAXED = "All nearest-neighbour distances are alike"
SCATTERED = "The nearest-neighbour distances scatter more"
FAR = "The nearest training composition"


def _cell(
    counts: dict[str, int], lattice: str = "fcc", *, noise: float = 0.05, seed: int = 0
) -> Structure:
    """A cell of 16 atoms, displaced at random by ``noise`` Angstrom."""
    rng = np.random.default_rng(seed)
    side, sites = SIDES[lattice], SITES[lattice]
    cell = Structure(Lattice.cubic(side), ["Fe"] * len(sites), sites)
    cell.make_supercell([2, 2, 1 if lattice == "fcc" else 2])
    species = [symbol for symbol, n in counts.items() for _ in range(n)]
    displaced = cell.cart_coords + rng.normal(scale=noise, size=(16, 3))
    return Structure(cell.lattice, rng.permutation(species), displaced, coords_are_cartesian=True)


def _domain(cells: dict[str, Structure], lattices: list[str]) -> Domain:
    rows = [cell.composition.fractional_composition.as_dict() for cell in cells.values()]
    return fit_domain(cells, lattices, pd.DataFrame(rows, index=list(cells)).fillna(0.0))


# Fe-Mn-Ni and Fe-Ni-Pd alloys in steps of two atoms; Mn never meets Pd.
CELLS = {
    f"Fe{fe}Ni{16 - fe - x}{extra}{x}_{k}_sqs{lattice}": _cell(
        {"Fe": fe, "Ni": 16 - fe - x, extra: x}, lattice, seed=100 * fe + 10 * x + k
    )
    for extra in ("Mn", "Pd")
    for fe in (2, 4, 6, 8)
    for x in (2, 4)
    for lattice in ("fcc", "bcc")
    for k in range(2)
}
LATTICES = [name[-3:] for name in CELLS]
DOMAIN = _domain(CELLS, LATTICES)
TYPICAL = _cell({"Fe": 6, "Ni": 8, "Mn": 2}, seed=5)


def _kinds(structure: Structure, domain: Domain = DOMAIN) -> set[str]:
    """The warnings, each by the words it begins with."""
    kinds = (SMALLER, LARGER, CLOSER, UNRELAXED, SCATTERED, FAR, "Mn and Pd never")
    found = domain_warnings(domain, structure)
    named = {kind for kind in kinds for warning in found if warning.startswith(kind)}
    assert len(named) == len(found), found
    return named


def _scaled(structure: Structure, factor: float) -> Structure:
    scaled = structure.copy()
    scaled.scale_lattice(structure.volume * factor)
    return scaled


def test_the_domain_says_what_it_was_fitted_on() -> None:
    assert set(DOMAIN.elements) == {"Fe", "Mn", "Ni", "Pd"}
    assert DOMAIN.names == tuple(CELLS)
    assert DOMAIN.apart == (("Mn", "Pd"),)
    # Neighbouring compositions differ in two of sixteen atoms.
    assert DOMAIN.composition_gap == pytest.approx(2 / 16)
    assert Domain.model_validate_json(DOMAIN.model_dump_json()) == DOMAIN


@pytest.mark.parametrize("name", CELLS)
def test_no_training_cell_is_outside(name: str) -> None:
    assert domain_warnings(DOMAIN, CELLS[name]) == ()


def test_a_cell_like_the_training_cells_and_its_supercell_are_inside() -> None:
    assert domain_warnings(DOMAIN, TYPICAL) == ()
    assert domain_warnings(DOMAIN, TYPICAL * (2, 1, 1)) == ()


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        (_scaled(TYPICAL, 0.9), {SMALLER}),
        (_scaled(TYPICAL, 1.1), {LARGER}),
        (_cell({"Fe": 6, "Ni": 8, "Mn": 2}, noise=0), {UNRELAXED}),
        (_cell({"Fe": 6, "Ni": 8, "Mn": 2}, noise=0.5, seed=3), {CLOSER, SCATTERED}),
        (_cell({"Fe": 16}, seed=1), {FAR}),
        (_cell({"Fe": 6, "Ni": 7, "Mn": 1, "Pd": 2}, seed=1), {"Mn and Pd never"}),
    ],
)
def test_each_way_of_lying_outside_has_its_warning(cell: Structure, kinds: set[str]) -> None:
    assert _kinds(cell) == kinds


def test_a_warning_gives_the_value_and_the_usual_range() -> None:
    (volume,) = domain_warnings(DOMAIN, _scaled(TYPICAL, 1.1))
    low, high = DOMAIN.ranges["volume"]
    found = measure(TYPICAL, DOMAIN.volumes)["volume"] * 1.1
    usual = f"training cells {low:.3f} to {high:.3f}"
    assert volume.endswith(f" ({found:.3f} times the expected volume; {usual}).")
    (far,) = domain_warnings(DOMAIN, _cell({"Fe": 16}, seed=1))
    # Eight of sixteen atoms are iron already in the nearest alloys.
    assert re.search(r"\(Fe8Ni6Mn2_0_sqsfcc\) differs in 50% of the atoms, and no mixture", far)


def test_of_many_training_cells_the_farthest_are_not_usual() -> None:
    cells = {f"{i}": _cell({"Fe": 8, "Ni": 8}, seed=i) for i in range(600)}
    domain = _domain(cells, ["fcc"] * 600)
    values = sorted(measure(cell, domain.volumes)["disorder"] for cell in cells.values())
    # 0.5 % of 600 on each side: ranks 3 and 597, counted from one.
    assert domain.ranges["disorder"] == (values[2], values[597])


def test_one_composition_makes_a_domain_of_its_own() -> None:
    cells = {f"{i}": _cell({"Fe": 8, "Ni": 8}, seed=i) for i in range(3)}
    domain = _domain(cells, ["fcc"] * 3)
    assert domain.composition_gap == 0
    assert domain_warnings(domain, cells["1"]) == ()
    assert FAR in _kinds(_cell({"Fe": 9, "Ni": 7}), domain)


def test_thirds_are_as_near_as_their_rounding_allows() -> None:
    cells = {f"{i}": _cell({"Fe": 8, "Ni": 8}, seed=i) * (3, 1, 1) for i in range(2)}
    for cell in cells.values():
        for site in range(16):
            cell[site].species = "Fe" if site % 2 else "Ni"
        for site in range(16, 48):
            cell[site].species = "Pd"
    domain = _domain(cells, ["fcc"] * 2)
    assert sorted(domain.compositions[0]) == [0.166667, 0.166667, 0.666667]
    assert domain_warnings(domain, cells["0"]) == ()


def test_the_distance_is_the_share_of_atoms_to_exchange() -> None:
    rows = np.array([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5], [0.0, 0.0, 1.0]])
    distances = composition_distance(rows, np.array([0.5, 0.25, 0.25]))
    assert distances.tolist() == [0.25, 0.25, 0.75]


COMPOSITION = st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any)


@settings(deadline=None)
@given(COMPOSITION, COMPOSITION, COMPOSITION)
def test_the_distance_is_a_metric_between_0_and_1(a: list, b: list, c: list) -> None:
    x, y, z = (np.array(row) / sum(row) for row in (a, b, c))
    xy, xz, yz = (composition_distance(p[None], q)[0] for p, q in ((x, y), (x, z), (y, z)))
    assert composition_distance(x[None], x)[0] == 0
    assert xy == pytest.approx(composition_distance(y[None], x)[0])
    assert -1e-12 <= xy <= 1 + 1e-12
    assert xy <= xz + yz + 1e-12
    assert (xy < 1e-12) == np.allclose(x, y)


def test_near_cells_come_by_composition_and_then_by_lattice() -> None:
    found = near_cells(DOMAIN, _cell({"Fe": 4, "Ni": 10, "Mn": 2}), "bcc", n=6)
    names = [cell.name for cell in found]
    assert names[:4] == [
        "Fe4Ni10Mn2_0_sqsbcc",
        "Fe4Ni10Mn2_1_sqsbcc",
        "Fe4Ni10Mn2_0_sqsfcc",
        "Fe4Ni10Mn2_1_sqsfcc",
    ]
    assert [cell.distance for cell in found] == pytest.approx([0, 0, 0, 0, 1 / 8, 1 / 8])
    assert [cell.lattice for cell in found] == ["bcc", "bcc", "fcc", "fcc", "bcc", "bcc"]
    assert len(near_cells(DOMAIN, TYPICAL, "fcc", n=10_000)) == len(CELLS)


@pytest.mark.parametrize(("lattice", "bond"), [("fcc", np.sqrt(0.5)), ("bcc", np.sqrt(0.75))])
def test_the_measures_of_an_ideal_lattice(lattice: str, bond: float) -> None:
    cell = _cell({"Fe": 16}, lattice, noise=0)
    np.testing.assert_allclose(nearest_distances(cell), bond * SIDES[lattice], rtol=1e-12)
    found = measure(cell, {"Fe": 10.0})
    per_atom = cell.volume / 16
    assert found["volume"] == pytest.approx(per_atom / 10)
    assert found["shortest_pair"] == pytest.approx(bond * SIDES[lattice] / per_atom ** (1 / 3))
    assert found["disorder"] == pytest.approx(0, abs=1e-12)


def test_neighbours_are_found_across_a_vacuum() -> None:
    cell = Structure(Lattice.cubic(20), ["Fe"] * 3, [[0, 0, 0], [0.1, 0, 0], [0.5, 0, 0]])
    assert nearest_distances(cell).tolist() == pytest.approx([2, 2, ISOLATED])
    alone = Structure(Lattice.orthorhombic(3, 30, 30), ["Fe"], [[0.7, 0, 0]])
    assert nearest_distances(alone).tolist() == pytest.approx([3])


def test_a_lonely_atom_does_not_make_the_search_a_search_of_all_pairs() -> None:
    cluster = [[x, y, z] for x in (0, 2) for y in (0, 2) for z in (0, 2)]
    cell = Structure(Lattice.cubic(20), ["Fe"] * 9, [*cluster, [11, 11, 11]],
                     coords_are_cartesian=True)  # fmt: skip
    assert nearest_distances(cell).tolist() == pytest.approx([2] * 8 + [ISOLATED])


def test_pairs_and_disorder_do_not_depend_on_the_density() -> None:
    one, other = (measure(cell, {"Fe": 10.0, "Ni": 10.0, "Mn": 10.0})
                  for cell in (TYPICAL, _scaled(TYPICAL, 2.0)))  # fmt: skip
    assert one["disorder"] > 0.01
    for key in ("shortest_pair", "disorder"):
        assert other[key] == pytest.approx(one[key])
    assert other["volume"] == pytest.approx(2 * one["volume"])


def test_beyond_every_mixture() -> None:
    """Towards a pure element nothing is between training compositions, however near one is."""
    corners = np.array([[0.75, 0.25, 0.0], [0.25, 0.75, 0.0], [0.25, 0.25, 0.5]])
    assert beyond_mixtures(corners, np.array([0.5, 0.5, 0.0])) == pytest.approx(0, abs=1e-9)
    assert beyond_mixtures(corners, corners.mean(axis=0)) == pytest.approx(0, abs=1e-9)
    assert beyond_mixtures(corners, np.array([0.875, 0.125, 0.0])) == pytest.approx(0.125)
    assert beyond_mixtures(corners, np.array([0.0, 0.0, 1.0])) == pytest.approx(0.5)


def test_a_cluster_in_vacuum_is_measured_without_looking_at_all_pairs() -> None:
    """The search is bounded by the length of a bond, not by the volume of the box."""
    rng = np.random.default_rng(0)
    grid = np.stack(np.meshgrid(*[np.arange(10.0)] * 3), -1).reshape(-1, 3) * 2.5
    positions = grid + rng.normal(scale=0.05, size=grid.shape)
    box = Structure(Lattice.cubic(900), ["Fe"] * 1000, positions, coords_are_cartesian=True)
    nearest = nearest_distances(box)
    assert nearest.max() < 2.8
    lone = Structure(Lattice.cubic(100), ["Fe"], [[0, 0, 0]])
    assert nearest_distances(lone).tolist() == [ISOLATED]


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 12))
def test_a_mixture_is_what_the_linear_programme_calls_one(seed: int, n: int) -> None:
    """Inside, outside and just beside the hull."""
    rng = np.random.default_rng(seed)
    corners = rng.dirichlet(np.ones(4), size=n).round(2)
    corners[:, 0] += 1 - corners.sum(axis=1)
    near = rng.dirichlet(np.ones(n)) @ corners + rng.choice([0, 1e-4, 1e-2]) * np.array(
        [1, -1, 0, 0]
    )
    for composition in (near, rng.dirichlet(np.ones(4)), corners[0]):
        expected = beyond_mixtures(corners, composition) <= ROUNDING
        assert is_mixture(corners, composition) == expected
