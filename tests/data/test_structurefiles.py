"""Files, folders and patterns: what each means, in which order."""

from pathlib import Path

import pytest

from heanet.data.structurefiles import find_structure_files
from heanet.data.structures import read_structures
from heanet.errors import StructureError

SAMPLES = Path(__file__).parents[2] / "sample_data" / "structures"


def make(folder: Path, *names: str) -> list[Path]:
    files = [folder / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('{"sites": []}' if file.suffix == ".json" else "x")
    return files


def test_a_folder_means_what_looks_like_a_structure_file(tmp_path: Path) -> None:
    meant = make(tmp_path, "Fe0.5Ni0.5_fcc", "NiFe_sqsfcc", "POSCAR", "a.vasp", "b.CIF",
                 "c.extxyz.gz", "d.json")  # fmt: skip
    make(tmp_path, ".hidden.vasp", "README.md", "labels.csv", "INCAR", "a.vasp.bak", "in/e.vasp")
    (tmp_path / "index.json").write_text('[{"file": "a.vasp"}]')
    assert find_structure_files([tmp_path]) == sorted(meant)


def test_the_sample_folder_is_its_cells() -> None:
    found = find_structure_files([SAMPLES])
    assert len(found) == len(list(SAMPLES.iterdir())) - 1
    assert SAMPLES / "index.json" not in found


def test_patterns_and_files_keep_the_order_they_are_named_in(tmp_path: Path) -> None:
    b, a, c, deep = make(tmp_path, "b.vasp", "a.vasp", "c.cif", "in/d.vasp")
    assert find_structure_files([c, tmp_path / "*.vasp"]) == [c, a, b]
    assert find_structure_files([tmp_path / "**" / "*.vasp"]) == [a, b, deep]
    (odd,) = make(tmp_path, "x[1].vasp")
    assert find_structure_files([odd, tmp_path / "in*"]) == [odd, tmp_path / "in*"]


def test_what_means_no_file_says_why_when_it_is_read(tmp_path: Path) -> None:
    make(tmp_path, "README.md")
    assert find_structure_files([tmp_path, tmp_path / "*.cif"]) == [tmp_path, tmp_path / "*.cif"]
    with pytest.raises(StructureError, match="looks like a structure file"):
        read_structures(tmp_path)
