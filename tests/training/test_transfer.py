"""Start weights: which are taken, which are drawn, and what is said of them."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from pymatgen.core import Element

from heanet.config import ModelConfig, RunConfig, StartConfig, Strategy, TrainConfig, parse_config
from heanet.data.dataset import Dataset
from heanet.data.splits import Split
from heanet.errors import CheckpointError, ConfigError
from heanet.nn.model import HEANet
from heanet.nn.networks import StartWeights
from heanet.properties import LATTICES
from heanet.training.checkpoints import load_checkpoint
from heanet.training.loop import fit
from heanet.training.preview import preview
from heanet.training.record import EpochRecord
from heanet.training.runs import run_name, train_run
from heanet.training.seen import rows_seen
from heanet.training.transfer import PARTS, STARTS, part_of, start_of, start_references
from tests.alloys import SMALL, alloy, small_dataset

TRAIN = TrainConfig(epochs=4, batch_size=8, lr=1e-2, is_validate=True)
FIRST = Split("b1", np.arange(8), np.arange(8, 10), np.arange(10, 12))
SECOND = Split("b0", np.arange(12, 20), np.arange(20, 22), np.array([0, 22, 23]))
ENERGIES = SMALL.model_copy(update={"tasks": ("etot", "eform")})


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    found = small_dataset()
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(found.names)}
    monkeypatch.setattr(type(found.source), "read_cell", lambda _self, name: cells[name])
    return found


@pytest.fixture
def source(dataset: Dataset, tmp_path: Path) -> Path:
    train_run(tmp_path / "source", dataset, FIRST, ENERGIES, TRAIN)
    return tmp_path / "source"


def begun(dataset: Dataset, model: ModelConfig, start: StartConfig) -> dict[str, torch.Tensor]:
    """Weights before the first step."""
    found = start_of(start, model)
    weights = found.weights if found else None
    return fit(
        dataset, SECOND, model, TRAIN, start=weights, should_stop=lambda: True, progress=False
    ).model.state_dict()


def known_rows(name: str, dataset: Dataset) -> list[int] | slice:
    """Rows of a tensor that the source has trained."""
    if name == "element.weight":
        return [Element(s).Z for i in FIRST.train for s, _ in dataset.compositions[i]]
    if name == "lattice.weight":
        return [LATTICES.index(dataset.lattices[i]) for i in FIRST.train]
    return slice(None)


def test_tl1_takes_body_and_towers_bit_for_bit(dataset: Dataset, source: Path) -> None:
    start = StartConfig(strategy="tl1", init=str(source))
    weights = load_checkpoint(source)[1].members[0].state_dict()
    own = begun(dataset, ENERGIES, start)
    assert own.keys() == weights.keys()
    for name in own:
        rows = known_rows(name, dataset)
        assert torch.equal(own[name][rows], weights[name][rows])
    found = start_of(start, ENERGIES)
    assert found is not None
    assert (set(found.report.loaded), found.report.drawn) == (set(weights), ())


def test_every_strategy_has_its_parts() -> None:
    assert {"scratch", *STARTS} == set(get_args(Strategy))
    assert all(start.fixed <= start.parts <= PARTS for start in STARTS.values())
    body = PARTS - {"towers"}
    assert (STARTS["tl1"].parts, STARTS["tl1"].fixed) == (PARTS, frozenset())
    assert (STARTS["frozen"].parts, STARTS["frozen"].fixed) == (PARTS, body)
    for strategy in ("tl2", "teacher"):
        assert (STARTS[strategy].parts, STARTS[strategy].fixed) == (body, frozenset())


@pytest.mark.parametrize("strategy", STARTS)
def test_every_strategy_takes_its_parts_and_draws_the_others(
    strategy: str, dataset: Dataset, source: Path
) -> None:
    start = parse_config(StartConfig, {"strategy": strategy, "init": str(source)})
    weights = load_checkpoint(source)[1].members[0].state_dict()
    own, drawn = begun(dataset, ENERGIES, start), begun(dataset, ENERGIES, StartConfig())
    for name, value in own.items():
        rows = known_rows(name, dataset)
        expected = weights if part_of(name) in STARTS[strategy].parts else drawn
        assert torch.equal(value[rows], expected[name][rows]), name
    found = start_of(start, ENERGIES)
    assert found is not None
    assert {part_of(name) for name in found.report.fixed} == STARTS[strategy].fixed
    assert {part_of(name) for name in found.report.drawn} == PARTS - STARTS[strategy].parts


def test_tl2_takes_the_body_alone(dataset: Dataset, source: Path) -> None:
    start = StartConfig(strategy="tl2", init=str(source))
    weights = load_checkpoint(source)[1].members[0].state_dict()
    own = begun(dataset, ENERGIES, start)
    drawn = begun(dataset, ENERGIES, StartConfig())
    for name, value in own.items():
        rows = known_rows(name, dataset)
        expected = (drawn if name.startswith("towers.") else weights)[name]
        assert torch.equal(value[rows], expected[rows])
    assert not torch.equal(own["element.weight"], drawn["element.weight"])


def test_tasks_that_the_source_lacks_get_new_towers(source: Path) -> None:
    more = SMALL.model_copy(update={"tasks": ("etot", "ms")})
    found = start_of(StartConfig(strategy="tl1", init=str(source)), more)
    assert found is not None
    assert {name.split(".")[1] for name in found.report.drawn} == {"ms"}
    n_all = len(HEANet(more).state_dict())
    assert str(found.report) == f"{n_all - 6} of {n_all} tensors from source, towers of ms drawn"


def test_what_does_not_fit_is_refused_with_all_differences(source: Path) -> None:
    other = ENERGIES.model_copy(update={"hidden_channels": 8, "cutoff": 5.0, "tower_h1": 7})
    with pytest.raises(CheckpointError) as tl1:
        start_of(StartConfig(strategy="tl1", init=str(source)), other)
    expected = "hidden_channels 16 there, 8 here; cutoff 6.0 there, 5.0 here"
    assert f"{expected}; tower_h1 16 there, 7 here" in str(tl1.value)
    with pytest.raises(CheckpointError) as tl2:
        start_of(StartConfig(strategy="tl2", init=str(source)), other)
    assert expected in str(tl2.value)
    assert "tower_h1" not in str(tl2.value)
    with pytest.raises(CheckpointError, match="No model 'nobody'"):
        start_of(StartConfig(strategy="tl2", init="nobody"), ENERGIES)
    with pytest.raises(CheckpointError, match=r"do not fit: element.weight"):
        StartWeights({"element.weight": torch.zeros(2, 2)}).load_into(HEANet(other))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strategy": "tl1"}, "tl1 needs a model"),
        ({"strategy": "teacher"}, "teacher needs a model"),
        ({"init": "hea-six"}, "scratch takes no weights"),
    ],
)
def test_a_start_is_whole_or_an_error(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(StartConfig, wrong)


def test_frozen_trains_the_towers_and_nothing_else(dataset: Dataset, source: Path) -> None:
    """Bit for bit, also where an embedding shares its tensor with rows that do train."""
    start = start_of(StartConfig(strategy="frozen", init=str(source)), ENERGIES)
    assert start is not None
    weights = load_checkpoint(source)[1].members[0].state_dict()
    found = fit(dataset, SECOND, ENERGIES, TRAIN, start=start.weights, progress=False).model
    body = [name for name in weights if not name.startswith("towers.")]
    assert set(start.report.fixed) == set(body)
    for name, value in found.state_dict().items():
        rows = known_rows(name, dataset)
        assert torch.equal(value[rows], weights[name][rows]) == (name in body)


def test_embeddings_of_what_the_source_never_saw_are_drawn(dataset: Dataset, source: Path) -> None:
    start = start_of(StartConfig(strategy="frozen", init=str(source)), ENERGIES)
    assert start is not None
    stranger = replace(dataset, fractions=dataset.fractions.rename(columns={"Ni": "Pd"}))
    assert start.report.new_in(stranger, SECOND.train) == ("Pd",)
    drawn = begun(dataset, ENERGIES, StartConfig())["element.weight"]
    own = begun(dataset, ENERGIES, StartConfig(strategy="frozen", init=str(source)))
    palladium = Element("Pd").Z
    assert torch.equal(own["element.weight"][palladium], drawn[palladium])


def test_nothing_left_to_train_is_refused() -> None:
    network = HEANet(SMALL)
    tensors = network.state_dict()
    with pytest.raises(CheckpointError, match="nothing is left to train"):
        StartWeights(tensors, fixed=frozenset(tensors)).load_into(HEANet(SMALL))


def test_references_of_the_source_are_kept_where_they_hold(dataset: Dataset, source: Path) -> None:
    start = start_of(StartConfig(strategy="tl1", init=str(source)), ENERGIES)
    assert start is not None
    few = np.arange(12, 15)
    kept = start_references(start.references, dataset, few, transform=True)
    assert kept is not None
    assert {a: kept.ground[a] for a in start.references.elements} == start.references.ground
    assert kept.spread["energy"] == start.references.spread["energy"]
    assert set(kept.elements) >= {s for i in few for s, _ in dataset.compositions[i]}
    labels = dataset.labels.assign(etot=dataset.labels["etot"] + 0.1)
    assert (
        start_references(start.references, replace(dataset, labels=labels), few, transform=True)
        is None
    )
    assert start_references(start.references, dataset, few, transform=False) is None
    assert start_references(None, dataset, few, transform=True) is None


def test_rows_of_the_source_count_as_trained_on(dataset: Dataset, source: Path) -> None:
    """Row 0 tests the new run and has trained its source."""
    start = StartConfig(strategy="tl2", init=str(source))
    card = train_run(source.parent / "new", dataset, SECOND, SMALL, TRAIN, start=start)
    assert card is not None
    assert card.start is not None
    assert (card.start.strategy, card.start.source) == ("tl2", "source")
    rows = {metric.rows.split(":")[0]: metric.rows for metric in card.metrics}
    assert "1 of 3 trained on" in rows["b0 test"]
    seen, _ = rows_seen(card, dataset)
    assert set(seen) == {dataset.names[i] for i in (*range(8), *range(12, 20))}
    assert set(card.start.chosen_on) == {dataset.names[i] for i in (8, 9)}
    third = StartConfig(strategy="tl1", init=str(source.parent / "new"))
    again = start_of(third, SMALL)
    assert again is not None
    assert set(again.card.names) == set(seen)
    assert set(again.card.chosen_on) == {dataset.names[i] for i in (8, 9, 20, 21)}


def test_a_run_goes_on_when_its_source_is_gone(dataset: Dataset, source: Path) -> None:
    start = StartConfig(strategy="tl1", init=str(source))
    model = ENERGIES
    whole = train_run(source.parent / "whole", dataset, SECOND, model, TRAIN, start=start)
    folder = source.parent / "new"
    seen: list[EpochRecord] = []
    stopped = train_run(
        folder,
        dataset,
        SECOND,
        model,
        TRAIN,
        start=start,
        on_epoch=seen.append,
        should_stop=lambda: len(seen) == 2,
    )
    assert stopped is None
    source.rename(source.with_name("moved"))
    assert sorted(path.name for path in (folder / "start").iterdir()) == [
        "card.json",
        "weights.safetensors",
    ]
    card = train_run(folder, dataset, SECOND, model, TRAIN, start=start)
    assert card is not None
    assert whole is not None
    assert card.weights_sha256 == whole.weights_sha256
    with pytest.raises(CheckpointError, match="other data or settings"):
        train_run(folder, dataset, SECOND, model, TRAIN)


def test_the_name_says_the_strategy() -> None:
    start = StartConfig(strategy="tl2", init="hea-six")
    config = RunConfig(split="fold 1 of 5", model=ENERGIES, train=TRAIN, start=start)
    assert run_name(config) == "mtl_2_etot_eform_HEA_4_fold-1-of-5_best_tl2"


def test_what_a_start_takes_is_known_before_the_launch(dataset: Dataset, source: Path) -> None:
    start = StartConfig(strategy="frozen", init=str(source))
    more = SMALL.model_copy(update={"tasks": ("etot", "ms")})
    found = preview(dataset, RunConfig(split="b2", model=more, train=TRAIN, start=start))
    assert found.problem is None
    assert found.report is not None
    assert found.report.new_towers == ("ms",)
    assert found.report.n_tensors == len(HEANet(more).state_dict())
    assert found.new == ()
    assert str(found.report).endswith(f"{len(found.report.fixed)} tensors do not train")
    stranger = replace(dataset, fractions=dataset.fractions.rename(columns={"Ni": "Pd"}))
    config = RunConfig(split="b2", model=more, train=TRAIN, start=start)
    assert preview(stranger, config).new == ("Pd",)
    assert preview(dataset, RunConfig(split="b2", model=more, train=TRAIN)).report is None
