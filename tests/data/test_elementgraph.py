"""The element graph equals the sum over all edges done atom by atom, and is invariant."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from heanet.data import elementgraph
from heanet.data.elementgraph import DEFAULT_GRID, RadialGrid, element_graph
from heanet.errors import ConfigError, StructureError
from tests.alloys import alloy

SLOW = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SYMBOLS = ("Cr", "Mn", "Fe", "Co", "Ni", "Pd")
BASES = {
    "fcc": (3.6 * np.eye(3), [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
    "bcc": (2.85 * np.eye(3), [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "hcp": (
        np.array([[2.5, 0, 0], [-1.25, 2.165, 0], [0, 0, 4.08]]),
        [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]],
    ),
    "triclinic": (np.array([[2.6, 0.1, -0.2], [0.4, 2.8, 0.3], [-0.5, 0.2, 3.1]]), [[0, 0, 0]]),
}
Array = NDArray[np.float64]


@st.composite
def alloys(draw: st.DrawFn, max_repeats: int = 3) -> Structure:
    """Cells of 1 to 200 atoms on any lattice, strained, with every atom off its site."""
    matrix, sites = BASES[draw(st.sampled_from(sorted(BASES)))]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cell = Structure(Lattice(matrix), ["Fe"] * len(sites), sites)
    cell.make_supercell(
        [draw(st.integers(1, n)) for n in (max_repeats, max_repeats, max_repeats + 2)]
    )
    symbols = SYMBOLS[: draw(st.integers(1, 5))]
    strain = np.eye(3) + rng.normal(scale=0.03, size=(3, 3))
    positions = cell.cart_coords @ strain + rng.normal(scale=0.08, size=(len(cell), 3))
    return Structure(
        Lattice(cell.lattice.matrix @ strain),
        rng.choice(symbols, size=len(cell)),
        positions,
        coords_are_cartesian=True,
    )


def smooth_filter(seed: int, *, width: float = 0.2) -> "SmoothFilter":
    return SmoothFilter(np.random.default_rng(seed).normal(size=40), width)


class SmoothFilter:
    """Any sum of Gaussians: as sharp as the network's filters can be."""

    def __init__(self, weights: Array, width: float) -> None:
        self.weights, self.width = weights, width
        self.centres = np.linspace(0, 6, len(weights))

    def __call__(self, r: Array) -> Array:
        return np.exp(-0.5 * ((r[..., None] - self.centres) / self.width) ** 2) @ self.weights


def edges(structure: Structure, *, pbc: bool, cutoff: float = 6.0) -> tuple[Array, Array, Array]:
    """Every edge, found by going through all images: centre, other (atom indices), distance."""
    matrix, positions = structure.lattice.matrix, structure.cart_coords
    widths = structure.volume / np.linalg.norm(
        np.cross(np.roll(matrix, -1, axis=0), np.roll(matrix, -2, axis=0)), axis=1
    )
    extent = np.ptp(structure.frac_coords, axis=0)
    reach = np.ceil(cutoff / widths + extent).astype(int) if pbc else np.zeros(3, dtype=int)
    images = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in reach]), -1).reshape(-1, 3)
    found = []
    for shift in images @ matrix:
        distance = np.linalg.norm(positions[None] + shift - positions[:, None], axis=-1)
        centre, other = np.nonzero((distance <= cutoff) & (distance > 1e-8))
        found.append((centre, other, distance[centre, other]))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))


def sums_atom_by_atom(structure: Structure, filter_: SmoothFilter, *, pbc: bool) -> tuple:
    """1/N_a sum_i sum_j W(d_ij), and its scale: as many typical values of W; per element pair.

    The scale is not the sum itself: a pair with one edge on a zero of W has no size of its own.
    """
    typical = np.sqrt(np.mean(filter_(np.linspace(0, 6, 1000)) ** 2))
    numbers = np.array([site.specie.Z for site in structure])
    elements = np.unique(numbers)
    centre, other, distance = edges(structure, pbc=pbc)
    values = filter_(distance)
    sums = np.zeros((2, len(elements), len(elements)))
    for a, za in enumerate(elements):
        for b, zb in enumerate(elements):
            chosen = values[(numbers[centre] == za) & (numbers[other] == zb)]
            n_a = (numbers == za).sum()
            sums[:, a, b] = chosen.sum() / n_a, typical * len(chosen) / n_a
    return sums[0], sums[1]


