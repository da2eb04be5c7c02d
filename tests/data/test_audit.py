from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from heanet.data.audit import audit, fit_references
from heanet.data.corrections import from_table, species_runs
from heanet.data.labels import load_labels
from tests.data.published_set import GROUND_STATE, PARENT, make_cell, make_labels


def _set() -> tuple[pd.DataFrame, dict[str, Structure]]:
    table = make_labels()
    table.insert(0, "lattice", [name[-3:] for name in table.index])
    return table, {name: make_cell(name.split("_")[0]) for name in table.index}


TABLE, CELLS = _set()


def _found(table: pd.DataFrame, cells: dict[str, Structure] = CELLS) -> dict[tuple, str]:
    return {(row.name, row.field): row.corrected for row in from_table(audit(table, cells))}


def test_labels_that_agree_are_left_alone() -> None:
    assert audit(TABLE, CELLS).empty


def test_the_references_are_those_that_made_the_labels() -> None:
    references = fit_references(TABLE, CELLS)
    for lattice, parent in PARENT.items():
        assert references["emix", lattice] == pytest.approx(parent, abs=2e-5)
        assert references["eform", lattice] == pytest.approx(GROUND_STATE, abs=2e-5)


# No deadline: the linear programmes take their time on a busy machine.
@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(TABLE.index.to_list()),
    st.sampled_from(["etot", "emix", "eform"]),
    st.floats(1e-3, 5.0),
    st.booleans(),
)
def test_the_wrong_energy_is_told_from_the_right_ones(
    name: str, field: str, error: float, negative: bool
) -> None:
    table = TABLE.copy()
    table.loc[name, field] += -error if negative else error
    found = _found(table)
    assert list(found) == [(name, field)]
    assert float(found[name, field]) == pytest.approx(TABLE.loc[name, field], abs=3e-5)


def test_emix_and_eform_may_both_be_wrong_while_etot_is_right() -> None:
    table = TABLE.copy()
    table.loc["Fe8Ni8_sqsbcc", ["emix", "eform"]] *= 1.5
    assert list(_found(table)) == [("Fe8Ni8_sqsbcc", "emix"), ("Fe8Ni8_sqsbcc", "eform")]


def test_a_moment_divided_by_the_wrong_number_of_atoms() -> None:
    table = TABLE.copy()
    table.loc["Fe8Ni8_sqsbcc", "mb"] = 24.04
    table.loc["Fe8Ni8_sqsbcc", "ms"] = 2.0
    (row,) = from_table(audit(table, CELLS))
    assert (row.field, row.given, row.corrected) == ("ms", "2.0", "1.5025")
    assert "divided by 12, the cell has 16 atoms" in row.reason


def test_rounding_is_no_error() -> None:
    table = TABLE.round({"ms": 2, "mb": 1})
    assert audit(table, CELLS).empty


def test_missing_labels_are_neither_wrong_nor_filled() -> None:
    table = TABLE.copy()
    table.loc["Fe8Ni8_sqsbcc", ["etot", "ms"]] = np.nan
    table.loc["Fe8Cr8_sqsbcc", ["emix", "mb"]] = np.nan
    assert audit(table, CELLS).empty


@pytest.mark.parametrize(
    ("name", "in_file", "given", "corrected"),
    [
        # Another element in the place of one, known to the other labels or not.
        ("Fe8Ni4Cr4_sqsbcc", "Fe8Ni4Mn4", "Fe8 Ni4 Mn4", "Fe8 Ni4 Cr4"),
        ("Fe8Cr8_sqsfcc", "Ni8Cr8", "Ni8 Cr8", "Fe8 Cr8"),
        # One element written twice: the first sites keep it.
        ("Fe8Ni4Cr4_sqsbcc", "Fe8Ni8", "Fe8 Ni8", "Fe8 Ni4 Cr4"),
    ],
)
def test_wrong_species_are_put_right_site_by_site(
    name: str, in_file: str, given: str, corrected: str
) -> None:
    cells = CELLS | {name: make_cell(in_file)}
    (row,) = from_table(audit(TABLE, cells))
    assert (row.name, row.field, row.given, row.corrected) == (name, "structure", given, corrected)


def test_the_name_is_wrong_if_the_energies_are_those_of_the_file() -> None:
    table = TABLE.rename(index={"Fe8Cr8_sqsfcc": "Fe8Co8_sqsfcc"})
    cells = CELLS | {"Fe8Co8_sqsfcc": CELLS["Fe8Cr8_sqsfcc"]}
    assert audit(table, cells).empty


def test_a_name_that_is_no_formula_states_nothing() -> None:
    table = TABLE.rename(index={"Fe8Cr8_sqsfcc": "Sample_1_fcc"})
    assert audit(table, CELLS | {"Sample_1_fcc": CELLS["Fe8Cr8_sqsfcc"]}).empty


def test_too_few_rows_accuse_nobody() -> None:
    few = TABLE[TABLE["lattice"] == "fcc"].iloc[:4].copy()
    few.loc["Fe8Ni8_sqsfcc", "emix"] += 1.0
    assert audit(few, CELLS).empty


def test_labels_of_another_definition_accuse_nobody() -> None:
    other = TABLE.copy()
    other["emix"] = np.random.default_rng(1).normal(size=len(other))
    assert audit(other, CELLS).empty


# README of the published data: reference energies in eV/atom, recovered there to 1e-5.
PUBLISHED_REFERENCES = {
    ("eform", "fcc"): [-9.50831, -8.98510, -8.23716, -7.03592, -5.46842, -5.21793],
    ("emix", "fcc"): [-9.11755, -8.91280, -8.08309, -7.01781, -5.46842, -5.21793],
    ("emix", "bcc"): [-9.50831, -8.84646, -8.23716, -6.93653, -5.37396, -5.17216],
}


def test_the_published_errors_are_found_and_no_others(hea_dft_folder: Path) -> None:
    raw = load_labels(hea_dft_folder, corrected=False)
    issues = pd.read_csv(hea_dft_folder / "label_issues.csv")
    found = {(row.name, row.field): row.corrected for row in from_table(raw.corrections)}
    assert list(found) == list(zip(issues["structure"], issues["field"], strict=True))
    for issue in issues[issues["field"] != "structure"].itertuples():
        corrected = float(found[issue.structure, issue.field])
        assert corrected == pytest.approx(float(issue.expected), abs=1e-4)
    references = fit_references(raw.table, raw.structures(progress=False))
    for key, energies in PUBLISHED_REFERENCES.items():
        expected = dict(zip(("Cr", "Mn", "Fe", "Co", "Ni", "Pd"), energies, strict=True))
        assert references[key] == pytest.approx(expected, abs=1e-4)


def test_corrected_cells_have_the_composition_of_their_names(hea_dft_folder: Path) -> None:
    labels = load_labels(hea_dft_folder)
    expected = {
        "NiCoPd_sqsfcc": "Ni8 Co8 Pd8",
        "FeCrMn_sqsbcc": "Fe12 Mn12 Cr12",
        "Fe24Ni24Co24Cr24Mn64_sqsfcc": "Fe24 Ni24 Co24 Cr24 Mn64",
    }
    assert {name: species_runs(labels.read_cell(name)) for name in expected} == expected
