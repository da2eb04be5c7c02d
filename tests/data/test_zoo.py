"""The zoo (tests/data/make_zoo.py): every odd, old or hostile file gives what it must."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from heanet import errors
from heanet.data.structures import MAX_ATOMS, check_structure, read_structures, write_structure
from heanet.errors import HeanetError, StructureError
from tests.data.make_zoo import EXPECTED, ZOO, write_zoo

TABLE: dict[str, dict[str, Any]] = json.loads((ZOO / EXPECTED).read_text(encoding="utf-8"))
GOOD = {name: it for name, it in TABLE.items() if "error" not in it}
BAD = {name: it for name, it in TABLE.items() if "error" in it}


def test_the_files_are_those_that_the_script_writes(tmp_path: Path) -> None:
    write_zoo(tmp_path)
    fresh = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in ZOO.iterdir()}
    assert kept.keys() == fresh.keys()
    assert [name for name in fresh if kept[name] != fresh[name]] == []


@pytest.mark.parametrize("name", GOOD)
def test_readable_files_give_the_cells_that_stand_in_them(name: str) -> None:
    expected = TABLE[name].get("cells", [TABLE[name]])
    cells = read_structures(ZOO / name)
    assert len(cells) == len(expected)
    for cell, wanted in zip(cells, expected, strict=True):
        assert cell.composition.formula == wanted["formula"]
        assert len(cell) == wanted["n_atoms"]
        assert cell.lattice.parameters == pytest.approx(wanted["lattice"], abs=1e-5)
        assert cell.volume == pytest.approx(wanted["volume"], rel=1e-9)
        assert cell.properties["notes"] == wanted["notes"]
        check_structure(cell)


@pytest.mark.parametrize("name", BAD)
def test_other_files_are_refused_and_told_why(name: str) -> None:
    wanted = BAD[name]
    with pytest.raises(HeanetError) as caught:
        read_structures(ZOO / name)
    assert type(caught.value) is getattr(errors, wanted["error"])
    for words in wanted["words"]:
        assert words in str(caught.value)
    assert f"'{name}'" in str(caught.value) or "'" + name.split(".")[0] in str(caught.value)


@pytest.mark.parametrize("fmt", ["poscar", "cif", "extxyz", "json"])
def test_the_largest_cell_is_read_and_one_atom_more_is_not(fmt: str) -> None:
    edge = 20
    n_layers = MAX_ATOMS // edge**2
    grid = np.stack(np.meshgrid(*map(np.arange, (edge, edge, n_layers)), indexing="ij"), -1)
    places = grid.reshape(-1, 3) / (edge, edge, n_layers)
    lattice = Lattice.orthorhombic(2.5 * edge, 2.5 * edge, 2.5 * n_layers)
    cell = Structure(lattice, ["Fe", "Ni"] * (MAX_ATOMS // 2), places)
    (back,) = read_structures(write_structure(cell, fmt).encode())
    assert (len(back), back.composition.formula) == (MAX_ATOMS, "Fe10000 Ni10000")
    assert back.volume == pytest.approx(2.5**3 * MAX_ATOMS)
    cell.append("Fe", [0.5 / edge, 0.5 / edge, 0.5 / n_layers])
    with pytest.raises(StructureError, match=f"has {MAX_ATOMS + 1} atoms"):
        read_structures(write_structure(cell, fmt).encode())
