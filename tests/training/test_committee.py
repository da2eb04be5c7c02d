"""Ensembles of different networks: each says what it learnt, and the mean is of those alone."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from heanet.config import TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Split
from heanet.errors import ConfigError
from heanet.properties import TASKS
from heanet.training.checkpoints import ModelCard, load_card, load_checkpoint, save_checkpoint
from heanet.training.ensemble import Ensemble, estimate
from heanet.training.evaluate import Member, calibrate, cross_validate, evaluate, fit_ensemble
from heanet.training.runs import train_run
from tests.alloys import SMALL, alloy, small_dataset

TRAIN = TrainConfig(epochs=3, batch_size=8, lr=1e-2)
SPLIT = Split("some", np.arange(18), np.arange(0), np.arange(18, 24))
RMSD = SMALL.model_copy(update={"tasks": ("rmsd",), "n_interactions": 1})
MEMBERS = (
    Member(SMALL, TRAIN),
    Member(SMALL, TRAIN.model_copy(update={"seed": 1})),
    Member(RMSD, TRAIN, name="rmsd"),
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_dataset()


@pytest.fixture(scope="module")
def committee(dataset: Dataset) -> Ensemble:
    return fit_ensemble(dataset, SPLIT, MEMBERS, progress=False)


def test_the_mean_of_a_task_is_of_the_members_that_learnt_it(
    dataset: Dataset, committee: Ensemble
) -> None:
    graphs = [dataset.graphs[i] for i in SPLIT.test]
    found = estimate(committee, graphs)
    alone = [
        estimate(Ensemble((member,), (reference,)), graphs)
        for member, reference in zip(committee.members, committee.references, strict=True)
    ]
    assert found.members["eform"].shape == (2, 6)
    assert found.members["rmsd"].shape == (3, 6)
    # Members of one shape add up in another order, in single precision.
    for task, members in (("eform", alone[:2]), ("rmsd", alone)):
        np.testing.assert_allclose(
            found.mean(task), np.mean([one.mean(task) for one in members], axis=0), rtol=1e-6
        )
        np.testing.assert_allclose(
            found.shares[task], np.mean([one.shares[task] for one in members], axis=0), rtol=1e-6
        )
    np.testing.assert_allclose(
        found.spread[TASKS["rmsd"].residual],
        np.std([one.mean("rmsd") for one in alone], axis=0),
        rtol=1e-4,
    )
    assert committee.towers == SMALL.tasks
    assert {line.task for line in evaluate(committee, dataset, SPLIT.test, which="")} == set(
        SMALL.tasks
    )


def test_members_that_read_other_graphs_are_refused(committee: Ensemble) -> None:
    other = fit_ensemble(
        small_dataset(config=SMALL.model_copy(update={"cutoff": 5.0})),
        SPLIT,
        [Member(SMALL.model_copy(update={"cutoff": 5.0}), TRAIN)],
        progress=False,
    )
    with pytest.raises(ConfigError, match=r"cutoff 5\.0 and 6\.0"):
        Ensemble((*committee.members, *other.members), (*committee.references, *other.references))


def test_a_checkpoint_keeps_the_shape_of_every_member(
    dataset: Dataset, committee: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(dataset.names)}
    monkeypatch.setattr(type(dataset.source), "read_cell", lambda _self, name: cells[name])
    card = train_run(tmp_path / "one", dataset, SPLIT, SMALL, TRAIN, progress=False)
    assert card is not None
    changes = {
        "models": tuple(member.model for member in MEMBERS),
        "seeds": (0, 1, 0),
        "best_epochs": (3, 3, 3),
        "references": committee.references,
    }
    save_checkpoint(tmp_path / "all", card.model_copy(update=changes), committee.members)
    loaded = load_checkpoint(tmp_path / "all")[1]
    assert [member.config for member in loaded.members] == [SMALL, SMALL, RMSD]
    graphs = [dataset.graphs[i] for i in SPLIT.test]
    own, other = estimate(committee, graphs), estimate(loaded, graphs)
    for task in SMALL.tasks:
        np.testing.assert_array_equal(own.members[task], other.members[task])
    assert load_card(tmp_path / "one").models == ()


def test_cross_validation_calibrates_a_committee(dataset: Dataset, tmp_path: Path) -> None:
    held_out = cross_validate(dataset, MEMBERS, n_folds=3, work=tmp_path, progress=False)
    assert len(list(tmp_path.glob("fold-*.safetensors"))) == 3 * len(MEMBERS)
    assert all(np.isfinite(values).all() for values in held_out.values.values())
    calibrations, coverage = calibrate(dataset, held_out)
    assert len(calibrations) == 3
    assert all(0.5 < share <= 1 for share in coverage.values())
    again = cross_validate(dataset, MEMBERS, n_folds=3, work=tmp_path, progress=False)
    np.testing.assert_array_equal(again.values["rmsd"], held_out.values["rmsd"])


def test_a_committee_gives_what_any_member_learnt(dataset: Dataset, committee: Ensemble) -> None:
    volume = SMALL.model_copy(update={"tasks": ("v0",)})
    other = fit_ensemble(dataset, SPLIT, [Member(volume, TRAIN)], progress=False)
    assert (other.towers, other.tasks) == (("v0",), ("v0",))
    both = Ensemble(
        (*committee.members, *other.members), (*committee.references, *other.references)
    )
    assert both.tasks == (*committee.tasks, "v0")
    graphs = [dataset.graphs[i] for i in SPLIT.test]
    found, alone = estimate(both, graphs), estimate(other, graphs)
    np.testing.assert_array_equal(found.members["v0"], alone.members["v0"])
    np.testing.assert_array_equal(found.mean("rmsd"), estimate(committee, graphs).mean("rmsd"))
    shares = alone.shares["v0"]
    assert shares.sum() == pytest.approx(found.mean("v0").sum(), rel=1e-9)
    assert 10 < found.mean("v0").min() < found.mean("v0").max() < 13


def test_one_network_is_an_ensemble_of_one(dataset: Dataset, committee: Ensemble) -> None:
    single = Ensemble(committee.members[:1], committee.references[:1])
    assert single.config == SMALL
    assert estimate(single, dataset.graphs[:2]).spread["energy"].tolist() == [0.0, 0.0]
    assert single.tasks == committee.tasks


def test_a_card_says_how_every_member_was_fitted(
    dataset: Dataset, committee: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(dataset.names)}
    monkeypatch.setattr(type(dataset.source), "read_cell", lambda _self, name: cells[name])
    card = train_run(tmp_path / "one", dataset, SPLIT, SMALL, TRAIN, progress=False)
    assert card is not None
    assert card.trains == ()
    several = {"seeds": (0, 1), "best_epochs": (3, 3), "references": committee.references[:2]}
    fitted = (TRAIN, TRAIN.model_copy(update={"seed": 1, "lr": 5e-4}))
    values = {**card.model_dump(), **several}
    assert ModelCard(**{**values, "trains": fitted}).trains[1].lr == 5e-4
    for wrong in (fitted[:1], fitted[::-1], (fitted[0], fitted[0])):
        with pytest.raises(ValidationError, match="trains must be one per member"):
            ModelCard(**{**values, "trains": wrong})
