"""Make the labelled set of sample_data/alloys and its card.

    python sample_data/make_alloys.py [--dft FOLDER]     everything; goes on where it was
    python sample_data/make_alloys.py --check 10         label ten random rows again and compare

The card (README.md in the set's folder) says what the labels are, how they compare with DFT on the
cells that both sets have, and what a network learns from them.
"""

import sys
import time
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import tyro
from matplotlib import pyplot as plt

from heanet.comparison.cases import gp_values
from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import Dataset, make_dataset
from heanet.data.generate import generate, label_cell
from heanet.data.generatedset import CELLS
from heanet.data.labels import LabelledSet, load_labels
from heanet.data.recipes import CellRecipe, families, plan_cells
from heanet.data.teacher import MAX_FORCE, load_teacher
from heanet.nn.model import grid_of
from heanet.properties import TASK_KEYS, TASKS
from heanet.training.loop import fit
from heanet.training.values import fit_values

FOLDER = Path(__file__).parent / "alloys"
ELEMENTS = ("Cr-Fe-Co-Ni-Mn", "Cr-Fe-Co-Ni-Pd")
LATTICES = ("fcc", "bcc")
N_CELLS, SEED = 432, 0
MAX_CHANGE = (1e-4, 1e-3)  # eV/atom, muB/atom
TRAIN = TrainConfig(epochs=200, batch_size=32, lr=2e-3)


