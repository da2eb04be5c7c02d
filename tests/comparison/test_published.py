"""Saved networks evaluated again: a small made-up system, and the published one where it is."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pymatgen.core import Structure

from heanet.comparison.checks import PUBLISHED_COLUMNS
from heanet.comparison.published import published_table, shuffled_atoms
from heanet.comparison.reported import CHECKPOINTS, REPORTED
from heanet.comparison.results import read_published
from heanet.data.labels import LabelledSet, load_labels
from heanet.errors import CheckpointError, DataError
from heanet.nn.published import PublishedNet
from heanet.training.published import load_published, published_values
from tests.alloys import alloy
from tests.comparison.test_reported import line, write
from tests.data.published_set import make_labels, write_table
from tests.nn.test_published import WIDTHS, published_form
from tests.test_evaluate_published import TABLE

SHARED = Path(__file__).parents[3] / "shared"
ENERGIES = "mtl_3_etot_emix_ef_HEA_500_b2.pt"  # belongs to the experiment "energy-table"
OTHER = "mtl_3_HEA_7_b2_best_tl2.pt"  # to none
NUMBERS = ["same_rows", "n_same", "trained_of_same", "shuffled", "unseen", "n_unseen"]


def save_network(folder: Path, name: str, *, seed: int = 0) -> None:
    torch.manual_seed(seed)
    (folder / CHECKPOINTS).mkdir(exist_ok=True)
    torch.save(published_form(PublishedNet(WIDTHS)), folder / CHECKPOINTS / name)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """Two networks, two errors that the first one belongs to, one error that has none."""
    folder = tmp_path / "system"
    folder.mkdir()
    save_network(folder, ENERGIES)
    save_network(folder, OTHER, seed=1)
    write(folder, line(mae="0.5"), line(experiment="lost"), line(subset="train", task="eform"))
    return folder


@pytest.fixture
def raw(make_published: Callable[..., Path]) -> LabelledSet:
    """24 cells; the b2 trainer read rows 0-18 to train, 0-2 to test, and never rows 19-23."""
    return load_labels(make_published(_without_a_label), corrected=False)


def _without_a_label(labels: pd.DataFrame) -> None:
    labels.iloc[1, labels.columns.get_loc("eform")] = np.nan


def error(
    system: Path,
    labels: LabelledSet,
    name: str,
    rows: Sequence[int],
    task: str,
    change: Callable[[Structure], Structure] = Structure.copy,
) -> float:
    names = [labels.table.index[i] for i in rows]
    net, said = load_published(system / CHECKPOINTS / name)
    values = published_values(net, [change(labels.read_cell(n)) for n in names])
    truth = labels.table[task][names].to_numpy()
    return float(np.nanmean(np.abs(values[:, said.tasks.index(task)] - truth)))


def test_reported_errors_first_then_the_networks_without_one(
    system: Path, raw: LabelledSet
) -> None:
    table = published_table(system, raw)
    assert tuple(table.columns) == PUBLISHED_COLUMNS
    told = table[table["experiment"] != ""]
    assert told[["experiment", "task", "rows", "reported", "checkpoint"]].to_numpy().tolist() == [
        ["energy-table", "etot", "test", 0.5, ENERGIES],
        ["lost", "etot", "test", 0.5, ""],
        ["energy-table", "eform", "train", 0.5, ENERGIES],
    ]
    assert table.loc[1, NUMBERS].isna().all()
    rest = table[table["experiment"] == ""]
    kinds = {(name, task, rows) for name in (ENERGIES, OTHER)
             for task in ("etot", "emix", "eform") for rows in ("train", "test")}  # fmt: skip
    kinds -= {(ENERGIES, "etot", "test"), (ENERGIES, "eform", "train")}
    found = rest[["checkpoint", "task", "rows"]].itertuples(index=False, name=None)
    assert sorted(found) == sorted(kinds)
    assert rest["reported"].isna().all()
    other = rest[rest["checkpoint"] == OTHER].iloc[0]
    assert other[["split", "strategy", "group", "epochs", "unit"]].tolist() == [
        "b2", "tl2", "etot emix eform", 7, "eV/atom",
    ]  # fmt: skip


def test_the_table_can_be_written_and_read(system: Path, raw: LabelledSet, tmp_path: Path) -> None:
    table = published_table(system, raw)
    table.to_csv(tmp_path / "published.csv", index=False)
    pd.testing.assert_frame_equal(read_published(tmp_path / "published.csv"), table)


def test_errors_are_those_of_the_rows_that_the_trainer_looked_up(
    system: Path, raw: LabelledSet
) -> None:
    etot, _, eform = published_table(system, raw).to_dict("records")[:3]
    unseen = [19, 20, 21, 22, 23]
    assert (etot["n_same"], etot["trained_of_same"], etot["n_unseen"]) == (3, 3, 5)
    expected = error(system, raw, ENERGIES, [0, 1, 2], "etot")
    assert etot["same_rows"] == pytest.approx(expected, rel=1e-5)
    expected = error(system, raw, ENERGIES, unseen, "etot")
    assert etot["unseen"] == pytest.approx(expected, rel=1e-5)
    # One of the nineteen rows has no label of eform.
    assert (eform["n_same"], eform["trained_of_same"], eform["n_unseen"]) == (18, 18, 5)
    expected = error(system, raw, ENERGIES, range(19), "eform")
    assert eform["same_rows"] == pytest.approx(expected, rel=1e-5)


def test_test_rows_of_an_a_split_had_trained_nothing(
    system: Path, make_published: Callable[..., Path]
) -> None:
    (system / CHECKPOINTS / OTHER).rename(system / CHECKPOINTS / "mtl_3_HEA_7_a0.pt")
    folder = make_published()  # its table "test" has rows 3 and 1
    write_table(folder / "labels" / "train.xlsx", make_labels().iloc[4:14])
    raw = load_labels(folder, corrected=False)
    table = published_table(system, raw)
    rows = table[(table["checkpoint"] == "mtl_3_HEA_7_a0.pt") & (table["task"] == "emix")]
    assert rows["rows"].tolist() == ["train", "test"]
    assert rows["n_same"].tolist() == [9, 2]
    assert rows["trained_of_same"].tolist() == [9, 0]
    expected = [
        error(system, raw, "mtl_3_HEA_7_a0.pt", each, "emix") for each in (range(4, 13), [3, 1])
    ]
    assert rows["same_rows"].tolist() == pytest.approx(expected, rel=1e-5)
    expected = [error(system, raw, "mtl_3_HEA_7_a0.pt", [13, 3, 1], "emix")] * 2
    assert rows["unseen"].tolist() == pytest.approx(expected, rel=1e-5)


def test_another_order_of_the_atoms_matters_once_not_all_are_heard(
    system: Path, raw: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells of 16 atoms lie within the first 33; with the first 5 alone the order decides."""
    whole = published_table(system, raw).dropna(subset="same_rows")
    assert whole["shuffled"].tolist() == pytest.approx(whole["same_rows"].tolist(), rel=1e-6)
    monkeypatch.setattr("heanet.nn.published.MAX_NEIGHBOURS", 5)
    cut = published_table(system, raw).iloc[2]  # eform of the training rows
    expected = error(system, raw, ENERGIES, range(19), "eform", shuffled_atoms)
    assert cut["shuffled"] == pytest.approx(expected, rel=1e-5)
    assert cut["shuffled"] != pytest.approx(cut["same_rows"], rel=1e-4)


