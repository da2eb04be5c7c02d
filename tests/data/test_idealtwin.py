"""Ideal twins: cells that are shaken, strained, turned and mixed up find back to their sites."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from heanet.data.alloys import Alloy, build_alloy
from heanet.data.builtcells import built_cells
from heanet.data.elementgraph import element_graph
from heanet.data.idealtwin import at_built_volume, find_twin, find_twins
from heanet.data.labels import load_labels
from heanet.errors import DataError


def built(lattice: str, n_atoms: int, seed: int) -> Structure:
    shares = {"Cr": 0.25, "Fe": 0.25, "Ni": 0.5}
    return build_alloy(Alloy(shares, lattice, n_atoms, "random", seed))


@settings(max_examples=25, deadline=None)
@given(
    lattice=st.sampled_from(["fcc", "bcc"]),
    n_atoms=st.sampled_from([8, 16, 20, 24]),
    seed=st.integers(0, 1000),
)
def test_a_shaken_strained_and_turned_cell_is_put_back(
    lattice: str, n_atoms: int, seed: int
) -> None:
    """The element graph forgets order, orientation and cell vectors: both must have the same."""
    ideal, rng = built(lattice, n_atoms, seed), np.random.default_rng(seed)
    moves = rng.normal(scale=0.08, size=(n_atoms, 3))
    strain = np.eye(3) + rng.uniform(-0.01, 0.01, (3, 3))
    turn = Rotation.random(rng=seed).as_matrix()
    vectors = ideal.lattice.matrix @ strain @ turn
    coords = ideal.frac_coords + moves @ np.linalg.inv(vectors) + rng.uniform(size=3)
    order = rng.permutation(n_atoms)
    cell = Structure(Lattice(vectors), [ideal[i].specie for i in order], coords[order])
    twin = find_twin(cell, lattice)
    assert twin is not None
    expected = np.sqrt(((moves - moves.mean(axis=0)) ** 2).sum(axis=1).mean())
    assert twin.displacement == pytest.approx(expected, rel=1e-6)
    assert twin.strain < 0.025
    assert [site.specie for site in twin.cell] == [site.specie for site in cell]
    own, graph = element_graph(at_built_volume(ideal)), element_graph(twin.cell)
    np.testing.assert_allclose(graph.edge_attr, own.edge_attr, atol=2e-4)


def test_the_ideal_cell_is_its_own_twin() -> None:
    cell = built("bcc", 16, 3)
    twin = find_twin(cell, "bcc")
    assert twin is not None
    assert twin.displacement == pytest.approx(0, abs=1e-9)
    assert twin.strain == pytest.approx(0, abs=1e-9)
    assert twin.cell.volume == pytest.approx(cell.volume)


def test_hcp_and_a_gas_have_no_twin() -> None:
    rng = np.random.default_rng(0)
    gas = Structure(Lattice.cubic(7), ["Fe"] * 24, rng.uniform(size=(24, 3)))
    assert find_twin(gas, "fcc") is None
    assert find_twin(built("hcp", 16, 0), "hcp") is None


def test_a_cell_on_the_bain_path_takes_the_superlattice_of_its_neighbours() -> None:
    """Half way from bcc to fcc three superlattices are as near; the cell beside it decides."""
    plain = built("bcc", 16, 1)
    bain = Structure(
        Lattice(plain.lattice.matrix @ np.diag([0.86, 0.86, 1.35])),
        plain.species,
        plain.frac_coords,
    )
    alone = find_twin(bain, "bcc")
    assert alone is None or not alone.is_sure
    found = find_twins({"plain": plain, "bain": bain}, {"plain": "bcc", "bain": "bcc"})
    assert found["bain"].displacement == pytest.approx(0, abs=1e-6)
    own, graph = element_graph(at_built_volume(plain)), element_graph(found["bain"].cell)
    np.testing.assert_allclose(graph.edge_attr, own.edge_attr, atol=2e-4)


def test_twins_of_the_own_set_are_the_cells_that_it_was_built_from() -> None:
    """rmsd labels were measured against the built cells, which find_twins does not see."""
    labels = load_labels("alloys")
    names = [n for n in labels.table.index if labels.table["rmsd"][n] < 0.2][:40]
    cells = {name: labels.read_cell(name) for name in names}
    found = find_twins(cells, {name: labels.table["lattice"][name] for name in names})
    kept = built_cells(labels, progress=False)
    assert len(found) == 40
    for name, twin in found.items():
        assert twin.displacement == pytest.approx(labels.table["rmsd"][name], abs=1e-6)
        own, graph = element_graph(kept[name]), element_graph(twin.cell)
        np.testing.assert_allclose(graph.edge_attr, own.edge_attr, atol=2e-4)


def test_dft_displacements_come_back(hea_dft_folder: Path) -> None:
    """Of cells that kept their lattice; the source measured the others against a strained one."""
    labels = load_labels(hea_dft_folder)
    table = labels.table[labels.table["rmsd"] < 0.2]
    cells = {name: labels.read_cell(name) for name in table.index}
    found = find_twins(cells, {name: table["lattice"][name] for name in cells})
    off = np.array([abs(found[name].displacement - table["rmsd"][name]) for name in cells])
    assert len(off) == 232
    assert np.median(off) < 0.0025
    assert (off < 0.02).mean() > 0.9


def test_a_set_without_a_lattice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = load_labels("alloys")
    labels = replace(labels, table=labels.table.iloc[:1])
    rng = np.random.default_rng(0)
    gas = Structure(Lattice.cubic(7), ["Fe"] * 24, rng.uniform(size=(24, 3)))
    monkeypatch.setattr(type(labels), "structures", lambda _s, **_k: {"gas": gas})
    monkeypatch.setattr("heanet.data.builtcells.BUILT", "nowhere")
    with pytest.raises(DataError, match="The cells gas of 'alloys' do not show"):
        built_cells(labels, progress=False)