def main(dft: str = "hea-dft", workers: int = 2, check: int = 0) -> None:
    """Make the set and its card, or check rows of it.

    Args:
        dft: The DFT set to compare with.
        workers: Processes.
        check: Number of random rows to label again; 0 makes the set.
    """
    if check:
        check_rows(load_labels(FOLDER), check)
        return
    made = generate(FOLDER, ELEMENTS, lattices=LATTICES, n=N_CELLS, seed=SEED, workers=workers)
    print(f"{made.labelled} cells, {len(made.failed)} failed")
    own, reference = load_labels(FOLDER), load_labels(dft)
    sections = [
        about(own),
        against_dft(own, reference),
        learnt(make_dataset(own, grid=grid_of(ModelConfig()))),
    ]
    (FOLDER / "README.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def check_rows(own: LabelledSet, n: int) -> None:
    """Label random rows again, print what changed, and fail where it is too much."""
    load_teacher()
    groups = families(own.source["generated"]["elements"])
    recipes = plan_cells(groups, LATTICES, N_CELLS, seed=SEED)
    known = {r.name: r for r in recipes if r.name in own.table.index}
    chosen = np.random.default_rng(time.time_ns()).choice(list(known), n, replace=False)
    differences = [differences_of(known[name], own) for name in chosen]
    print(pd.DataFrame(differences, index=chosen).to_string())
    energy, moment = np.max([list(d.values()) for d in differences], axis=0)
    print(f"largest: {energy:.1e} eV/atom, {moment:.1e} muB/atom")
    if energy > MAX_CHANGE[0] or moment > MAX_CHANGE[1]:
        sys.exit(f"more than {MAX_CHANGE[0]:g} eV/atom or {MAX_CHANGE[1]:g} muB/atom")


def differences_of(recipe: CellRecipe, own: LabelledSet) -> dict[str, float]:
    """What labelling a cell again changes."""
    part = label_cell(recipe)
    row = own.table.loc[recipe.name]
    return {
        "etot (eV/atom)": abs(part["energy"] - row["etot"]),
        "ms (muB/atom)": abs(float(np.mean(part["moments"])) - row["ms"]),
    }


def about(own: LabelledSet) -> str:
    """What the set holds and what its labels are."""
    source, cells = own.source, pd.read_csv(own.folder / CELLS, index_col="name")
    by_lattice = pd.concat([own.table["lattice"], cells["survived"]], axis=1)
    survived = by_lattice.groupby("lattice")["survived"].agg(["sum", "count"])
    lost = "; ".join(
        f"{row['sum']} of {row['count']} {lattice} cells" for lattice, row in survived.iterrows()
    )
    versions = ", ".join(f"{name} {version}" for name, version in source["versions"].items())
    energies = pd.DataFrame(source["reference_energies"]).T.round(4)
    return f"""# {source["title"]}

{len(own.table)} cells of {" and ".join(source["generated"]["elements"])}: two to five components,
16 to 40 atoms, fcc and bcc, built as special quasirandom structures (built/) and relaxed
(structures/) until every force was below {MAX_FORCE:g} eV/Angstrom. Made by this project with
`python sample_data/make_alloys.py` ({versions}); fingerprint `{own.fingerprint[:12]}`.
{len(source["failed"])} cells that did not converge are left out (source.json names them).

**The labels are CHGNet's** (doi 10.1038/s42256-023-00716-3), a universal potential, **not DFT**.
- etot: energy of the relaxed cell on CHGNet's own scale; only differences mean something.
- emix, eform: against pure elements relaxed by CHGNet on the parent lattice, and on the lowest of
  fcc, bcc and hcp (for Mn the true ground state, alpha-Mn with 58 atoms, is not among them).
- ms, mb: mean and sum of site moments. CHGNet gives magnitudes: **no sign**, so an
  antiferromagnet has a large moment here and none in DFT.
- rmsd: distance of the relaxed atoms from the sites of the parent lattice, stretched with the cell.
- survived (cells.csv): whether half of the atoms still show the parent lattice: {lost}.

Energies of the elements, eV/atom:

{markdown(energies, "element")}"""


def against_dft(own: LabelledSet, reference: LabelledSet) -> str:
    """Labels of both sets on the compositions and lattices that both have."""
    grid = grid_of(ModelConfig())
    mine, theirs = (_by_alloy(make_dataset(each, grid=grid)) for each in (own, reference))
    shared = mine.index.intersection(theirs.index)
    pairs = {task: (theirs.loc[shared, task], mine.loc[shared, task]) for task in TASK_KEYS}
    rows = []
    for task, (dft, teacher) in pairs.items():
        off = teacher - dft
        r = float(np.corrcoef(dft, teacher)[0, 1])
        rows.append((task, TASKS[task].unit, len(off), r, off.mean(), off.abs().mean()))
    columns = ["task", "unit", "n", "correlation", "mean difference", "mean absolute difference"]
    table = pd.DataFrame(rows, columns=columns).set_index("task").round(4)
    _parity(pairs, FOLDER / "parity.svg")
    return f"""## Against DFT

On the {len(shared)} pairs of composition and parent lattice that {reference.title.split(":")[0]}
has too (labels corrected; cells of other arrangement and size, averaged where there are several).
etot stands on another scale; mb grows with the cell, whose size differs.

{markdown(table, "task")}

![CHGNet labels against DFT labels](parity.svg)"""


def learnt(dataset: Dataset) -> str:
    """Errors of a network on the test rows of split b2, beside a Gaussian process."""
    split = dataset.split("b2")
    start = time.monotonic()
    found = fit(dataset, split, ModelConfig(), TRAIN)
    seconds = time.monotonic() - start
    fitted = np.concatenate([split.train, split.validation])
    network = fit_values(found, dataset, split.test)
    process = gp_values(dataset, fitted, split.test)
    labels = dataset.labels.iloc[split.test]
    rows = [
        (
            task,
            TASKS[task].unit,
            len(labels),
            float(np.abs(network[task] - labels[task]).mean()),
            float(np.abs(process[task] - labels[task]).mean()),
        )
        for task in TASK_KEYS
    ]
    columns = ["task", "unit", "n", "HEANet, MAE", "Gaussian process, MAE"]
    table = pd.DataFrame(rows, columns=columns).set_index("task").round(4)
    return f"""## What is learnt from it

One HEANet (six tasks, {TRAIN.epochs} epochs, seed {TRAIN.seed}), fitted in {seconds:.0f} s on one
core to the {len(fitted)} training and validation rows of split b2, and a Gaussian process on
composition and parent lattice on the same rows. The network reads the relaxed cells, the process
does not: what the network gains is what the relaxed distances tell. Errors on the {len(labels)}
test rows:

{markdown(table, "task")}"""


def _by_alloy(dataset: Dataset) -> pd.DataFrame:
    """Mean labels by composition and lattice."""
    keys = [
        f"{alloy} {lattice}"
        for alloy, lattice in zip(dataset.compositions, dataset.lattices, strict=True)
    ]
    return dataset.labels.groupby(keys).mean()


def _parity(pairs: dict[str, tuple[pd.Series, pd.Series]], path: Path) -> None:
    mpl.rcParams["svg.hashsalt"] = "alloys"  # the same file from the same numbers
    figure, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
    for axis, (task, (dft, teacher)) in zip(axes.flat, pairs.items(), strict=True):
        axis.plot(dft, teacher, ".", markersize=4)
        if task != "etot":
            axis.axline((dft.mean(), dft.mean()), slope=1, color="grey", linewidth=0.8)
        axis.set(xlabel=f"DFT {task} ({TASKS[task].unit})", ylabel="CHGNet")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def markdown(table: pd.DataFrame, head: str) -> str:
    """A table for people."""
    lines = [
        f"| {head} | {' | '.join(map(str, table.columns))} |",
        "|---" * (table.shape[1] + 1) + "|",
    ]
    lines += [
        f"| {name} | {' | '.join(map(str, row))} |"
        for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    tyro.cli(main)
