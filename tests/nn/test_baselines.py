"""The baselines: SchNet, and two models that know the composition alone."""

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.nn.models.schnet import CFConv

from heanet.nn.baselines import (
    FILTER_STEP,
    SchNet,
    SchNetConfig,
    TabulatedConv,
    atom_graph,
    composition_features,
    composition_gp,
    training_mean,
)
from heanet.properties import LATTICES
from tests.alloys import alloy
from tests.nn.test_published import shuffled

CONFIG = SchNetConfig(
    hidden_channels=12, n_filters=10, n_interactions=2, tower_h1=9, tower_h2=7, tasks=("etot", "ms")
)


@pytest.fixture
def model() -> SchNet:
    torch.manual_seed(0)
    return SchNet(CONFIG).double().eval()


def graph(structure: Structure, lattice: str = "fcc") -> Data:
    found = atom_graph(structure, cutoff=CONFIG.cutoff)
    found.lattice = torch.tensor([LATTICES.index(lattice)])
    return found


def outputs(model: SchNet, *graphs: Data) -> dict[str, Tensor]:
    with torch.no_grad():
        return model(Batch.from_data_list(list(graphs)))


def assert_equal(model: SchNet, one: Structure, other: Structure) -> None:
    expected, found = (outputs(model, graph(structure)) for structure in (one, other))
    for task, value in expected.items():
        torch.testing.assert_close(found[task], value, rtol=1e-9, atol=1e-9)


def test_order_of_atoms(model: SchNet) -> None:
    cell = alloy("bcc", seed=3)
    assert_equal(model, cell, shuffled(cell))


def test_supercell(model: SchNet) -> None:
    cell = alloy("fcc", seed=5)
    assert_equal(model, cell, cell * (1, 2, 1))


def test_rotation_and_translation(model: SchNet) -> None:
    cell = alloy("bcc", seed=4)
    turn = Rotation.random(rng=np.random.default_rng(0)).as_matrix()
    places = cell.frac_coords + np.array([0.1, 0.7, 0.4])
    assert_equal(
        model, cell, Structure(Lattice(cell.lattice.matrix @ turn.T), cell.species, places)
    )


def test_another_choice_of_unit_cell(model: SchNet) -> None:
    cell = alloy("fcc", seed=6)
    sheared = cell.copy()
    sheared.make_supercell([[1, 0, 0], [2, 1, 0], [0, 0, 1]], to_unit_cell=False)
    assert_equal(model, cell, sheared)


def test_batch_equals_single(model: SchNet) -> None:
    """Cells of several sizes; a lone atom without neighbours among them."""
    cells = [alloy("fcc", seed=0), alloy("bcc", seed=1, n_atoms=32)]
    cells += [Structure(Lattice.cubic(9.0), ["Ni"], [[0, 0, 0]])]
    graphs = [graph(cell, lattice) for cell, lattice in zip(cells, LATTICES, strict=True)]
    together = outputs(model, *graphs)
    assert tuple(together) == CONFIG.tasks
    for i, one in enumerate(graphs):
        for task, value in outputs(model, one).items():
            torch.testing.assert_close(together[task][i : i + 1], value, rtol=1e-9, atol=1e-9)


def test_surroundings_and_parent_lattice_matter(model: SchNet) -> None:
    """Same composition; two atoms of unlike elements swapped, or the lattice named otherwise."""
    cell = alloy("fcc", seed=8)
    swapped = cell.copy()
    other = next(i for i, site in enumerate(cell) if site.specie != cell[0].specie)
    swapped[0], swapped[other] = cell[other].specie, cell[0].specie
    one = outputs(model, graph(cell))
    for changed in (graph(swapped), graph(cell, "bcc")):
        two = outputs(model, changed)
        assert all(abs(float(one[task] - two[task])) > 1e-6 for task in one)


def test_an_atom_hears_every_image_within_the_cutoff() -> None:
    """Ideal fcc: twelve nearest neighbours and six next ones, images of itself."""
    a = 3.6
    sites = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    found = atom_graph(Structure(Lattice.cubic(a), ["Ni", "Fe", "Fe", "Fe"], sites), cutoff=4.0)
    assert found.z.tolist() == [28, 26, 26, 26]
    heard, hears = found.edge_index
    assert torch.bincount(hears).tolist() == [18] * 4
    assert heard[(hears == 0) & (found.distance_bin < 1500)].tolist().count(0) == 0
    assert heard[(hears == 0) & (found.distance_bin > 1500)].tolist() == [0] * 6
    distances = np.repeat([a / np.sqrt(2), a], [4 * 12, 4 * 6])
    np.testing.assert_allclose(
        np.sort(found.distance_bin) * FILTER_STEP, distances, atol=FILTER_STEP / 2
    )


