"""From settings to a checkpoint folder: finished once, resumable after any kind of end."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from heanet.commit import code_commit
from heanet.config import RunConfig, TrainConfig
from heanet.data.splits import Split, grouped_folds
from heanet.errors import CheckpointError, ConfigError, DataError
from heanet.naming import parse_checkpoint_name
from heanet.training.checkpoints import load_card, load_checkpoint
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.record import EpochRecord
from heanet.training.runfolder import RESUME, STOPPED, read_config
from heanet.training.runs import (
    run_name,
    train_run,
)
from heanet.training.seen import evaluate_rows, rows_seen
from tests.alloys import SMALL, alloy, small_dataset

ROOT = Path(__file__).parents[2]
TRAIN = TrainConfig(epochs=6, batch_size=8, lr=1e-2, is_validate=True)
SPLIT = Split("b2", np.arange(16), np.arange(16, 20), np.arange(20, 24))


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201
    """Its cells are made on demand instead of being read."""
    found = small_dataset()
    cells = {n: alloy(n[-3:], seed=i) for i, n in enumerate(found.names)}
    monkeypatch.setattr(type(found.source), "read_cell", lambda _self, name: cells[name])
    return found


def test_overwriting_leaves_nothing_of_the_run_before(
    dataset,  # noqa: ANN001
    tmp_path: Path,
) -> None:
    """Stopped anew before its first epoch, the folder must not show the old one's weights."""
    folder, stop = tmp_path / "run", {"should_stop": lambda: len(seen) > 0}
    seen: list[EpochRecord] = []
    train_run(folder, dataset, SPLIT, SMALL, TRAIN, on_epoch=seen.append, **stop)
    assert (folder / STOPPED / "card.json").exists()
    other = TRAIN.model_copy(update={"seed": 1})
    train_run(folder, dataset, SPLIT, SMALL, other, overwrite=True, **stop)
    assert not (folder / STOPPED).exists()
    assert read_config(folder).train == other