def sums_from_graph(structure: Structure, filter_: SmoothFilter, *, pbc: bool) -> Array:
    graph = element_graph(structure, use_pbc=pbc)
    n = len(graph.z)
    source, target = graph.edge_index.numpy()
    sums = np.zeros((n, n))
    sums[target, source] = graph.edge_attr.double().numpy() @ filter_(DEFAULT_GRID.radii)
    return sums


@SLOW
@given(structure=alloys(max_repeats=2), seed=st.integers(0, 10_000), pbc=st.booleans())
def test_equals_the_sum_over_all_edges(structure: Structure, seed: int, *, pbc: bool) -> None:
    filter_ = smooth_filter(seed)
    expected, scale = sums_atom_by_atom(structure, filter_, pbc=pbc)
    found = sums_from_graph(structure, filter_, pbc=pbc)
    assert np.all(np.abs(found - expected) <= 1e-5 * scale + 1e-12)


def test_linear_hats_would_not_be_exact_enough() -> None:
    """Why the hats are cubic: linear interpolation on the same grid misses the bound."""
    filter_, distances = smooth_filter(0), np.linspace(2.0, 6.0, 997)
    radii = DEFAULT_GRID.radii
    first, weights = DEFAULT_GRID.weights(distances)
    cubic = (filter_(radii)[first[:, None] + np.arange(4)] * weights).sum(axis=1)
    linear = np.interp(distances, radii, filter_(radii))
    exact = filter_(distances)
    scale = np.abs(exact).mean()
    assert np.abs(cubic - exact).max() < 5e-5 * scale
    assert np.abs(linear - exact).mean() > 1e-4 * scale


def graph_values(structure: Structure) -> Array:
    graph = element_graph(structure)
    flat = [graph.z, graph.fraction, graph.edge_index.flatten(), graph.edge_attr.flatten()]
    return np.concatenate([part.double().numpy() for part in flat])


def assert_same_graph(one: Structure, other: Structure) -> None:
    first, second = graph_values(one), graph_values(other)
    assert first.shape == second.shape
    np.testing.assert_allclose(second, first, rtol=1e-6, atol=1e-6 * np.abs(first).max())


@SLOW
@given(structure=alloys(), seed=st.integers(0, 1000))
def test_order_of_atoms(structure: Structure, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(structure))
    assert_same_graph(structure, Structure.from_sites([structure[i] for i in order]))


