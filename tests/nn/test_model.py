"""The contract that every network on element graphs keeps."""

import copy

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch_geometric.data import Batch, Data

from heanet.config import ModelConfig
from heanet.data.elementgraph import element_graph
from heanet.nn.layers import smooth_cutoff
from heanet.nn.model import HEANet, grid_of
from heanet.properties import LATTICES
from tests.alloys import SMALL, alloy


@pytest.fixture(params=["small", "three layers", "no layer", "no images"])
def model(request: pytest.FixtureRequest) -> HEANet:
    changes = {
        "small": {},
        "three layers": {"n_interactions": 3, "tasks": ("etot", "ms")},
        "no layer": {"n_interactions": 0},
        "no images": {"use_pbc": False},
    }[request.param]
    torch.manual_seed(0)
    return HEANet(SMALL.model_copy(update=changes)).double().eval()


def graph(model: HEANet, structure: Structure, lattice: str = "fcc") -> Data:
    config = model.config
    found = element_graph(structure, grid=grid_of(config), use_pbc=config.use_pbc)
    found.fraction, found.edge_attr = found.fraction.double(), found.edge_attr.double()
    found.lattice = torch.tensor([LATTICES.index(lattice)])
    return found


def outputs(model: HEANet, *graphs: Data) -> dict[str, Tensor]:
    with torch.no_grad():
        return model(Batch.from_data_list(list(graphs)))


def assert_equal(model: HEANet, one: Structure, other: Structure) -> None:
    expected, found = (outputs(model, graph(model, cell)) for cell in (one, other))
    for task, value in expected.items():
        torch.testing.assert_close(found[task], value, rtol=1e-6, atol=1e-6)


def test_a_value_per_task_and_structure(model: HEANet) -> None:
    found = outputs(model, *(graph(model, alloy("fcc", seed=s)) for s in range(3)))
    assert tuple(found) == model.config.tasks
    assert all(value.shape == (3,) for value in found.values())
    assert all(torch.isfinite(value).all() for value in found.values())


def test_batch_equals_single(model: HEANet) -> None:
    graphs = [
        graph(model, alloy(lattice, seed=s), lattice) for s, lattice in enumerate(LATTICES[:2])
    ]
    together = outputs(model, *graphs)
    for i, one in enumerate(graphs):
        for task, value in outputs(model, one).items():
            torch.testing.assert_close(together[task][i : i + 1], value)


def test_order_of_atoms(model: HEANet) -> None:
    cell = alloy("bcc", seed=3)
    assert_equal(model, cell, Structure.from_sites(list(reversed(cell.sites))))


def test_rotation(model: HEANet) -> None:
    cell = alloy("bcc", seed=4)
    turn = Rotation.random(rng=np.random.default_rng(0)).as_matrix()
    turned = Structure(Lattice(cell.lattice.matrix @ turn.T), cell.species, cell.frac_coords)
    assert_equal(model, cell, turned)


def test_supercell(model: HEANet) -> None:
    cell = alloy("fcc", seed=5)
    double = cell * (1, 2, 1)
    if model.config.use_pbc:
        assert_equal(model, cell, double)
        return
    # Without images, as published, a larger piece of the same crystal is another input.
    one, other = (outputs(model, graph(model, each)) for each in (cell, double))
    assert all(abs(float(one[task] - other[task])) > 1e-6 for task in one)


def test_one_atom(model: HEANet) -> None:
    cell = Structure(Lattice.cubic(2.5), ["Fe"], [[0, 0, 0]])
    assert all(torch.isfinite(v).all() for v in outputs(model, graph(model, cell)).values())


def test_inputs_are_not_changed(model: HEANet) -> None:
    batch = Batch.from_data_list([graph(model, alloy("fcc", seed=6))])
    before = copy.deepcopy(batch)
    model(batch)
    for key in ("z", "fraction", "edge_index", "edge_attr", "lattice", "batch"):
        assert torch.equal(batch[key], before[key]), key


def test_parent_lattice_matters(model: HEANet) -> None:
    cell = alloy("fcc", seed=7)
    fcc, bcc = (outputs(model, graph(model, cell, lattice)) for lattice in ("fcc", "bcc"))
    assert all(abs(float(fcc[task] - bcc[task])) > 1e-6 for task in fcc)


