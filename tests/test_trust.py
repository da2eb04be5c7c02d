"""Nothing of a file is run: not by pickle or eval, not as markup, not as a formula."""

import ast
import csv
import gzip
import io
import json
import os
import pickle
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch

from heanet import apart
from heanet.cli import main
from heanet.data.archives import MAX_UNPACKED_BYTES
from heanet.data.home import heanet_home, make_folder
from heanet.data.owncells import read_own_cells
from heanet.data.structures import MAX_BYTES, read_structures
from heanet.errors import CheckpointError, DataError, StructureError
from heanet.nn.published import PublishedNet, PublishedWidths
from heanet.report import formula_free_csv, formula_free_table, prediction_report
from heanet.training import published, tensorreader
from heanet.training.published import load_published
from tests.data.make_zoo import LINK, ZOO, poscar

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    [*(ROOT / "heanet").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
)
STARTS = ("=", "+", "-", "@", "\t", "\r")
PT = "mtl_3_etot_emix_ef_HEA_5_b2_best.pt"


# --- what the source may not do ---------------------------------------------------------------


def untrusted(source: str) -> list[str]:
    """What of a source could run what stands in a file, or show it as markup."""
    return [found for node in ast.walk(ast.parse(source)) for found in _untrusted(node)]


def _untrusted(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
        yield from (f"import {name}" for name in names if _IMPORTS.match(name))
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if _CALLS.search(called) or called in _RUN:
            yield called
        if re.match(r"torch\b.*\bload$", called) and given.get("weights_only") != "True":
            yield f"{called} without weights_only=True"
        for option in ("allow_pickle", "unsafe_allow_html"):
            if given.get(option, "False") != "False":
                yield f"{called} with {option}"
        if called.startswith("subprocess.") and "shell" in given:
            yield f"{called} with shell"


_IMPORTS = re.compile(
    r"(c?pickle|dill|cloudpickle|joblib|shelve|marshal)(\.|$)|streamlit\.components\.v1",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"(^|\.)(read_pickle|to_pickle|iframe|write_html)$|pickle\.|^yaml\.(?!safe_load$)"
)
_RUN = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_runs_what_stands_in_a_file(path: Path) -> None:
    assert untrusted(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from pickle import loads", "import joblib", "eval(x)",
        "pd.read_pickle(p)",
        "torch.load(f)", "torch.load(f, weights_only=False)", "np.load(f, allow_pickle=True)",
        "yaml.load(f)", "st.markdown(x, unsafe_allow_html=True)", "st.iframe(x)",
        "subprocess.run(c, shell=True)", "import streamlit.components.v1 as c",
    ],
)  # fmt: skip
def test_the_check_finds_what_it_looks_for(source: str) -> None:
    assert len(untrusted(source)) >= 1
    assert untrusted("torch.load(f, weights_only=True)\nnp.load(f)\nmodel.eval()") == []


def test_markup_of_our_own_holds_nothing_of_a_users() -> None:
    """``st.html`` shows markup: constants of the frame of all pages, and nothing else."""
    calls = [
        (path.name, ast.unparse(node.args[0]))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.html"
    ]
    said = "_HEAD.format(tag=language.TAGS[spoken], icon=icon)"
    assert calls == [("page.py", "_STYLE + _INKS + other"), ("page.py", said)]


def test_the_3d_view_writes_text_and_never_markup() -> None:
    script = (ROOT / "heanet" / "ui" / "viewer.js").read_text(encoding="utf-8")
    for markup in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert markup not in script
    assert "textContent" in script


# --- what a file's words become ---------------------------------------------------------------


def hostile_row() -> dict[str, object]:
    cell = {"n_atoms": 4, "lattice": "fcc", "lattice_source": "=1+1", "cell": "relaxed"}
    value = {"etot": {"value": -6.5, "unit": "eV/atom", "std": None}}
    return {"file": LINK, "formula": "+FeNi", **cell, "model": "@SUM(A1)", "predictions": value,
            "warnings": ["\tx", "y"]}  # fmt: skip


def test_no_cell_of_a_csv_is_a_formula() -> None:
    rows = [hostile_row(), {"file": "-a|cmd", "error": "\r=2+3"}]
    written = list(csv.reader(io.StringIO(prediction_report(rows, "csv"), newline="")))
    texts = [cell for row in written[1:] for cell in row if cell and cell != "-6.5"]
    assert [cell for cell in texts if cell.startswith((*STARTS, "\n"))] == []
    assert f"'{LINK}" in texts
    assert "-6.5" in written[1]


def test_tables_that_are_saved_hold_no_formula_and_all_their_numbers() -> None:
    table = pd.DataFrame({"name": [LINK, "-0.5e-3", "a-b", "-1+1"], "=x": [-1.5, 2.0, 3.0, 4.0]})
    free = formula_free_table(table)
    assert free["name"].tolist() == [f"'{LINK}", "-0.5e-3", "a-b", "'-1+1"]
    assert list(free.columns) == ["name", "'=x"]
    assert free["'=x"].tolist() == [-1.5, 2.0, 3.0, 4.0]
    assert formula_free_csv('name,x\n"=A1",-1.5\n') == "name,x\n'=A1,-1.5\n"


