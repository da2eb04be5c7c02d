"""`heanet build`: a cell from a formula."""

from pathlib import Path

import pytest

from heanet.cli import main
from heanet.data.lattices import detect_lattice
from heanet.data.structures import read_structures


def test_a_cell_is_written_in_the_format_of_its_extension(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.vasp", "b.cif", "c.extxyz", "d.json"):
        path = tmp_path / name
        code = main(
            ["build", "CrFeCoNi", "--lattice", "bcc", "--n_atoms", "16", "--out", str(path)]
        )
        assert code == 0
        cell = read_structures(path)[0]
        assert cell.composition.get_el_amt_dict() == {"Cr": 4, "Fe": 4, "Co": 4, "Ni": 4}
        assert detect_lattice(cell).lattice == "bcc"
    assert "16 atoms, seed 0" in capsys.readouterr().out


def test_the_nearest_composition_is_used_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build", "CrFe", "--n_atoms", "7", "--sqs", "--iterations", "100"]) == 0
    assert "nearest composition that 7 atoms can hold: Cr 57.1 Fe 42.9" in capsys.readouterr().out
    assert (tmp_path / "Cr4Fe3_sqsfcc.vasp").is_file()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["Fe0.5Ni0.4"], "sum to 0.9"),
        (["Fe99Ni1", "--n_atoms", "16"], "less than one atom"),
        (["CrMnFeCoNi", "--n_atoms", "4"], "5 elements in a cell of 4 atoms"),
        (["FeNi", "--n_atoms", "0"], "0 atoms"),
        (["Xx"], "no chemical element"),
        (["Fe0Ni1"], "holds 0 of Fe"),
        (["FeNi", "--seed", "-1"], "Seed -1"),
        (["FeNi", "--sqs", "--seed", "100000000000000000000"], "Expected 0 to 2,147,483,647"),
        (["FeNi", "--sqs", "--n_atoms", "2001", "--iterations", "10"], "at most 2,000 atoms"),
        (["FeNi", "--sqs", "--iterations", "100000000000"], "hours"),
        (["FeNi", "--out", "a.docx"], "extension '.docx'"),
        (["FeNi", "--out", "/nowhere/a.vasp"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", *given]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