@SLOW
@given(structure=alloys(), seed=st.integers(0, 1000))
def test_rotation_and_translation(structure: Structure, seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = Rotation.random(rng=rng).as_matrix()
    moved = Structure(
        Lattice(structure.lattice.matrix @ turn.T),
        structure.species,
        structure.cart_coords @ turn.T + rng.normal(scale=20, size=3),
        coords_are_cartesian=True,
    )
    assert_same_graph(structure, moved)


@SLOW
@given(
    structure=alloys(max_repeats=2),
    repeats=st.sampled_from([(2, 1, 1), (1, 2, 1), (1, 1, 3), (2, 2, 1)]),
)
def test_supercell(structure: Structure, repeats: tuple[int, int, int]) -> None:
    larger = structure.copy()
    larger.make_supercell(repeats)
    assert_same_graph(structure, larger)


@SLOW
@given(
    structure=alloys(),
    cell=st.sampled_from(
        [
            [[1, 1, 0], [0, 1, 0], [0, 0, 1]],
            [[1, 0, 0], [3, 1, 0], [-2, 4, 1]],
            [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
        ]
    ),
)
def test_choice_of_unit_cell(structure: Structure, cell: list[list[int]]) -> None:
    other = structure.copy()
    other.make_supercell(cell, to_unit_cell=True)
    assert len(other) == len(structure)
    assert_same_graph(structure, other)


def test_coordination_numbers_of_ideal_lattices() -> None:
    """Analytic limit: a filter of one counts the neighbours, 12 + 6 + 24 + 12 + 24 in fcc."""
    fcc = Structure(Lattice.cubic(3.6), ["Ni"] * 4, BASES["fcc"][1])
    # Shells of fcc at a sqrt(n / 2): 2.55, 3.6, 4.41, 5.09, 5.69; the sixth is at 6.24 Angstrom.
    assert float(element_graph(fcc).edge_attr.sum()) == pytest.approx(12 + 6 + 24 + 12 + 24)


def test_a_shell_on_the_cutoff_counts() -> None:
    """bcc iron with a = 3 has six atoms at exactly 6 Angstrom, whichever way it is turned."""
    bcc = Structure(Lattice.cubic(3.0), ["Fe", "Fe"], BASES["bcc"][1])
    counts = []
    for seed in range(5):
        turn = Rotation.random(rng=np.random.default_rng(seed)).as_matrix()
        turned = Structure(Lattice(bcc.lattice.matrix @ turn.T), bcc.species, bcc.frac_coords)
        counts.append(float(element_graph(turned).edge_attr.sum()))
    assert counts == pytest.approx([8 + 6 + 12 + 24 + 8 + 6] * 5)


def test_without_images_a_single_atom_has_no_neighbour() -> None:
    one = Structure(Lattice.cubic(2.5), ["Cr"], [[0.3, 0.3, 0.3]])
    assert float(element_graph(one, use_pbc=False).edge_attr.abs().sum()) == 0
    assert float(element_graph(one).edge_attr.sum()) > 0


def test_shapes_and_edge_direction() -> None:
    """g_ab counts the b around an a: in Cr3Fe every Fe sees Cr, every third Cr sees Fe."""
    l12 = Structure(Lattice.cubic(3.6), ["Fe", "Cr", "Cr", "Cr"], BASES["fcc"][1])
    graph = element_graph(l12, grid=RadialGrid(cutoff=3.0))
    assert graph.z.tolist() == [24, 26]
    assert graph.fraction.tolist() == [0.75, 0.25]
    assert graph.edge_attr.shape == (4, RadialGrid(cutoff=3.0).n_bins)
    counts = {
        (int(graph.z[target]), int(graph.z[source])): float(row.sum())
        for source, target, row in zip(*graph.edge_index, graph.edge_attr, strict=True)
    }
    assert counts == pytest.approx({(26, 24): 12, (24, 26): 4, (24, 24): 8, (26, 26): 0}, abs=1e-6)
    assert graph.n_atoms.tolist() == [4]


def test_input_is_not_changed() -> None:
    structure = Structure(Lattice.cubic(3.6), ["Fe", "Cr", "Cr", "Cr"], BASES["fcc"][1])
    before = structure.as_dict()
    element_graph(structure)
    assert structure.as_dict() == before


@pytest.mark.parametrize(("cutoff", "spacing"), [(6.0, 0.07), (6.0, 0.0), (6.0, -0.1), (0.1, 0.05)])
def test_a_grid_that_does_not_fit_is_refused(cutoff: float, spacing: float) -> None:
    with pytest.raises(ConfigError, match="Radial grid"):
        RadialGrid(cutoff=cutoff, spacing=spacing)


def test_partial_occupancy_is_refused() -> None:
    mixed = Structure(Lattice.cubic(2.9), [{"Fe": 0.5, "Co": 0.5}], [[0, 0, 0]])
    with pytest.raises(StructureError, match="partially occupied"):
        element_graph(mixed)


@SLOW
@given(distances=st.lists(st.floats(0, 6), min_size=1, max_size=50))
def test_weights_sum_to_one_and_reproduce_cubics(distances: list[float]) -> None:
    d = np.array(distances)
    first, weights = DEFAULT_GRID.weights(d)
    nodes = DEFAULT_GRID.radii[first[:, None] + np.arange(4)]
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    for power in (1, 2, 3):
        np.testing.assert_allclose((weights * nodes**power).sum(axis=1), d**power, atol=1e-9)


def test_edges_in_pieces_are_the_same_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell of 100,000 atoms has more edges than are shared out at once."""
    structure = alloy("fcc", seed=0)
    whole = element_graph(structure).edge_attr
    monkeypatch.setattr(elementgraph, "EDGES_AT_ONCE", 100)
    torch.testing.assert_close(element_graph(structure).edge_attr, whole, rtol=1e-6, atol=1e-9)
    assert whole.abs().sum() > 10
