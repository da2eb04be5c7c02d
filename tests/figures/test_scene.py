import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from heanet.figures.scene import (
    MAX_DRAWN,
    Scene,
    ViewOptions,
    axis_views,
    build_scene,
    touching_radius,
)

FENI = Structure(Lattice.cubic(3.6), ["Fe", "Ni", "Ni", "Ni"],
                 [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])  # fmt: skip


def positions(scene: Scene) -> np.ndarray:
    return np.array(scene["xyz"]).reshape(-1, 3)


def test_a_plain_scene_is_the_cell() -> None:
    scene = build_scene(FENI, ViewOptions())
    assert positions(scene) == pytest.approx(FENI.cart_coords, abs=1e-3)
    assert scene["symbols"] == ["Fe", "Ni"]
    assert scene["element"] == [0, 1, 1, 1]
    assert scene["bonds"] == []
    assert json.loads(json.dumps(scene)) == scene


@settings(max_examples=30, deadline=None)
@given(repeats=st.tuples(*[st.integers(1, 4)] * 3))
def test_repeats_draw_every_atom_that_often(repeats: tuple[int, int, int]) -> None:
    scene = build_scene(FENI, ViewOptions(repeats=repeats))
    assert np.bincount(scene["site"]).tolist() == [np.prod(repeats)] * 4
    supercell = (FENI * repeats).cart_coords
    assert sorted(map(tuple, positions(scene).round(2))) == sorted(map(tuple, supercell.round(2)))


def test_images_complete_the_conventional_fcc_cell() -> None:
    scene = build_scene(FENI, ViewOptions(images=True))
    # 8 corners and 6 faces, the drawing in every textbook
    assert scene["element"].count(0) == 8
    assert scene["element"].count(1) == 6
    assert len({tuple(p) for p in positions(scene)}) == 14


def test_an_atom_just_below_a_face_joins_its_layer() -> None:
    cell = FENI.copy()
    cell.translate_sites([0], [0, 0, -0.1], frac_coords=False, to_unit_cell=True)
    assert positions(build_scene(cell, ViewOptions()))[0, 2] == pytest.approx(-0.1, abs=1e-3)


def test_hidden_elements_are_left_out() -> None:
    scene = build_scene(FENI, ViewOptions(hidden=frozenset({"Ni"})))
    assert scene["symbols"] == ["Fe"]
    assert scene["site"] == [0]
    everything = build_scene(FENI, ViewOptions(hidden=frozenset({"Fe", "Ni"}), images=True))
    assert everything["site"] == []


def test_bonds_join_atoms_closer_than_the_cutoff() -> None:
    scene = build_scene(FENI, ViewOptions(images=True, bond_cutoff=2.6))
    xyz = positions(scene)
    lengths = [np.linalg.norm(xyz[i] - xyz[j]) for i, j in scene["bonds"]]
    # each of the 6 face atoms to 4 corners, and to the 4 faces beside it (each bond twice)
    assert len(lengths) == 6 * 4 + 6 * 4 // 2
    assert lengths == pytest.approx([3.6 / np.sqrt(2)] * len(lengths), abs=1e-2)


def test_spheres_of_a_pure_metal_touch() -> None:
    scene = build_scene(FENI, ViewOptions(style="spheres"))
    assert scene["radii"] == [1.26, 1.24]
    assert touching_radius("O") == 0.6  # no metallic radius


def test_too_many_atoms_are_drawn_once_and_not_clickable() -> None:
    big = FENI * (12, 12, 12)
    assert len(big) * 64 > MAX_DRAWN
    scene = build_scene(big, ViewOptions(repeats=(4, 4, 4), bond_cutoff=3))
    assert scene["repeats"] == [1, 1, 1]
    assert not scene["interactive"]
    assert scene["bonds"] == []


@settings(max_examples=50, deadline=None)
@given(angles=st.tuples(*[st.floats(65, 115)] * 3), lengths=st.tuples(*[st.floats(2, 20)] * 3))
def test_views_look_along_the_lattice_vectors(
    angles: tuple[float, float, float], lengths: tuple[float, float, float]
) -> None:
    lattice = Lattice.from_parameters(*lengths, *angles)
    for name, quaternion in axis_views(lattice.matrix).items():
        seen = Rotation.from_quat(quaternion).apply(lattice.matrix.copy())
        if name != "default":
            along = seen["abc".index(name)]
            assert along == pytest.approx([0, 0, np.linalg.norm(along)], abs=1e-4)
        else:
            assert seen[0, 2] > 0  # a comes towards the viewer
            assert seen[2, 1] > 0  # c points up
