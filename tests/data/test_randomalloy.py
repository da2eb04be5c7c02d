"""Random alloys without a cell: what large random cells tend to, and exact where both are."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch_geometric.data import Batch, Data

from heanet.data.alloys import Alloy, build_alloy
from heanet.data.elementgraph import DEFAULT_GRID, RadialGrid, element_graph
from heanet.data.ideallattice import atomic_volume
from heanet.data.randomalloy import (
    lattice_shells,
    random_alloy_batch,
    random_alloy_graph,
    shell_rows,
)
from heanet.errors import StructureError
from heanet.nn.model import HEANet, grid_of
from heanet.properties import LATTICES, Lattice
from tests.alloys import SMALL

SHARES = {"Ni": 0.5, "Cr": 0.2, "Fe": 0.3}


def rows_of(graph: Data) -> NDArray[np.float64]:
    """g_ab as (n_elements, n_elements, n_bins)."""
    n = len(graph.z)
    return graph.edge_attr.double().numpy().reshape(n, n, -1)


@pytest.mark.parametrize("lattice", LATTICES)
@pytest.mark.parametrize("symbol", ["Fe", "Pd", "Al"])
def test_a_pure_element_has_the_graph_of_its_ideal_cell(lattice: Lattice, symbol: str) -> None:
    found = random_alloy_graph({symbol: 1.0}, lattice)
    cell = build_alloy(Alloy({symbol: 1.0}, lattice, 4))
    expected = element_graph(cell)
    assert found.z.tolist() == expected.z.tolist()
    assert found.edge_index.tolist() == expected.edge_index.tolist()
    torch.testing.assert_close(found.edge_attr, expected.edge_attr, rtol=0, atol=2e-5)
    assert int(found.lattice) == LATTICES.index(lattice)


@pytest.mark.parametrize(
    ("lattice", "distances", "sites"),
    [
        ("fcc", np.sqrt([1, 2, 3, 4]) * 2 ** (1 / 6), [12, 6, 24, 12]),
        ("bcc", np.sqrt([3 / 4, 1, 2, 11 / 4]) * 2 ** (1 / 3), [8, 6, 12, 24]),
        ("hcp", np.sqrt([1, 2, 8 / 3, 3]) * 2 ** (1 / 6), [12, 6, 2, 18]),
    ],
)
def test_the_shells_are_those_of_the_textbooks(
    lattice: Lattice, distances: NDArray[np.float64], sites: list[int]
) -> None:
    found, counts = lattice_shells(lattice, 3.0)
    np.testing.assert_allclose(found[:4], distances, rtol=1e-12)
    assert counts[:4].tolist() == sites


@pytest.mark.parametrize("lattice", ["fcc", "bcc"])
def test_rows_sum_to_the_neighbours_within_the_cutoff(lattice: Lattice) -> None:
    rows = rows_of(random_alloy_graph(SHARES, lattice))
    volume = sum(share * atomic_volume(symbol) for symbol, share in SHARES.items())
    unit, sites = lattice_shells(lattice, 5.0)
    n_neighbours = sites[unit * volume ** (1 / 3) <= DEFAULT_GRID.cutoff].sum()
    assert n_neighbours > 50
    # Cr, Fe, Ni: sorted by atomic number, and the same whatever sits in the middle.
    for row in rows.sum(axis=2):
        np.testing.assert_allclose(row, n_neighbours * np.array([0.2, 0.3, 0.5]), rtol=1e-5)


def test_large_random_cells_scatter_around_it() -> None:
    expected = rows_of(random_alloy_graph(SHARES, "bcc"))
    errors = {}
    for n_atoms in (40, 1000):
        found = np.mean(
            [
                rows_of(element_graph(build_alloy(Alloy(SHARES, "bcc", n_atoms, seed=seed))))
                for seed in range(8)
            ],
            axis=0,
        )
        errors[n_atoms] = np.abs(found - expected).sum(axis=2).max()
    n_neighbours = expected.sum(axis=2).sum(axis=1)[0]
    assert errors[1000] < 0.02 * n_neighbours
    assert errors[1000] < 0.5 * errors[40]


def test_many_at_once_are_the_graphs_one_by_one() -> None:
    elements = ["Ni", "Cr", "Fe"]
    shares = np.array([[0.5, 0.2, 0.3], [0, 1, 0], [0.6, 0, 0.4], [0.25, 0.35, 0.4]])
    lattices: list[Lattice] = ["fcc", "bcc", "bcc", "fcc"]
    torch.manual_seed(0)
    member = HEANet(SMALL).eval()
    grid = grid_of(SMALL)
    graphs = [
        random_alloy_graph(dict(zip(elements, row, strict=True)), lattice, grid)
        for row, lattice in zip(shares, lattices, strict=True)
    ]
    batch = random_alloy_batch(elements, shares, lattices, grid)
    expected = Batch.from_data_list(graphs)
    for key in ("z", "fraction", "batch", "edge_index", "lattice", "n_atoms"):
        assert torch.equal(batch[key], expected[key]), key
    torch.testing.assert_close(batch.edge_attr.dense(), expected.edge_attr)
    with torch.inference_mode():
        for task, value in member.contributions(expected).items():
            torch.testing.assert_close(member.contributions(batch)[task], value)


def test_a_shell_that_leaves_the_cutoff_counts_no_more() -> None:
    grid = RadialGrid(cutoff=3.0, spacing=0.015)
    # The second shell of bcc is a cube edge away: 3 Angstrom at 13.5 Angstrom^3 an atom.
    inside, outside = shell_rows(np.array([13.49, 13.51]), "bcc", grid).sum(axis=1)
    assert inside == pytest.approx(14)
    assert outside == pytest.approx(8)


@pytest.mark.parametrize("shares", [{"Fe": 0.7}, {"Fe": 1.2, "Ni": -0.2}, {"Fe": float("nan")}])
def test_what_is_no_composition_is_refused(shares: dict[str, float]) -> None:
    with pytest.raises(StructureError, match="a sum of one"):
        random_alloy_graph(shares, "fcc")
