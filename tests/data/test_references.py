import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pymatgen.core import Composition

from heanet.data.leastdeviations import robust_fit
from heanet.data.publishedtables import read_published_table
from heanet.data.references import References, carry_references, fit_references
from heanet.data.splits import published_split
from heanet.errors import DataError
from heanet.properties import PUBLISHED_TASKS, TASK_KEYS

GROUND = {"Cr": -9.5, "Fe": -8.2, "Ni": -5.5}
PARENT = {
    "fcc": {"Cr": -9.1, "Fe": -8.0, "Ni": -5.5},
    "bcc": {"Cr": -9.5, "Fe": -8.2, "Ni": -5.3},
}
MOMENT = {"Cr": -0.3, "Fe": 2.2, "Ni": 0.6}
VOLUME = {"Cr": 11.9, "Fe": 11.4, "Ni": 10.9}


class Rows:
    """Labelled rows that satisfy every identity."""

    def __init__(self, n: int = 60, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.fractions = pd.DataFrame(rng.dirichlet([1, 1, 1], n), columns=list(GROUND))
        self.lattices = rng.choice(["fcc", "bcc"], n).tolist()
        self.n_atoms = rng.integers(2, 160, n).astype(float)
        eform = rng.normal(0.05, 0.04, n)
        etot = eform + self.fractions.to_numpy() @ list(GROUND.values())
        rows = [list(PARENT[lattice].values()) for lattice in self.lattices]
        parent = np.reshape(rows, (n, 3))
        ms = self.fractions.to_numpy() @ list(MOMENT.values()) + rng.laplace(0, 0.05, n)
        self.labels = pd.DataFrame(
            {
                "etot": etot,
                "emix": etot - (self.fractions.to_numpy() * parent).sum(axis=1),
                "eform": eform,
                "ms": ms,
                "mb": ms * self.n_atoms,
                "rmsd": rng.uniform(0, 0.6, n),
                "v0": self.fractions.to_numpy() @ list(VOLUME.values()) + rng.laplace(0, 0.1, n),
            }
        )

    def fit(self, tasks: tuple[str, ...] = TASK_KEYS, *, transform: bool = True) -> References:
        return fit_references(
            self.labels[list(tasks)], self.fractions, self.lattices, self.n_atoms,
            transform=transform,
        )  # fmt: skip

    def residual(self, references: References, task: str) -> np.ndarray:
        labels = self.labels[task].to_numpy()
        fractions = self.fractions[list(references.elements)].to_numpy()
        return references.to_residual(task, labels, fractions, self.lattices, self.n_atoms)

    def restore(self, references: References, task: str, residual: np.ndarray) -> np.ndarray:
        fractions = self.fractions[list(references.elements)].to_numpy()
        return references.from_residual(task, residual, fractions, self.lattices, self.n_atoms)


def _assert_energies(references: References, tolerance: float = 1e-6) -> None:
    assert references.ground == pytest.approx(GROUND, abs=tolerance)
    assert set(references.parent) == set(PARENT)
    for lattice, energies in PARENT.items():
        assert references.parent[lattice] == pytest.approx(energies, abs=tolerance)


def test_the_references_that_made_the_labels_are_found() -> None:
    references = Rows().fit()
    _assert_energies(references)
    assert references.moment == pytest.approx(MOMENT, abs=0.05)
    assert references.elemental == {"volume": pytest.approx(VOLUME, abs=0.1)}
    assert references.known == TASK_KEYS


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), transform=st.booleans())
def test_residuals_and_back_are_the_labels(seed: int, transform: bool) -> None:
    rows = Rows(n=12, seed=seed)
    references = rows.fit(transform=transform)
    for task in TASK_KEYS:
        back = rows.restore(references, task, rows.residual(references, task))
        np.testing.assert_allclose(back, rows.labels[task], atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000))
def test_whatever_the_residual_the_exact_relations_hold(seed: int) -> None:
    rows = Rows(n=15, seed=seed)
    references = rows.fit()
    residual = np.random.default_rng(seed).normal(size=15) * 10
    value = {task: rows.restore(references, task, residual) for task in TASK_KEYS}
    ground = rows.fractions.to_numpy() @ list(references.ground.values())
    np.testing.assert_allclose(value["etot"] - value["eform"], ground, atol=1e-10)
    parent = [
        sum(rows.fractions[a][i] * e for a, e in references.parent[lattice].items())
        for i, lattice in enumerate(rows.lattices)
    ]
    np.testing.assert_allclose(value["etot"] - value["emix"], parent, atol=1e-10)
    np.testing.assert_allclose(value["mb"], rows.n_atoms * value["ms"], atol=1e-10)


