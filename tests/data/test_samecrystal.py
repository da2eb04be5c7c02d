import numpy as np
import pytest

from heanet.data.elementgraph import DEFAULT_GRID, element_graph
from heanet.data.samecrystal import (
    doubled,
    largest_difference,
    pair_distribution,
    shells,
    shuffled,
)
from heanet.errors import StructureError
from tests.alloys import alloy

CELL = alloy("fcc", seed=1)
GRAPH = element_graph(CELL)


def test_doubled_and_shuffled_cells_have_the_same_element_graph() -> None:
    cell = shuffled(doubled(CELL), seed=3)
    assert len(cell) == 2 * len(CELL)
    assert cell.volume == pytest.approx(2 * CELL.volume)
    first = [site.specie.symbol for site in doubled(CELL)]
    assert [site.specie.symbol for site in cell] != first
    assert largest_difference(GRAPH, element_graph(cell)) < 1e-6


def test_another_cell_has_another_element_graph() -> None:
    moved = CELL.copy()
    moved.translate_sites([0], [0.02, 0, 0])
    assert largest_difference(GRAPH, element_graph(moved)) > 1e-3


def test_graphs_of_other_elements_are_refused() -> None:
    other = CELL.copy()
    other.replace_species({"Cr": "Co"})
    with pytest.raises(StructureError, match="Element graphs"):
        largest_difference(GRAPH, element_graph(other))


def test_pairs_are_counted_from_their_centre() -> None:
    counts = CELL.composition
    around = {pair: pair_distribution(GRAPH, *pair).sum() for pair in (("Cr", "Ni"), ("Ni", "Cr"))}
    assert around["Cr", "Ni"] * counts["Cr"] == pytest.approx(around["Ni", "Cr"] * counts["Ni"])
    near = sum(1 for n in CELL.get_neighbors(CELL[0], 6.0) if n.specie.symbol == "Ni")
    assert near > 0
    with pytest.raises(StructureError, match="no Pd"):
        pair_distribution(GRAPH, "Cr", "Pd")


def test_shells_keep_the_number_of_atoms() -> None:
    distribution = pair_distribution(GRAPH, "Fe", "Fe")
    middles, counts = shells(distribution, DEFAULT_GRID.radii, width=0.3)
    assert counts.sum() == pytest.approx(distribution.sum())
    assert np.diff(middles) == pytest.approx(0.3)
    weights = distribution @ DEFAULT_GRID.radii / distribution.sum()
    assert counts @ middles / counts.sum() == pytest.approx(weights, abs=0.15)
