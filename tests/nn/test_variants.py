"""Variants that were tried: the spread of surroundings is invariant, and weighs nothing at zero."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from heanet.data.elementgraph import element_graph
from heanet.data.neighbours import neighbour_pairs
from heanet.nn.model import HEANet, grid_of
from heanet.nn.networks import build
from heanet.nn.variants import SHELL_WIDTH, SHELLS, MomentsConfig, MomentsNet, environment_spread
from tests.alloys import SMALL, alloy

CONFIG = MomentsConfig(**SMALL.model_dump())


def test_the_spread_is_that_of_counts_from_atom_to_atom() -> None:
    cell = alloy("fcc", seed=2)
    spread = environment_spread(cell, cutoff=6.0)
    pairs = neighbour_pairs(cell, 6.0)
    numbers = np.array([site.specie.Z for site in cell])
    elements = np.unique(numbers)
    a, b, shell = 0, len(elements) - 1, 1
    u = pairs.distances / 6.0
    weight = np.exp(-0.5 * ((pairs.distances - SHELLS[shell]) / SHELL_WIDTH) ** 2)
    weight *= 1 - u**3 * (10 - 15 * u + 6 * u**2)
    counts = [
        weight[(pairs.first == i) & (numbers[pairs.second] == elements[b])].sum()
        for i in np.flatnonzero(numbers == elements[a])
    ]
    assert float(spread[a * len(elements) + b, shell]) == pytest.approx(np.std(counts), rel=1e-5)


def test_supercells_and_the_order_of_atoms_do_not_matter() -> None:
    cell = alloy("bcc", seed=1)
    own = environment_spread(cell, cutoff=6.0)
    torch.testing.assert_close(
        environment_spread(cell * (1, 1, 2), cutoff=6.0), own, atol=1e-5, rtol=0
    )
    shuffled = cell.copy()
    shuffled.sort(key=lambda site: site.frac_coords[0])
    torch.testing.assert_close(environment_spread(shuffled, cutoff=6.0), own, atol=1e-5, rtol=0)


def test_without_any_spread_it_is_heanet() -> None:
    torch.manual_seed(0)
    network = build(CONFIG)
    assert isinstance(network, MomentsNet)
    plain = HEANet(SMALL)
    plain.load_state_dict({k: v for k, v in network.state_dict().items() if "spread" not in k})
    graph = element_graph(alloy("fcc", seed=3), grid=grid_of(SMALL))
    graph.lattice = torch.tensor([0])
    wider = graph.clone()
    none = torch.zeros(len(graph.edge_attr), len(SHELLS))
    wider.edge_attr = torch.cat([graph.edge_attr, none], dim=1)
    one, other = network(Batch.from_data_list([wider])), plain(Batch.from_data_list([graph]))
    for task, value in other.items():
        torch.testing.assert_close(one[task], value, atol=1e-6, rtol=1e-6)
    wider.edge_attr = torch.cat([graph.edge_attr, none + 1], dim=1)
    moved = network(Batch.from_data_list([wider]))
    assert all(not torch.allclose(moved[task], other[task]) for task in other)
