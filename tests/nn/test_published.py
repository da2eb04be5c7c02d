"""The published network: its formula, its edges with their faults, its state dicts."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from torch import Tensor
from torch_geometric.data import Batch

from heanet.config import ModelConfig
from heanet.data.elementgraph import element_graph
from heanet.errors import CheckpointError
from heanet.nn.model import HEANet, grid_of
from heanet.nn.published import (
    PublishedNet,
    PublishedWidths,
    published_edges,
    published_graph,
    read_state,
)
from tests.alloys import alloy

WIDTHS = PublishedWidths(
    n_tasks=3,
    n_embedding=40,
    hidden_channels=8,
    n_filters=6,
    n_interactions=2,
    n_gaussian=5,
    tower_h1=7,
    tower_h2=4,
)


def network(widths: PublishedWidths = WIDTHS, *, seed: int = 0) -> PublishedNet:
    torch.manual_seed(seed)
    return PublishedNet(widths).double().eval()


def outputs(net: PublishedNet, *cells: Structure) -> Tensor:
    graphs = [published_graph(cell) for cell in cells]
    for graph in graphs:
        graph.distance = graph.distance.double()
    with torch.inference_mode():
        return net(Batch.from_data_list(graphs))


def shuffled(cell: Structure, seed: int = 0) -> Structure:
    order = np.random.default_rng(seed).permutation(len(cell))
    return Structure.from_sites([cell[i] for i in order])


def by_hand(net: PublishedNet, cell: Structure) -> Tensor:
    """The formula of the module's docstring, atom by atom and pair by pair."""
    state = net.state_dict()

    def ssp(x: Tensor) -> Tensor:
        return torch.log1p(torch.exp(x)) - math.log(2)

    def linear(name: str, x: Tensor) -> Tensor:
        return state[f"{name}.weight"] @ x + state[f"{name}.bias"]

    spacing = 10 / (WIDTHS.n_gaussian - 1)
    total = torch.zeros(WIDTHS.n_tasks, dtype=torch.float64)
    for element in set(cell.species):
        embedding = state["embedding.weight"]
        t = embedding[element.Z]
        atoms = [i for i, site in enumerate(cell) if site.specie == element]
        for block in range(WIDTHS.n_interactions):
            name = f"interactions.{block}"
            mean = torch.zeros(WIDTHS.n_filters, dtype=torch.float64)
            for i in atoms:
                for j, other in enumerate(cell):
                    d = float(np.linalg.norm(cell.cart_coords[i] - cell.cart_coords[j]))
                    if i == j or d >= 10:
                        continue
                    nodes = spacing * torch.arange(WIDTHS.n_gaussian, dtype=torch.float64)
                    gaussians = torch.exp(-((d - nodes) ** 2) / (2 * spacing**2))
                    w = linear(f"{name}.mlp.2", ssp(linear(f"{name}.mlp.0", gaussians)))
                    h = state[f"{name}.conv.lin1.weight"] @ embedding[other.specie.Z]
                    mean += h * w * (10 / (d**2 + 1e-10) - 1) / len(atoms)
            t = t + linear(f"{name}.lin", ssp(linear(f"{name}.conv.lin2", mean)))
        inner = ssp(linear("tower_lin2", ssp(linear("tower_lin1", t))))
        towers = [linear(f"tower_layers.{k}.4", inner) for k in range(WIDTHS.n_tasks)]
        total += torch.cat(towers)
    return total


@pytest.mark.parametrize("lattice", ["fcc", "bcc"])
def test_the_network_is_its_formula(lattice: str) -> None:
    cell = alloy(lattice, seed=3)
    expected = by_hand(network(), cell)
    # Distances pass through single precision.
    torch.testing.assert_close(outputs(network(), cell)[0], expected, rtol=1e-5, atol=1e-5)


def test_batch_equals_single() -> None:
    net, cells = network(), [alloy("fcc", seed=s) for s in range(3)] + [alloy("bcc", seed=5)]
    single = torch.cat([outputs(net, cell) for cell in cells])
    torch.testing.assert_close(outputs(net, *cells), single, rtol=1e-10, atol=1e-10)


@settings(max_examples=20)
@given(st.integers(0, 2**16))
def test_a_small_cell_does_not_care_for_the_order_of_its_atoms(seed: int) -> None:
    cell = alloy("fcc", seed=1)  # 16 atoms: none has 33 others within 10 Angstrom
    net = network()
    expected = outputs(net, cell)
    torch.testing.assert_close(outputs(net, shuffled(cell, seed)), expected, rtol=1e-6, atol=1e-6)


def test_a_large_cell_changes_its_value_with_the_order_of_its_atoms_ours_does_not() -> None:
    cell = alloy("fcc", seed=1, n_atoms=64)
    other = shuffled(cell)
    one, two = outputs(network(), cell, other)
    assert (one - two).abs().min() > 1e-3
    ours = HEANet(ModelConfig(hidden_channels=8, n_filters=8, spacing=0.05)).double().eval()
    found = []
    for structure in (cell, other):
        graph = element_graph(structure, grid=grid_of(ours.config))
        graph.fraction, graph.edge_attr = graph.fraction.double(), graph.edge_attr.double()
        graph.lattice = torch.tensor([0])
        found.append(ours(Batch.from_data_list([graph])))
    for task, value in found[0].items():
        torch.testing.assert_close(found[1][task], value, rtol=1e-6, atol=1e-6)