def theirs(conv: TabulatedConv) -> CFConv:
    """The convolution of torch_geometric with the weights of ours."""
    hidden, n_filters = CONFIG.hidden_channels, CONFIG.n_filters
    found = CFConv(hidden, hidden, n_filters, conv.nn, CONFIG.cutoff)
    found.lin1, found.lin2 = conv.lin1, conv.lin2
    return found


def gaussians(distance: Tensor) -> Tensor:
    centres = torch.linspace(0, CONFIG.cutoff, CONFIG.n_gaussian, dtype=torch.double)
    return torch.exp(-0.5 * ((distance[:, None] - centres) / (centres[1] - centres[0])) ** 2)


def both(model: SchNet, nodes: Tensor, distance: Tensor) -> tuple[Tensor, Tensor]:
    """What atoms receive: by ours from nodes of the table, by theirs from distances."""
    conv = model.blocks[0].conv
    x = torch.randn(5, CONFIG.hidden_channels, dtype=torch.double)
    edges = torch.randint(5, (2, len(distance)))
    with torch.no_grad():
        return (
            conv(x, edges, nodes, model.table),
            theirs(conv)(x, edges, distance, gaussians(distance)),
        )


def test_on_the_nodes_of_its_table_the_convolution_is_that_of_torch_geometric(
    model: SchNet,
) -> None:
    torch.manual_seed(1)
    nodes = torch.randint(round(CONFIG.cutoff / FILTER_STEP) + 1, (40,))
    found, expected = both(model, nodes, nodes * FILTER_STEP)
    # The table is made in single precision.
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_edges_taken_a_few_at_a_time_have_the_gradients_of_all_at_once(model: SchNet) -> None:
    """More edges than one piece holds; torch_geometric keeps every message."""
    torch.manual_seed(3)
    conv, n_edges = model.blocks[0].conv, 2500
    x = torch.randn(50, CONFIG.hidden_channels, dtype=torch.double)
    edges, nodes = torch.randint(50, (2, n_edges)), torch.randint(len(model.table), (n_edges,))
    parameters = list(conv.parameters())

    def gradients(convolution: CFConv, *arguments: Tensor) -> tuple[Tensor, ...]:
        start = x.clone().requires_grad_()
        loss = convolution(start, edges, *arguments).square().sum()
        return torch.autograd.grad(loss, [start, *parameters])

    found = gradients(conv, nodes, model.table)
    distance = nodes * FILTER_STEP
    expected = gradients(theirs(conv), distance, gaussians(distance))
    for ours, other in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


def test_between_the_nodes_it_is_that_up_to_half_a_step(model: SchNet) -> None:
    """Some thousandths of the largest message are what a filter changes over half a step."""
    torch.manual_seed(2)
    distance = torch.rand(40, dtype=torch.double) * CONFIG.cutoff
    found, expected = both(model, (distance / FILTER_STEP).round().long(), distance)
    error = (found - expected).abs().max() / expected.abs().max()
    assert 1e-5 < error < 5e-3


def test_the_network_is_that_of_torch_geometric_s_convolutions(model: SchNet) -> None:
    """The whole network again, with filters at the true distances, found by another search."""
    cell = alloy("fcc", seed=1)
    one = graph(cell)
    hears, heard, _, lengths = cell.get_neighbor_list(CONFIG.cutoff)
    edges, distance = torch.from_numpy(np.stack([heard, hears])), torch.from_numpy(lengths)
    found = outputs(model, one)
    for block in model.blocks:
        block.conv = theirs(block.conv)
    with torch.no_grad():
        state = model.element(one.z) + model.lattice(one.lattice)
        for block in model.blocks:
            state = state + block(state, edges, distance, gaussians(distance))
        for task, value in found.items():
            expected = model.towers[task](state).mean()
            assert float(value) == pytest.approx(float(expected), rel=1e-4)


