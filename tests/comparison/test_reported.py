"""The table of reported errors: what a line becomes, and what is refused."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from heanet.comparison.reported import REPORTED, REPORTED_COLUMNS, SAVED_NETWORKS, read_reported
from heanet.errors import DataError
from heanet.naming import parse_checkpoint_name

Line = dict[str, str]


def line(**fields: str) -> Line:
    """A line of the table of figures; made up, like all numbers here."""
    first = {
        "experiment": "energy-table", "split": "b2", "strategy": "scratch", "task_group": "energy",
        "epochs": "500", "use_pbc": "", "subset": "test", "task": "etot", "mae": "0.5",
        "unit": "eV/atom", "note": "",
    }  # fmt: skip
    return first | fields


def write(folder: Path, *lines: Line) -> Path:
    path = folder / REPORTED
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, REPORTED_COLUMNS)
        writer.writeheader()
        writer.writerows(lines)
    return path


def test_a_line_becomes_an_error_with_its_network(tmp_path: Path) -> None:
    """As the table has them: text with commas, no split, periodic images, a group of one task."""
    other = line(
        experiment="six", split="", task_group="all", use_pbc="False", task="mb", unit="muB/cell",
        mae="8.890557289123535", note="tower [64,64], split not stated",
    )  # fmt: skip
    single = line(experiment="one", split="a0", task_group="eform", task="eform", subset="train")
    found = read_reported(write(tmp_path, line(), other, single)).to_dict("records")
    assert found[0] == {
        "experiment": "energy-table", "split": "b2", "strategy": "scratch",
        "group": "etot emix eform", "epochs": 500, "task": "etot", "unit": "eV/atom",
        "rows": "test", "reported": 0.5, "checkpoint": "mtl_3_etot_emix_ef_HEA_500_b2.pt",
    }  # fmt: skip
    assert found[1]["group"] == "etot emix eform ms mb rmsd"
    assert (found[1]["split"], found[1]["reported"]) == ("", 8.890557289123535)
    assert [row["checkpoint"] for row in found[1:]] == ["", ""]
    assert (found[2]["group"], found[2]["rows"]) == ("eform", "train")


def test_runs_of_one_name_are_numbered_and_have_a_network_each(tmp_path: Path) -> None:
    rmsd = {"experiment": "rmsd-table", "task_group": "distortion", "task": "rmsd",
            "unit": "Angstrom"}  # fmt: skip
    lines = [
        line(**rmsd, subset=subset, mae=mae, note=note)
        for note, train, test in (("first", "0.1", "0.2"), ("second", "0.3", "0.4"))
        for subset, mae in (("train", train), ("test", test))
    ]
    table = read_reported(write(tmp_path, *lines, line(**rmsd, split="b1")))
    first, second = ["rmsd-table #1"] * 2, ["rmsd-table #2"] * 2
    assert table["experiment"].tolist() == [*first, *second, "rmsd-table"]
    assert table["reported"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    saved = ["mtl_1_rmsd_HEA_500_b2.pt"] * 2
    assert table["checkpoint"].tolist() == ["", "", *saved, ""]


def test_a_network_is_of_the_split_and_tasks_of_its_run() -> None:
    groups = {"energy": ("etot", "emix", "eform"), "magnetic": ("ms", "mb"),
              "distortion": ("rmsd",)}  # fmt: skip
    for run, file in SAVED_NETWORKS.items():
        name = parse_checkpoint_name(file)
        assert (name.split, name.tasks) == (run.split, groups[run.task_group])
    assert len(set(SAVED_NETWORKS.values())) == len(SAVED_NETWORKS)


def test_a_table_without_lines_is_no_fault(tmp_path: Path) -> None:
    assert len(read_reported(write(tmp_path))) == 0


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"task": "efrom"}, "task 'efrom'. Expected one of etot .*Did you mean 'eform'"),
        ({"unit": "meV/atom"}, "etot in 'meV/atom'. Expected eV/atom. Convert"),
        ({"split": "b3"}, "split 'b3'. Expected one of a0 a1 a2 a3 b0 b1 b2\\."),
        ({"strategy": "tl3"}, "strategy 'tl3'. Expected one of scratch tl1 tl2. Did you mean"),
        ({"task_group": "energies"}, "task_group 'energies'. .*Did you mean 'energy'"),
        ({"task_group": "magnetic"}, "task 'etot' in the group 'magnetic'. Expected one of ms mb"),
        ({"subset": "unseen"}, "subset 'unseen'. Expected one of train test"),
        ({"use_pbc": "yes"}, "use_pbc 'yes'. Expected one of True False"),
        ({"epochs": "5e2"}, "epochs '5e2'. Expected a whole number"),
        ({"mae": ""}, "mae ''. Expected a number, zero or more"),
        ({"mae": "-0.1"}, "mae '-0.1'"),
        ({"mae": "inf"}, "mae 'inf'"),
        ({"mae": "0,5"}, "mae '0,5'"),
    ],
)
def test_a_field_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, fields: Line, says: str
) -> None:
    path = write(tmp_path, line(subset="train"), line(**fields))
    with pytest.raises(DataError, match=f"^'{REPORTED}', line 3: {says}"):
        read_reported(path)


@pytest.mark.parametrize("mae", ["0.5", "0.6"])
def test_an_error_that_is_said_twice_is_refused(tmp_path: Path, mae: str) -> None:
    path = write(tmp_path, line(), line(subset="train"), line(mae=mae))
    with pytest.raises(DataError, match=r"line 4 says again: energy-table b2 test etot\..*Remove"):
        read_reported(path)


def edited(edit: Callable[[str], str]) -> Callable[[Path], None]:
    return lambda path: path.write_text(edit(path.read_text("utf-8")), encoding="utf-8")  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (Path.unlink, f"There is no '{REPORTED}' in .*Expected the folder of the published system"),
        (lambda path: path.write_bytes(b""), r"columns \(none\). Expected each of experiment "),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "cannot be read: .*a table as CSV"),
        (edited(lambda text: text.replace("mae", "rmse")), "columns .* rmse .* and no other"),
        (edited(lambda text: text.replace("use_pbc,", "", 1)), "each of .* use_pbc .* once"),
        (edited(lambda text: text.replace(",note", ",note,mae", 1)), "and no other"),
        (edited(lambda text: text.rstrip() + ",more\n"), "line 2 has too many or too few fields"),
        (edited(lambda text: text.rstrip()[:-1] + "\n"), "line 2 has too many or too few fields"),
        (edited(lambda text: text + '"energy'), "cannot be read: "),
    ],
    ids=["missing", "empty", "binary", "unknown", "lacking", "twice", "long", "short", "quote"],
)
def test_a_damaged_table_is_refused_by_name(
    tmp_path: Path, damage: Callable[[Path], object], says: str
) -> None:
    path = write(tmp_path, line())
    damage(path)
    with pytest.raises(DataError, match=says) as error:
        read_reported(path)
    assert REPORTED in str(error.value)
