"""The published network on element graphs: the same function, and how it is fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure
from torch import Tensor
from torch_geometric.data import Batch

from heanet.config import TrainConfig
from heanet.data.dataset import Dataset, with_lattices
from heanet.data.splits import Split
from heanet.nn.published import published_edges, published_graph
from heanet.nn.published_elements import (
    GRID,
    PublishedConfig,
    PublishedElementNet,
    published_element_graph,
)
from heanet.properties import PUBLISHED_TASKS
from heanet.training.loop import fit
from heanet.training.published import load_published, published_values
from tests.alloys import alloy, small_dataset
from tests.nn.test_published import shuffled

CHECKPOINTS = Path(__file__).parents[3] / "shared" / "published" / "checkpoints"

# Of one to five elements, up to 108 atoms; more than 33 lie in reach from 36 atoms on.
ALLOYS = {
    "one element": ("Fe", 2),
    "two": ("FeNi", 2),
    "three": ("CrFeNi", 3),
    "four": ("CrFeCoNi", 2),
    "five": ("CrMnFeCoNi", 3),
    "five with Pd": ("CrFeCoNiPd", 3),
}


def cell(elements: str, repeats: int, *, seed: int = 0) -> Structure:
    """A random fcc alloy of 4 repeats^3 atoms, off their sites like relaxed ones."""
    rng = np.random.default_rng(seed)
    symbols = [s for s in ("Cr", "Mn", "Fe", "Co", "Ni", "Pd") if s in elements]
    sites = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    ideal = Structure(Lattice.cubic(3.58), ["Fe"] * 4, sites) * repeats
    species = rng.permutation((symbols * len(ideal))[: len(ideal)])
    places = ideal.cart_coords + rng.normal(scale=0.08, size=(len(ideal), 3))
    return Structure(ideal.lattice, species, places, coords_are_cartesian=True)


@pytest.fixture(scope="module")
def net() -> PublishedElementNet:
    torch.manual_seed(0)
    found = PublishedElementNet(PublishedConfig()).double().eval()
    # Buffers were rounded to single precision before.
    found.radii = torch.from_numpy(GRID.radii).clamp(min=0.5)
    return found


def edge_by_edge(net: PublishedElementNet, *cells: Structure) -> Tensor:
    graphs = [published_graph(each) for each in cells]
    for graph, each in zip(graphs, cells, strict=True):
        graph.distance = torch.from_numpy(published_edges(each)[1])
    found: Tensor = net.net(Batch.from_data_list(graphs))
    return found


def on_elements(net: PublishedElementNet, *cells: Structure) -> Tensor:
    graphs = [published_element_graph(each) for each in cells]
    for graph in graphs:
        graph.edge_attr = graph.edge_attr.double()
    return torch.stack(list(net(Batch.from_data_list(graphs)).values()), dim=1)


@pytest.mark.parametrize("alloy_of", ALLOYS)
def test_outputs_are_those_of_the_network_edge_by_edge(
    net: PublishedElementNet, alloy_of: str
) -> None:
    structure = cell(*ALLOYS[alloy_of])
    torch.testing.assert_close(
        on_elements(net, structure), edge_by_edge(net, structure), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("alloy_of", ALLOYS)
def test_gradients_are_those_of_the_network_edge_by_edge(
    net: PublishedElementNet, alloy_of: str
) -> None:
    """Of every parameter: so that a fit goes the same way."""
    structure, parameters = cell(*ALLOYS[alloy_of]), dict(net.net.named_parameters())
    expected, found = (
        torch.autograd.grad(outputs(net, structure).sum(), parameters.values())
        for outputs in (edge_by_edge, on_elements)
    )
    for name, one, other in zip(parameters, expected, found, strict=True):
        assert one.norm() > 0, name
        assert (one - other).norm() < 1e-5 * one.norm(), name


def test_batch_equals_single_and_edge_by_edge(net: PublishedElementNet) -> None:
    cells = [cell(*ALLOYS[key]) for key in ALLOYS]
    together = on_elements(net, *cells)
    assert together.shape == (len(ALLOYS), len(PUBLISHED_TASKS))
    for i, each in enumerate(cells):
        torch.testing.assert_close(together[i : i + 1], on_elements(net, each))
    torch.testing.assert_close(together, edge_by_edge(net, *cells), rtol=1e-5, atol=1e-6)


def test_an_atom_alone_hears_nothing(net: PublishedElementNet) -> None:
    """Not even its images; three blocks without a message are what is left."""
    atom = Structure(Lattice.cubic(2.5), ["Fe"], [[0, 0, 0]])
    graph = published_element_graph(atom)
    assert graph.edge_attr.shape == (1, GRID.n_bins)
    assert not graph.edge_attr.any()
    torch.testing.assert_close(on_elements(net, atom), edge_by_edge(net, atom))


def test_a_graph_counts_the_atoms_that_are_heard() -> None:
    """Per pair, the mean number over the atoms that hear; 33 less the atom itself at most."""
    structure = cell(*ALLOYS["five"])
    graph = published_element_graph(structure)
    numbers = [site.specie.Z for site in structure]
    assert graph.z.tolist() == sorted(set(numbers)) == [24, 25, 26, 27, 28]
    (heard, hears), _ = published_edges(structure)
    pairs = zip(heard.tolist(), hears.tolist(), strict=True)
    counts = {(b, a): 0.0 for a in graph.z.tolist() for b in graph.z.tolist()}
    for j, i in pairs:
        counts[numbers[j], numbers[i]] += 1 / numbers.count(numbers[i])
    source, target = graph.z[graph.edge_index]
    expected = [counts[b, a] for b, a in zip(source.tolist(), target.tolist(), strict=True)]
    assert graph.edge_attr.sum(dim=1).tolist() == pytest.approx(expected, rel=1e-5)
    assert 31 < graph.edge_attr.sum() / 5 < 33


def test_the_order_of_the_atoms_is_kept_with_all_that_it_decides(net: PublishedElementNet) -> None:
    structure = cell(*ALLOYS["five"])
    one, other = on_elements(net, structure), on_elements(net, shuffled(structure))
    assert (abs(one - other) > 1e-4).all()
    torch.testing.assert_close(other, edge_by_edge(net, shuffled(structure)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["mtl_6_HEA_500_b2_best", "mtl_3_etot_emix_ef_HEA_500_b0_best"])
def test_a_published_checkpoint_says_the_same(name: str) -> None:
    """Fitted weights are larger than random ones, and so are the slopes of their filters."""
    path = CHECKPOINTS / f"{name}.pt"
    if not path.is_file():
        pytest.skip("the published checkpoints are not there (../shared/published/checkpoints)")
    published, said = load_published(path)
    net = PublishedElementNet(PublishedConfig(tasks=said.tasks))
    net.net.load_state_dict(published.state_dict())
    cells = [cell(*ALLOYS[key], seed=1) for key in ALLOYS]
    with torch.no_grad():
        batch = Batch.from_data_list([published_element_graph(each) for each in cells])
        found = torch.stack(list(net(batch).values()), dim=1)
    assert tuple(net(batch)) == said.tasks
    np.testing.assert_allclose(found, published_values(published, cells), rtol=1e-4, atol=1e-4)


def test_a_fit_learns_the_labels_themselves() -> None:
    """No references stand between: the training loss is the mean absolute error in the units."""
    dataset = published_dataset()
    rows = np.arange(24)
    split = Split("some", rows[::2], rows[1::4], rows[3::4])
    train = TrainConfig(
        epochs=12, batch_size=12, lr=1e-3, is_validate=True, loss="l1", schedule="constant"
    )
    found = fit(dataset, split, PublishedConfig(tasks=("etot", "ms")), train, progress=False)
    assert found.references is None
    first, last = found.history[0], found.history[-1]
    labels = dataset.labels[["etot", "ms"]].to_numpy()[split.train]
    # One step an epoch: the first loss is that of the network as it was drawn.
    with torch.random.fork_rng():
        torch.manual_seed(train.seed)
        drawn = PublishedElementNet(PublishedConfig(tasks=("etot", "ms")))
    with torch.no_grad():
        outputs = drawn(Batch.from_data_list([dataset.graphs[i] for i in split.train]))
    error = np.abs(torch.stack(list(outputs.values()), dim=1).numpy() - labels)
    assert first.train_loss == pytest.approx(error.mean(axis=0).mean(), rel=1e-4)
    assert last.train_loss < 0.5 * first.train_loss


def published_dataset() -> Dataset:
    """The small alloys with the graphs of the published network."""
    dataset = small_dataset()
    cells = [alloy(lattice, seed=i) for i, lattice in enumerate(dataset.lattices)]
    graphs = [published_element_graph(each) for each in cells]
    return replace(dataset, graphs=with_lattices(graphs, dataset.lattices))
