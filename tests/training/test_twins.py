"""Twins train along: the other kind of cell, with the same labels, on the training rows alone."""

import numpy as np
import pytest
import torch

from heanet.config import TrainConfig
from heanet.data.dataset import make_dataset
from heanet.data.labels import load_labels
from heanet.data.splits import Split
from heanet.errors import ConfigError
from heanet.nn.baselines import SchNetConfig
from heanet.nn.model import grid_of
from heanet.training import loop
from heanet.training.loop import fit
from heanet.training.targets import masked_loss
from heanet.training.twins import twins_of
from tests.alloys import SMALL

SPLIT = Split("some", np.arange(20), np.arange(20, 24), np.arange(24, 30))
TRAIN = TrainConfig(epochs=2, batch_size=8)


def test_every_training_row_is_met_twice_and_no_other_row_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = make_dataset(load_labels("alloys"), grid=grid_of(SMALL), progress=False)
    n = len(dataset.names)
    met: list[list[int]] = []
    real = loop._Run._batch

    def noted(run: loop._Run, rows: np.ndarray) -> object:
        met.append(rows.tolist())
        return real(run, rows)

    monkeypatch.setattr(loop._Run, "_batch", noted)
    twins = TRAIN.model_copy(update={"twins": True, "epochs": 1, "is_validate": True})
    fit(dataset, SPLIT, SMALL, twins, progress=False)
    trained = sorted(row for rows in met if rows != list(range(20, 24)) for row in rows)
    assert trained == [*range(20), *range(n, n + 20)]


def test_twins_change_the_fit_and_are_of_the_other_kind() -> None:
    labels = load_labels("alloys")
    relaxed = make_dataset(labels, grid=grid_of(SMALL), progress=False)
    built = make_dataset(labels, grid=grid_of(SMALL), cells="built", progress=False)
    assert twins_of(built, SMALL).cells == "relaxed"
    for one, other in zip(twins_of(relaxed, SMALL).graphs, built.graphs, strict=True):
        assert torch.equal(one.edge_attr, other.edge_attr)
    assert not torch.equal(relaxed.graphs[0].edge_attr, built.graphs[0].edge_attr)
    with_twins = TRAIN.model_copy(update={"twins": True})
    alone, along = (
        fit(relaxed, SPLIT, SMALL, train, progress=False) for train in (TRAIN, with_twins)
    )
    assert alone.references == along.references
    own, other = alone.model.state_dict(), along.model.state_dict()
    assert not torch.equal(own["lattice.weight"], other["lattice.weight"])
    with pytest.raises(ConfigError, match="element graphs"):
        twins_of(relaxed, SchNetConfig())


def test_groups_weigh_alike_if_asked_for() -> None:
    zero, off = torch.zeros(4), torch.full((4,), 0.05)
    outputs = {"etot": off, "emix": off, "eform": off, "rmsd": zero}
    targets = dict.fromkeys(outputs, zero)
    error = 0.5 * 0.05**2
    by_task = masked_loss(outputs, targets)
    by_group = masked_loss(outputs, targets, weighting="group")
    assert float(by_task) == pytest.approx(error * 3 / 4)
    assert float(by_group) == pytest.approx(error / 2)