def test_the_command_line_survives_the_zoo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Read apart; bad files, and a hostile name, spoil no row of the others."""
    monkeypatch.delenv(apart.SWITCH)
    names = [
        "gbk.vasp",
        "script-block.cif",
        "deep.json",
        "mixed-occupancy.cif",
        "packed-cut.vasp.gz",
    ]
    hostile = tmp_path / "=HYPERLINK(1).vasp"
    hostile.write_text(poscar(comment=LINK))
    odd = tmp_path / os.fsdecode(b"\xff.vasp")  # a name that is no text
    odd.write_text("nothing")
    files = [*(str(ZOO / name) for name in names), str(odd)]
    monkeypatch.chdir(tmp_path)
    code = main(["predict", hostile.name, *files, "--model", "hea-six", "--output", "csv"])
    out = capsys.readouterr()
    assert code == 2
    assert "Traceback" not in out.err
    rows = list(csv.DictReader(io.StringIO(out.out, newline="")))
    assert len(rows) == 7
    assert rows[0]["file"] == f"'{hostile.name}"
    assert (rows[0]["formula"], rows[1]["formula"]) == ("Fe1Ni3", "Fe1Ni3")
    assert float(rows[0]["etot (eV/atom)"]) == float(rows[1]["etot (eV/atom)"]) < 0
    assert [bool(row["error"]) for row in rows] == [False, False, False, True, True, True, True]


def test_a_name_that_is_no_text_is_printed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.vasp")).write_text("nothing")
    command = [
        sys.executable,
        "-m",
        "heanet",
        "predict",
        os.fsdecode(os.fsencode(tmp_path) + b"/\xff.vasp"),
    ]
    environment = {**os.environ, apart.SWITCH: "off", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"'\\udcff.vasp' is in no known structure format" in done.stderr


# --- bombs ------------------------------------------------------------------------------------


def test_a_gz_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(64 * 2**20))
    assert len(bomb) < MAX_BYTES / 100
    with pytest.raises(StructureError, match="unpacks to more than 20 MB"):
        read_structures(bomb, name="bomb.vasp.gz")


def packed(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (packed(**{"a.vasp": bytes(MAX_UNPACKED_BYTES // 8)}), "more than 100 times its size"),
        (packed(**{"../../a.vasp": b"x"}), "leads out of the archive"),
        (packed(**{"/etc/a.vasp": b"x"}), "leads out of the archive"),
        (packed(**{"C:\\a.vasp": b"x"}), "leads out of the archive"),
        (packed(**{f"{k}.vasp": b"" for k in range(20_001)}), "20,001 members"),
    ],
    ids=["bomb", "parent", "root", "drive", "members"],
)
def test_hostile_archives_are_refused_and_write_nothing(
    archive: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=message):
        read_own_cells(archive, name="x.zip")
    assert list(tmp_path.rglob("*")) == []


def test_a_device_without_an_end_is_refused() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero")
    with pytest.raises(StructureError, match=r"20\.0 MB"):
        read_structures("/dev/zero")


# --- .pt files --------------------------------------------------------------------------------


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def small_net() -> PublishedNet:
    widths = PublishedWidths(
        n_tasks=3, n_embedding=40, hidden_channels=4, n_filters=3, n_interactions=1, n_gaussian=5,
        tower_h1=3, tower_h2=2,
    )  # fmt: skip
    return PublishedNet(widths)


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    (tmp_path / PT).write_bytes(pickle.dumps(Hostile(victim)))
    with pytest.raises(CheckpointError, match="damaged, or holds something else than tensors"):
        load_published(tmp_path / PT)
    torch.save({"x": Hostile(victim)}, tmp_path / PT)
    with pytest.raises(CheckpointError, match="damaged, or holds something else than tensors"):
        load_published(tmp_path / PT)
    assert not victim.exists()


def test_pt_files_are_read_in_another_process(
    tmp_path: Path, small_net: PublishedNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And give every number as it is."""
    monkeypatch.delenv(apart.SWITCH)
    monkeypatch.setattr(torch, "load", lambda *_a, **_k: pytest.fail("unpickled here"))
    torch.save(small_net.state_dict(), tmp_path / PT)
    net, _ = load_published(tmp_path / PT)
    for key, value in small_net.state_dict().items():
        assert torch.equal(net.state_dict()[key], value), key


def test_pt_files_have_limits(
    tmp_path: Path, small_net: PublishedNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = small_net.state_dict()
    torch.save({**state, "atomic_mass": torch.zeros(1).expand(2**40)}, tmp_path / PT)
    with pytest.raises(CheckpointError, match="larger than the file"):
        load_published(tmp_path / PT)
    torch.save({**state, "embedding.weight": torch.zeros(1, 2_000)}, tmp_path / PT)
    with pytest.raises(CheckpointError, match="hidden_channels is 2000"):
        load_published(tmp_path / PT)
    torch.save({**state, "tower_lin1.weight": torch.zeros(2, 2).to_sparse()}, tmp_path / PT)
    with pytest.raises(CheckpointError, match="tensors by name"):
        load_published(tmp_path / PT)
    monkeypatch.setattr(published, "MAX_BYTES", 100)
    with pytest.raises(CheckpointError, match="holds more than"):
        load_published(tmp_path / PT)
    assert tensorreader.MAX_BYTES == 64 * 2**20


def test_a_card_cannot_ask_for_a_network_that_fills_the_memory(tmp_path: Path) -> None:
    card = json.loads((ROOT / "models" / "hea-six" / "card.json").read_text(encoding="utf-8"))
    card["model"]["hidden_channels"] = 10**9
    card["card_sha256"] = ""
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    from heanet.training.checkpoints import load_checkpoint

    with pytest.raises(CheckpointError, match="hidden_channels"):
        load_checkpoint(tmp_path)
    (tmp_path / "card.json").write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_checkpoint(tmp_path)


# --- what is kept -----------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_is_the_users_alone_whatever_is_made_first(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        inside, outside = heanet_home() / "trained" / "run", tmp_path / "out" / "run"
        make_folder(inside)
        make_folder(outside)
        assert [mode(it) for it in (heanet_home(), inside.parent, inside)] == [0o700] * 3
        assert [mode(it) for it in (outside.parent, outside)] == [0o755] * 2
    finally:
        os.umask(before)
