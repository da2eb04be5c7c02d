"""The sample cells: what the index says is what the files hold, and the script makes them."""

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from heanet.data.lattices import detect_lattice, lattice_from_name
from heanet.data.structures import read_structures

ROOT = Path(__file__).parents[2] / "sample_data"
FOLDER = ROOT / "structures"
INDEX = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
FILES = [entry["file"] for entry in INDEX]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_structures", ROOT / "make_structures.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_index_and_folder_agree() -> None:
    assert sorted(FILES) == sorted(p.name for p in FOLDER.iterdir() if p.name != "index.json")
    assert len(FILES) >= 14
    for entry in INDEX:
        assert set(entry) == {"file", "title", "lattice", "en", "zh"}
        assert any("\u4e00" <= letter <= "\u9fff" for letter in entry["zh"])


def test_all_formats_are_there_and_one_file_is_compressed() -> None:
    formats = {read_structures(FOLDER / file)[0].properties["format"] for file in FILES}
    assert formats == {"poscar", "cif", "extxyz", "json"}
    packed = [file for file in FILES if (FOLDER / file).read_bytes()[:2] == b"\x1f\x8b"]
    assert packed == [file for file in FILES if file.endswith(".gz")] != []
    assert max(len(read_structures(FOLDER / file)) for file in FILES) == 5


@pytest.mark.parametrize("entry", INDEX, ids=FILES)
def test_lattice_is_as_stated(entry: dict[str, str]) -> None:
    for cell in read_structures(FOLDER / entry["file"]):
        guess = detect_lattice(cell)
        assert (guess.lattice, guess.confidence) == (entry["lattice"], 1.0)
        assert lattice_from_name(cell.properties["name"]) == entry["lattice"]
        assert 10 < cell.volume / len(cell) < 16


def test_number_of_atoms_is_as_described() -> None:
    for entry in INDEX:
        cell = read_structures(FOLDER / entry["file"])[0]
        assert f"{len(cell)} atom" in entry["en"].replace("one", "1")


@pytest.mark.parametrize("file", FILES)
def test_script_makes_the_file(script: ModuleType, file: str) -> None:
    (sample,) = (sample for sample in script.SAMPLES if sample.file == file)
    made = script.file_content(sample)
    kept = (FOLDER / file).read_bytes()
    for new, old in zip(
        read_structures(made, name=file), read_structures(FOLDER / file), strict=True
    ):
        assert new.species == old.species
        np.testing.assert_allclose(new.lattice.matrix, old.lattice.matrix, atol=1e-6)
        # Whether a site on the border is at 0 or at 1 depends on the processor's rounding.
        away = new.frac_coords - old.frac_coords
        np.testing.assert_allclose(away - np.round(away), 0, atol=1e-6)
    if file.endswith(".gz"):
        assert gzip.decompress(made) == gzip.decompress(kept)


def test_swaps_bring_pairs_closer_to_chance_than_a_shuffle(script: ModuleType) -> None:
    (cell,) = read_structures(FOLDER / "CrMnFeCoNi_fcc.vasp")
    shells = script.shell_matrices(cell)
    # 12 and 6 neighbours in the first two shells of fcc.
    assert [shell.sum(axis=1).tolist() for shell in shells] == [[12.0] * 60, [6.0] * 60]
    _, element = np.unique([site.specie.symbol for site in cell], return_inverse=True)
    rng = np.random.default_rng(0)
    shuffled = [script.pair_error(shells, rng.permutation(element), 5) for _ in range(50)]
    assert script.pair_error(shells, element, 5) < 0.25 * min(shuffled)
