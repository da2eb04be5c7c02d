import csv
import io
import json
from collections.abc import Iterator

import pandas as pd
import pytest

from heanet.comparison.results import leaderboard
from heanet.config import Output
from heanet.report import (
    leaderboard_report,
    metrics_report,
    prediction_pieces,
    prediction_report,
)
from heanet.training.checkpoints import Metric

GOOD = {
    "file": "合金_sqsfcc",
    "formula": "Fe8Ni8",
    "n_atoms": 16,
    "lattice": "fcc",
    "lattice_source": "file name",
    "cell": "relaxed",
    "model": "hea-six",
    "predictions": {
        "etot": {"value": -6.86521, "unit": "eV/atom", "std": 0.01234},
        "mb": {"value": 25.5, "unit": "muB/cell", "std": None},
    },
    "warnings": ["First.", "Second."],
}
BAD = {"file": "broken.cif", "error": "No cell."}
METRICS = [
    Metric(
        task="etot",
        unit="eV/atom",
        rows="b2 test",
        n=37,
        mae=0.01,
        rmse=0.0212,
        r2=0.98765,
        commit="abc1234",
    ),
    Metric(task="mb", unit="muB/cell", rows="b2 test", n=1, mae=2.0, rmse=2.0, r2=None),
]


def _lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def promised(row: dict[str, object]) -> dict[str, object]:
    """The keys that programs were promised; CSV and tables say more."""
    return {key: value for key, value in row.items() if key not in {"cell", "model"}}


def test_json_gives_back_what_was_predicted() -> None:
    text = prediction_report([GOOD, BAD], "json")
    assert json.loads(text) == [promised(GOOD), BAD]
    assert "合金_sqsfcc" in text


@pytest.mark.parametrize("rows", [[GOOD, BAD], [BAD], []])
def test_json_in_pieces_is_that_of_the_whole_list(rows: list[dict[str, object]]) -> None:
    text = prediction_report(rows, "json")
    assert text == json.dumps([promised(row) for row in rows], indent=1, ensure_ascii=False)


@pytest.mark.parametrize(("output", "behind"), [("json", 1), ("csv", 0), ("table", 0)])
def test_pieces_come_with_the_rows_and_end_their_lines(output: Output, behind: int) -> None:
    names = [f"cell{i}" for i in range(4)]
    rows = [{**GOOD, "file": name} for name in names]
    seen: list[str] = []

    def coming() -> Iterator[dict[str, object]]:
        for i, row in enumerate(rows):
            told = "".join(seen)
            assert [name in told for name in names] == [k < i - behind for k in range(4)]
            yield row

    for piece in prediction_pieces(coming(), output, ("etot", "mb")):
        assert piece.endswith("\n") or piece == ""
        seen.append(piece)
    assert "".join(seen).rstrip("\n") == prediction_report(rows, output).rstrip("\n")


def test_csv_has_a_line_per_file_and_the_unit_in_the_column() -> None:
    good, bad = _lines(prediction_report([GOOD, BAD], "csv"))
    assert good == {
        "file": "合金_sqsfcc",
        "formula": "Fe8Ni8",
        "n_atoms": "16",
        "lattice": "fcc",
        "lattice_source": "file name",
        "cell": "relaxed",
        "model": "hea-six",
        "etot (eV/atom)": "-6.86521",
        "etot std": "0.01234",
        "mb (muB/cell)": "25.5",
        "mb std": "",
        "warnings": "First. Second.",
        "error": "",
    }
    assert (bad["file"], bad["error"], bad["etot (eV/atom)"]) == ("broken.cif", "No cell.", "")


def test_csv_is_the_same_whichever_file_comes_first() -> None:
    one, other = (_lines(prediction_report(rows, "csv")) for rows in ([GOOD, BAD], [BAD, GOOD]))
    assert one == other[::-1]


def test_the_table_is_for_people() -> None:
    assert prediction_report([GOOD, BAD], "table") == (
        "合金_sqsfcc: Fe8Ni8, 16 atoms, parent lattice fcc (file name), relaxed, model hea-six\n"
        "  etot  -6.8652  +- 0.0123  eV/atom   Total energy\n"
        "  mb    25.50               muB/cell  Magnetic moment of the cell\n"
        "  warning: First.\n"
        "  warning: Second.\n"
        "\n"
        "broken.cif\n"
        "  not predicted: No cell."
    )


def test_a_cell_without_any_value_still_has_its_warnings() -> None:
    empty = {**GOOD, "predictions": {}, "warnings": ["Nothing is known here."]}
    assert prediction_report([empty], "table").splitlines()[1:] == [
        "  warning: Nothing is known here."
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_file_name_is_not_run_as_a_formula(first: str) -> None:
    row = {"file": f"{first}HYPERLINK(A1)", "error": f'{first} is bad, "twice"'}
    (line,) = _lines(prediction_report([row], "csv"))
    kept = "\n" if first == "\r" else first
    assert line["file"] == f"'{kept}HYPERLINK(A1)"
    assert line["error"] == f'\'{kept} is bad, "twice"'


def test_numbers_are_left_as_numbers_when_they_are_negative() -> None:
    assert ",-6.86521," in prediction_report([GOOD], "csv")


def test_metrics_in_all_forms() -> None:
    assert metrics_report(METRICS, "table") == (
        "task  n   MAE      RMSE     R2     unit      commit   rows\n"
        "etot  37  0.01000  0.02120  0.988  eV/atom   abc1234  b2 test\n"
        "mb    1   2.00000  2.00000  -      muB/cell  -        b2 test"
    )
    etot, mb = json.loads(metrics_report(METRICS, "json"))
    assert etot == METRICS[0].model_dump()
    assert (mb["r2"], mb["n"], mb["rows"]) == (None, 1, "b2 test")
    first, second = _lines(metrics_report(METRICS, "csv"))
    assert (first["mae"], first["r2"], first["unit"]) == ("0.01", "0.98765", "eV/atom")
    assert (second["r2"], second["coverage"]) == ("", "")


def test_a_leaderboard_says_which_commits_fitted_each_line() -> None:
    keys = {"split": "a2", "rows": "test", "by": "all", "part": "all", "fold": "", "group": "all"}
    line = {
        **keys, "task": "etot", "unit": "eV/atom", "n": 152, "rmse": 0.02, "r2": 0.9,
        "labels": "corrected", "compositions": 80, "shared": 0,
    }  # fmt: skip
    errors = pd.DataFrame(
        [
            {**line, "model": "heanet", "seed": "0", "mae": 0.02, "commit": "fff0000"},
            {**line, "model": "heanet", "seed": "1", "mae": 0.04, "commit": "abc1234"},
            {**line, "model": "gp", "seed": "0", "mae": 0.01, "commit": "", "r2": None},
        ]
    )
    board = leaderboard(errors, split="a2")
    assert leaderboard_report(board, "table", which="a2 test", data="Small").splitlines() == [
        "Small",
        "a2 test: 0 of 80 compositions also trained on",
        "task  model   tasks together  n    MAE      spread   seeds  R2     unit     labels     "
        "commit",
        "etot  gp      all             152  0.01000  -        1      -      eV/atom  corrected  -",
        "etot  heanet  all             152  0.03000  0.01414  2      0.900  eV/atom  corrected  "
        "abc1234 fff0000",
    ]
    (_gp, heanet) = json.loads(leaderboard_report(board, "json", which="a2 test", data="Small"))
    assert (heanet["commit"], heanet["rows"]) == ("abc1234 fff0000", "a2 test")
    assert heanet["data"] == "Small"
