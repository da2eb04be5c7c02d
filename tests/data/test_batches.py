"""Batches by indexing equal collated ones bit for bit, whatever the graphs and the rows."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from torch_geometric.data import Batch, Data

from heanet.data.batches import GraphTable
from heanet.data.elementgraph import element_graph
from heanet.nn.baselines import atom_graph
from heanet.nn.published_elements import published_element_graph
from tests.alloys import alloy

KINDS: dict[str, Callable[[Structure], Data]] = {
    "element": element_graph,
    "published": published_element_graph,
    "atom": lambda structure: atom_graph(structure, cutoff=3.0),
}
IRON = Structure(Lattice.cubic(2.4), ["Fe"], [[0, 0, 0]])
GAS = Structure(Lattice.cubic(9.0), ["Ni"], [[0, 0, 0]])  # no neighbour within 3 Angstrom


def cells() -> list[Structure]:
    """Of one to three elements and of 1 to 16 atoms."""
    two = alloy("bcc", seed=3)
    two.replace_species({"Cr": "Ni"})
    return [alloy("fcc", seed=0), IRON, two, GAS, alloy("bcc", seed=1), IRON * (1, 1, 3)]


def graphs_of(kind: str, structures: list[Structure]) -> list[Data]:
    graphs = [KINDS[kind](each) for each in structures]
    for i, graph in enumerate(graphs):
        graph.lattice = torch.tensor([i % 3])
    return graphs


@pytest.fixture(scope="module", params=list(KINDS))
def graphs(request: pytest.FixtureRequest) -> list[Data]:
    return graphs_of(request.param, cells())


def assert_equal(graphs: list[Data], rows: list[int]) -> None:
    expected = Batch.from_data_list([graphs[i] for i in rows])
    found = GraphTable(graphs).batch(torch.tensor(rows))
    assert found.num_graphs == expected.num_graphs == len(rows)
    assert found.num_nodes == expected.num_nodes
    # "ptr" says where graphs begin; no network of ours reads it.
    assert set(found.keys()) == set(expected.keys()) - {"ptr"}
    for key in set(found.keys()) - {"num_nodes"}:
        assert found[key].dtype == expected[key].dtype, key
        assert torch.equal(found[key], expected[key]), key


@settings(max_examples=30)
@given(rows=st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_any_rows_in_any_order_any_number_of_times(graphs: list[Data], rows: list[int]) -> None:
    assert_equal(graphs, rows)


@settings(max_examples=10)
@given(rows=st.permutations(range(6)))
def test_all_rows_in_any_order(graphs: list[Data], rows: list[int]) -> None:
    assert_equal(graphs, rows)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "structures", [[IRON, GAS, IRON], [GAS, GAS], [IRON]], ids=["both", "gas", "one"]
)
def test_graphs_with_one_node(kind: str, structures: list[Structure]) -> None:
    """Rows per node, per edge and per graph are then as many, and still not mixed up."""
    graphs = graphs_of(kind, structures)
    assert {graph.num_nodes for graph in graphs} == {1}
    assert_equal(graphs, [len(structures) - 1, 0, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_graphs_of_one_size(kind: str) -> None:
    """All graphs have as many nodes, and for the first two kinds as many pairs."""
    assert_equal(graphs_of(kind, [alloy("fcc", seed=s) for s in (0, 2, 5)]), [2, 0, 2])


def test_a_batch_leaves_the_table_as_it_was(graphs: list[Data]) -> None:
    table, rows = GraphTable(graphs), torch.tensor([0, 4])
    first = table.batch(rows)
    for key in ("edge_index", "z", "lattice", "batch"):
        first[key].add_(7)
    again, expected = table.batch(rows), Batch.from_data_list([graphs[0], graphs[4]])
    for key in ("edge_index", "z", "lattice", "batch"):
        assert torch.equal(again[key], expected[key]), key


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_cuda(graphs: list[Data]) -> None:
    device = torch.device("cuda")
    found = GraphTable(graphs).to(device).batch(torch.tensor([4, 1], device=device))
    expected = Batch.from_data_list([graphs[4], graphs[1]])
    for key in set(found.keys()) - {"num_nodes"}:
        assert found[key].device.type == "cuda", key
        assert torch.equal(found[key].cpu(), expected[key]), key