def test_tasks_of_a_group_share_their_residual() -> None:
    rows = Rows()
    references = rows.fit()
    for group in (("etot", "emix", "eform"), ("ms", "mb")):
        first, *others = (rows.residual(references, task) for task in group)
        for other in others:
            np.testing.assert_allclose(other, first, atol=1e-5)


def test_residuals_are_centred_and_of_unit_spread() -> None:
    rows = Rows()
    scaled, plain = rows.fit(), rows.fit(transform=False)
    for task in TASK_KEYS:
        residual = rows.residual(scaled, task)
        assert np.median(residual) == pytest.approx(0, abs=1e-4)
        assert np.std(residual) == pytest.approx(1, abs=1e-4)
    np.testing.assert_array_equal(rows.residual(plain, "eform"), rows.labels["eform"])
    np.testing.assert_array_equal(rows.residual(plain, "rmsd"), rows.labels["rmsd"])


@pytest.mark.parametrize("task", ["etot", "emix", "eform"])
@pytest.mark.parametrize("error", [0.3, -5.0])
def test_one_wrong_label_in_ten_moves_nothing(task: str, error: float) -> None:
    rows = Rows(n=80)
    wrong = np.random.default_rng(1).choice(80, 8, replace=False)
    rows.labels.loc[wrong, task] += error
    _assert_energies(rows.fit())


def test_missing_labels_are_left_out_and_stay_missing() -> None:
    rows = Rows(n=80)
    whole = rows.fit()
    rng = np.random.default_rng(2)
    for task in TASK_KEYS:
        rows.labels.loc[rng.choice(80, 25, replace=False), task] = np.nan
    references = rows.fit()
    _assert_energies(references)
    assert references.centre == pytest.approx(whole.centre, abs=0.1)
    for task in TASK_KEYS:
        residual = rows.residual(references, task)
        np.testing.assert_array_equal(np.isnan(residual), rows.labels[task].isna())


def test_a_moment_of_the_cell_counts_where_that_per_atom_is_missing() -> None:
    rows = Rows()
    whole = rows.fit(("ms",))
    rows.labels.loc[::2, "ms"] = np.nan
    assert rows.fit(("ms", "mb")).moment == pytest.approx(whole.moment, abs=1e-9)


def test_only_total_energies_leave_what_is_linear_in_composition_to_the_references() -> None:
    rows = Rows()
    references = rows.fit(("etot",))
    assert references.known == ("etot",)
    assert references.parent == {}
    # eform is all that the composition does not explain, so the fit takes its mean as well.
    assert references.ground == pytest.approx({a: e + 0.05 for a, e in GROUND.items()}, abs=0.06)
    assert np.abs(rows.residual(references, "etot") * references.spread["energy"]).max() < 0.2


def test_only_mixing_energies_need_no_reference() -> None:
    rows = Rows()
    references = rows.fit(("emix",), transform=False)
    assert references.known == ("emix",)
    assert references.parent == {}
    np.testing.assert_array_equal(rows.residual(references, "emix"), rows.labels["emix"])
    # Without any energy of the elements no lattice is unknown either.
    assert references.element_offsets("emix", "hcp").tolist() == [0, 0, 0]


def test_total_and_mixing_energies_give_the_parent_lattices() -> None:
    rows = Rows()
    references = rows.fit(("etot", "emix"))
    assert references.known == ("etot", "emix")
    for lattice, energies in PARENT.items():
        assert references.parent[lattice] == pytest.approx(energies, abs=1e-6)
    etot, emix = (rows.residual(references, task) for task in ("etot", "emix"))
    np.testing.assert_allclose(etot, emix, atol=1e-5)


def test_formation_and_mixing_energies_give_the_difference_of_the_lattices() -> None:
    rows = Rows()
    references = rows.fit(("eform", "emix"))
    assert references.known == ("emix", "eform")
    assert references.ground == dict.fromkeys(GROUND, 0.0)
    difference = {a: PARENT["bcc"][a] - GROUND[a] for a in GROUND}
    assert references.parent["bcc"] == pytest.approx(difference, abs=1e-6)
    eform, emix = (rows.residual(references, task) for task in ("eform", "emix"))
    np.testing.assert_allclose(eform, emix, atol=1e-5)


def test_mixing_energies_find_their_anchor_where_the_total_energy_is_missing() -> None:
    rows = Rows()
    bcc = np.array(rows.lattices) == "bcc"
    rows.labels.loc[bcc, "etot"] = np.nan
    _assert_energies(rows.fit())


