import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import heanet

ROOT = Path(__file__).parents[1]


def test_the_public_names_are_these() -> None:
    # Removing or renaming one breaks other people's code.
    assert sorted(heanet.__all__) == [
        "HeanetError",
        "Model",
        "Prediction",
        "TASKS",
        "describe",
        "detect_lattice",
        "element_graph",
        "load_labels",
        "load_model",
        "predict",
        "read_structures",
        "write_structure",
    ]
    assert dir(heanet) == sorted(heanet.__all__)


@pytest.mark.parametrize("name", heanet.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    found = getattr(heanet, name)
    if name == "TASKS":
        assert list(found) == ["etot", "emix", "eform", "ms", "mb", "rmsd", "v0"]
        return
    assert found.__name__ == name
    assert found.__module__.startswith("heanet.")
    assert found.__doc__


def test_a_name_that_is_not_public_is_missing() -> None:
    with pytest.raises(AttributeError, match=r"module 'heanet' has no attribute 'prediict'"):
        _ = heanet.prediict


def test_importing_costs_nothing_and_writes_nothing(tmp_path: Path, home: Path) -> None:
    heavy = ("torch", "streamlit", "pymatgen", "numpy", "pandas", "pydantic")
    code = f"import heanet, json, sys; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    folder = tmp_path / "empty"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []
    assert done.stderr == ""
    assert list(folder.iterdir()) == []
    assert not home.exists()
