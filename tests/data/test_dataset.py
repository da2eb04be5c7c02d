from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pandas as pd
import pytest
import torch
from pymatgen.core import Composition, Structure
from safetensors.torch import save_file
from torch_geometric.data import Data

from heanet.data import dataset as dataset_module
from heanet.data.dataset import Dataset, alloy_of, make_dataset
from heanet.data.elementgraph import RadialGrid, element_graph
from heanet.data.labels import LabelledSet, load_labels
from heanet.data.splits import grouped_folds
from heanet.errors import ConfigError, DataError
from heanet.properties import TASK_KEYS
from tests.data.published_set import make_labels

GRID = RadialGrid(cutoff=4.0, spacing=0.1)
KEYS = {"z", "fraction", "edge_index", "edge_attr", "n_atoms", "lattice"}


@pytest.fixture
def labels(make_published: Callable[..., Path]) -> LabelledSet:
    return load_labels(make_published())


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the cells that were read, as they are read."""
    names: list[str] = []
    read = LabelledSet.read_cell

    def counted(self: LabelledSet, name: str) -> Structure:
        names.append(name)
        return read(self, name)

    monkeypatch.setattr(LabelledSet, "read_cell", counted)
    return names


def _assert_same(found: list[Data], expected: list[Data]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert set(one.keys()) == set(other.keys()) == KEYS | {"num_nodes"}
        assert one.num_nodes == other.num_nodes
        for key in KEYS:
            assert one[key].dtype == other[key].dtype
            assert torch.equal(one[key], other[key]), key


def _cached(home: Path) -> list[Path]:
    return sorted((home / "cache").iterdir())


def test_rows_are_those_of_the_labels(labels: LabelledSet) -> None:
    dataset = make_dataset(labels, grid=GRID)
    given = make_labels()
    assert dataset.names == list(given.index)
    pd.testing.assert_frame_equal(
        dataset.labels, given[list(TASK_KEYS)], check_names=False, check_exact=True
    )
    assert dataset.lattices == [name[-3:] for name in given.index]
    assert [int(graph.lattice) for graph in dataset.graphs] == [0] * 12 + [1] * 12
    assert dataset.n_atoms.tolist() == [16.0] * 24
    # In order of atomic number, elements that a cell lacks as zero.
    assert list(dataset.fractions.columns) == ["Cr", "Fe", "Ni"]
    for name, row in dataset.fractions.iterrows():
        shares = Composition(str(name).split("_")[0]).fractional_composition
        assert row.to_list() == pytest.approx([shares[a] for a in ("Cr", "Fe", "Ni")])


def test_rows_know_their_alloy_and_system(labels: LabelledSet) -> None:
    dataset = make_dataset(labels, grid=GRID)
    chosen = [dataset.names.index(f"{formula}_sqsfcc") for formula in ("Ni4Cr12", "FeNi2Cr")]
    assert dataset.alloys(np.array(chosen)) == {
        "Ni4Cr12_sqsfcc": (("Cr", 0.75), ("Ni", 0.25)),
        "FeNi2Cr_sqsfcc": (("Cr", 0.25), ("Fe", 0.25), ("Ni", 0.5)),
    }
    assert [dataset.systems[i] for i in chosen] == ["Cr-Ni", "Cr-Fe-Ni"]
    assert [dataset.n_components[i] for i in chosen] == [2, 3]
    assert {*dataset.systems} == {"Cr-Fe", "Cr-Ni", "Fe-Ni", "Cr-Fe-Ni"}


def test_an_alloy_is_the_same_however_its_fractions_are_stored() -> None:
    stored = {"Ni": float(np.float32(1 / 3)), "Fe": float(np.float32(2 / 3)), "Cr": 0.0}
    assert alloy_of(stored) == alloy_of({"Fe": 2 / 3, "Ni": 1 / 3})
    assert alloy_of({"Fe": 0.999, "Ni": 0.001}) != alloy_of({"Fe": 1000 / 1001, "Ni": 1 / 1001})


def test_cells_of_one_composition_are_one_group(labels: LabelledSet) -> None:
    compositions = make_dataset(labels, grid=GRID).compositions
    # The fcc and the bcc row of each formula; Fe8Ni4Cr4 and FeNi2Cr differ.
    assert compositions[:12] == compositions[12:]
    assert len(set(compositions)) == 12


def test_the_cache_equals_fresh_graphs_bit_for_bit(labels: LabelledSet, reads: list[str]) -> None:
    first = make_dataset(labels, grid=GRID)
    assert reads == first.names
    second = make_dataset(labels, grid=GRID)
    assert reads == first.names  # none was read again
    _assert_same(second.graphs, first.graphs)
    for graph, name in zip(second.graphs, second.names, strict=True):
        fresh = element_graph(labels.read_cell(name), grid=GRID)
        assert torch.equal(graph.edge_attr, fresh.edge_attr)
        assert torch.equal(graph.edge_index, fresh.edge_index)
    pd.testing.assert_frame_equal(second.fractions, first.fractions, check_exact=True)
    np.testing.assert_array_equal(second.n_atoms, first.n_atoms)


def test_each_grid_boundary_and_set_has_its_own_cache(
    labels: LabelledSet, reads: list[str], home: Path
) -> None:
    variants = [
        make_dataset(labels, grid=GRID),
        make_dataset(labels, grid=GRID, use_pbc=False),
        make_dataset(labels, grid=RadialGrid(cutoff=4.0, spacing=0.2)),
        make_dataset(labels, grid=RadialGrid(cutoff=2.6, spacing=0.1)),
        make_dataset(replace(labels, fingerprint="another"), grid=GRID),
    ]
    assert len(reads) == 24 * len(variants)
    assert len(_cached(home)) == len(variants)
    sums = [float(variant.graphs[0].edge_attr.sum()) for variant in variants]
    assert sums[1] < sums[0]  # atoms without their images
    assert sums[3] < sums[0]  # fewer neighbours
    assert sums[2] == pytest.approx(sums[0])  # the same ones on a coarser grid
    assert sums[4] == sums[0]


def test_an_interrupted_run_leaves_no_cache(
    labels: LabelledSet, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            make_dataset(labels, grid=GRID)
    assert not [path for path in _cached(home) if path.suffix == ".safetensors"]
    assert len(make_dataset(labels, grid=GRID).graphs) == 24


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_damaged_cache_is_made_anew(
    labels: LabelledSet, reads: list[str], home: Path, kept: float
) -> None:
    whole = make_dataset(labels, grid=GRID)
    (path,) = _cached(home)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    _assert_same(make_dataset(labels, grid=GRID).graphs, whole.graphs)
    assert len(reads) == 48
    assert path.read_bytes() == content


def test_an_unknown_parent_lattice_is_refused_before_anything_is_read(
    labels: LabelledSet, reads: list[str]
) -> None:
    table = labels.table.assign(lattice=["fcc", "sc"] * 12)
    with pytest.raises(DataError, match=r"Parent lattices \['sc'\]. Expected some of .*hcp"):
        make_dataset(replace(labels, table=table), grid=GRID)
    assert reads == []


def test_a_split_names_rows_of_this_data_set(labels: LabelledSet) -> None:
    dataset: Dataset = make_dataset(labels, grid=GRID)
    split = dataset.split("b2")
    assert (len(split.train), len(split.validation), len(split.test)) == (19, 2, 3)
    with pytest.raises(DataError, match="'B\\+T'"):
        dataset.split("b1")


def test_a_split_of_ours_names_rows_of_this_data_set(labels: LabelledSet) -> None:
    dataset = make_dataset(labels, grid=GRID)
    held_out = dataset.split("without Cr-Ni")
    assert {dataset.names[i] for i in held_out.test} == {
        f"{formula}_sqs{lattice}" for formula in ("Ni8Cr8", "Ni4Cr12") for lattice in ("fcc", "bcc")
    }
    without = dataset.split("without 3 components")
    assert sorted(without.test) == [i for i, n in enumerate(dataset.n_components) if n == 3]
    folds = list(grouped_folds(dataset.compositions, n_folds=4))
    np.testing.assert_array_equal(dataset.split("fold 3 of 4").test, folds[2].test)
    np.testing.assert_array_equal(dataset.split("repeat 1, fold 3 of 4").test, folds[2].test)
    with pytest.raises(ConfigError, match=r"Split 'b9'.*or a name like 'fold 3 of 5'"):
        dataset.split("b9")


def test_two_threads_write_one_cache(
    labels: LabelledSet, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages that need the graphs of a set at once; each writes aside, and both are whole."""
    written: list[Path] = []
    meeting = Barrier(2, timeout=60)

    def slow(tensors: dict[str, torch.Tensor], path: Path) -> None:
        meeting.wait()
        written.append(path)
        save_file(tensors, path)

    monkeypatch.setattr(dataset_module, "save_file", slow)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: make_dataset(labels, grid=GRID, progress=False), range(2)))
    assert len(set(written)) == 2
    assert [path.suffix for path in _cached(home)] == [".safetensors"]
    _assert_same(both[0].graphs, both[1].graphs)
    _assert_same(make_dataset(labels, grid=GRID).graphs, both[0].graphs)