def test_total_and_formation_energies_that_never_meet_still_share_a_residual() -> None:
    rows = Rows(n=200)
    rows.labels.loc[:99, "etot"] = np.nan
    rows.labels.loc[100:, "eform"] = np.nan
    references = rows.fit(("etot", "eform"))
    assert references.ground == pytest.approx(GROUND, abs=0.05)


def test_only_moments_of_the_cell_give_both_moments() -> None:
    rows = Rows()
    references = rows.fit(("mb",))
    assert references.known == ("ms", "mb")
    assert references.moment == pytest.approx(MOMENT, abs=0.05)
    assert references.ground == dict.fromkeys(GROUND, 0.0)
    ms = rows.restore(references, "ms", rows.residual(references, "mb"))
    np.testing.assert_allclose(ms, rows.labels["ms"], atol=1e-12)


def test_the_mixing_energy_is_unknown_on_a_lattice_that_was_not_there() -> None:
    rows = Rows()
    references = rows.fit()
    assert np.isnan(references.element_offsets("emix", "hcp")).all()
    rows.lattices = ["hcp"] * len(rows.lattices)
    assert np.isnan(rows.restore(references, "emix", np.zeros(60))).all()
    assert np.isfinite(rows.restore(references, "etot", np.zeros(60))).all()


def test_the_mixing_energy_is_unknown_for_an_element_that_its_lattice_did_not_have() -> None:
    rows = Rows()
    bcc = np.array(rows.lattices) == "bcc"
    keep = ~bcc | (np.arange(60) % 2 == 0)
    # Every second bcc row loses its nickel, the others are not there for the fit.
    nickel = rows.fractions.loc[bcc & keep, "Ni"]
    rows.labels.loc[bcc & keep, "etot"] += nickel * (GROUND["Fe"] - GROUND["Ni"])
    rows.labels.loc[bcc & keep, "emix"] += nickel * (
        GROUND["Fe"] - GROUND["Ni"] - PARENT["bcc"]["Fe"] + PARENT["bcc"]["Ni"]
    )
    rows.fractions.loc[bcc & keep, "Fe"] += nickel
    rows.fractions.loc[bcc & keep, "Ni"] = 0.0
    references = fit_references(
        rows.labels[keep],
        rows.fractions[keep],
        [lattice for lattice, kept in zip(rows.lattices, keep, strict=True) if kept],
        rows.n_atoms[keep],
    )
    cr_fe = {a: PARENT["bcc"][a] for a in ("Cr", "Fe")}
    assert references.parent["bcc"] == pytest.approx(cr_fe, abs=1e-6)
    assert references.parent["fcc"] == pytest.approx(PARENT["fcc"], abs=1e-6)
    known = np.isfinite(rows.restore(references, "emix", np.zeros(60)))
    np.testing.assert_array_equal(known, keep)


def test_an_element_without_an_atom_is_not_a_reference() -> None:
    rows = Rows()
    rows.fractions.insert(1, "Pd", 0.0)
    references = rows.fit()
    assert references.elements == ("Cr", "Fe", "Ni")
    assert set(references.ground) == set(references.moment) == {"Cr", "Fe", "Ni"}
    _assert_energies(references)


def test_one_row_is_enough_to_give_its_labels_back() -> None:
    rows = Rows(n=1)
    references = rows.fit()
    assert references.spread == dict.fromkeys(("energy", "magnetic", "geometry", "volume"), 1.0)
    for task in TASK_KEYS:
        back = rows.restore(references, task, rows.residual(references, task))
        np.testing.assert_allclose(back, rows.labels[task], atol=1e-12)
        assert rows.residual(references, task) == pytest.approx([0], abs=1e-9)


@pytest.mark.parametrize("n", [0, 5])
def test_rows_without_any_label_are_refused(n: int) -> None:
    rows = Rows(n=n)
    rows.labels.loc[:, :] = np.nan
    with pytest.raises(DataError, match="hold no label"):
        rows.fit()


def test_references_come_back_from_json() -> None:
    references = Rows().fit()
    assert References.model_validate_json(references.model_dump_json()) == references


def test_a_task_that_is_not_learnt_leaves_no_trace() -> None:
    """The text of references is part of the keys of runs; it is what it was before the task."""
    references = Rows().fit(PUBLISHED_TASKS)
    assert references.known == PUBLISHED_TASKS
    assert list(references.spread) == list(references.centre) == ["energy", "magnetic", "geometry"]
    written = references.model_dump()
    assert list(written) == ["elements", "ground", "parent", "moment", "centre", "spread", "known"]
    whole = Rows().fit()
    assert whole.known == TASK_KEYS
    for key in ("elements", "ground", "parent", "moment"):
        assert getattr(whole, key) == getattr(references, key)
    assert {key: whole.spread[key] for key in references.spread} == references.spread