def test_a_finished_run_is_a_checkpoint(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    folder = tmp_path / run_name(RunConfig(split=SPLIT.name, model=SMALL, train=TRAIN))
    card = train_run(folder, dataset, SPLIT, SMALL, TRAIN)
    assert parse_checkpoint_name(folder.name).tasks == SMALL.tasks
    assert folder.name == "mtl_6_etot_emix_eform_ms_mb_rmsd_HEA_6_b2_best"
    assert card == load_card(folder)
    assert card.n_rows == {"train": 16, "validation": 4, "test": 4}
    assert set(card.domain.names) == {dataset.names[i] for i in SPLIT.train}
    assert not (folder / RESUME).exists()
    assert [epoch.record.epoch for epoch in read_epochs(folder / EPOCHS)] == [1, 2, 3, 4, 5, 6]
    rows = {metric.rows for metric in card.metrics}
    assert rows == {
        "b2 train: 16 of 16 trained on, corrected labels",
        "b2 validation: 0 of 4 trained on, 4 chose the epoch, corrected labels",
        "b2 test: 0 of 4 trained on, 0 of 4 compositions also trained or validated on, "
        "corrected labels",
    }


def test_a_card_says_which_compositions_leak(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    """Rows 6 and 8 are of one composition."""
    assert dataset.compositions[6] == dataset.compositions[8]
    split = Split("b2", np.arange(8), np.arange(10, 14), np.array([8, 9, 14]))
    train = TRAIN.model_copy(update={"is_validate": False})
    card = train_run(tmp_path / "run", dataset, split, SMALL, train)
    assert {metric.rows for metric in card.metrics} == {
        "b2 train: 8 of 8 trained on, corrected labels",
        "b2 validation: 4 of 4 trained on, corrected labels",
        "b2 test: 0 of 3 trained on, 1 of 3 compositions also trained on, corrected labels",
    }


def test_an_evaluation_knows_what_its_card_has_seen(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    card, ensemble = load_checkpoint(tmp_path / "run")
    trained_on, chosen_on = rows_seen(card, dataset)
    assert trained_on == dataset.alloys(SPLIT.train)
    assert chosen_on == dataset.alloys(SPLIT.validation)
    seen = {"trained_on": trained_on, "chosen_on": chosen_on}
    lines = evaluate_rows(ensemble, dataset, SPLIT, "test", **seen)
    told = [line for line in card.metrics if line.rows.startswith("b2 test")]
    assert [line.model_copy(update={"commit": code_commit()}) for line in lines] == told
    assert card.versions["commit"] == code_commit()


def test_compositions_of_another_set_are_those_of_the_card(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    """The set that a model is evaluated on has none of its rows, but some of its compositions."""
    card = train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    renamed = [f"other {name}" for name in dataset.names]
    other = replace(dataset, labels=dataset.labels.set_axis(renamed))
    trained_on, chosen_on = rows_seen(card, other)
    assert trained_on == dataset.alloys(SPLIT.train)
    assert chosen_on == dict.fromkeys(card.chosen_on)
    _, ensemble = load_checkpoint(tmp_path / "run")
    rows = Split("mine", np.arange(1), np.array([], dtype=np.int64), np.array([6, 8, 20]))
    seen = {"trained_on": trained_on, "chosen_on": chosen_on}
    lines = evaluate_rows(ensemble, other, rows, "test", **seen)
    assert {line.rows for line in lines} == {
        "mine test: 0 of 3 trained on, 1 of 2 compositions also trained or validated on, "
        "4 validation rows not in this set, corrected labels"
    }


def test_no_rows_to_evaluate_on_are_refused_with_those_that_there_are(dataset, tmp_path) -> None:  # noqa: ANN001
    train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    card, ensemble = load_checkpoint(tmp_path / "run")
    fold = next(grouped_folds(dataset.compositions))
    trained_on, chosen_on = rows_seen(card, dataset)
    seen = {"trained_on": trained_on, "chosen_on": chosen_on}
    says = "Split 'fold 1 of 5' has no validation rows. Expected one of train test"
    with pytest.raises(DataError, match=says):
        evaluate_rows(ensemble, dataset, fold, "validation", **seen)
    with pytest.raises(ConfigError, match="has no rows 'unseen'"):
        evaluate_rows(ensemble, dataset, fold, "unseen", **seen)


def test_the_same_run_is_not_trained_twice(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    card = train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    epochs = []
    again = train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN, on_epoch=epochs.append)
    assert again == card
    assert epochs == []


def test_a_finished_run_is_not_overwritten_by_accident(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    other = TRAIN.model_copy(update={"seed": 3})
    with pytest.raises(CheckpointError, match="--overwrite"):
        train_run(tmp_path / "run", dataset, SPLIT, SMALL, other)
    card = train_run(tmp_path / "run", dataset, SPLIT, SMALL, other, overwrite=True)
    assert card.seeds == (3,)


def test_a_stopped_run_leaves_no_checkpoint_and_goes_on(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    expected = train_run(tmp_path / "whole", dataset, SPLIT, SMALL, TRAIN)
    seen = []
    stopped = train_run(
        tmp_path / "run", dataset, SPLIT, SMALL, TRAIN,
        on_epoch=seen.append, should_stop=lambda: len(seen) >= 2,
    )  # fmt: skip
    assert stopped is None
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load_card(tmp_path / "run")
    card = train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    assert card.weights_sha256 == expected.weights_sha256


def test_a_checkpoint_gives_the_same_network_back(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    card = train_run(tmp_path / "run", dataset, SPLIT, SMALL, TRAIN)
    loaded, ensemble = load_checkpoint(tmp_path / "run")
    assert loaded == card
    again = train_run(tmp_path / "again", dataset, SPLIT, SMALL, TRAIN)
    _, other = load_checkpoint(tmp_path / "again")
    assert again.weights_sha256 == card.weights_sha256
    states = [e.members[0].state_dict() for e in (ensemble, other)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert not any(p.requires_grad for p in ensemble.members[0].parameters())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (("references",), []),
        (("references", 0, "ground"), {}),
        (("references", 0, "centre"), {}),
        (("references", 0, "known"), ["colour"]),
        (("domain", "volumes"), {}),
        (("domain", "names"), []),
        (("model", "tasks"), ["colour"]),
        (("seeds",), []),
    ],
)
def test_a_card_that_is_not_whole_is_refused(dataset, tmp_path: Path, field, value) -> None:  # noqa: ANN001
    folder = tmp_path / "run"
    train_run(folder, dataset, SPLIT, SMALL, TRAIN)
    card = folder / "card.json"
    values = json.loads(card.read_text())
    place = values
    for key in field[:-1]:
        place = place[key]
    place[field[-1]] = value
    del values["card_sha256"]  # which alone would tell
    card.write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(folder)


@pytest.mark.parametrize("damage", ["card", "weights", "truncated", "newer", "unknown key"])
def test_a_damaged_checkpoint_is_refused(dataset, tmp_path: Path, damage: str) -> None:  # noqa: ANN001
    folder = tmp_path / "run"
    train_run(folder, dataset, SPLIT, SMALL, TRAIN)
    card, weights = folder / "card.json", folder / "weights.safetensors"
    values = json.loads(card.read_text())
    del values["card_sha256"]  # which alone would tell
    if damage == "card":
        card.write_text("{")
    elif damage == "weights":
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
    elif damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:100])
    elif damage == "newer":
        card.write_text(json.dumps(values | {"format": 99}))
    else:
        card.write_text(json.dumps(values | {"colour": "red"}))
    with pytest.raises(CheckpointError, match=r"cannot be read|not those|format 99"):
        load_checkpoint(folder)


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
import heanet.training.loop as loop
from heanet.training.loop import fit
from tests.alloys import SMALL, small_dataset
from tests.training.test_runs import SPLIT, TRAIN

loop.SAVE_EVERY = 0.0
def show(record):
    print(record.epoch, flush=True)
    time.sleep(0.2)
fit(small_dataset(), SPLIT, SMALL, TRAIN, resume=Path(sys.argv[1]), on_epoch=show)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_result(tmp_path: Path) -> None:
    """kill -9 in the middle of a training; the next process finishes it, bit for bit."""
    from heanet.training.loop import fit

    dataset, resume = small_dataset(), tmp_path / "resume.safetensors"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(resume)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any(int(line) == 3 for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    epochs = []
    resumed = fit(dataset, SPLIT, SMALL, TRAIN, resume=resume, on_epoch=epochs.append)
    whole = fit(dataset, SPLIT, SMALL, TRAIN)
    assert 0 < len(epochs) < TRAIN.epochs
    state = whole.model.state_dict()
    assert all(torch.equal(v, state[k]) for k, v in resumed.model.state_dict().items())


def test_an_interrupted_overwrite_goes_on(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    folder, other = tmp_path / "run", TRAIN.model_copy(update={"seed": 3})
    train_run(folder, dataset, SPLIT, SMALL, TRAIN)
    seen = []
    stop = {"on_epoch": seen.append, "should_stop": lambda: len(seen) >= 2}
    assert train_run(folder, dataset, SPLIT, SMALL, other, overwrite=True, **stop) is None
    card = train_run(folder, dataset, SPLIT, SMALL, other, overwrite=True, on_epoch=seen.append)
    assert card.seeds == (3,)
    assert [record.epoch for record in seen] == list(range(1, TRAIN.epochs + 1))


def test_a_second_process_in_the_same_folder_is_told_so(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    folder, second = tmp_path / "run", []

    def meanwhile(record: EpochRecord) -> None:
        if record.epoch == 1:
            with pytest.raises(CheckpointError, match="Another process") as refused:
                train_run(folder, dataset, SPLIT, SMALL, TRAIN)
            second.append(refused)

    assert train_run(folder, dataset, SPLIT, SMALL, TRAIN, on_epoch=meanwhile) is not None
    assert len(second) == 1
    assert train_run(folder, dataset, SPLIT, SMALL, TRAIN) is not None


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(dataset, tmp_path: Path) -> None:  # noqa: ANN001
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="cannot be written"):
        train_run(tmp_path / "file" / "run", dataset, SPLIT, SMALL, TRAIN)
