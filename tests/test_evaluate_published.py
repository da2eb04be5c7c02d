"""Published checkpoints through the command line: their files, their rows, their figures."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Structure

from heanet.cli import main
from heanet.comparison.published import shuffled_atoms
from heanet.data.labels import LabelledSet, load_labels
from heanet.data.structures import read_structures
from heanet.errors import CheckpointError, ModelInputError
from heanet.nn.published import PublishedNet, PublishedWidths
from heanet.prediction import predict
from heanet.properties import PUBLISHED_TASKS, TASKS
from heanet.training.published import load_published, published_values
from tests.alloys import alloy
from tests.nn.test_published import WIDTHS, published_form

CHECKPOINTS = Path(__file__).parents[2] / "shared" / "published" / "checkpoints"
SAMPLES = Path(__file__).parents[1] / "sample_data" / "structures"
NAME = "mtl_3_HEA_5_b2_best.pt"

# Mean absolute errors as printed in the table of ../shared/published/README.md: checkpoint, split,
# "published rows (first n_test rows)", "unseen rows (last n - n_train rows)" with their number.
# Tasks in the order of the name; eV/atom, muB/atom (ms), muB/cell (mb), Angstrom (rmsd).
TABLE = [
    ("mtl_3_etot_emix_ef_HEA_500_b2", 37, "0.12196 0.02172 0.00928",
     73, "1.3798 0.0827 0.0357"),
    ("mtl_3_etot_emix_ef_HEA_500_b1_best", 22, "0.06315 0.02725 0.01192",
     43, "0.1316 0.0491 0.0241"),
    ("mtl_3_etot_emix_ef_HEA_500_b0_best", 16, "0.08131 0.01369 0.00716",
     31, "0.3826 0.0312 0.0156"),
    ("mtl_2_ms_mb_HEA_500_b2", 37, "0.05761 0.38561", 73, "1.0933 16.826"),
    ("mtl_1_rmsd_HEA_500_b2", 37, "0.00866", 73, "0.2725"),
    ("mtl_6_HEA_500_b2_best", 37, "0.12315 0.02024 0.01849 0.06977 0.55239 0.07063",
     73, "1.1266 0.0931 0.2985 1.0832 18.238 0.4422"),
    ("mtl_3_HEA_500_b0_best_tl1", 16, "0.06301 0.01364 0.01887", 31, "0.2503 0.0315 0.0280"),
    ("mtl_3_HEA_500_b0_best_tl2", 16, "0.03901 0.02632 0.00716", 31, "0.3133 0.0352 0.0262"),
]  # fmt: skip
# Compositions of the unseen rows that training cells have as well. By the names of the cells it is
# one more in b0 and in b1: the cells that were given as Fe24Ni24Co24Cr24Mn64_sqsfcc and
# NiCoPd_sqsfcc are of other elements, and the cells are what the networks saw.
SHARED = {"b0": "22 of 27", "b1": "42 of 43", "b2": "18 of 46"}
COLUMNS = [(row[0], "published", *row[1:3]) for row in TABLE] + [
    (row[0], "unseen", *row[3:5]) for row in TABLE
]


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published set is imported once for all figures."""
    return tmp_path_factory.mktemp("shared-home")


@pytest.fixture
def published_checkpoints() -> Path:
    if not CHECKPOINTS.is_dir():
        pytest.skip("the published checkpoints are not there (../shared/published/checkpoints)")
    return CHECKPOINTS


def evaluate(capsys: pytest.CaptureFixture[str], *args: str) -> list[dict[str, object]]:
    assert main(["evaluate", *args, "--output", "json"]) == 0
    lines: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return lines


