import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from heanet.figures import site_values

FCC = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Ni"], [[0, 0, 0]])
BCC = Structure.from_spacegroup("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]])


def test_ideal_lattices_have_their_textbook_values() -> None:
    assert site_values.nearest_distance(FCC) == pytest.approx([3.6 / np.sqrt(2)] * 4)
    assert site_values.nearest_distance(BCC) == pytest.approx([2.87 * np.sqrt(3) / 2] * 2)
    assert site_values.coordination(FCC).tolist() == [12] * 4
    assert site_values.coordination(BCC).tolist() == [14] * 2
    assert site_values.off_centre(FCC) == pytest.approx([0.0] * 4, abs=1e-9)


def test_one_atom_is_its_own_neighbour() -> None:
    assert site_values.nearest_distance(BCC.get_primitive_structure()) == pytest.approx(
        [2.87 * np.sqrt(3) / 2]
    )


def test_a_lonely_atom_still_gets_a_distance() -> None:
    dimer = Structure(Lattice.cubic(20), ["Fe", "Fe"], [[0, 0, 0], [0.1, 0, 0]])
    assert site_values.nearest_distance(dimer) == pytest.approx([2.0, 2.0])


def test_a_displaced_atom_is_off_centre_by_its_displacement() -> None:
    cell = FCC * (2, 2, 2)
    cell.translate_sites([5], [0.1, 0, 0], frac_coords=False)
    values = site_values.off_centre(cell)
    assert values[5] == pytest.approx(0.1, abs=1e-6)
    assert values.argmax() == 5


@settings(max_examples=20, deadline=None)
@given(site=st.integers(0, 3))
def test_distances_cross_the_faces(site: int) -> None:
    values = site_values.distance_from(FCC, site)
    assert values[site] == 0
    others = np.delete(values, site)
    assert others == pytest.approx([3.6 / np.sqrt(2)] * 3)


def test_file_values_are_numbers_per_atom_only() -> None:
    cell = FCC.copy()
    cell.add_site_property("magmom", [1.0, -1.0, 0.5, 0.0])
    cell.add_site_property("forces", [[3.0, 4.0, 0.0]] * 4)
    cell.add_site_property("tag", ["a", "b", "c", "d"])
    values = site_values.file_values(cell)
    assert set(values) == {"magmom", "forces"}
    assert values["forces"].tolist() == [5.0] * 4