def chain(n_atoms: int, spacing: float) -> Structure:
    """Atoms on a line, far from any image."""
    sites = [[10 + spacing * i, 10, 10] for i in range(n_atoms)]
    return Structure(Lattice.cubic(1000), ["Fe"] * n_atoms, sites, coords_are_cartesian=True)


def test_an_atom_hears_the_first_33_in_file_order_itself_among_them() -> None:
    (heard, hears), distances = published_edges(chain(40, 0.2))  # all within 7.8 Angstrom
    # The first 33 atoms come among their own 33, the last seven hear 33 others.
    assert heard[hears == 0].tolist() == list(range(1, 33))
    assert heard[hears == 20].tolist() == [*range(20), *range(21, 33)]
    assert heard[hears == 39].tolist() == list(range(33))
    assert set(heard) == set(range(33))
    np.testing.assert_allclose(distances, 0.2 * np.abs(heard - hears), atol=1e-9)


def test_only_atoms_of_the_cell_closer_than_10_angstrom_are_heard() -> None:
    (heard, hears), distances = published_edges(chain(3, 6.0))
    assert sorted(zip(heard, hears, strict=True)) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    np.testing.assert_allclose(distances, 6.0)
    periodic = Structure(Lattice.cubic(2.8), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert published_edges(periodic)[0].shape == (2, 2)


@pytest.mark.parametrize("n_atoms", [1, 4])
def test_a_cell_of_one_element(n_atoms: int) -> None:
    cell = chain(n_atoms, 2.5)
    expected = by_hand(network(), cell)
    torch.testing.assert_close(outputs(network(), cell)[0], expected, rtol=1e-5, atol=1e-5)


def published_form(net: PublishedNet) -> dict[str, Tensor]:
    """The state dict with the tensors that are in the files without being used."""
    unused = {"atomic_mass": torch.ones(119).double(), "lin1.weight": torch.ones(2, 2)}
    return {key: value.float().clone() for key, value in net.state_dict().items()} | unused


def test_a_state_dict_gives_the_same_network_back() -> None:
    net = network()
    read = read_state(published_form(net))
    assert read.widths == WIDTHS
    assert not read.training
    assert not any(parameter.requires_grad for parameter in read.parameters())
    for key, value in read.state_dict().items():
        torch.testing.assert_close(value, net.state_dict()[key].float(), rtol=0, atol=0)


def test_the_names_are_those_of_the_files() -> None:
    keys = set(network(PublishedWidths(n_tasks=1, n_interactions=1)).state_dict())
    parts = ["mlp.0", "mlp.2", "conv.nn.0", "conv.nn.2", "conv.lin2", "lin"]
    linear = [f"interactions.0.{part}" for part in parts] + [
        "tower_lin1", "tower_lin2", "tower_layers.0.0", "tower_layers.0.2", "tower_layers.0.4",
    ]  # fmt: skip
    both = {f"{name}.{tensor}" for name in linear for tensor in ("weight", "bias")}
    alone = {
        "embedding.weight", "distance_expansion.offset", "interactions.0.conv.lin1.weight",
    }  # fmt: skip
    assert keys == both | alone


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"interactions.1.lin.bias": None}, r"interactions\.1\.lin\.bias is missing"),
        ({"embedding.weight": None}, r"embedding\.weight is missing"),
        ({"attention.weight": torch.ones(2)}, r"attention\.weight is unknown"),
        ({"tower_lin2.bias": torch.ones(9)}, r"tower_lin2\.bias is \(9,\) in place of \(4,\)"),
        ({"tower_lin2.bias": torch.full((4,), torch.nan)}, r"tower_lin2\.bias holds values"),
        ({"tower_lin2.bias": torch.ones(4, dtype=torch.int64)}, r"tower_lin2\.bias holds values"),
        ({"tower_layers.1.2.bias": torch.ones(4)}, r"tower_layers\.1\.2\.bias contradicts"),
        ({"interactions.0.mlp.0.bias": torch.ones(6)}, r"mlp\.0\.bias contradicts"),
        ({"distance_expansion.offset": torch.linspace(0, 5, 5)}, "not even on 0 to 10 Angstrom"),
        ({"embedding.weight": torch.tensor(1.0)}, r"embedding\.weight is \(\) in place of"),
    ],
)
def test_another_state_dict_is_refused_naming_what_differs(
    edit: dict[str, Tensor | None], says: str
) -> None:
    state = published_form(network()) | edit
    with pytest.raises(CheckpointError, match=f"not those of a published network: .*{says}"):
        read_state({key: value for key, value in state.items() if value is not None})


def test_the_state_dict_of_another_network_is_refused() -> None:
    other = HEANet(ModelConfig(hidden_channels=8, n_filters=8, spacing=0.05)).state_dict()
    with pytest.raises(CheckpointError, match=r"embedding\.weight is missing.* and \d+ more\."):
        read_state(other)
    with pytest.raises(CheckpointError, match="is missing"):
        read_state({})