@pytest.mark.parametrize(("name", "rows", "n", "figures"), COLUMNS)
def test_every_figure_of_the_published_table(
    name: str, rows: str, n: int, figures: str,
    published_checkpoints: Path, hea_dft_folder: Path, shared_home: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("HEANET_HOME", str(shared_home))
    path = published_checkpoints / f"{name}.pt"
    split = name.split("HEA_500_")[1][:2]
    lines = evaluate(
        capsys, "--checkpoint", str(path), "--split", split, "--rows", rows,
        "--data", str(hea_dft_folder),
    )  # fmt: skip
    printed = figures.split()
    decimals = [len(figure.partition(".")[2]) for figure in printed]
    found = [f"{line['mae']:.{k}f}" for line, k in zip(lines, decimals, strict=True)]
    assert found == printed
    chosen = {"b2": 36, "b1": 21, "b0": 15}[split] if "best" in name else 0
    seen = n if rows == "published" else 0
    says = f"{split} {rows}: {seen} of {n} trained on"
    says += f", {chosen} chose the epoch" if chosen and seen else ""
    how = "trained or validated on" if chosen else "trained on"
    says += "" if seen else f", {SHARED[split]} compositions also {how}"
    says += ", raw labels"
    says += ", rows of the pre-training not counted" if name.endswith("tl2") else ""
    assert {(line["n"], line["rows"]) for line in lines} == {(n, says)}


def test_the_published_figures_are_those_of_the_raw_labels(
    published_checkpoints: Path, hea_dft_folder: Path, shared_home: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Two wrong emix labels lie among the sixteen rows; corrected, the error is another."""
    monkeypatch.setenv("HEANET_HOME", str(shared_home))
    path = published_checkpoints / "mtl_3_etot_emix_ef_HEA_500_b0_best.pt"
    args = ["--checkpoint", str(path), "--split", "b0", "--rows", "published",
            "--data", str(hea_dft_folder), "--labels"]  # fmt: skip
    raw, corrected = (evaluate(capsys, *args, version) for version in ("raw", "corrected"))
    assert f"{raw[1]['mae']:.5f}" == "0.01369"
    assert f"{corrected[1]['mae']:.5f}" == "0.01424"
    assert str(corrected[1]["rows"]).endswith("15 chose the epoch, corrected labels")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A small random network in the published form."""
    torch.manual_seed(0)
    path = tmp_path / NAME
    torch.save(published_form(PublishedNet(WIDTHS)), path)
    return path


def test_a_file_gives_its_network_and_tasks(own: Path) -> None:
    net, name = load_published(own)
    assert name.tasks == ("etot", "emix", "eform")
    assert (name.split, name.epochs, name.best) == ("b2", 5, True)
    assert net.widths == WIDTHS


@pytest.mark.parametrize(
    ("rows", "picked"),
    [
        ("published", "3 of 3 trained on, 2 chose the epoch"),
        ("unseen", "0 of 5 trained on, 5 of 5 compositions also trained or validated on"),
        (
            "train",
            "14 of 19 trained on, 1 chose the epoch, "
            "5 of 5 compositions of the rest also trained or validated on",
        ),
    ],
)
def test_rows_seen_are_counted_by_what_the_published_trainer_looked_up(
    own: Path, make_published: Callable[..., Path], capsys: pytest.CaptureFixture[str],
    rows: str, picked: str,
) -> None:  # fmt: skip
    folder = make_published()
    lines = evaluate(
        capsys, "--checkpoint", str(own), "--split", "b2", "--rows", rows, "--data", str(folder)
    )
    assert [line["task"] for line in lines] == ["etot", "emix", "eform"]
    assert {line["rows"] for line in lines} == {f"b2 {rows}: {picked}, raw labels"}
    labels = load_labels(folder, corrected=False)
    assert lines[0]["mae"] == pytest.approx(_mae(own, labels, rows), rel=1e-5)


def _mae(path: Path, labels: LabelledSet, rows: str) -> float:
    """Mean absolute error of etot on the first 3, the last 5 or the shuffled rows of the file."""
    order = {
        "published": [0, 1, 2],
        "unseen": [19, 20, 21, 22, 23],
        "train": np.random.RandomState(1454880).permutation(np.arange(24))[:19],
    }[rows]
    names = [labels.table.index[i] for i in order]
    values = published_values(load_published(path)[0], [labels.read_cell(n) for n in names])
    return float(np.abs(values[:, 0] - labels.table["etot"][names].to_numpy()).mean())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("network.pt", "'network.pt'. Expected the form mtl_"),
        ("mtl_2_ms_mb_HEA_5_b2.pt", "holds 3 towers. Expected 2, one for each of ms mb."),
        ("mtl_3_HEA_5_b3.pt", "b3"),
    ],
)
def test_a_wrong_name_is_refused(own: Path, name: str, says: str) -> None:
    with pytest.raises(CheckpointError) as error:
        load_published(own.rename(own.with_name(name)))
    assert says in str(error.value)
    assert "published name" in str(error.value)


