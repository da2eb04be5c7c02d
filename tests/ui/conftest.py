"""The app without a browser: Streamlit's AppTest, started on a page as an address would."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from pymatgen.core import Lattice, Structure
from streamlit.testing.v1 import AppTest

from heanet.comparison.results import Results, load_results
from heanet.data.labels import LabelledSet, load_labels
from heanet.data.structures import write_structure
from heanet.ui import sample_index, store
from tests.results_sample import write_sample
from tests.ui import some_runs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def feni() -> Structure:
    """Ordered FeNi on an fcc lattice, 4 atoms."""
    return Structure(
        Lattice.cubic(3.6),
        ["Fe", "Fe", "Ni", "Ni"],
        [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
    )


@pytest.fixture
def poscar(feni: Structure) -> bytes:
    return write_structure(feni, "poscar").encode()


@pytest.fixture(autouse=True)
def sample_folder(tmp_path: Path, poscar: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two samples of our own, and an empty memory of cells."""
    (tmp_path / "FeNi_fcc.vasp").write_bytes(poscar)
    (tmp_path / "again.vasp").write_bytes(poscar)
    entries = [
        {
            "file": file,
            "title": title,
            "lattice": "fcc",
            "en": "Iron and nickel.",
            "zh": "铁镍",
        }
        for file, title in (("FeNi_fcc.vasp", "FeNi"), ("again.vasp", "FeNi again"))
    ]
    (tmp_path / "index.json").write_text(json.dumps(entries), encoding="utf-8")
    monkeypatch.setattr(sample_index, "FOLDER", tmp_path)
    memory = store.CellStore()
    monkeypatch.setattr(store, "memory", lambda: memory)
    st.cache_data.clear()
    return tmp_path


@pytest.fixture
def open_page() -> Callable[..., AppTest]:
    """Starts the app on a page, with the query of an address."""

    def start(page: str, **query: Any) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.switch_page(page)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return start


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the results and of the HEANET_HOME that holds their labelled set."""
    folder = tmp_path_factory.mktemp("comparison")
    return write_sample(folder, home=folder / "home"), folder / "home"


@pytest.fixture
def results(sample: tuple[Path, Path], home: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """Results of a comparison that the pages show; their labelled set is not imported."""
    monkeypatch.setenv("HEANET_RESULTS", str(sample[0]))
    st.cache_resource.clear()
    assert not home.exists()
    return load_results(sample[0])


@pytest.fixture
def labels(
    results: Results, sample: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> LabelledSet:
    """The labelled set of the results, imported."""
    monkeypatch.setenv("HEANET_HOME", str(sample[1]))
    return load_labels(results.about.data.name)


@pytest.fixture
def view(open_page: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """Opens a view of the Compare page by its address."""

    def start(title: str = "", **query: Any) -> AppTest:
        app = open_page("pages/3_Compare.py", **({"view": title} if title else {}), **query)
        assert not app.exception
        return app

    return start


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small runs, trained once."""
    return some_runs.train_some(tmp_path_factory.mktemp("runs") / "trained")


@pytest.fixture
def runs(trained: Path, home: Path) -> Path:
    """The small runs as those of this home; returns their folder."""
    some_runs.copy_some(trained)
    return home / "trained"
