"""The network summed edge by edge is the network on element graphs."""

import pytest
import torch
from torch_geometric.data import Batch

from benchmarks.edgewise import EdgewiseHEANet, edge_graph
from benchmarks.trainings import dft_rows, largest_difference
from heanet.config import ModelConfig
from heanet.data.elementgraph import element_graph
from heanet.errors import DataError
from heanet.nn.model import HEANet, grid_of
from tests.alloys import alloy

CONFIG = ModelConfig(hidden_channels=16, n_filters=8, tower_h1=8, tower_h2=8)


@pytest.fixture(scope="module")
def sides() -> tuple[HEANet, EdgewiseHEANet, Batch, Batch]:
    torch.manual_seed(0)
    network = HEANet(CONFIG)
    cells = [alloy(lattice, seed=k) for lattice in ("fcc", "bcc") for k in range(2)]
    pairs = [element_graph(cell, grid=grid_of(CONFIG)) for cell in cells]
    edges = [edge_graph(cell, cutoff=CONFIG.cutoff) for cell in cells]
    for k, (one, other) in enumerate(zip(pairs, edges, strict=True)):
        one.lattice = other.lattice = torch.tensor([k % 3])
    return (
        network,
        EdgewiseHEANet(network),
        Batch.from_data_list(pairs),
        Batch.from_data_list(edges),
    )


def test_outputs_and_gradients(sides: tuple[HEANet, EdgewiseHEANet, Batch, Batch]) -> None:
    network, edgewise, pairs, edges = sides
    assert edges.edge_index.shape[1] > 50 * pairs.edge_index.shape[1]
    outputs, gradients = [], []
    for net, batch in ((network, pairs), (edgewise, edges)):
        found = torch.stack(list(net(batch).values()))
        outputs.append(found)
        gradients.append(torch.autograd.grad(found.pow(2).sum(), list(network.parameters())))
    assert outputs[0].std() > 1e-3
    assert largest_difference(outputs[:1], outputs[1:]) < 1e-5
    assert largest_difference(*gradients) < 1e-4


def test_without_the_dft_set_the_message_says_how_to_get_it() -> None:
    with pytest.raises(DataError, match="hea-dft"):
        dft_rows(CONFIG)
