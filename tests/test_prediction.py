"""Predictions: exact relations, shares, lattices, warnings, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

import heanet
from heanet.data.alloys import Alloy, build_alloy
from heanet.errors import CheckpointError, ModelInputError, StructureError
from heanet.fileprediction import predict_files
from heanet.modelinput import MODELS
from heanet.prediction import (
    Model,
    check_input,
    load_model,
    predict,
)
from heanet.properties import PUBLISHED_TASKS, TASKS
from heanet.training.registry import SHIPPED, available_models

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_data" / "structures"


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("hea-six")


def cell(symbols: list[str], *, lattice: str = "fcc", name: str = "", seed: int = 0) -> Structure:
    """32 (fcc) or 16 (bcc) atoms of a plausible volume, off their sites like relaxed ones."""
    a, sites = {
        "fcc": (3.58, [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
        "bcc": (2.84, [[0, 0, 0], [0.5, 0.5, 0.5]]),
    }[lattice]
    ideal = Structure(Lattice.cubic(a), ["Fe"] * len(sites), sites) * 2
    rng = np.random.default_rng(seed)
    species = rng.permutation((symbols * len(ideal))[: len(ideal)])
    noise = rng.normal(scale=0.03, size=(len(ideal), 3))
    found = Structure(ideal.lattice, species, ideal.cart_coords + noise, coords_are_cartesian=True)
    found.properties["name"] = name
    return found


CANTOR = ["Cr", "Mn", "Fe", "Co", "Ni"]


def test_six_tasks_with_error_bars_and_units(model: Model) -> None:
    (found,) = predict([cell(CANTOR)], model)
    assert tuple(found.values) == PUBLISHED_TASKS
    assert all(found.values[task].unit == TASKS[task].unit for task in PUBLISHED_TASKS)
    assert all(found.values[task].std > 0 for task in PUBLISHED_TASKS)
    assert found.n_atoms == 32
    assert -9 < found.values["etot"].value < -6
    assert -0.2 < found.values["eform"].value < 0.3


@pytest.mark.parametrize("lattice", ["fcc", "bcc"])
def test_exact_relations(model: Model, lattice: str) -> None:
    structure = cell(CANTOR, lattice=lattice)
    (found,) = predict([structure], model, lattice=lattice)
    value = {task: found.values[task].value for task in PUBLISHED_TASKS}
    reference = model.ensemble.references[0]
    fraction = structure.composition.get_atomic_fraction
    ground = sum(fraction(a) * e for a, e in reference.ground.items())
    parent = sum(fraction(a) * e for a, e in reference.parent[lattice].items())
    assert value["etot"] == pytest.approx(value["eform"] + ground, abs=1e-6)
    assert value["emix"] == pytest.approx(value["etot"] - parent, abs=1e-6)
    assert value["mb"] == pytest.approx(value["ms"] * len(structure), abs=1e-6)
    assert found.values["mb"].std == pytest.approx(found.values["ms"].std * len(structure))


def test_shares_sum_to_the_value(model: Model) -> None:
    (found,) = predict([cell(CANTOR)], model)
    for task, shares in found.shares.items():
        assert set(shares) == set(CANTOR)
        assert sum(shares.values()) == pytest.approx(found.values[task].value, abs=1e-6)


def test_a_supercell_gives_the_same_but_for_the_moment_of_the_cell(model: Model) -> None:
    one = cell(CANTOR, name="x_fcc")
    small, large = predict([one, one * (2, 1, 1)], model, lattice="fcc")
    for task in PUBLISHED_TASKS:
        factor = 2 if TASKS[task].extensive else 1
        assert large.values[task].value == pytest.approx(
            factor * small.values[task].value, abs=1e-4
        )


def test_together_equals_one_by_one(model: Model) -> None:
    cells = [cell(CANTOR, seed=1), cell(["Fe", "Ni"], lattice="bcc", seed=2)]
    together = predict(cells, model)
    for one, found in zip(cells, together, strict=True):
        (alone,) = predict([one], model)
        assert found.values["rmsd"].value == pytest.approx(alone.values["rmsd"].value, abs=1e-6)


def test_input_is_not_changed(model: Model) -> None:
    structure = cell(CANTOR)
    before = structure.as_dict()
    predict([structure], model)
    assert structure.as_dict() == before


@pytest.mark.parametrize(
    ("name", "given", "lattice", "source"),
    [
        ("CrMnFeCoNi_sqsbcc", "auto", "bcc", "file name"),
        ("CrMnFeCoNi_sqsbcc", "fcc", "fcc", "given"),
        ("anything", "auto", "fcc", "geometry"),
    ],
)
def test_where_the_parent_lattice_comes_from(
    model: Model, name: str, given: str, lattice: str, source: str
) -> None:
    (found,) = predict([cell(CANTOR, name=name)], model, lattice=given)
    assert (found.lattice, found.lattice_source) == (lattice, source)


def test_a_lattice_that_nothing_shows_is_assumed_and_said(model: Model) -> None:
    gas = Structure(
        Lattice.cubic(6.3), ["Fe"] * 8 + ["Ni"] * 8, np.random.default_rng(3).random((16, 3))
    )
    gas.remove_sites([i for i, site in enumerate(gas) if len(gas.get_neighbors(site, 1.0))])
    (found,) = predict([gas], model)
    assert found.lattice_source in {"assumed", "geometry"}
    assert any("Choose it yourself" in warning for warning in found.warnings)


def test_a_lattice_that_nobody_named_is_a_doubt_with_numbers(model: Model) -> None:
    """Geometry shows what a cell relaxed to; the error bars do not hold what it was built on."""
    structure = cell(CANTOR)
    (found,) = predict([structure], model)
    (bcc,) = predict([structure], model, lattice="bcc")
    (doubt,) = [text for text in found.warnings if "parent lattice" in text]
    emix, rmsd = bcc.values["emix"].value, bcc.values["rmsd"].value
    assert "fcc was read from the geometry, where 100% of the atoms show it" in doubt
    assert f"Built on bcc: emix {emix:.4f} eV/atom" in doubt
    assert f"rmsd {rmsd:.3f} Angstrom." in doubt
    assert not any("parent lattice" in text for text in bcc.warnings)


def test_parent_lattice_changes_the_answer(model: Model) -> None:
    structure = cell(CANTOR)
    fcc, bcc = (predict([structure], model, lattice=lattice)[0] for lattice in ("fcc", "bcc"))
    assert fcc.values["emix"].value != pytest.approx(bcc.values["emix"].value, abs=1e-4)


def test_an_unknown_element_is_refused_by_name(model: Model) -> None:
    with pytest.raises(ModelInputError, match=r"Cu.*Cr Mn Fe Co Ni Pd|Cu.*only"):
        predict([cell(["Cu", "Ni"])], model)


def test_a_lattice_never_seen_is_refused(model: Model) -> None:
    with pytest.raises(ModelInputError, match="hcp"):
        predict([cell(CANTOR)], model, lattice="hcp")


def test_an_unusable_cell_is_refused(model: Model) -> None:
    broken = Structure(Lattice.cubic(3), ["Fe", "Ni"], [[0, 0, 0], [0.05, 0, 0]])
    with pytest.raises(StructureError):
        check_input(model, broken)


def warnings_of(model: Model, structure: Structure) -> str:
    return " ".join(predict([structure], model, lattice="fcc")[0].warnings)


def test_warnings_name_their_reason(model: Model) -> None:
    assert "Mn and Pd never occur together" in warnings_of(model, cell(["Mn", "Pd", "Fe"]))
    assert "nearest training composition" in warnings_of(model, cell(["Pd"]))
    wide = cell(CANTOR).scale_lattice(cell(CANTOR).volume * 1.3)
    assert "volume per atom is larger" in warnings_of(model, wide)
    ideal = Structure.from_sites(cell(CANTOR).sites)
    lattice = Structure(
        Lattice.cubic(3.58), CANTOR[:4], [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    )
    assert "looks unrelaxed" in warnings_of(model, lattice * 2)
    assert "looks unrelaxed" not in warnings_of(model, ideal)


def test_near_cells_are_the_nearest_compositions(model: Model) -> None:
    (found,) = predict([cell(["Fe", "Ni"])], model)
    assert found.near[0].distance == pytest.approx(0, abs=1e-6)
    assert {found.near[0].name, found.near[1].name} == {"NiFe_sqsfcc", "NiFe_sqsbcc"}
    assert found.near[0].lattice == found.lattice
    distances = [near.distance for near in found.near]
    assert distances == sorted(distances)


def test_a_bad_file_does_not_stop_the_others(model: Model, tmp_path: Path) -> None:
    good = tmp_path / "good_fcc.vasp"
    good.write_text(heanet.write_structure(cell(CANTOR), "poscar"))
    bad = tmp_path / "bad.cif"
    bad.write_bytes(b"")
    alien = tmp_path / "alien"
    alien.write_text(heanet.write_structure(cell(["Cu"]), "poscar"))
    rows = predict_files([bad, good, alien], model)
    assert [Path(row["file"]).name for row in rows] == ["bad.cif", "good_fcc.vasp", "alien"]
    assert "error" in rows[0]
    assert rows[1]["lattice_source"] == "file name"
    assert "Cu" in rows[2]["error"]
    json.dumps(rows)


def test_no_structures_no_predictions(model: Model) -> None:
    assert predict([], model) == []


def test_an_unknown_model_is_named_with_those_that_are_there() -> None:
    with pytest.raises(CheckpointError, match=r"hea-six.*Did you mean"):
        load_model("hea-sixx")
    assert available_models()["hea-six"] == SHIPPED / "hea-six"


@pytest.mark.parametrize("name", MODELS.values())
def test_golden_numbers(name: str) -> None:
    """Sample cells through the shipped models: made by models/make_model.py, must not drift."""
    golden = json.loads((SHIPPED / name / "golden.json").read_text())
    files = sorted(p for p in SAMPLES.iterdir() if p.name != "index.json")
    found = predict_files(files, name)
    assert [Path(row["file"]).name for row in found] == [row["file"] for row in golden]
    assert len(found) >= 12
    for row, expected in zip(found, golden, strict=True):
        assert row["lattice"] == expected["lattice"]
        for task, value in expected["predictions"].items():
            assert row["predictions"][task]["value"] == pytest.approx(value["value"], abs=2e-5), (
                task
            )
            assert row["predictions"][task]["std"] == pytest.approx(value["std"], rel=1e-3), task


def test_the_card_keeps_what_it_promises(model: Model) -> None:
    """Cross-validated errors and the coverage of the 90 % interval, as shipped."""
    card = model.card
    mae = {metric.task: metric.mae for metric in card.metrics}
    limits = {"etot": 0.0095, "emix": 0.0095, "eform": 0.0095, "ms": 0.065, "rmsd": 0.045}
    assert all(mae[task] <= limit for task, limit in limits.items())
    assert all(0.8 <= metric.coverage <= 0.97 for metric in card.metrics)
    assert all(
        metric.n == 364 and "grouped by composition" in metric.rows for metric in card.metrics
    )
    assert len(model.ensemble.members) == len(card.seeds) == 15
    assert card.data.corrected


@pytest.mark.slow
def test_every_published_cell_is_answered(model: Model, hea_dft_folder: Path) -> None:
    rows = predict_files(sorted((hea_dft_folder / "structures").iterdir()), model)
    assert len(rows) == 366
    assert [row for row in rows if "error" in row] == []
    reference = model.ensemble.references[0]
    for row in rows:
        (structure,) = heanet.read_structures(row["file"])
        fraction = structure.composition.get_atomic_fraction
        ground = sum(fraction(a) * e for a, e in reference.ground.items())
        found = row["predictions"]
        assert set(found) == set(PUBLISHED_TASKS)
        assert row["lattice_source"] == "file name"
        assert found["etot"]["value"] == pytest.approx(found["eform"]["value"] + ground, abs=1e-6)


def test_each_cell_goes_to_the_model_of_its_kind() -> None:
    ideal = build_alloy(Alloy({"Fe": 0.5, "Ni": 0.5}, "fcc", 16, "random", 0))
    relaxed = cell(["Fe", "Ni"])
    found = predict([relaxed, ideal, relaxed])
    assert [one.cell for one in found] == ["relaxed", "built", "relaxed"]
    assert [one.model for one in found] == ["hea-six", "hea-built", "hea-six"]
    for k, name, structure in ((1, "hea-built", ideal), (0, "hea-six", relaxed)):
        (alone,) = predict([structure], name)
        for task, value in alone.values.items():
            assert found[k].values[task].value == pytest.approx(value.value, abs=1e-5)
    rows = [one.as_dict() for one in found]
    assert [(row["cell"], row["model"]) for row in rows[:2]] == [
        ("relaxed", "hea-six"),
        ("built", "hea-built"),
    ]


def test_the_wrong_model_for_a_kind_of_cell_says_so(model: Model) -> None:
    ideal = build_alloy(Alloy({"Fe": 0.5, "Ni": 0.5}, "fcc", 16, "random", 0))
    (found,) = predict([ideal], model)
    assert "The atoms sit on ideal sites" in found.warnings[0]
    moved = ideal.copy()
    moved.perturb(0.05)
    (put_back,) = predict([moved], "hea-built", lattice="fcc")
    (as_built,) = predict([ideal], "hea-built", lattice="fcc")
    assert "put back on the sites of fcc" in put_back.warnings[0]
    assert put_back.values["eform"].value == pytest.approx(as_built.values["eform"].value, abs=1e-4)
    assert as_built.warnings == ()


def test_the_volume_of_a_cell_as_built_does_not_matter() -> None:
    """What is predicted is the relaxed cell, whose volume nobody knows yet."""
    ideal = build_alloy(Alloy({"Fe": 0.5, "Ni": 0.5}, "bcc", 16, "random", 0))
    wide = ideal.copy()
    wide.scale_lattice(1.3 * ideal.volume)
    one, other = predict([ideal, wide], "hea-built")
    for task, value in one.values.items():
        assert other.values[task].value == pytest.approx(value.value, abs=1e-4)
