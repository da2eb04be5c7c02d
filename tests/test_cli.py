"""The command line: output forms, exit codes, one line per error, interruption."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from heanet import cli
from heanet.cli import main
from heanet.data.labels import load_labels
from heanet.naming import parse_checkpoint_name
from heanet.properties import PUBLISHED_TASKS
from tests.data.own_upload import ZIP, cells_of_labels, labels, pack
from tests.data.own_upload import csv as csv_file

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_data" / "structures"
FAST = ["--hidden_channels", "8", "--n_filters", "8", "--n_interactions", "1", "--tower_h1", "8",
        "--tower_h2", "8", "--spacing", "0.05"]  # fmt: skip


def poscar() -> str:
    return str(sorted(SAMPLES.glob("*.vasp"))[0])


def test_predict_json_has_the_promised_form(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", poscar(), "--output", "json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert list(row) == [
        "file", "formula", "n_atoms", "lattice", "lattice_source", "predictions", "warnings",
    ]  # fmt: skip
    assert row["file"] == poscar()
    assert list(row["predictions"]) == list(PUBLISHED_TASKS)
    assert all(set(found) == {"value", "unit", "std"} for found in row["predictions"].values())


def test_predict_keeps_the_order_and_serves_the_good(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.cif"
    empty.touch()
    assert main(["predict", str(empty), poscar(), "--output", "json"]) == 2
    out, err = capsys.readouterr()
    rows = json.loads(out)
    assert ["error" in row for row in rows] == [True, False]
    assert err.count("\n") == 1
    assert "empty.cif" in err
    assert "Traceback" not in err


def test_predict_csv_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["predict", poscar(), "--output", "csv"])
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert float(row["etot (eV/atom)"]) < 0
    main(["predict", poscar(), "--lattice", "bcc"])
    table = capsys.readouterr().out
    assert "parent lattice bcc (given)" in table
    assert "Formation energy" in table


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["predict"], "at least one structure file"),
        (["predict", "no-such-file"], "no-such-file"),
        (["predict", "README.md", "--model", "hea-sixx"], "Did you mean 'hea-six'"),
        (["predict", "x", "--lattice", "sc"], "lattice"),
        (["train", "--task", "etott"], "Did you mean 'etot'"),
        (
            ["train", "--epochs", "0"],
            "Option --epochs: Input should be greater than or equal to 1",
        ),
        (["train", "--lr", "nan"], "Option --lr: Input should be a finite number (nan)"),
        (["train", "--epochz", "3"], "epochz"),
        (["train", "--data", "nowhere"], "nowhere"),
        (["evaluate", "--checkpoint", "nothing", "--split", "b2"], "nothing"),
        (["evaluate", "--checkpoint", "hea-six", "--split", "b3"], "defined nowhere"),
        (["evaluate", "--checkpoint", "hea-six", "--split", "fold3"], "like 'fold 3 of 5'"),
        ([], "data, predict, train, evaluate"),
        (["evaluate", "--checkpoint", "nothing.pt", "--split", "b2"], "nothing.pt"),
        (["compare", "--rebuild", "--split", "b2"], "Option --split chooses what is shown"),
        (["compare", "--rebuild", "--rows", "test"], "Option --rows chooses what is shown"),
        (["compare", "--rebuild", "--output", "csv"], "Option --output chooses what is shown"),
        (["compare", "--splits", "b2"], "Option --splits is for --rebuild"),
        (["compare", "--models", "gp"], "Option --models is for --rebuild"),
        (["compare", "--groups", "rmsd"], "Option --groups is for --rebuild"),
        (["compare", "--fresh"], "Option --fresh is for --rebuild"),
        (["compare", "--data", "hea-dff"], "There is no 'errors.csv' in"),
        (["compare", "--published", "there"], "Option --published is for --rebuild"),
        (["compare", "--workers", "2"], "Option --workers is for --rebuild"),
        (["compare", "--rebuild", "--workers", "0"], "Option --workers is 0. Expected at least 1"),
        (["compare", "--rebuild", "--workers", "-1"], "Option --workers is -1"),
        (["compare", "--split", "b3"], "'b3' is nothing that is compared"),
        (["data", "import", "/nonexistent"], "/nonexistent"),
        (["fly"], "fly"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    args: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert err.startswith("heanet: ")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "data", "import", "/nonexistent"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])
    assert stop.value.code == 0
    help_text = capsys.readouterr().out
    for option in ("--task", "--epochs", "--batch_size", "--weight_decay", "--lr",
                   "--hidden_channels", "--n_filters", "--n_interactions", "--n_gaussian",
                   "--cutoff", "--tower_h1", "--tower_h2", "--use_pbc", "--split_type",
                   "--processed_data", "--is_validate", "--transform", "--seed"):  # fmt: skip
        assert option in help_text


def test_train_then_evaluate(
    make_published: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = str(make_published())
    options = ["--data", data, "--out", str(tmp_path), "--epochs", "3", "--batch_size", "8"]
    assert main(["train", "--task", "ms", "etot", *options, "--is_validate", *FAST]) == 0
    out = capsys.readouterr().out
    folder = Path(out.splitlines()[0])
    assert folder.name == "mtl_2_etot_ms_HEA_3_b2_best"
    assert parse_checkpoint_name(folder.name).tasks == ("etot", "ms")
    assert "split b2: 19 train, 2 validation, 3 test rows" in out
    card = json.loads((folder / "card.json").read_text())
    said = {(m["task"], m["rows"]): m["mae"] for m in card["metrics"]}

    args = ["--checkpoint", str(folder), "--split", "b2", "--data", data, "--output", "json"]
    assert main(["evaluate", *args]) == 0
    for line in json.loads(capsys.readouterr().out):
        assert line["n"] == 3
        assert line["rows"] == (
            "b2 test: 0 of 3 trained on, 3 of 3 compositions also trained or validated on, "
            "corrected labels"
        )
        assert line["mae"] == pytest.approx(said[line["task"], line["rows"]], rel=1e-6)
    assert main(["evaluate", *args[:-2], "--rows", "train"]) == 0
    assert "b2 train: 19 of 19 trained on, corrected labels" in capsys.readouterr().out
    assert main(["evaluate", *args[:-2], "--rows", "published", "--labels", "raw"]) == 0
    # The first three rows of the file, one of which the permutation put into the test rows.
    seen = "b2 published: 2 of 3 trained on, 1 of 1 compositions of the rest also trained or"
    assert seen in capsys.readouterr().out
    assert main(["evaluate", *args[:-2], "--rows", "unseen"]) == 0
    assert "b2 unseen: 5 of 5 trained on, corrected labels" in capsys.readouterr().out
    assert main(["evaluate", *args[:1], str(folder), "--split", "without Cr-Ni", *args[4:6]]) == 0
    assert "without Cr-Ni test: " in capsys.readouterr().out


def test_import_says_what_it_did(
    make_published: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "import", str(make_published())]) == 0
    assert "24 cells in" in capsys.readouterr().out
    assert main(["data", "audit", "alloys"]) == 0
    assert capsys.readouterr().out.startswith("name,field,given,corrected,reason\n")


def test_a_zip_and_a_table_are_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    structures, table = tmp_path / ZIP, tmp_path / "labels.csv"
    structures.write_bytes(pack(cells_of_labels() | {"extra.vasp": b""}))
    table.write_bytes(csv_file(labels()))
    asked = ["data", "import", str(structures), "--table", str(table)]
    assert main([*asked, "--name", "mine", "--method", "VASP"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("mine: mine\n24 cells in")
    assert "eform from column 'eform (eV/atom)' in eV/atom" in said.err
    assert "'extra.vasp': no row of that name." in said.err
    assert load_labels("mine").method == "VASP"
    assert main([*asked, "--name", "mine"]) == 2
    assert "There is a labelled set 'mine' already" in capsys.readouterr().err
    assert main(["data", "import", str(structures), "--name", "mine"]) == 2
    assert "--name and --method without --table" in capsys.readouterr().err


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_that_goes_on(make_published: Callable[..., Path], home: Path) -> None:
    command = [sys.executable, "-m", "heanet", "train", "--task", "etot", "--epochs", "1500",
               "--data", str(make_published()), *FAST]  # fmt: skip
    environment = {**os.environ, "HEANET_HOME": str(home)}
    folder = home / "trained" / "mtl_1_etot_HEA_1500_b2"
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 120
        while not folder.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "the same command continues the run" in err
    assert "Traceback" not in err
    left = {path.name for path in folder.iterdir()}
    assert {"resume.safetensors", "log.txt"} <= left
    assert "card.json" not in left
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "card.json").exists()


def test_an_error_of_the_machine_without_words_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def late(_args: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(cli, "_parse", late)
    assert main(["predict"]) == 1
    assert capsys.readouterr().err == "heanet: TimeoutError\n"