def test_surroundings_matter_beyond_composition() -> None:
    torch.manual_seed(0)
    model = HEANet(SMALL).double().eval()
    cell = alloy("fcc", seed=8)
    squeezed = cell.copy().scale_lattice(cell.volume * 0.95)
    one, other = (outputs(model, graph(model, each)) for each in (cell, squeezed))
    assert all(abs(float(one[task] - other[task])) > 1e-6 for task in one)


def test_readout_is_weighted_by_composition(model: HEANet) -> None:
    """The mean of the elements' towers, so that it does not grow with the number of elements."""
    batch = Batch.from_data_list([graph(model, alloy("fcc", seed=9))])
    towers = model.contributions(batch)
    for task, value in outputs(model, batch[0]).items():
        expected = (batch.fraction * towers[task]).sum()
        torch.testing.assert_close(value.squeeze(), expected)
        assert towers[task].min() <= value <= towers[task].max()


def test_message_passing_equals_the_formula() -> None:
    """One convolution, written out for every pair of elements."""
    torch.manual_seed(1)
    model = HEANet(SMALL.model_copy(update={"n_interactions": 1})).double()
    batch = Batch.from_data_list([graph(model, alloy("bcc", seed=10))])
    start = model.element(batch.z) + model.lattice(batch.lattice)
    layer, basis = model.convolutions[0], model.basis
    filters = layer.filter(basis.gaussians) * basis.envelope
    expected = []
    for a in range(len(batch.z)):
        message = torch.zeros(SMALL.n_filters, dtype=torch.double)
        for edge, (source, target) in enumerate(batch.edge_index.T.tolist()):
            if target == a:
                weight = (batch.edge_attr[edge][:, None] * filters).sum(dim=0)
                message = message + layer.lin1(start[source]) * weight / layer.norm
        update = layer.lin(layer.activation(layer.lin2(message)))
        expected.append(start[a] + update)
    torch.testing.assert_close(model.states(batch), torch.stack(expected))


def test_later_layers_see_updated_neighbours() -> None:
    """With fixed neighbour states two layers would add up; with updated ones they do not."""
    torch.manual_seed(2)
    model = HEANet(SMALL).double()
    batch = Batch.from_data_list([graph(model, alloy("fcc", seed=11))])
    start = model.element(batch.z) + model.lattice(batch.lattice)
    steps = [
        conv(start, batch.edge_index, batch.edge_attr, model.basis) - start
        for conv in model.convolutions
    ]
    assert not torch.allclose(model.states(batch), start + sum(steps), atol=1e-6)


def test_every_task_has_a_tower_of_its_own() -> None:
    model = HEANet(ModelConfig())
    assert tuple(model.towers) == model.config.tasks
    shapes = [tuple(layer.weight.shape) for layer in model.towers["ms"] if hasattr(layer, "weight")]
    assert shapes == [(128, 128), (64, 128), (1, 64)]
    pointers = {p.data_ptr() for head in model.towers.values() for p in head.parameters()}
    assert len(pointers) == 6 * 6


def test_gradients_reach_every_parameter() -> None:
    model = HEANet(SMALL)
    cells = (alloy("fcc", seed=12), alloy("bcc", seed=13))
    graphs = []
    for cell, lattice in zip(cells, ("fcc", "bcc"), strict=True):
        one = element_graph(cell, grid=grid_of(SMALL))
        one.lattice = torch.tensor([LATTICES.index(lattice)])
        graphs.append(one)
    sum(v.sum() for v in model(Batch.from_data_list(graphs)).values()).backward()
    missing = [name for name, p in model.named_parameters() if not p.grad.abs().sum() > 0]
    assert missing == []


def test_cutoff_ends_smoothly() -> None:
    r = torch.tensor([0.0, 3.0, 6.0, 7.0], dtype=torch.double, requires_grad=True)
    value = smooth_cutoff(r, 6.0)
    (slope,) = torch.autograd.grad(value.sum(), r)
    assert value.tolist() == pytest.approx([1, 0.5, 0, 0])
    assert slope.tolist() == pytest.approx([0, -15 / 8 / 6, 0, 0])


@pytest.mark.parametrize("cutoff", [5.0, 6.0, 8.0, 10.0, 3.3])
def test_any_cutoff_has_a_grid(cutoff: float) -> None:
    """The published cutoff of 10 among them; never coarser than asked for."""
    grid = grid_of(ModelConfig(cutoff=cutoff))
    assert grid.cutoff == cutoff
    assert 0.014 < grid.spacing <= 0.015
