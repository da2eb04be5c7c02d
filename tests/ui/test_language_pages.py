"""Every page in Chinese: whatever is written on it, no English is."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pymatgen.core import Element, Lattice, Structure
from streamlit.testing.v1 import AppTest

from heanet.config import ModelConfig, RunConfig, StartConfig, TrainConfig
from heanet.data.labels import LabelledSet, load_labels
from heanet.data.structures import write_structure
from heanet.properties import TASK_KEYS
from heanet.ui import compare_views, train_views
from heanet.ui.catalogues import catalogue
from tests.data import own_upload
from tests.ui.page_words import texts
from tests.ui.some_runs import add_run

OpenPage = Callable[..., AppTest]
# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")

# Names, formats, units, and what options and their values are called on the command line.
_WORDS = """
HEANet SchNet Huber AdamW CHGNet DFT HEA MLflow WebGL HEANET English POSCAR CONTCAR CIF XYZ JSON XML
PDF pymatgen gzip zip ZIP CSV PNG SVG SHA VASP PBE Jmol VESTA Okabe Ito Warren Cowley Pearson
Spearman Dropout dropout SQS fcc bcc hcp MAE RMSE MB at wt No doi eV kJ heanet torch python numpy
vesin commit csv xlsx extxyz data weights structure volume make app name rb val mae epochs
grouped fold of without components scratch frozen teacher huber cosine constant Published published
element atom none True False network graphs seed run relaxed built task group Materials Project
small other stopped base alloys cells again pdf Xx
"""
NAMES = set(_WORDS.split())
OPTIONS = {
    *RunConfig.model_fields, *ModelConfig.model_fields, *TrainConfig.model_fields,
    *StartConfig.model_fields,
}  # fmt: skip
FCC = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
SYMBOLS = "|".join(sorted((element.symbol for element in Element), key=len, reverse=True))
FORMULA = re.compile(rf"(?:{SYMBOLS})+(?:[-–](?:{SYMBOLS})+)*")


def zh(text: str) -> str:
    """A text of the pages in Chinese."""
    return str(catalogue("zh").translations.gettext(text))


def english(app: AppTest) -> set[str]:
    """Words that are no names."""
    assert not app.exception
    found = set()
    for text in texts(app):
        for run in re.findall(r"[!-~]+", text):
            word = run.strip("*_-–.,;:!?()[]'\"#+=|{}~^<>≠")
            is_name = "-" in word or word in NAMES or word in OPTIONS or word in TASK_KEYS
            is_name = is_name or FORMULA.fullmatch(word) is not None
            if re.fullmatch(r"[A-Za-z][A-Za-z'-]+", word) and not is_name:
                found.add(f"{word} in: {text[:120]}")
    return found


def test_english_words_are_found(open_page: OpenPage) -> None:
    """The check can fail: the pages in English are full of them."""
    found = {it.partition(" ")[0] for it in english(open_page("app.py"))}
    assert {"laboratory", "alloys", "Home"} - NAMES <= found


@pytest.mark.parametrize("page", ["app.py", "pages/1_Structure.py", "pages/2_Predict.py"])
def test_first_pages(open_page: OpenPage, page: str) -> None:
    assert english(open_page(page, lang="zh")) == set()


def test_a_cell(open_page: OpenPage) -> None:
    app = open_page(
        "pages/1_Structure.py", lang="zh", cell="FeNi_fcc.vasp", colour=zh("Local lattice")
    )
    assert english(app) == set()
    assert "局域晶格" in [box.value or "" for box in app.selectbox] or app.selectbox(key="colour")


def test_the_builder_and_a_built_cell(open_page: OpenPage) -> None:
    app = open_page("pages/1_Structure.py", lang="zh")
    app.button(key="build_open").click().run()
    assert english(app) == set()
    app.segmented_control(key="build_kind").set_value("random").run()
    app.number_input(key="build_atoms").set_value(9).run()
    app.button(key="build").click().run()
    assert english(app) == set()
    app.button(key="build_open").click().run()
    app.segmented_control(key="build_way").set_value("formula").run()
    app.text_input(key="build_formula").set_value("Xx").run()
    assert english(app) == set()
    (error,) = [it.value for it in app.error]
    assert error.startswith("“Xx”中有“Xx”，它不是化学元素。要求：元素符号")


def test_files_that_cannot_be_read(open_page: OpenPage) -> None:
    app = open_page("pages/1_Structure.py", lang="zh")
    files = {"empty.cif": b"", "page.vasp": b"<html>", "pdf": b"%PDF-1", "x.json": b"[]"}
    app.file_uploader[0].set_value([(name, data, "") for name, data in files.items()]).run()
    assert english(app) == set()
    assert len(app.error) == len(files)


def test_predictions(open_page: OpenPage) -> None:
    cells = ["FeNi_fcc.vasp", "again.vasp"]
    app = open_page("pages/2_Predict.py", lang="zh", cell=cells)
    assert english(app) == set()
    app = open_page("pages/2_Predict.py", lang="zh", cell=cells, model="hea-six")
    assert english(app) == set()
    assert app.warning  # the cells are ideal
    app.button[[it.label for it in app.button].index(zh("What this model is"))].click().run()
    assert english(app) == set()


@pytest.mark.parametrize("key", sorted(set(compare_views.views()) - {"runs"}))
def test_views_of_results(open_page: OpenPage, labels: LabelledSet, key: str) -> None:
    title = zh(compare_views.views()[key].title)
    cell = str(labels.corrections["name"].iloc[-1])
    app = open_page("pages/3_Compare.py", lang="zh", view=title, cell=cell)
    assert english(app) == set()
    assert [it.value for it in app.segmented_control if it.key == "view"] == [key]


def test_the_view_of_runs(open_page: OpenPage, runs: Path) -> None:
    assert runs.is_dir()
    app = open_page("pages/3_Compare.py", lang="zh", view=zh("Your runs"))
    assert english(app) == set()


@pytest.mark.parametrize("tab", sorted(train_views.views()))
def test_views_of_training(
    open_page: OpenPage, runs: Path, make_published: Callable[..., Path], tab: str
) -> None:
    assert runs.is_dir()
    load_labels(make_published(folder="small"))
    add_run("run1", state="failed", message="The loss is no longer finite in epoch 3.")
    title = zh(train_views.views()[tab].title)
    app = open_page("pages/4_Train.py", lang="zh", tab=title)
    assert english(app) == set()


def test_a_run_that_failed(open_page: OpenPage, runs: Path) -> None:
    assert runs.is_dir()
    add_run(
        "run1",
        state="failed",
        message="The loss is no longer finite in epoch 3. Lower --lr (it is 1).",
    )
    app = open_page("pages/4_Train.py", lang="zh", tab=zh("Runs"), run="run1")
    assert english(app) == set()
    assert "第 3 轮的损失不再是有限值。请减小 --lr" in app.error[0].value.replace("\\", "")


@pytest.mark.parametrize("label", ["-8.5", "x8"])
def test_a_set_of_ones_own(open_page: OpenPage, label: str) -> None:
    """A table and a zip with a row and a file too many; a label that is no number, or fits none."""
    files = own_upload.cells_of_labels()
    files["lost.vasp"] = next(iter(files.values()))
    table = own_upload.labels()
    table.loc[0, "structure"] = "nowhere_sqsfcc"
    table["etot"] = table["etot"].astype(str)
    table.loc[1, "etot"] = label
    app = open_page("pages/4_Train.py", lang="zh", tab=zh("Own data"))
    app.file_uploader[0].set_value([(own_upload.ZIP, own_upload.pack(files), "")])
    app.file_uploader[1].set_value([(own_upload.TABLE, own_upload.csv(table), "")]).run()
    assert english(app) == set()
    assert len(app.error) == (label == "x8")
    said = " ".join(it.value for it in (*app.warning, *app.info, *app.error)).replace("\\", "")
    assert "“lost.vasp”：没有该名称的行。" in said


def test_odd_cells(open_page: OpenPage) -> None:
    """Of an unknown element, of unknown lattice, with partially occupied sites."""
    app = open_page("pages/2_Predict.py", lang="zh")
    cell = Structure(Lattice.cubic(3.6), ["Fe", "Fe", "Ni", "Ni"], FCC)
    unknown = Structure(Lattice.cubic(3.6), ["Cu", "Cu", "Ni", "Ni"], FCC)
    mixed = Structure(Lattice.cubic(3.6), [{"Fe": 0.5, "Ni": 0.5}] * 4, FCC)
    app.file_uploader[0].set_value(
        [
            ("alloys.vasp", write_structure(cell, "poscar").encode(), ""),
            ("Xx.vasp", write_structure(unknown, "poscar").encode(), ""),
            ("small.cif", mixed.to(fmt="cif").encode(), ""),
        ]
    ).run()
    assert english(app) == set()
    said = " ".join(it.value for it in (*app.error, *app.warning, *app.main.markdown))
    assert "晶胞 NiCu 含 Cu，模型“hea\\-built”从未见过。要求：只含 Co Cr Fe Mn Ni Pd。" in said
    assert "母晶格 fcc 由几何读出，其中 100% 的原子显示该晶格" in said
    assert "的 4 个位点中有 4 个为部分占据" in said
    app.button(key="order_0").click().run()
    assert english(app) == set()