@pytest.mark.parametrize("damage", ["empty", "truncated", "text", "pickle", "list", "numbers"])
def test_a_damaged_or_foreign_file_is_refused(own: Path, damage: str) -> None:
    content = own.read_bytes()
    if damage == "list":
        torch.save([torch.ones(2)], own)
    elif damage == "numbers":
        torch.save({"epoch": 3}, own)
    else:
        own.write_bytes({
            "empty": b"",
            "truncated": content[: len(content) // 2],
            "text": b"these are no weights",
            "pickle": pickle.dumps({"lin1.weight": 3}),
        }[damage])  # fmt: skip
    with pytest.raises(
        CheckpointError, match=r"damaged, or holds|not hold tensors by name"
    ) as error:
        load_published(own)
    assert NAME in str(error.value)


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_file_that_runs_code_is_refused_without_running_it(own: Path, tmp_path: Path) -> None:
    torch.save({"embedding.weight": Touch(tmp_path / "touched")}, own)
    with pytest.raises(CheckpointError, match="something else than tensors"):
        load_published(own)
    assert not (tmp_path / "touched").exists()


def test_a_missing_key_is_named_with_the_file(own: Path) -> None:
    state = torch.load(own, weights_only=True)
    del state["interactions.1.conv.lin2.bias"]
    torch.save(state, own)
    with pytest.raises(CheckpointError, match=rf"'{NAME}': .*interactions\.1\.conv\.lin2\.bias"):
        load_published(own)


def test_a_missing_file_is_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--checkpoint", str(tmp_path / NAME), "--split", "b2"]) == 2
    err = capsys.readouterr().err
    assert "No such file" in err
    assert err.count("\n") == 1


def test_an_element_outside_the_published_data_is_refused() -> None:
    cell = alloy("fcc", seed=0)
    cell.replace_species({"Cr": "Al"})
    net = PublishedNet(PublishedWidths(n_tasks=1)).eval()
    with pytest.raises(ModelInputError, match="Al, which the published networks have never seen"):
        published_values(net, [cell])


def test_batches_change_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = PublishedNet(WIDTHS).eval()
    cells = [alloy("fcc", seed=s) for s in range(5)]
    whole = published_values(net, cells)
    monkeypatch.setattr("heanet.training.published.BATCH", 2)
    assert published_values(net, cells) == pytest.approx(whole, rel=1e-5)
    assert whole.shape == (5, 3)


# Cells of 60, 64 and 160 atoms: more than the 33 that an atom of the published network hears.
SAMPLE_CELLS = ["CrMnFeCoNi_fcc.vasp", "CrFeCoNi_fcc.cif"]
DFT_CELLS = ["Fe14Ni14Cr14Mn22_sqsfcc", "FeNiCrPd_sqsbcc", "Fe33Ni33Co33Cr33Mn28_sqsfcc"]


def assert_ours_is_the_same(cell: Structure, other: Structure) -> None:
    """To 1e-6 eV/atom, muB/atom, Angstrom."""
    one, two = predict([cell, other], "hea-six", lattice="fcc")
    assert tuple(one.values) == PUBLISHED_TASKS
    for task, value in one.values.items():
        scale = len(cell) if TASKS[task].extensive else 1
        assert two.values[task].value == pytest.approx(value.value, rel=0, abs=1e-6 * scale), task


def random_network() -> PublishedNet:
    torch.manual_seed(0)
    return PublishedNet(PublishedWidths(n_tasks=6)).eval()


@pytest.mark.parametrize("name", SAMPLE_CELLS)
def test_shuffled_atoms_change_the_published_answer_and_not_ours(name: str) -> None:
    (cell,) = read_structures(SAMPLES / name)
    other = shuffled_atoms(cell)
    assert other.species != cell.species
    one, two = published_values(random_network(), [cell, other])
    assert (abs(one - two) > 1e-4).all()
    assert_ours_is_the_same(cell, other)


@pytest.mark.parametrize("name", DFT_CELLS)
def test_shuffled_atoms_of_a_dft_cell(
    name: str, published_checkpoints: Path, hea_dft_folder: Path
) -> None:
    """Another total energy and another moment from the network of all six tasks; none of ours."""
    (cell,) = read_structures(hea_dft_folder / "structures" / name)
    other = shuffled_atoms(cell)
    net, said = load_published(published_checkpoints / "mtl_6_HEA_500_b2_best.pt")
    assert said.tasks == PUBLISHED_TASKS
    one, two = published_values(net, [cell, other])
    change = dict(zip(said.tasks, abs(one - two), strict=True))
    assert change["etot"] > 0.5
    assert change["mb"] > 0.5
    assert_ours_is_the_same(cell, other)
