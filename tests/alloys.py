"""Small labelled alloys for tests that train: made here, seconds to fit."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from pymatgen.core import Lattice, Structure

from heanet.config import ModelConfig
from heanet.data.corrections import to_table
from heanet.data.dataset import Dataset, fraction_table
from heanet.data.elementgraph import element_graph
from heanet.data.labels import LabelledSet
from heanet.nn.model import grid_of
from heanet.properties import LATTICES, TASK_KEYS

GROUND = {"Cr": -9.5, "Fe": -8.2, "Ni": -5.5}
PARENT = {
    "fcc": {"Cr": -9.1, "Fe": -8.0, "Ni": -5.5},
    "bcc": {"Cr": -9.5, "Fe": -8.2, "Ni": -5.3},
}
MOMENT = {"Cr": -0.3, "Fe": 2.2, "Ni": 0.6}
VOLUME = {"Cr": 11.9, "Fe": 11.4, "Ni": 10.9}
CELLS = {
    "fcc": (3.6, [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
    "bcc": (2.86, [[0, 0, 0], [0.5, 0.5, 0.5]]),
}
# A network that learns these alloys in a second.
SMALL = ModelConfig(
    hidden_channels=16, n_filters=8, n_interactions=2, tower_h1=16, tower_h2=8, n_gaussian=24
)


def alloy(lattice: str, *, seed: int, n_atoms: int = 16) -> Structure:
    """A slightly disordered random alloy of Cr, Fe and Ni."""
    rng = np.random.default_rng(seed)
    a, sites = CELLS[lattice]
    cell = Structure(Lattice.cubic(a), ["Fe"] * len(sites), sites)
    cell.make_supercell([2, 2, n_atoms // len(sites) // 4])
    weights = rng.dirichlet([1.5] * 3)
    species = rng.choice(["Cr", "Fe", "Ni"], size=len(cell), p=weights)
    noise = rng.normal(scale=0.05, size=(len(cell), 3))
    return Structure(cell.lattice, species, cell.cart_coords + noise, coords_are_cartesian=True)


def labels_of(structure: Structure, lattice: str) -> dict[str, float]:
    """Labels with the exact relations, and a residual that depends on the pairs."""
    x = structure.composition.get_atomic_fraction
    eform = 0.3 * x("Cr") * x("Ni") - 0.2 * x("Fe") * x("Ni") + 0.05 * (lattice == "bcc")
    etot = eform + sum(x(a) * e for a, e in GROUND.items())
    ms = sum(x(a) * m for a, m in MOMENT.items()) + x("Fe") * x("Ni")
    return {
        "etot": etot,
        "emix": etot - sum(x(a) * e for a, e in PARENT[lattice].items()),
        "eform": eform,
        "ms": ms,
        "mb": ms * len(structure),
        "rmsd": 0.05 + 0.4 * x("Cr") * (lattice == "bcc"),
        "v0": sum(x(a) * v for a, v in VOLUME.items()) + 0.5 * x("Fe") * x("Ni"),
    }


def small_dataset(n: int = 24, config: ModelConfig = SMALL) -> Dataset:
    """A data set of n alloys, half fcc and half bcc, that needs no file."""
    lattices = ["fcc", "bcc"] * (n // 2)
    cells = [alloy(lattice, seed=i) for i, lattice in enumerate(lattices)]
    names = [f"alloy{i}_sqs{lattice}" for i, lattice in enumerate(lattices)]
    rows = [labels_of(cell, lattice) for cell, lattice in zip(cells, lattices, strict=True)]
    table = pd.DataFrame(rows, index=pd.Index(names, name="name"))
    table.insert(0, "lattice", lattices)
    graphs = [element_graph(c, grid=grid_of(config), use_pbc=config.use_pbc) for c in cells]
    for graph, lattice in zip(graphs, lattices, strict=True):
        graph.lattice = torch.tensor([LATTICES.index(lattice)])
    source = LabelledSet(
        name="small",
        title="Small alloys",
        table=table,
        corrections=to_table([]),
        corrected=True,
        partitions={"Database": tuple(names)},
        fingerprint=f"small {n}",
        folder=Path(),
        source={},
    )
    return Dataset(
        source=source,
        graphs=graphs,
        labels=table[list(TASK_KEYS)],
        fractions=fraction_table(graphs, names),
        n_atoms=np.array([float(len(cell)) for cell in cells]),
    )
