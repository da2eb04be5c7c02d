"""Stacked members say what they say one at a time."""

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from heanet.config import ModelConfig
from heanet.data.elementgraph import element_graph
from heanet.data.randomalloy import random_alloy_batch
from heanet.nn.model import HEANet, grid_of
from heanet.nn.variants import MomentsConfig, MomentsNet
from heanet.training import ensemble
from heanet.training.ensemble import (
    Ensemble,
    batch_residuals,
    estimate,
    group_residuals,
    member_residuals,
)
from heanet.training.stack import Stack
from heanet.training.targets import rows_references
from tests.alloys import alloy, small_dataset

SMALL = ModelConfig(hidden_channels=24, n_filters=16, tower_h1=12, tower_h2=8)


def members_of(config: ModelConfig, n: int = 3) -> list[HEANet]:
    torch.manual_seed(0)
    return [HEANet(config).eval() for _ in range(n)]


def batch_of(config: ModelConfig) -> Batch:
    graphs = [element_graph(alloy("fcc", seed=k), grid=grid_of(config)) for k in range(4)]
    for k, graph in enumerate(graphs):
        graph.lattice = torch.tensor([k % 3])
    return Batch.from_data_list(graphs)


def assert_same(config: ModelConfig, batch: Data) -> None:
    members = members_of(config)
    found = Stack(members).contributions(batch)
    assert list(found) == list(config.tasks)
    for task in config.tasks:
        with torch.no_grad():
            expected = torch.stack([member.contributions(batch)[task] for member in members])
        assert expected.std() > 1e-4
        torch.testing.assert_close(found[task], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [{}, {"n_interactions": 1}, {"n_interactions": 0}, {"tasks": ("ms",)}, {"n_filters": 5}],
    ids=["all", "one layer", "no layer", "one task", "odd width"],
)
def test_contributions_are_those_of_the_members(changes: dict[str, int]) -> None:
    config = SMALL.model_copy(update=changes)
    assert_same(config, batch_of(config))


def test_random_alloys_without_dense_rows() -> None:
    shares = np.array([[0.2, 0.3, 0.5], [0.0, 0.4, 0.6], [0.0, 0.0, 1.0]])
    batch = random_alloy_batch(["Cr", "Fe", "Ni"], shares, ["fcc", "bcc", "fcc"], grid_of(SMALL))
    assert_same(SMALL, batch)


def test_elements_without_neighbours() -> None:
    """No node of the grid is occupied: all weights are zero."""
    batch = batch_of(SMALL)
    batch.edge_attr.zero_()
    assert_same(SMALL, batch)


def test_an_ensemble_is_stacked_where_its_members_are_of_one_shape() -> None:
    dataset = small_dataset()
    config = ModelConfig(hidden_channels=24)
    members = tuple(members_of(config))

    references = (rows_references(dataset, np.arange(len(dataset.graphs))),) * 3
    found_of = Ensemble(members, references)
    assert [(of, stack is not None) for of, stack in found_of.stacks.items()] == [((0, 1, 2), True)]
    found = group_residuals(found_of, dataset.graphs)
    batch = Batch.from_data_list(dataset.graphs)
    for own, member in zip(found, members, strict=True):
        for group, values in member_residuals(member, batch).items():
            np.testing.assert_allclose(own[group], values, rtol=1e-4, atol=1e-6)
    assert estimate(found_of, dataset.graphs).members["eform"].shape == (3, len(dataset.graphs))


def test_what_is_not_of_one_shape_is_not_stacked() -> None:
    one, other = HEANet(SMALL), HEANet(SMALL.model_copy(update={"tasks": ("ms",)}))
    moments = MomentsNet(MomentsConfig(**SMALL.model_dump()))
    assert Stack.fits([one, HEANet(SMALL)])
    assert not Stack.fits([one, other])
    assert not Stack.fits([moments, moments])
    assert not Stack.fits([one])


def test_members_of_several_shapes_are_stacked_shape_by_shape() -> None:
    """Every member's numbers stand in its own place, also of shapes that take turns."""
    other = SMALL.model_copy(update={"tasks": ("ms",)})
    members = tuple(HEANet(shape).eval() for shape in (SMALL, other, SMALL, other, SMALL))
    alone = HEANet(SMALL.model_copy(update={"tasks": ("rmsd",)})).eval()
    dataset = small_dataset()
    references = (rows_references(dataset, np.arange(len(dataset.graphs))),) * 6
    mixed = Ensemble((*members, alone), references)
    assert {of: stack is not None for of, stack in mixed.stacks.items()} == {
        (0, 2, 4): True, (1, 3): True, (5,): False,
    }  # fmt: skip
    batch = batch_of(SMALL)
    for found, member in zip(batch_residuals(mixed, batch), mixed.members, strict=True):
        expected = member_residuals(member, batch)
        assert set(found) == set(expected)
        for group, values in expected.items():
            np.testing.assert_allclose(found[group], values, rtol=1e-4, atol=1e-6)


def test_many_elements_go_member_by_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers, bit for bit those of the members; fewer elements are stacked."""
    members = tuple(members_of(SMALL))
    dataset = small_dataset()
    references = (rows_references(dataset, np.arange(len(dataset.graphs))),) * 3
    found = Ensemble(members, references)
    batch = batch_of(SMALL)
    stacked = batch_residuals(found, batch)
    monkeypatch.setattr(ensemble, "STACK_ELEMENTS", 3)
    for k, own in enumerate(batch_residuals(found, batch)):
        for group, values in member_residuals(members[k], batch).items():
            assert np.array_equal(own[group], values)
            np.testing.assert_allclose(stacked[k][group], values, rtol=1e-4, atol=1e-6)
