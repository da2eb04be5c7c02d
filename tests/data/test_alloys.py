"""Building cells: compositions, names, notes and errors."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet.data.alloys import (
    ARRANGEMENTS,
    Alloy,
    Arrangement,
    alloy_name,
    build_alloy,
    build_ordered,
    parse_composition,
    whole_atoms,
)
from heanet.data.ideallattice import PROTOTYPES, atomic_volume
from heanet.data.lattices import detect_lattice, lattice_from_name
from heanet.errors import ConfigError, HeanetError, StructureError
from heanet.properties import LATTICES, Lattice

SYMBOLS = ("Cr", "Mn", "Fe", "Co", "Ni", "Pd")
CANTOR = dict.fromkeys(("Cr", "Mn", "Fe", "Co", "Ni"), 0.2)


def elements_of(name: str) -> list[str]:
    return re.findall(r"[A-Z][a-z]?", name)


@st.composite
def fractions(draw: st.DrawFn) -> dict[str, float]:
    symbols = draw(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=5, unique=True))
    parts = [draw(st.integers(1, 30)) for _ in symbols]
    return {symbol: part / sum(parts) for symbol, part in zip(symbols, parts, strict=True)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CrFeCoNi", {"Cr": 0.25, "Fe": 0.25, "Co": 0.25, "Ni": 0.25}),
        ("Cr20Mn20Fe20Co20Ni20", CANTOR),
        ("Al0.3CoCrFeNi", {"Al": 0.3 / 4.3, "Co": 1 / 4.3, "Cr": 1 / 4.3, "Fe": 1 / 4.3,
                           "Ni": 1 / 4.3}),
        ("Fe0.6Ni0.4", {"Fe": 0.6, "Ni": 0.4}),
        ("Fe-Ni", {"Fe": 0.5, "Ni": 0.5}),
        (" Fe2 Ni\n", {"Fe": 2 / 3, "Ni": 1 / 3}),
        ("(FeNi)2Cr", {"Fe": 0.4, "Ni": 0.4, "Cr": 0.2}),
        ("Ni", {"Ni": 1.0}),
    ],
)  # fmt: skip
def test_a_formula_gives_fractions(text: str, expected: dict[str, float]) -> None:
    assert parse_composition(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Fe0.5Ni0.4", "sum to 0.9"),
        ("Xx2Ni", "Xx"),
        ("crfe", "crfe"),
        ("", "is no composition"),
        ("Fe0Ni0", "names no element"),
        ("12", "is no composition"),
    ],
)
def test_what_is_no_composition_is_refused(text: str, message: str) -> None:
    with pytest.raises(StructureError, match=message):
        parse_composition(text)


@given(wanted=fractions(), n_atoms=st.integers(1, 200))
def test_whole_atoms_are_the_nearest_there_are(wanted: dict[str, float], n_atoms: int) -> None:
    try:
        counts = whole_atoms(wanted, n_atoms)
    except StructureError:
        assert len(wanted) > n_atoms or min(wanted.values()) * n_atoms < 1
        return
    assert sum(counts.values()) == n_atoms
    assert min(counts.values()) >= 1
    assert all(abs(counts[symbol] - n_atoms * x) < 1 for symbol, x in wanted.items())
    # Moving one atom to another element comes no closer.
    off = {symbol: counts[symbol] - n_atoms * x for symbol, x in wanted.items()}
    assert max(off.values()) - min(off.values()) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("wanted", "n_atoms", "message"),
    [
        (CANTOR, 4, "5 elements in a cell of 4 atoms.*5 atoms or more"),
        ({"Fe": 0.98, "Ni": 0.02}, 10, "2 % Ni are less than one atom of 10.*50 atoms or more"),
        ({"Fe": 0.7, "Ni": 0.2}, 10, "sum to 0.9"),
        ({"Fe": 1.2, "Ni": -0.2}, 10, "fraction of Ni is -0.2"),
        ({"Fe": 1.0, "Ni": 0.0}, 10, "fraction of Ni is 0"),
        ({"Fe": float("nan"), "Ni": 0.5}, 10, "fraction of Fe is nan"),
    ],
)
def test_compositions_that_no_cell_can_hold(
    wanted: dict[str, float], n_atoms: int, message: str
) -> None:
    with pytest.raises(StructureError, match=message):
        whole_atoms(wanted, n_atoms)


@settings(max_examples=40)
@given(
    wanted=fractions(),
    lattice=st.sampled_from(LATTICES),
    n_atoms=st.integers(31, 60),
    arrangement=st.sampled_from(ARRANGEMENTS),
    seed=st.integers(0, 2**31 - 1),
)
def test_a_built_cell_is_what_was_asked_for(
    wanted: dict[str, float], lattice: Lattice, n_atoms: int, arrangement: Arrangement, seed: int
) -> None:
    alloy = Alloy(wanted, lattice, n_atoms, arrangement, seed, iterations=100)
    try:
        cell, again = build_alloy(alloy), build_alloy(alloy)
    except StructureError:
        assert min(wanted.values()) * n_atoms < 1.5
        return
    counts = {str(symbol): int(n) for symbol, n in cell.composition.get_el_amt_dict().items()}
    assert cell == again
    assert abs(len(cell) - n_atoms) <= (lattice == "hcp")
    assert counts == whole_atoms(wanted, len(cell))
    assert cell.volume == pytest.approx(sum(n * atomic_volume(s) for s, n in counts.items()))
    assert np.linalg.det(cell.lattice.matrix) > 0
    assert detect_lattice(cell).fractions[lattice] == 1
    assert lattice_from_name(cell.properties["name"]) == lattice == cell.properties["lattice"]
    assert cell.properties["seed"] == seed
    assert [site.specie.Z for site in cell] == sorted(site.specie.Z for site in cell)


def test_another_seed_gives_another_cell() -> None:
    cells = [build_alloy(Alloy(CANTOR, "fcc", 40, seed=seed)) for seed in (0, 1)]
    assert cells[0] != cells[1]


@pytest.mark.parametrize(
    ("alloy", "notes"),
    [
        (Alloy(CANTOR, "fcc", 40), []),
        (
            Alloy(CANTOR, "fcc", 38),
            ["nearest composition that 38 atoms can hold: "
             "Cr 21.1 Mn 21.1 Fe 21.1 Co 18.4 Ni 18.4 (atomic %)"],
        ),
        (Alloy({"Ni": 1.0}, "hcp", 7), ["8 atoms instead of 7: hcp has 2 a cell"]),
    ],
)  # fmt: skip
def test_the_notes_say_where_a_cell_is_not_quite_it(alloy: Alloy, notes: list[str]) -> None:
    assert build_alloy(alloy).properties["notes"] == notes


@pytest.mark.parametrize("lattice", LATTICES)
@pytest.mark.parametrize(("arrangement", "ending"), [("sqs", "_sqs{}"), ("random", "_random_{}")])
def test_names_end_in_how_it_was_built(
    lattice: Lattice, arrangement: Arrangement, ending: str
) -> None:
    name = alloy_name({"Cr": 8, "Ni": 1}, lattice, arrangement)
    assert name == "Cr8Ni1" + ending.format(lattice)
    assert lattice_from_name(name) == lattice


@pytest.mark.parametrize(
    ("prototype", "elements", "name", "n_atoms"),
    [
        ("B2", ["Fe", "Co"], "FeCo_B2_bcc", 2),
        ("L1_2", ["Fe", "Ni"], "FeNi3_L1_2_fcc", 4),
        ("L1_0", ["Fe", "Pd"], "FePd_L1_0_fcc", 4),
        ("D0_3", ["Al", "Fe"], "AlFe3_D0_3_bcc", 16),
    ],
)
def test_ordered_alloys(prototype: str, elements: list[str], name: str, n_atoms: int) -> None:
    cell = build_ordered(prototype, elements, repeats=2)
    lattice = PROTOTYPES[prototype].lattice
    assert cell.properties["name"] == name
    assert lattice_from_name(name) == lattice
    assert len(cell) == 8 * n_atoms
    assert elements_of(cell.composition.reduced_formula) == sorted(
        elements, key=elements_of(cell.composition.reduced_formula).index
    )
    assert cell.composition[elements[0]] * len(PROTOTYPES[prototype].sites[1]) == (
        cell.composition[elements[1]] * len(PROTOTYPES[prototype].sites[0])
    )
    assert detect_lattice(cell).fractions[lattice] == 1


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: build_alloy(Alloy(CANTOR, "sc", 40)), StructureError, "Lattice 'sc'"),
        (lambda: build_alloy(Alloy(CANTOR, "fcc", 0)), StructureError, "0 atoms"),
        (lambda: build_alloy(Alloy(CANTOR, "fcc", 30_000)), StructureError, "1 to 20,000"),
        (lambda: build_alloy(Alloy(CANTOR, "fcc", 40, "sorted")), ConfigError, "'sorted'"),
        (
            lambda: build_alloy(Alloy(CANTOR, "fcc", 40, "sqs", iterations=0)),
            ConfigError,
            "0 arrangements",
        ),
        (lambda: build_ordered("L12", ["Fe", "Ni"]), StructureError, "Did you mean 'L1_2'"),
        (lambda: build_ordered("B2", ["Fe"]), StructureError, "2 different elements"),
        (lambda: build_ordered("B2", ["Fe", "Fe"]), StructureError, "2 different elements"),
        (lambda: build_ordered("B2", ["Fe", "Co"], repeats=0), StructureError, "at least 1"),
        (lambda: build_ordered("B2", ["Fe", "Og"]), StructureError, "volume of Og"),
    ],
)
def test_what_cannot_be_built_is_said(
    build: Callable[[], object], error: type[HeanetError], message: str
) -> None:
    with pytest.raises(error, match=message):
        build()