def test_one_atom_and_any_cutoff() -> None:
    """A neighbour exactly at the cutoff is on the last node of the table, without weight."""
    for cutoff in (2.4, 3.333, 4.0):
        config = CONFIG.model_copy(update={"cutoff": cutoff})
        torch.manual_seed(0)
        net = SchNet(config).double().eval()
        found = atom_graph(Structure(Lattice.cubic(cutoff), ["Fe"], [[0, 0, 0]]), cutoff=cutoff)
        lone = atom_graph(Structure(Lattice.cubic(9.0), ["Fe"], [[0, 0, 0]]), cutoff=cutoff)
        for each in (found, lone):
            each.lattice = torch.tensor([0])
        for task, value in outputs(net, lone).items():
            torch.testing.assert_close(outputs(net, found)[task], value, rtol=1e-5, atol=1e-5)


def test_gradients_reach_every_parameter() -> None:
    model = SchNet(CONFIG)
    graphs = [graph(alloy(lattice, seed=2), lattice) for lattice in ("fcc", "bcc")]
    sum(value.sum() for value in model(Batch.from_data_list(graphs)).values()).backward()
    missing = [name for name, p in model.named_parameters() if not p.grad.abs().sum() > 0]
    assert missing == []


def compositions(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Fractions of three elements, and lattices, of n alloys."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet([1.5] * 3, size=n), rng.integers(2, size=n)


def smooth(fractions: np.ndarray, lattices: np.ndarray) -> np.ndarray:
    """A label that composition and lattice fix: of the size and shape of a formation energy."""
    x, y, _ = fractions.T
    return 0.3 * x * y - 0.2 * y**2 + 0.05 * lattices


def test_features_are_fractions_and_the_lattice() -> None:
    found = composition_features(np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([1, 2]))
    assert found.tolist() == [[0.25, 0.75, 0, 1, 0], [1, 0, 0, 0, 1]]


def test_the_process_recovers_a_smooth_function() -> None:
    """Of alloys it has not seen: to a hundredth of the spread, where the mean errs by all of it."""
    (fractions, lattices), (other, others) = compositions(60, 0), compositions(40, 1)
    truth = smooth(other, others)
    found = composition_gp(
        composition_features(fractions, lattices),
        smooth(fractions, lattices),
        composition_features(other, others),
    )
    assert np.abs(found - truth).max() < 0.02 * truth.std()


def test_the_process_leaves_rows_without_a_label_out() -> None:
    fractions, lattices = compositions(30, 2)
    features, labels = composition_features(fractions, lattices), smooth(fractions, lattices)
    wanted = composition_features(*compositions(5, 3))
    labels[::3] = np.nan
    labelled = np.isfinite(labels)
    found = composition_gp(features, labels, wanted)
    expected = composition_gp(features[labelled], labels[labelled], wanted)
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(found).all()


def test_the_process_smooths_noise() -> None:
    """It does not run through every label: two alike rows with unlike labels get their mean."""
    rng = np.random.default_rng(4)
    fractions, lattices = compositions(40, 4)
    fractions, lattices = np.repeat(fractions, 2, axis=0), np.repeat(lattices, 2)
    truth = smooth(fractions, lattices)
    noise = rng.normal(scale=0.02, size=len(truth))
    features = composition_features(fractions, lattices)
    found = composition_gp(features, truth + noise, features)
    assert np.abs(found - truth).mean() < 0.6 * np.abs(noise).mean()


def test_the_unit_of_the_labels_does_not_matter() -> None:
    fractions, lattices = compositions(30, 5)
    features, labels = composition_features(fractions, lattices), smooth(fractions, lattices)
    one = composition_gp(features, labels, features)
    other = composition_gp(features, 1000 * labels - 7000, features)
    np.testing.assert_allclose(other, 1000 * one - 7000, rtol=1e-4, atol=0.1)


def test_without_any_label_nothing_is_said() -> None:
    features = composition_features(*compositions(4, 6))
    nothing = np.full(4, np.nan)
    assert np.isnan(composition_gp(features, nothing, features)).tolist() == [True] * 4
    assert np.isnan(training_mean(nothing, 2)).tolist() == [True] * 2


def test_training_mean_is_of_the_labels_that_are_there() -> None:
    assert training_mean(np.array([1.0, np.nan, 4.0]), 3).tolist() == [2.5, 2.5, 2.5]