def test_the_shuffled_cell_is_the_same_crystal_in_another_order() -> None:
    cell = alloy("fcc", seed=0)
    found = shuffled_atoms(cell)
    order = np.random.default_rng(0).permutation(16)
    assert (order != np.arange(16)).any()
    assert [site.specie for site in found] == [cell[i].specie for i in order]
    np.testing.assert_allclose(found.cart_coords, cell.cart_coords[order])
    assert found.lattice == cell.lattice


def test_corrected_labels_are_refused(system: Path, make_published: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="'alloys' are the corrected ones"):
        published_table(system, load_labels(make_published()))


def test_a_network_that_a_reported_error_belongs_to_must_be_there(
    system: Path, raw: LabelledSet
) -> None:
    (system / CHECKPOINTS / ENERGIES).unlink()
    with pytest.raises(DataError, match=rf"no '{ENERGIES}' in .*{CHECKPOINTS}.*Get the file again"):
        published_table(system, raw)


def test_a_folder_of_something_else_is_refused(
    tmp_path: Path, system: Path, raw: LabelledSet
) -> None:
    with pytest.raises(DataError, match=f"no '{REPORTED}' in .*nowhere"):
        published_table(tmp_path / "nowhere", raw)
    for path in (system / CHECKPOINTS).iterdir():
        path.unlink()
    with pytest.raises(DataError, match=rf"no \.pt file in .*{CHECKPOINTS}'.*'{REPORTED}' and"):
        published_table(system, raw)


