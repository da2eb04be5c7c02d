"""A table of labels and a zip of cells become one set, and all that is the matter is said."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from heanet.data import owncells
from heanet.data.labelcolumns import Column
from heanet.data.owncells import read_own_cells
from heanet.data.ownrows import safe_name
from heanet.data.structures import write_structure
from heanet.errors import DataError
from heanet.properties import TASK_KEYS
from tests.data.own_upload import ZIP, cell, cells_of_labels, join, kinds, labels, message, pack
from tests.data.published_set import make_cell, make_labels


def edited(name: str, column: str, value: object) -> pd.DataFrame:
    """The labels as text, one cell changed."""
    table = labels().astype(str)
    table.loc[table["structure"] == name, column] = value
    return table


def test_labels_and_cells_are_joined_without_a_change() -> None:
    own = join(labels())
    assert not own.problems
    pd.testing.assert_frame_equal(
        own.table[list(TASK_KEYS)],
        make_labels().sort_index()[list(TASK_KEYS)],
        check_exact=True,
        check_names=False,
    )
    assert Counter(own.table["lattice"]) == {"fcc": 12, "bcc": 12}
    assert set(own.lattice_sources.values()) == {"file name"}
    assert Counter(own.n_components.values()) == {2: 12, 3: 12}
    assert own.n_labels == dict.fromkeys(TASK_KEYS, 24)
    assert own.cells["FeNi2Cr_sqsbcc"].n_atoms == 16


def test_units_are_converted_cell_by_cell() -> None:
    table = labels().rename(columns={"eform (eV/atom)": "eform (meV/atom)"})
    table["eform (meV/atom)"] *= 1000
    table["etot"] *= 16
    own = join(table, etot=Column("etot", "eV/cell"))
    np.testing.assert_allclose(own.table["eform"], make_labels().sort_index()["eform"], rtol=1e-12)
    np.testing.assert_allclose(own.table["etot"], make_labels().sort_index()["etot"], rtol=1e-12)
    assert own.origin["read_from"]["etot"] == {"column": "etot", "unit": "eV/cell"}


@given(st.permutations(range(24)))
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
def test_shuffled_rows_give_the_same_set(order: list[int]) -> None:
    own, shuffled = join(labels()), join(labels().iloc[order])
    pd.testing.assert_frame_equal(own.table, shuffled.table, check_exact=True)
    assert list(own.cells) == list(shuffled.cells)


def test_files_are_found_with_and_without_extension_and_folders() -> None:
    table = pd.DataFrame(
        {"structure": ["a_fcc", "b_fcc.cif", "dir/c_fcc.vasp", "d_fcc.vasp"], "etot": [1, 2, 3, 4]}
    )
    data = cell("Fe8Ni8")
    names = ["x/a_fcc.vasp", "b_fcc", "y/c_fcc.vasp", "d_fcc.vasp", "d_fcc.cif"]
    own = join(table, dict.fromkeys(names, data))
    assert list(own.table.index) == ["a_fcc", "b_fcc.cif", "c_fcc.vasp", "d_fcc.vasp"]
    assert kinds(own) == {"no_label": ["d_fcc.cif"]}
    assert message(own, "no_label") == "'d_fcc.cif': no row of that name."


def test_one_side_without_the_other_is_listed_and_left_out() -> None:
    files = cells_of_labels() | {"Co16_sqsfcc.vasp": cell("Co16"), "README": b"read me"}
    del files["Fe8Ni8_sqsfcc.vasp"]
    own = join(labels(), files)
    assert kinds(own) == {
        "no_structure": ["Fe8Ni8_sqsfcc"],
        "no_label": ["Co16_sqsfcc.vasp", "README"],
    }
    assert message(own, "no_structure") == "Row 2, 'Fe8Ni8_sqsfcc': no file of that name."
    assert len(own.table) == 23
    assert not own.blocked


def test_files_that_cannot_be_used_are_listed_and_the_others_go_on() -> None:
    mixed = Structure(Lattice.cubic(2.8), [{"Fe": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    frames = "1\n" + 'Lattice="9 0 0 0 9 0 0 0 9"\nFe 0 0 0\n'
    files = cells_of_labels() | {
        "Fe8Ni8_sqsfcc.vasp": b"nothing of the kind",
        "Fe8Cr8_sqsfcc.vasp": mixed.to(fmt="cif").encode(),
        "Ni8Cr8_sqsfcc.vasp": (frames * 2).encode(),
    }
    own = join(labels(), files)
    assert kinds(own) == {
        "unreadable": ["Fe8Ni8_sqsfcc.vasp", "Ni8Cr8_sqsfcc.vasp"],
        "disordered": ["Fe8Cr8_sqsfcc.vasp"],
    }
    assert "no known structure format" in message(own, "unreadable")
    assert "holds 2 cells" in message(own, "unreadable")
    assert "1 partially occupied sites" in message(own, "disordered")
    assert len(own.table) == 21


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (pd.concat([labels(), labels().iloc[[3]]]), "'Fe4Ni12_sqsfcc' in rows 5, 26"),
        (
            edited("Fe4Ni12_sqsfcc", "structure", "Fe8Ni8_sqsfcc.vasp"),
            "'Fe8Ni8_sqsfcc' and 'Fe8Ni8_sqsfcc.vasp' in rows 2, 5: one cell is meant",
        ),
        (
            edited("Fe4Ni12_sqsfcc", "structure", "FE8NI8_SQSFCC"),
            "'Fe8Ni8_sqsfcc' and 'FE8NI8_SQSFCC' in rows 2, 5",
        ),
        (edited("Fe4Ni12_sqsfcc", "structure", "x" * 201), "Row 5: the name is too long."),
    ],
)
def test_a_name_twice_blocks(table: pd.DataFrame, expected: str) -> None:
    own = join(table)
    assert own.blocked
    assert own.problems[0].kind == "duplicate"
    assert expected in message(own, "duplicate")


def test_a_name_that_fits_two_files_blocks() -> None:
    files = {"a_fcc.vasp": cell("Fe8Ni8"), "a_fcc.cif": cell("Fe8Cr8")}
    own = join(pd.DataFrame({"structure": ["a_fcc"], "etot": [1.0]}), files)
    assert "Row 2, 'a_fcc': may be any of 'a_fcc.cif', 'a_fcc.vasp'." in message(own, "duplicate")
    assert len(own.table) == 0


def test_what_is_no_number_blocks_and_is_said_with_its_row() -> None:
    own = join(edited("Fe4Ni12_sqsfcc", "ms", "high"))
    assert own.blocked
    assert message(own, "text") == (
        "Column 'ms' holds text where a number belongs, in row 5: 'high'."
    )


def test_rows_without_a_name_or_without_any_label_are_left_out() -> None:
    table = labels().astype(str)
    table.loc[2, "structure"] = "-"
    table.loc[5, [c for c in table.columns if c != "structure"]] = ""
    own = join(table)
    assert kinds(own) == {
        "unnamed": ["row 4"],
        "no_label": ["Ni8Cr8_sqsfcc.vasp"],
        "no_values": ["Ni4Cr12_sqsfcc"],
    }
    assert len(own.table) == 22


def test_a_task_without_any_label_is_left_out_and_said() -> None:
    own = join(labels().assign(ms=np.nan))
    assert "Column 'ms' holds no value of a cell that is kept: ms is left out." in message(
        own, "empty_task"
    )
    assert "ms" not in own.n_labels
    assert own.table["ms"].isna().all()


def test_missing_labels_stay_missing_and_volumes_come_from_the_cell() -> None:
    own = join(edited("Fe8Ni8_sqsfcc", "volume (Å^3/atom)", ""))
    assert own.table.loc["Fe8Ni8_sqsfcc", "v0"] == pytest.approx(2.83**3 / 2, rel=1e-9)
    assert own.notes == ("v0 of 1 cells taken from the cells",)
    own = join(labels().drop(columns=["volume (Å^3/atom)", "rmsd"]))
    assert own.table["v0"].to_numpy() == pytest.approx(2.83**3 / 2, rel=1e-9)
    assert own.table["rmsd"].isna().all()


def fcc(n: int = 2) -> bytes:
    sites = Structure(
        Lattice.cubic(3.6), ["Ni"] * 4, [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    )
    sites.make_supercell([n, n, n])
    return write_structure(sites, "poscar").encode()


def test_lattices_come_from_table_then_name_then_geometry() -> None:
    table = pd.DataFrame(
        {
            "structure": ["a_bcc", "b_bcc", "c", "d", "e", "f"],
            "lattice": ["HCP", "", "", "n/a", "sigma", ""],
            "etot": [1.0] * 6,
        }
    )
    alone = Structure(Lattice.cubic(9), ["Fe"], [[0, 0, 0]])
    files = {
        "a_bcc": fcc(),
        "b_bcc": fcc(),
        "c": fcc(),
        "d": cell("Fe8Ni8"),
        "e": fcc(),
        "f": write_structure(alone, "poscar").encode(),
    }
    own = join(table, files)
    assert own.table["lattice"].to_dict() == {
        "a_bcc": "hcp",
        "b_bcc": "bcc",
        "c": "fcc",
        "d": "bcc",
    }
    assert list(own.lattice_sources.values()) == ["table", "file name", "geometry", "geometry"]
    assert kinds(own)["lattice"] == ["e", "f"]
    assert "the lattice 'sigma' is none of fcc bcc hcp" in message(own, "lattice")
    assert "neither table nor name nor geometry tell" in message(own, "lattice")


def test_a_faint_lattice_is_kept_with_a_warning() -> None:
    """Two displaced atoms of 32 take their neighbours with them."""
    cell = Structure.from_str(fcc().decode(), fmt="poscar")
    cell.translate_sites([0], [0.1, 0.05, 0.0])
    cell.translate_sites([13], [-0.1, 0.05, 0.02])
    own = join(
        pd.DataFrame({"structure": ["a"], "etot": [1.0]}),
        {"a": write_structure(cell, "poscar").encode()},
    )
    assert 0 < own.cells["a"].lattice_share < 0.5
    assert message(own, "weak_lattice").startswith("'a': fcc is a guess from ")
    assert own.table.loc["a", "lattice"] == "fcc"


def test_labels_that_do_not_fit_their_cell_or_their_unit_are_pointed_out() -> None:
    table = labels()
    table["eform (eV/atom)"] *= 1000
    table.loc[0, "volume (Å^3/atom)"] = 12.0
    own = join(table)
    assert kinds(own) == {"volume": ["Fe8Ni8_sqsfcc"], "unusual": ["eform"]}
    assert "its label says 12.00 and its cell has 11.33" in message(own, "volume")
    assert "is its unit right?" in message(own, "unusual")
    assert len(own.table) == 24


def test_a_zip_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owncells, "MAX_TOTAL_ATOMS", 40)
    with pytest.raises(DataError, match="more than 40 atoms"):
        read_own_cells(pack({name: cell("Fe8Ni8") for name in "abc"}), name=ZIP)
    shares: list[float] = []
    files = {name: cell("Fe8Ni8") for name in "ab"}
    assert len(read_own_cells(pack(files), name=ZIP, on_progress=shares.append).cells) == 2
    assert shares == [0.5, 1.0]


def test_cells_are_written_again_by_us() -> None:
    cells = read_own_cells(pack({"a.cif": make_cell("Fe8Ni8").to(fmt="cif").encode()}), name=ZIP)
    kept = Structure.from_str(cells.cells["a.cif"].poscar, fmt="poscar")
    assert kept.composition.formula == "Fe8 Ni8"
    assert kept.volume == pytest.approx(make_cell("Fe8Ni8").volume)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Fe0.5Ni0.5_fcc", "Fe0.5Ni0.5_fcc"),
        ("铁镍 (fcc)", "铁镍_fcc_"),
        (".hidden", "hidden"),
        ("a:b*c?", "a_b_c_"),
        ("null.", "_null"),
        ("...", "_"),
    ],
)
def test_names_are_made_safe(text: str, name: str) -> None:
    assert safe_name(text) == name