def test_shares_of_other_elements_than_the_references_are_refused() -> None:
    written = Rows().fit().model_dump()
    del written["elemental"]["volume"]["Cr"]
    with pytest.raises(ValidationError, match="elemental must name the elements"):
        References.model_validate(written)


def _carried(earlier: tuple[str, ...], tasks: tuple[str, ...]) -> References:
    """References of Cr and Fe that are carried to rows with Ni."""
    rows = Rows()
    first = Rows(seed=1)
    first.fractions["Cr"] += first.fractions["Ni"]
    first.fractions["Ni"] = 0.0
    shares = first.fractions.to_numpy()
    eform = first.labels["eform"]
    first.labels["etot"] = eform + shares @ list(GROUND.values())
    parent = np.array([list(PARENT[lattice].values()) for lattice in first.lattices])
    first.labels["emix"] = first.labels["etot"] - (shares * parent).sum(axis=1)
    first.labels["v0"] = shares @ list(VOLUME.values()) + 3.0
    carried = carry_references(
        first.fit(earlier), rows.labels[list(tasks)], rows.fractions, rows.lattices, rows.n_atoms
    )
    assert carried is not None
    return carried


def test_shares_of_the_elements_are_carried_and_completed() -> None:
    carried = _carried(TASK_KEYS, TASK_KEYS)
    assert carried.known == TASK_KEYS
    volumes = carried.elemental["volume"]
    assert volumes["Cr"] == pytest.approx(VOLUME["Cr"] + 3.0, abs=1e-6)
    # What the rows leave over once the known elements have their volume.
    assert volumes["Ni"] < VOLUME["Ni"]
    new = _carried(PUBLISHED_TASKS, TASK_KEYS)
    assert new.known == TASK_KEYS
    assert new.elemental["volume"] == pytest.approx(VOLUME, abs=0.1)
    assert new.spread["volume"] == Rows().fit().spread["volume"]
    old = _carried(TASK_KEYS, PUBLISHED_TASKS)
    assert old.elemental["volume"] == {"Cr": volumes["Cr"], "Fe": volumes["Fe"], "Ni": 0.0}
    assert _carried(PUBLISHED_TASKS, PUBLISHED_TASKS).elemental == {}


def _published_energies(folder: Path) -> dict[str, dict[str, float]]:
    """The reference energies of the published labels, by "ground state", "fcc" and "bcc"."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    elements = ["Cr", "Mn", "Fe", "Co", "Ni", "Pd"]
    assert f"| | {' | '.join(elements)} |" in text
    found = re.findall(r"^\| (ground state|fcc|bcc) \(e\w+\) \|(.*)\|$", text, flags=re.MULTILINE)
    return {
        name: dict(zip(elements, map(float, row.split("|")), strict=True)) for name, row in found
    }


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("split", ["Database", "b2"])
def test_the_published_references_are_found(
    hea_dft_folder: Path, split: str, corrected: bool
) -> None:
    table = read_published_table(hea_dft_folder / "labels" / "Database.xlsx")
    if corrected:
        for issue in pd.read_csv(hea_dft_folder / "label_issues.csv").itertuples():
            if issue.field in TASK_KEYS:
                table.loc[issue.structure, issue.field] = float(issue.expected)
    if split == "b2":
        table = table.iloc[published_split("b2", table.index, {"Database": table.index}).train]
    # Every label was made for the composition that it is named after.
    cells = [Composition(name.split("_")[0]).fractional_composition for name in table.index]
    fractions = pd.DataFrame([cell.as_dict() for cell in cells], index=table.index).fillna(0.0)
    references = fit_references(
        table[list(TASK_KEYS)], fractions, list(table["lattice"]), np.full(len(table), np.nan)
    )
    published = _published_energies(hea_dft_folder)
    assert references.ground == pytest.approx(published["ground state"], abs=1e-4)
    for lattice in ("fcc", "bcc"):
        assert references.parent[lattice] == pytest.approx(published[lattice], abs=1e-4)


def test_one_composition_gives_equal_elements_equal_parts() -> None:
    """Twenty cells of one alloy leave every direction open but one; none is made up."""
    fractions = np.full((20, 4), 0.25)
    energies = robust_fit(fractions, np.full(20, -7.5))
    assert energies == pytest.approx([-7.5] * 4)
