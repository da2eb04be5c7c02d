"""The table of a chunk says what ``heanet.predict`` says, and what a row is worth."""

import json
import math

import numpy as np
import pytest

from heanet.data.alloys import Alloy, build_alloy
from heanet.data.domain import Domain
from heanet.data.randomalloy import random_alloy_graph
from heanet.errors import ModelInputError
from heanet.nn.model import grid_of
from heanet.prediction import Model, load_model, predict
from heanet.screening.table import (
    check_model,
    composition_doubts,
    mixing_entropy,
    predict_table,
)
from heanet.training.ensemble import estimate
from tests.alloys import GROUND

ELEMENTS = ("Ni", "Cr", "Fe")
SHARES = np.array([[0.2, 0.3, 0.5], [0, 1, 0], [0.6, 0, 0.4]])
LATTICES = ("fcc", "bcc", "bcc")


def test_values_are_the_estimates_of_the_graphs_one_by_one(model: Model) -> None:
    table = predict_table(model, ELEMENTS, SHARES, LATTICES)
    graphs = [
        random_alloy_graph(
            dict(zip(ELEMENTS, row, strict=True)), lattice, grid_of(model.card.model)
        )
        for row, lattice in zip(SHARES, LATTICES, strict=True)
    ]
    expected = estimate(model.ensemble, graphs)
    for task, unit in (("etot", "eV/atom"), ("ms", "muB/atom"), ("rmsd", "Angstrom")):
        found = table[f"{task} ({unit})"].to_numpy()
        np.testing.assert_allclose(found, expected.mean(task), atol=2e-5)
    spread = expected.spread["energy"]
    np.testing.assert_allclose(table["etot std"].to_numpy(), 2 * np.hypot(0.01, spread), rtol=1e-3)
    assert table["lattice"].to_pylist() == list(LATTICES)
    assert table["Cr"].to_pylist() == [0.3, 1.0, 0.0]


def test_the_exact_relation_of_energies_holds_in_every_row(model: Model) -> None:
    table = predict_table(model, ELEMENTS, SHARES, LATTICES)
    ground = SHARES @ [model.ensemble.references[0].ground[symbol] for symbol in ELEMENTS]
    difference = table["etot (eV/atom)"].to_numpy() - table["eform (eV/atom)"].to_numpy()
    np.testing.assert_allclose(difference, ground, atol=1e-9)
    assert model.ensemble.references[0].ground == pytest.approx(GROUND, abs=0.2)


def test_a_pure_element_is_predicted_as_its_cell(model: Model) -> None:
    table = predict_table(model, ELEMENTS, SHARES, LATTICES)
    (cell,) = predict([build_alloy(Alloy({"Cr": 1.0}, "bcc", 16))], model, lattice="bcc")
    for task, value in cell.values.items():
        if task != "mb":
            assert table[f"{task} ({value.unit})"][1].as_py() == pytest.approx(
                value.value, abs=2e-5
            )
            assert table[f"{task} std"][1].as_py() == pytest.approx(value.std, rel=1e-3)


def test_columns_say_their_units_and_leave_out_what_needs_a_cell(model: Model) -> None:
    schema = predict_table(model, ELEMENTS, SHARES, LATTICES).schema
    assert schema.names == [
        *ELEMENTS, "lattice", "etot (eV/atom)", "etot std", "emix (eV/atom)", "emix std",
        "eform (eV/atom)", "eform std", "ms (muB/atom)", "ms std", "rmsd (Angstrom)", "rmsd std",
        "mixing entropy (R)", "nearest training composition", "warnings",
    ]  # fmt: skip
    assert schema.field("etot std").metadata[b"unit"] == b"eV/atom"
    about = json.loads(schema.metadata[b"heanet"])
    assert (about["model"], about["weights_sha256"]) == ("small-built", model.card.weights_sha256)


def test_mixing_entropy() -> None:
    found = mixing_entropy(np.array([[0.2] * 5, [1, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0]]))
    np.testing.assert_allclose(found, [math.log(5), 0, math.log(2)])
    assert not np.signbit(found[1])


def test_doubts_are_the_distance_and_the_pairs_never_seen_together() -> None:
    domain = Domain(
        elements=("Cr", "Fe", "Ni"),
        names=("a", "b", "c"),
        lattices=("fcc", "fcc", "bcc"),
        compositions=((0.5, 0.5, 0), (0, 0.5, 0.5), (0, 0.4, 0.6)),
        volumes={"Cr": 11.9, "Fe": 11.4, "Ni": 10.9},
        ranges={"volume": (0, 9), "shortest_pair": (0, 9), "disorder": (0, 9)},
        composition_gap=0.2,
        apart=(("Cr", "Ni"),),
    )
    shares = np.array([[0.5, 0, 0.5], [0.5, 0.45, 0.05], [0.2, 0.4, 0.4]])  # Ni, Cr, Fe
    nearest, flags = composition_doubts(domain, ("Ni", "Cr", "Fe"), shares)
    np.testing.assert_allclose(nearest, [0, 0.45, 0.2])
    assert flags == ["", "apart far", "apart far"]


def test_a_model_that_cannot_be_asked_is_refused(model: Model) -> None:
    with pytest.raises(
        ModelInputError, match=r"never seen Mn, Co\. Expected elements out of Cr Fe"
    ):
        check_model(model, ("Cr", "Mn", "Co"), ("fcc",))
    with pytest.raises(ModelInputError, match=r"hcp was not in .* Expected some of fcc bcc"):
        check_model(model, ("Cr",), ("fcc", "hcp"))
    with pytest.raises(ModelInputError, match="'hea-six' reads relaxed cells"):
        check_model(load_model("hea-six"), ("Cr",), ("fcc",))
