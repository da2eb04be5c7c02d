"""Five operations that are killed: how each is begun, and what it has left that counts.

An operation works in a place, a folder with HEANET_HOME and all that it reads. Its ``parts`` are
what an unfinished one has reported as done and goes on from, its ``results`` what a finished one
leaves. Both are read with the project's own readers, which refuse what is not whole.

The operations are forked from a process that has imported this module, so that a start takes no
time. Two things differ from the command line for that: the workers of ``data generate`` are forked
as well, and ``screen`` finds a Dask worker that is there already, as it does on a cluster.
"""

import hashlib
import multiprocessing
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import distributed  # noqa: F401 - here and below: imported once, for all that are forked
import pyarrow.parquet as pq
import torch
from safetensors import safe_open

from heanet import apart, mlflowrun
from heanet.cli import main
from heanet.config import ModelConfig, RunConfig, TrainConfig
from heanet.data import generate as generation
from heanet.data.home import HOME_VARIABLE
from heanet.data.labelfiles import is_labelled_set, read_source
from heanet.data.labels import import_set, imported_sets, load_labels
from heanet.screening import run as screening
from heanet.tracking import train
from heanet.training import loop
from heanet.training.checkpoints import CARD, WEIGHTS, load_checkpoint
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.registry import models_home, register
from heanet.training.runfolder import PREDICTIONS, RESUME
from tests.conftest import write_published

mlflowrun.failures()
for module in ("mlflow.store.tracking.sqlalchemy_store", "chgnet.model.model"):
    with suppress(ImportError):
        import_module(module)

Found = dict[str, str]
EPOCHS_TO_TRAIN, N_MODELS, ROWS_OF_A_CHUNK = 200, 40, 40
TINY = ModelConfig(
    tasks=("etot", "ms"), hidden_channels=8, n_filters=8, n_interactions=1, tower_h1=8, tower_h2=8,
    spacing=0.05,
)  # fmt: skip
_MODEL = [
    f"--{key}={value}" if key != "tasks" else "--task=etot"
    for key, value in TINY.model_dump(exclude_defaults=True).items()
]


@dataclass(frozen=True)
class Operation:
    """Something that is killed.

    Attributes:
        name: In a word.
        command: What a user types or a page calls.
        prepare: Puts into a place what the operation needs.
        start: Does it, or goes on with it; in a process of its own.
        parts: What has been reported as done of an unfinished one: its content by name.
        results: What a finished one leaves: its content by name.
    """

    name: str
    command: str
    prepare: Callable[[Path], None]
    start: Callable[[Path], None]
    parts: Callable[[Path], Found]
    results: Callable[[Path], Found]


def home(place: Path) -> Path:
    """HEANET_HOME of a place."""
    return place / "home"


def said(place: Path) -> Path:
    """What an operation has said: standard output and standard error."""
    return place / "said.txt"


def in_place(act: Callable[[Path], None], place: Path) -> None:
    """Do something in this process, which is its own: what it prints goes into a file."""
    os.environ[HOME_VARIABLE] = str(home(place))
    os.environ[apart.SWITCH] = "off"
    torch.set_num_threads(1)
    with said(place).open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    act(place)
    sys.stdout.flush()


def _command(*words: object) -> None:
    code = main([str(word) for word in words])
    if code:
        sys.exit(code)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _digest(*contents: bytes) -> str:
    return hashlib.sha256(b"".join(contents)).hexdigest()[:16]


def _stamped(path: Path, *contents: bytes) -> str:
    """Content of a part and when it was made: one that is made again has another time."""
    return f"{_digest(*contents)} {path.stat().st_mtime_ns}"


# Training


def _prepare_training(place: Path) -> None:
    import_set(write_published(place / "alloys"))


def _start_training(_place: Path) -> None:
    loop.SAVE_EVERY = 0.2  # seconds; a training of seconds would end before its first state
    _command("train", *_MODEL, "--data", "alloys", "--epochs", EPOCHS_TO_TRAIN, "--batch_size", 8,
             "--is_validate", "--name", "one", "--split", "b2")  # fmt: skip


def _epochs(place: Path) -> Found:
    """Finished epochs; the states to go on from are read as well, and the record's database."""
    folder = home(place) / "trained" / "one"
    for path in folder.glob(f"*{RESUME}"):
        with safe_open(path, framework="pt") as file:
            assert sum(file.get_tensor(name).numel() for name in file.keys()) > 0  # noqa: SIM118
    database = home(place) / "mlflow.db"
    if database.exists():
        with closing(sqlite3.connect(database)) as tables:
            assert tables.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return {
        f"epoch {epoch.record.epoch}": repr((epoch.record.train_loss, epoch.at))
        for epoch in read_epochs(folder / EPOCHS)
    }


