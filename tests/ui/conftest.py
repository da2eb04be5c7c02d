"""The app without a browser: Streamlit's AppTest, started on a page as an address would."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from pymatgen.core import Lattice, Structure
from streamlit.testing.v1 import AppTest

from heanet.data.structures import write_structure
from heanet.ui import samples, store

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
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
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
