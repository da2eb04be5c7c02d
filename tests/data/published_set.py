"""A small labelled set in the published layout, its labels satisfying every identity."""

from pathlib import Path

import numpy as np
import pandas as pd
from pymatgen.core import Composition, Lattice, Structure

GROUND_STATE = {"Fe": -8.2, "Ni": -5.5, "Cr": -9.5}
PARENT = {
    "fcc": {"Fe": -8.0, "Ni": -5.5, "Cr": -9.1},
    "bcc": {"Fe": -8.2, "Ni": -5.3, "Cr": -9.5},
}
FORMULAS = ("Fe8Ni8", "Fe8Cr8", "Ni8Cr8", "Fe4Ni12", "Fe12Cr4", "Ni4Cr12", "Fe8Ni4Cr4", "FeNi2Cr",
            "Fe4Ni4Cr8", "Fe2Ni7Cr7", "Fe7Ni2Cr7", "Fe7Ni7Cr2")  # fmt: skip
COLUMNS = {
    "etot": "Etot (eV/atom)",
    "emix": "Emix (eV/atom)",
    "eform": "Eform (eV/atom)",
    "ms": "Ms (mub/atom)",
    "mb": "mb (mub/cell)",
    "rmsd": "rmsd (\\AA)",
    "v0": "V0 (A3/atom)",
}


def make_cell(formula: str) -> Structure:
    """A bcc cell of 16 atoms, the species in the order of the formula."""
    composition = Composition(formula)
    counts = {key: round(n * 16 / composition.num_atoms) for key, n in composition.items()}
    sites = Structure(Lattice.cubic(2.83), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    sites.make_supercell([2, 2, 2])
    species = [key for key, n in counts.items() for _ in range(n)]
    return Structure(sites.lattice, species, sites.frac_coords)


def make_labels() -> pd.DataFrame:
    """Labels that satisfy every identity, as the published tables print them."""
    rng = np.random.default_rng(7)
    rows = {}
    for lattice, parent in PARENT.items():
        for formula in FORMULAS:
            shares = Composition(formula).fractional_composition.as_dict()
            etot = round(sum(x * GROUND_STATE[key] for key, x in shares.items()), 5)
            etot = round(etot + rng.uniform(-0.1, 0.1), 5)
            eform = etot - sum(x * GROUND_STATE[key] for key, x in shares.items())
            emix = etot - sum(x * parent[key] for key, x in shares.items())
            mb = round(rng.uniform(0, 30), 2)
            rows[f"{formula}_sqs{lattice}"] = {
                "etot": etot, "emix": round(emix, 5), "eform": round(eform, 5),
                "ms": round(mb / 16, 3), "mb": mb, "rmsd": 0.1, "v0": 11.33,
            }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def write_table(path: Path, labels: pd.DataFrame) -> None:
    """One .xlsx as published: an index column, the name, the labels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = labels.rename(columns=COLUMNS).reset_index(names="structures")
    sheet.to_excel(path, engine="openpyxl")
