"""Labels and structures -> a data set of element graphs, cached.

Making the graphs of the DFT set takes seconds, reading them back milliseconds; the cache lies in
HEANET_HOME and is keyed by the fingerprint of the labels and structures and by the radial grid.
"""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pymatgen.core import Element, Structure
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch_geometric.data import Data
from tqdm import tqdm

from heanet.config import CellKind
from heanet.data.builtcells import TWIN_VERSION, built_cells
from heanet.data.elementgraph import RadialGrid, element_graph
from heanet.data.home import heanet_home, make_private, written_whole
from heanet.data.labels import LabelledSet
from heanet.data.splitnames import own_split, parse_split_name
from heanet.data.splits import Rows, Split, published_split
from heanet.errors import DataError
from heanet.properties import LATTICES, TASK_KEYS

# Raise it when element graphs of the same structure change.
GRAPH_VERSION = 1

# Symbols and atomic fractions: a composition that can be compared across labelled sets.
Alloy = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Element graphs and their labels, row by row.

    Attributes:
        source: The labelled set that the rows come from.
        graphs: One element graph per row, with ``lattice`` (1,) as an index into LATTICES.
        labels: Task columns, NaN where a label is missing, (n_structures, n_tasks).
        fractions: Atomic fractions, a column per element, (n_structures, n_elements).
        n_atoms: Atoms per cell, (n_structures,).
        cells: Which cells the graphs are of.
    """

    source: LabelledSet
    graphs: list[Data]
    labels: pd.DataFrame
    fractions: pd.DataFrame
    n_atoms: NDArray[np.float64]
    cells: CellKind = "relaxed"

    def read_cells(self, rows: Rows) -> dict[str, Structure]:
        """The cells that the graphs of some rows are of, by name."""
        names = [self.names[i] for i in rows]
        if self.cells == "built":
            built = built_cells(self.source, progress=False)
            return {name: built[name] for name in names}
        return {name: self.source.read_cell(name) for name in names}

    @cached_property
    def names(self) -> list[str]:
        """Row names."""
        return [str(name) for name in self.labels.index]

    @cached_property
    def lattices(self) -> list[str]:
        """Parent lattice of each row."""
        return [str(lattice) for lattice in self.source.table["lattice"]]

    @cached_property
    def compositions(self) -> list[Alloy]:
        """Composition of each row, equal for cells of the same alloy: the groups of a split."""
        symbols, rows = list(self.fractions.columns), self.fractions.to_numpy().tolist()
        return [alloy_of(dict(zip(symbols, row, strict=True))) for row in rows]

    @cached_property
    def systems(self) -> list[str]:
        """The elements of each row by atomic number, for example "Cr-Fe-Ni"."""
        present = (self.fractions > 0).to_numpy()
        return ["-".join(self.fractions.columns[row]) for row in present]

    @cached_property
    def n_components(self) -> list[int]:
        """Number of elements of each row."""
        return [len(alloy) for alloy in self.compositions]

    def alloys(self, rows: Rows) -> dict[str, Alloy]:
        """Composition by name of some rows, in their order."""
        return {self.names[i]: self.compositions[i] for i in rows}

    def split(self, name: str) -> Split:
        """A split of this data set by its name.

        Args:
            name: A published one (a0-a3, b0-b2), or one of ours as it names itself: "fold 3 of 5"
                and "repeat 2, fold 3 of 5" (grouped by composition, seed 0), "without Cr-Fe-Ni",
                "without 3 components", "2+3 components" (all of them train), "4+5 components, fold
                1 of 5, 10 %" (a tenth of them trains, a fifth by composition tests).

        Raises:
            ConfigError: There is no such split.
            DataError: The data set does not have what the split needs.
        """
        form = parse_split_name(name)
        if form is None:
            return published_split(name, self.names, self.source.partitions)
        return own_split(
            form,
            compositions=self.compositions,
            systems=self.systems,
            n_components=self.n_components,
        )


def make_dataset(
    labels: LabelledSet,
    *,
    grid: RadialGrid,
    use_pbc: bool = True,
    cells: CellKind = "relaxed",
    progress: bool = True,
) -> Dataset:
    """The data set of a labelled set.

    Args:
        labels: Labelled set; its structures are read only if no cached graphs are there.
        grid: Radial grid of the element graphs.
        use_pbc: Count periodic images.
        cells: Relaxed cells, or as they were built.
        progress: Show a progress bar where a terminal is attached.

    Raises:
        DataError: A row names an unknown parent lattice, or a cell does not show what it was built
            as.
    """
    unknown = set(labels.table["lattice"]) - set(LATTICES)
    if unknown:
        raise DataError(f"Parent lattices {sorted(unknown)}", expected=f"some of {LATTICES}")
    path = _cache_path(labels, grid, use_pbc=use_pbc, cells=cells)
    names = [str(name) for name in labels.table.index]
    graphs = _load(path)
    if graphs is None:
        built = built_cells(labels, progress=progress) if cells == "built" else {}
        bar = tqdm(names, desc="Element graphs", disable=None if progress else True)
        graphs = [
            element_graph(
                built[name] if built else labels.read_cell(name), grid=grid, use_pbc=use_pbc
            )
            for name in bar
        ]
        _save(_pack(graphs), path)
    return Dataset(
        source=labels,
        graphs=with_lattices(graphs, labels.table["lattice"]),
        labels=labels.table[list(TASK_KEYS)],
        fractions=fraction_table(graphs, names),
        n_atoms=np.array([float(graph.n_atoms) for graph in graphs]),
        cells=cells,
    )


def alloy_of(fractions: Mapping[str, float]) -> Alloy:
    """The composition with these atomic fractions, whatever their order and rounding."""
    # Six digits tell cells of a thousand atoms apart and forget how a fraction was stored.
    return tuple((symbol, round(x, 6)) for symbol, x in sorted(fractions.items()) if x > 0)


def with_lattices(graphs: list[Data], lattices: Iterable[str]) -> list[Data]:
    """The graphs, each with ``lattice`` (1,), the index of its parent lattice in LATTICES."""
    for graph, lattice in zip(graphs, lattices, strict=True):
        graph.lattice = torch.tensor([LATTICES.index(lattice)])
    return graphs


def fraction_table(graphs: list[Data], names: list[str]) -> pd.DataFrame:
    """Atomic fractions of element graphs, a column per element in order of atomic number."""
    rows = [dict(zip(g.z.tolist(), g.fraction.double().tolist(), strict=True)) for g in graphs]
    numbers = sorted({z for row in rows for z in row})
    table = pd.DataFrame(rows, index=names, columns=numbers, dtype=float).fillna(0.0)
    return table.rename(columns={z: Element.from_Z(z).symbol for z in numbers})


def _cache_path(labels: LabelledSet, grid: RadialGrid, *, use_pbc: bool, cells: CellKind) -> Path:
    key = f"{GRAPH_VERSION} {labels.fingerprint} {grid} {use_pbc}"
    if cells == "built":
        key += f" built {TWIN_VERSION}"
    name = hashlib.sha256(key.encode()).hexdigest()[:20]
    return heanet_home() / "cache" / f"graphs-{name}.safetensors"


def _load(path: Path) -> list[Data] | None:
    """The cached graphs; None where there are none, or the file is damaged."""
    try:
        return _unpack(load_file(path))
    except (FileNotFoundError, SafetensorError):
        return None


def _save(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Keep graphs for the next time; where nothing can be written they are made again then."""
    with suppress(OSError, SafetensorError, DataError):
        make_private(path.parent)
        with written_whole(path) as scratch:
            save_file(tensors, scratch)


def _pack(graphs: list[Data]) -> dict[str, torch.Tensor]:
    """All graphs end to end; ``n_elements`` tells where one stops."""
    return {
        "n_elements": torch.tensor([len(g.z) for g in graphs]),
        "n_atoms": torch.cat([g.n_atoms for g in graphs]),
        "z": torch.cat([g.z for g in graphs]),
        "fraction": torch.cat([g.fraction for g in graphs]),
        "edge_index": torch.cat([g.edge_index for g in graphs], dim=1).contiguous(),
        "edge_attr": torch.cat([g.edge_attr for g in graphs]),
    }


def _unpack(tensors: dict[str, torch.Tensor]) -> list[Data]:
    n_elements = tensors["n_elements"].tolist()
    n_pairs = [n**2 for n in n_elements]
    parts = zip(
        tensors["z"].split(n_elements),
        tensors["fraction"].split(n_elements),
        tensors["edge_index"].split(n_pairs, dim=1),
        tensors["edge_attr"].split(n_pairs),
        tensors["n_atoms"].split(1),
        strict=True,
    )
    keys = ("z", "fraction", "edge_index", "edge_attr", "n_atoms")
    return [Data(**dict(zip(keys, part, strict=True)), num_nodes=len(part[0])) for part in parts]
