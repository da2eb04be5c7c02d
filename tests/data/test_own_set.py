"""The labelled set that comes with the project: balanced, consistent, and made again."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Composition

from heanet.data.audit import audit
from heanet.data.generatedset import BUILT, CELLS, displacement
from heanet.data.labels import SHIPPED, LabelledSet, default_set, load_labels
from heanet.data.recipes import CellRecipe, families, plan_cells
from heanet.data.splits import published_split
from heanet.data.structures import read_structures
from heanet.properties import Lattice

NAME = "alloys"


@pytest.fixture(scope="module")
def own() -> LabelledSet:
    return load_labels(SHIPPED / NAME)


@pytest.fixture(scope="module")
def recipes(own: LabelledSet) -> dict[str, CellRecipe]:
    asked = own.source["generated"]
    groups, lattices = families(asked["elements"]), asked["lattices"]
    planned = plan_cells(groups, lattices, asked["n"], seed=asked["seed"])
    return {recipe.name: recipe for recipe in planned}


def counts(name: str) -> dict[str, int]:
    formula = Composition(name.partition("_")[0])
    return {str(element): int(n) for element, n in formula.items()}


def test_it_is_the_default_where_nothing_was_imported() -> None:
    assert default_set() == NAME


def test_it_holds_what_was_planned(own: LabelledSet, recipes: dict[str, CellRecipe]) -> None:
    assert len(own.table) >= 400
    assert set(own.table.index) | set(own.source["failed"]) == set(recipes)
    kinds = Counter((len(counts(name)), lattice) for name, lattice in own.table["lattice"].items())
    assert {size for size, _ in kinds} == {2, 3, 4, 5}
    assert max(kinds.values()) - min(kinds.values()) <= max(3, len(own.source["failed"]))
    sizes = [sum(counts(name).values()) for name in own.table.index]
    assert (min(sizes), max(sizes)) == (16, 40)
    assert sum(path.stat().st_size for path in own.folder.rglob("*") if path.is_file()) < 10e6


def test_labels_follow_from_each_other(own: LabelledSet) -> None:
    table, energies = own.table, own.source["reference_energies"]
    for name, row in table.iterrows():
        elements = counts(str(name))
        n_atoms = sum(elements.values())
        lattice: Lattice = row["lattice"]
        parent = sum(n * energies[e][lattice] for e, n in elements.items()) / n_atoms
        ground = sum(n * min(energies[e].values()) for e, n in elements.items()) / n_atoms
        assert row["emix"] == pytest.approx(row["etot"] - parent, abs=1e-6)
        assert row["eform"] == pytest.approx(row["etot"] - ground, abs=1e-6)
        assert row["mb"] == pytest.approx(row["ms"] * n_atoms, rel=1e-6)
    assert table.notna().all().all()


def test_cells_hold_the_atoms_of_their_name_and_rmsd_is_their_displacement(
    own: LabelledSet,
) -> None:
    for name in own.table.index[::40]:
        (built,) = read_structures(own.folder / BUILT / name)
        relaxed = own.read_cell(name)
        assert relaxed.composition.get_el_amt_dict() == counts(name)
        assert displacement(built, relaxed) == pytest.approx(own.table.loc[name, "rmsd"], abs=1e-5)


def test_a_lattice_that_was_lost_shows_in_the_displacement(own: LabelledSet) -> None:
    cells = pd.read_csv(own.folder / CELLS, index_col="name")
    rmsd = own.table["rmsd"]
    assert rmsd[~cells["survived"]].median() > 3 * rmsd[cells["survived"]].median()


@pytest.mark.slow
def test_the_audit_finds_nothing(own: LabelledSet) -> None:
    assert len(audit(own.table, own.structures(progress=False))) == 0


@pytest.mark.parametrize(
    ("split", "learnt", "tested"),
    [
        ("a1", {2, 3, 4}, {5}),
        ("a2", {2, 3}, {4, 5}),
        ("a3", {4, 5}, {2, 3}),
        ("b0", {4, 5}, {4, 5}),
        ("b1", {2, 3}, {2, 3}),
        ("b2", {2, 3, 4, 5}, {2, 3, 4, 5}),
        ("a0", {2, 3, 4, 5}, {2, 3, 4, 5}),
    ],
)
def test_the_notes_splits_cut_it_by_component_count(
    own: LabelledSet, split: str, learnt: set[int], tested: set[int]
) -> None:
    names = list(own.table.index)
    cut = published_split(split, names, own.partitions)
    rows = np.concatenate([cut.train, cut.validation, cut.test])
    assert len(set(rows.tolist())) == len(rows)
    for part, sizes in ((cut.train, learnt), (cut.validation, learnt), (cut.test, tested)):
        assert {len(counts(names[i])) for i in part} == sizes
    if split[0] == "a":
        assert len(rows) == len(names)


def test_two_cells_are_labelled_again(own: LabelledSet, recipes: dict[str, CellRecipe]) -> None:
    """On fcc: where a lattice collapses, rounding decides where to, on another processor."""
    pytest.importorskip("chgnet", reason="CHGNet is not installed (requirements-teacher.txt)")
    from heanet.data.generate import label_cell
    from heanet.data.teacher import load_teacher

    load_teacher()
    fcc = [r for name, r in recipes.items() if r.lattice == "fcc" and name in own.table.index]
    for recipe in sorted(fcc, key=lambda recipe: (recipe.n_atoms, recipe.name))[:2]:
        part, row = label_cell(recipe), own.table.loc[recipe.name]
        assert part["energy"] == pytest.approx(row["etot"], abs=1e-4)
        assert np.mean(part["moments"]) == pytest.approx(row["ms"], abs=1e-3)


def test_the_card_says_what_the_labels_are(own: LabelledSet) -> None:
    card = Path(own.folder / "README.md").read_text(encoding="utf-8")
    for words in ("not DFT", "no sign", "Against DFT", "Gaussian process", own.fingerprint[:12]):
        assert words in card
    record = json.loads((own.folder / "source.json").read_text(encoding="utf-8"))
    assert all(name in card for name in record["versions"])
