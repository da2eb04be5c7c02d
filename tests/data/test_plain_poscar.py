"""A plain POSCAR is read without pymatgen's parser, to the same cell; others go to pymatgen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from pymatgen.io.vasp import Poscar

from heanet.data.structure_parsers import parse_poscar
from heanet.data.structures import read_structures
from heanet.errors import StructureError

TEXT = """comment
{scale}
3.0 0.1 0.0
0.0 3.2 0.0
0.2 0.0 4.0
Fe Ni
1 2
{mode}
0.1 0.2 0.3 {tail}
0.6 0.5 0.1
0.25 0.8 0.7
"""


def plain(monkeypatch: pytest.MonkeyPatch, text: str) -> Structure:
    """What is read while pymatgen's parser must not be asked."""
    with monkeypatch.context() as patch:
        patch.setattr("pymatgen.io.vasp.Poscar", None)
        ((structure, notes),) = parse_poscar(text, name="cell")
    assert notes == []
    return structure


def assert_as_pymatgen(found: Structure, text: str) -> None:
    expected = Poscar.from_str(text, read_velocities=False).structure
    assert [site.specie for site in found] == [site.specie for site in expected]
    np.testing.assert_array_equal(found.lattice.matrix, expected.lattice.matrix)
    np.testing.assert_array_equal(found.frac_coords, expected.frac_coords)


@pytest.mark.parametrize("scale", ["1.0", "2.5"])
@pytest.mark.parametrize("mode", ["Direct", "direct configuration= 1", "Cartesian", "K", "C"])
@pytest.mark.parametrize("tail", ["", "Fe", "T T F"])
def test_plain_ones(monkeypatch: pytest.MonkeyPatch, scale: str, mode: str, tail: str) -> None:
    text = TEXT.format(scale=scale, mode=mode, tail=tail)
    assert_as_pymatgen(plain(monkeypatch, text), text)


@settings(max_examples=25)
@given(seed=st.integers(0, 9999), n=st.integers(1, 9))
def test_what_pymatgen_writes(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    cell = Structure(
        Lattice(np.eye(3) * 5 + rng.normal(scale=0.4, size=(3, 3))),
        sorted(rng.choice(["Cr", "Fe", "Pd"], size=n)),
        rng.uniform(-1, 2, size=(n, 3)),
    )
    text = Poscar(cell).get_str(significant_figures=16)
    ((found, _),) = parse_poscar(text, name="cell")
    assert_as_pymatgen(found, text)


def test_velocities_after_the_atoms_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXT.format(scale="1.0", mode="Direct", tail="") + "\n" + "0.0 0.0 0.0\n" * 3
    assert len(plain(monkeypatch, text)) == 3


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        (TEXT.format(scale="-50.0", mode="Direct", tail=""), 50.0),
        (
            TEXT.format(scale="1.0", mode="Selective dynamics\nDirect", tail="T T F")
            .replace("0.1\n0.25", "0.1 T T T\n0.25")
            .replace("0.7\n", "0.7 F F F\n"),
            38.4,
        ),
    ],
    ids=["volume", "selective dynamics"],
)
def test_what_is_not_plain_goes_to_pymatgen(text: str, volume: float) -> None:
    (found,) = read_structures(text.encode(), name="cell.vasp")
    assert found.volume == pytest.approx(volume)
    assert not found.site_properties
    np.testing.assert_allclose(found.frac_coords[1], [0.6, 0.5, 0.1])


def test_a_word_among_the_coordinates_is_refused() -> None:
    text = TEXT.format(scale="1.0", mode="Direct", tail="").replace("0.6 0.5", "0.6 half")
    with pytest.raises(StructureError, match="cell"):
        read_structures(text.encode(), name="cell.vasp")