def test_a_file_that_is_no_network_is_named(system: Path, raw: LabelledSet) -> None:
    (system / CHECKPOINTS / OTHER).write_bytes(b"these are no weights")
    with pytest.raises(CheckpointError, match=f"'{OTHER}': The file is damaged"):
        published_table(system, raw)
    (system / CHECKPOINTS / OTHER).rename(system / CHECKPOINTS / "best.pt")
    with pytest.raises(CheckpointError, match=r"'best\.pt'.*published name"):
        published_table(system, raw)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The table of the published system."""
    for folder in ("published", "hea-dft"):
        if not (SHARED / folder).is_dir():
            pytest.skip(f"the published files are not there (../shared/{folder})")
    home = tmp_path_factory.mktemp("home")
    return published_table(
        SHARED / "published", load_labels(SHARED / "hea-dft", corrected=False, home=home)
    )


@pytest.mark.slow
def test_every_reported_error_is_there_in_its_order(table: pd.DataFrame) -> None:
    with (SHARED / "published" / REPORTED).open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    found = table[table["experiment"] != ""]
    assert len(found) == len(lines) == 138
    assert found["reported"].tolist() == [float(each["mae"]) for each in lines]
    assert found["task"].tolist() == [each["task"] for each in lines]
    assert found["rows"].tolist() == [each["subset"] for each in lines]
    assert found["split"].tolist() == [each["split"] for each in lines]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n", "published", "n_unseen", "unseen"), TABLE)
def test_the_networks_give_the_published_table(
    table: pd.DataFrame, name: str, n: int, published: str, n_unseen: int, unseen: str
) -> None:
    """To the last printed digit; every "test" row of theirs had trained them."""
    rows = table[(table["checkpoint"] == f"{name}.pt") & (table["rows"] == "test")]
    for column, figures in (("same_rows", published), ("unseen", unseen)):
        printed = figures.split()
        digits = [len(figure.partition(".")[2]) for figure in printed]
        found = [f"{v:.{k}f}" for v, k in zip(rows[column], digits, strict=True)]
        assert found == printed
    assert set(rows["n_same"]) == set(rows["trained_of_same"]) == {n}
    assert set(rows["n_unseen"]) == {n_unseen}


@pytest.mark.slow
def test_the_networks_give_the_errors_that_they_belong_to(table: pd.DataFrame) -> None:
    """To the last digit of the notes, but for two that are one lower in it."""
    both = table[(table["checkpoint"] != "") & (table["experiment"] != "")]
    assert len(both) == 24
    assert (both["trained_of_same"] == both["n_same"]).all()
    digits = [4 if task == "rmsd" else 3 for task in both["task"]]
    found = [round(value, k) for value, k in zip(both["same_rows"], digits, strict=True)]
    off = {
        (row.task, row.rows): round((row.reported - value) * 10**k)
        for row, value, k in zip(both.itertuples(), found, digits, strict=True)
        if row.reported != value
    }
    assert off == {("mb", "train"): -1, ("rmsd", "test"): -1}


@pytest.mark.slow
def test_no_other_run_has_a_saved_network(table: pd.DataFrame) -> None:
    """Each run that is left differs by more than 2 % in some error from every network."""
    networks = table[table["checkpoint"] != ""].drop_duplicates(["checkpoint", "task", "rows"])
    left = table[table["checkpoint"] == ""]
    assert set(left["experiment"]) == {
        "magnetic-table", "rmsd-table", "rmsd-table #1", "six-small-tower", "six-a0", "six-a1",
        "six-a2", "six-a3-pbc", "six-4+5-300", "six-2+3-300", "tl2-300", "tl1-500", "tl2-500",
        "six-4+5-500", "eform-only", "etot-only",
    }  # fmt: skip
    pairs = left.merge(networks, on=["split", "task", "rows"], suffixes=("", "_of"))
    ratio = abs(pairs["same_rows_of"] / pairs["reported"] - 1)
    assert ratio.groupby([pairs["experiment"], pairs["checkpoint_of"]]).max().min() > 0.02


@pytest.mark.slow
def test_the_order_of_the_atoms_decides_in_large_cells(table: pd.DataFrame) -> None:
    """Cells of b0 have 64 atoms and more; the first rows of b2 and b1 have at most 33 in reach."""
    rows = table[table["task"] == "etot"].set_index(["checkpoint", "rows"])
    large = rows.loc[("mtl_3_etot_emix_ef_HEA_500_b0_best.pt", "train")]
    assert large["same_rows"] == pytest.approx(0.0834, abs=1e-4)
    assert large["shuffled"] == pytest.approx(0.555, abs=1e-3)
    small = table[(table["rows"] == "test") & table["split"].isin(["b1", "b2"])]
    small = small.dropna(subset="same_rows")
    assert small["shuffled"].tolist() == pytest.approx(small["same_rows"].tolist(), rel=1e-4)