def _trained(place: Path) -> Found:
    folder = home(place) / "trained" / "one"
    if not (folder / CARD).exists():
        return {}
    load_checkpoint(folder)
    records = [epoch.record for epoch in read_epochs(folder / EPOCHS)]
    losses = [(record.epoch, record.train_loss, record.validation_loss) for record in records]
    return {
        "weights": _digest((folder / WEIGHTS).read_bytes()),
        "predictions": _digest((folder / PREDICTIONS).read_bytes()),
        "epochs": repr(losses),
    }


# Import


def _prepare_import(place: Path) -> None:
    for name in ("first", "second", "third"):
        write_published(place / name)


def _start_import(place: Path) -> None:
    for name in ("first", "second", "third"):
        _command("data", "import", place / name)
        _say(f"imported {name}")


def _imported(place: Path) -> Found:
    """Sets that are found by name, each with all its files as its record has them."""
    found = {}
    for name in imported_sets(home(place)):
        labels = load_labels(name, home=home(place))
        assert len(labels.structures(progress=False)) == len(labels.table) == 24
        found[name] = labels.fingerprint
    told = said(place).read_text() if said(place).exists() else ""
    for line in told.splitlines():
        if line.startswith("imported "):
            assert line.split()[1] in found, f"{line}, and is not there"
    return found


# Generation


def _start_generation(place: Path) -> None:
    fork = multiprocessing.get_context("fork")
    generation.multiprocessing = SimpleNamespace(get_context=lambda _name: fork)
    _command("data", "generate", "--elements", "Fe", "Ni", "--lattice", "fcc", "--n", 4,
             "--atoms", 10, 12, "--workers", 2, "--out", place / "made")  # fmt: skip


def _relaxed_cells(place: Path) -> Found:
    paths = sorted((place / ".made-work").glob("*.json"))
    parts = {path: generation._read(path) for path in paths}
    damaged = [path.name for path, part in parts.items() if part is None]
    assert damaged == []
    return {path.name: _stamped(path, path.read_bytes()) for path in paths}


def _generated(place: Path) -> Found:
    folder = place / "made"
    if not is_labelled_set(folder):
        return {}
    record = read_source(folder)
    cells = load_labels(folder, home=home(place)).structures(progress=False)
    return {"fingerprint": record["fingerprint"], "cells": repr(sorted(cells))}


# Screening


def _start_screening(place: Path) -> None:
    screening.CHUNK = ROWS_OF_A_CHUNK
    _command("screen", "--elements", "Cr", "Fe", "Co", "Ni", "--step", 10, "--out",
             place / "grid.parquet")  # fmt: skip


def _chunks(place: Path) -> Found:
    """Chunks, each read; they go with the work folder once they are joined."""
    found = {}
    for path in sorted((place / ".grid-work").glob("chunk-*.parquet")):
        table = pq.read_table(path)
        assert 0 < len(table) <= ROWS_OF_A_CHUNK
        found[path.name] = _stamped(path, path.read_bytes())
    return found


def _screened(place: Path) -> Found:
    path = place / "grid.parquet"
    if not path.exists():
        return {}
    table = pq.read_table(path).to_pandas()
    return {"rows": str(len(table)), "table": _digest(table.to_csv(index=False).encode())}


# Registration


def _prepare_registration(place: Path) -> None:
    import_set(write_published(place / "alloys"))
    fit = TrainConfig(epochs=5, batch_size=8)
    config = RunConfig(data="alloys", split="b2", model=TINY, train=fit)
    train(home(place) / "trained" / "one", config, progress=False)


def _start_registration(place: Path) -> None:
    for number in range(N_MODELS):
        name = f"kept-{number}"
        if not (models_home() / name).exists():
            register(home(place) / "trained" / "one", name, title=f"Number {number}")
            _say(f"registered {name}")


def _registered(place: Path) -> Found:
    """Models that are found by name, each read, and all of those that were reported among them."""
    found = {}
    for folder in sorted((home(place) / "models").glob("kept-*")):
        card, _ = load_checkpoint(folder)
        found[card.name] = f"{card.title} {card.weights_sha256}"
    told = said(place).read_text() if said(place).exists() else ""
    reported = {line.split()[1] for line in told.splitlines() if line.startswith("registered ")}
    # The last line may be torn by the kill.
    assert {name for name in reported if told.count(f"registered {name}\n")} <= set(found)
    return found


def _nothing(_place: Path) -> None:
    """All that it needs comes with the project."""


OPERATIONS = {
    "training": Operation(
        "training", "train", _prepare_training, _start_training, _epochs, _trained
    ),
    "import": Operation(
        "import", "data import", _prepare_import, _start_import, _imported, _imported
    ),
    "generation": Operation(
        "generation", "data generate", _nothing, _start_generation, _relaxed_cells, _generated
    ),
    "screening": Operation(
        "screening", "screen", _nothing, _start_screening, _chunks, _screened
    ),
    "registration": Operation(
        "registration", "registry.register", _prepare_registration, _start_registration,
        _registered, _registered,
    ),
}  # fmt: skip
