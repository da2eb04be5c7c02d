"""A model of cells as built that is fitted in a second, and workers inside this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from distributed import Client

from heanet.config import TrainConfig
from heanet.data.compositiongrid import CompositionGrid
from heanet.data.splits import Split
from heanet.prediction import Model, load_model
from heanet.screening import run
from heanet.screening.run import Screening
from heanet.training.calibration import Calibration
from heanet.training.checkpoints import save_checkpoint
from heanet.training.evaluate import Member, fit_ensemble
from heanet.training.runs import train_run
from tests.alloys import SMALL, alloy, small_dataset

BUILT = SMALL.model_copy(update={"cells": "built"})


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two members of Cr, Fe and Ni, on fcc and bcc, with error bars."""
    folder = tmp_path_factory.mktemp("models") / "small-built"
    dataset = small_dataset(config=BUILT)
    split = Split("some", np.arange(18), np.arange(0), np.arange(18, 24))
    train = TrainConfig(epochs=3, batch_size=8, lr=1e-2)
    cells = {name: alloy(name[-3:], seed=i) for i, name in enumerate(dataset.names)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(dataset.source), "read_cell", lambda _self, name: cells[name])
        card = train_run(folder, dataset, split, BUILT, train, progress=False)
    assert card is not None
    seeds = [Member(BUILT, train.model_copy(update={"seed": seed})) for seed in (0, 1)]
    members = fit_ensemble(dataset, split, seeds, progress=False)
    changes = {
        "name": folder.name,
        "seeds": (0, 1),
        "best_epochs": (3, 3),
        "references": members.references,
        "calibration": {group: Calibration(floor=0.01, scale=2.0) for group in members.groups},
    }
    save_checkpoint(folder, card.model_copy(update=changes), members.members)
    return folder


@pytest.fixture
def model(model_folder: Path) -> Model:
    """The same, read."""
    return load_model(model_folder)


@pytest.fixture
def screening(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Screening:
    """45 compositions on two lattices, in six chunks."""
    monkeypatch.setattr(run, "CHUNK", 16)
    grid = CompositionGrid(elements=("Ni", "Cr", "Fe"), step=12.5, components=(1, 3))
    return Screening(grid, ("fcc", "bcc"), str(model_folder))


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are threads of this process: quick to start."""

    @contextmanager
    def threads(_n: int, _folder: Path) -> Iterator[Client]:
        with Client(
            processes=False,
            n_workers=1,
            threads_per_worker=1,
            dashboard_address=run._LOCAL,
            worker_dashboard_address=run._LOCAL,
            set_as_default=False,
        ) as client:
            yield client

    monkeypatch.setattr(run, "_workers", threads)
