"""The Predict page without a browser: the same numbers as the package gives, and their reasons."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure
from streamlit.testing.v1 import AppTest

import heanet
from heanet.config import TrainConfig
from heanet.data.splits import Split
from heanet.data.structures import write_structure
from heanet.fileprediction import predict_files
from heanet.modelinput import MODELS
from heanet.prediction import Value, load_model
from heanet.properties import PUBLISHED_TASKS, TASKS
from heanet.report import prediction_report
from heanet.training.calibration import Z_90
from heanet.training.registry import available_models
from heanet.training.runs import train_run
from heanet.ui import models, predict_reasons, predict_results, store, task_words
from tests.alloys import SMALL, alloy, small_dataset

PAGE = "pages/2_Predict.py"
# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")


@pytest.fixture
def page(open_page: Callable[..., AppTest]) -> AppTest:
    app = open_page(PAGE)
    assert not app.exception
    return app


@pytest.fixture
def small_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A single network without error bars, trained for one epoch as by a user."""
    dataset = small_dataset()
    cells = {name: alloy(name[-3:], seed=i) for i, name in enumerate(dataset.names)}
    monkeypatch.setattr(type(dataset.source), "read_cell", lambda _self, name: cells[name])
    split = Split("b2", np.arange(16), np.arange(16, 20), np.arange(20, 24))
    train_run(home / "trained" / "small", dataset, split, SMALL, TrainConfig(epochs=1))
    return "small"


def upload(app: AppTest, **files: Structure | bytes) -> AppTest:
    typed = [
        (
            name,
            cell if isinstance(cell, bytes) else write_structure(cell, "poscar").encode(),
            "application/octet-stream",
        )
        for name, cell in files.items()
    ]
    app.file_uploader[0].set_value(typed).run()
    assert not app.exception
    return app


def values(app: AppTest) -> dict[str, tuple[str, str]]:
    """Shown value and error bar by task."""
    return {
        metric.label.rpartition(" · ")[2]: (metric.value, metric.delta) for metric in app.metric
    }


def shown(prediction: heanet.Prediction) -> dict[str, tuple[str, str]]:
    """What the page must show, counted out from the package's answer."""
    found = {}
    for task, value in prediction.values.items():
        digits = TASKS[task].decimals
        number = f"{value.value:z.{digits}f}".replace("-", "−")
        found[task] = (
            f"{number} {task_words.unit_words(value.unit)}",
            f"± {Z_90 * value.std:.{digits}f} (90 %)",
        )
    return found


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The one table that has a column."""
    (found,) = [block.value for block in app.dataframe if column in block.value.columns]
    return found


def captions(app: AppTest) -> str:
    return " ".join(block.value for block in app.main.caption).replace("\\", "")


def addresses(app: AppTest, key: str) -> list[str]:
    value = app.query_params.get(key, [])
    return value if isinstance(value, list) else [value]


def test_a_cold_start_says_what_to_do(page: AppTest) -> None:
    assert page.title[0].value == "Predict"
    assert [b.label for b in page.button if (b.key or "").startswith("sample_")] == [
        "FeNi",
        "FeNi again",
    ]
    assert "error bar" in " ".join(text.value for text in page.main.markdown)
    assert page.selectbox(key="model").value == "auto"
    assert "Cr, Mn, Fe, Co, Ni, Pd" in captions(page)
    assert [tile.value for tile in page.metric] == ["-"]  # unseen, ahead of the values


def test_an_uploaded_cell_gets_the_values_of_the_package(page: AppTest, feni: Structure) -> None:
    upload(page, FeNi_fcc=feni)
    feni.properties["name"] = "FeNi_fcc"
    (expected,) = heanet.predict([feni])
    assert values(page) == shown(expected)
    assert list(values(page)) == list(PUBLISHED_TASKS)
    assert "parent lattice fcc, from the file name" in captions(page)
    assert "hea-built" in captions(page)


def test_every_number_says_what_it_means(page: AppTest, feni: Structure) -> None:
    upload(page, FeNi_fcc=feni)
    for metric in page.metric:
        task = metric.label.rpartition(" · ")[2]
        assert TASKS[task].meaning["en"] in metric.help
        assert "1.645 standard deviations" in metric.help


def test_signs_are_read_out_with_their_error_bars(page: AppTest, feni: Structure) -> None:
    upload(page, FeNi_fcc=feni)
    feni.properties["name"] = "FeNi_fcc"
    (expected,) = heanet.predict([feni])
    assert expected.values["emix"].value < -Z_90 * expected.values["emix"].std
    assert "mixing on this lattice releases energy" in captions(page)
    assert "ms times the 4 atoms" in captions(page)


@pytest.mark.parametrize(
    ("task", "value", "std", "words"),
    [
        ("emix", 0.01, 0.02, "sign is open"),
        ("emix", 0.01, 0.001, "costs energy"),
        ("eform", -0.01, 0.001, "stable"),
        ("eform", 0.01, None, "separate pure elements are lower"),
        ("rmsd", 0.05, 0.01, "probably survived"),
        ("rmsd", 0.7, 0.1, "probably not survived"),
        ("rmsd", 0.28, 0.1, "open"),
    ],
)
def test_readings(task: str, value: float, std: float | None, words: str) -> None:
    assert words in task_words.reading(task, Value(value, std, TASKS[task].unit), 4)


def test_a_refused_cell_is_named_and_the_others_are_served(page: AppTest, feni: Structure) -> None:
    foreign = feni.copy()
    foreign.replace(0, "Au")
    upload(page, gold_fcc=foreign, FeNi_fcc=feni, broken=b"")
    errors = [error.value.replace("\\", "") for error in page.error]
    assert len(errors) == 2
    assert "broken" in errors[0]
    assert errors[1].startswith("**gold_fcc**")
    assert "has Au, which the model" in errors[1]
    assert len(page.metric) == 6
    assert "FeNi_fcc · 4 atoms" in captions(page)


def test_a_lattice_given_by_hand_changes_emix_and_not_only_its_name(
    page: AppTest, feni: Structure
) -> None:
    upload(page, FeNi_fcc=feni)
    before = values(page)
    (cell_id,) = page.session_state[store._OPEN]
    page.segmented_control(key=f"lattice_of_{cell_id}").set_value("bcc").run()
    assert not page.exception
    (expected,) = heanet.predict([feni], lattice="bcc")
    assert values(page) == shown(expected)
    assert values(page)["emix"] != before["emix"]
    assert "parent lattice bcc, chosen by hand" in captions(page)
    assert addresses(page, "lattice") == [f"{cell_id}:bcc"]


def test_a_lattice_can_be_given_to_all_cells(page: AppTest, feni: Structure) -> None:
    upload(page, a=feni, b=feni * (2, 1, 1))
    cell_id = next(iter(page.session_state[store._OPEN]))
    page.segmented_control(key=f"lattice_of_{cell_id}").set_value("bcc").run()
    next(b for b in page.button if b.label == "Use bcc for all 2 cells").click().run()
    assert list(table(page, "etot half")["lattice"]) == ["bcc, chosen by hand"] * 2


def test_many_cells_give_a_row_each_and_one_in_detail(page: AppTest, feni: Structure) -> None:
    bcc = Structure(Lattice.cubic(2.86), ["Fe", "Cr"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    upload(page, FeNi_fcc=feni, FeCr_bcc=bcc)
    bcc.properties["name"], feni.properties["name"] = "FeCr_bcc", "FeNi_fcc"
    expected = heanet.predict([feni, bcc])
    rows = table(page, "etot half")
    assert list(rows["name"]) == ["FeNi_fcc", "FeCr_bcc"]
    assert list(rows["atoms"]) == [4, 2]
    for task in PUBLISHED_TASKS:
        assert list(rows[task]) == pytest.approx(
            [found.values[task].value for found in expected], abs=1e-5
        )
        assert list(rows[f"{task} half"]) == pytest.approx(
            [Z_90 * found.values[task].std for found in expected], rel=1e-4
        )
    assert list(rows["warnings"]) == [len(found.warnings) for found in expected]
    by_name = {name: key for key, name in page.session_state[store._OPEN].items()}
    page.selectbox(key="predict_detail").select(by_name["FeCr_bcc"]).run()
    assert values(page) == shown(expected[1])
    assert page.session_state[store.CHOSEN] == by_name["FeCr_bcc"]


def test_warnings_stand_beside_the_values(page: AppTest, feni: Structure) -> None:
    upload(page, FeNi_fcc=feni)
    page.selectbox(key="model").select("hea-six").run()
    feni.properties["name"] = "FeNi_fcc"
    (expected,) = heanet.predict([feni], "hea-six")
    assert expected.warnings  # an ideal lattice
    text = page.warning[0].value.replace("\\", "")
    assert all(warning in text for warning in expected.warnings)


def test_shares_are_drawn_for_the_property_of_the_address(
    open_page: Callable[..., AppTest], feni: Structure
) -> None:
    app = open_page(PAGE, cell="FeNi_fcc.vasp", property="Mixing energy")
    feni.properties["name"] = "FeNi_fcc"
    (expected,) = heanet.predict([feni])
    (chart,) = app.get("plotly_chart")
    bars = json.loads(chart.proto.spec)["data"][0]
    assert bars["y"] == ["Fe", "Ni", "<b>Sum</b>"]
    assert bars["customdata"][2] == task_words.digits("emix", expected.values["emix"].value)


def test_an_address_restores_cells_model_and_lattice(
    open_page: Callable[..., AppTest], small_model: str
) -> None:
    app = open_page(
        PAGE,
        cell=["FeNi_fcc.vasp", "again.vasp"],
        model=small_model,
        lattice=["again.vasp:bcc"],
    )
    assert not app.exception
    assert app.selectbox(key="model").value == small_model
    assert list(table(app, "etot")["lattice"]) == [
        "fcc, from the file name",
        "bcc, chosen by hand",
    ]
    assert addresses(app, "cell") == ["FeNi_fcc.vasp", "again.vasp"]
    assert app.sidebar.caption[0].value == "2 cells open"


def test_an_address_of_cells_that_are_gone_says_so(open_page: Callable[..., AppTest]) -> None:
    app = open_page(PAGE, cell=["FeNi_fcc.vasp", "0123456789abcdef"], model="gone")
    assert not app.exception
    messages = " ".join(info.value for info in app.info)
    assert "does not hold 1 of them" in messages
    assert "no model “gone”" in messages
    assert len(app.metric) == 6


def test_a_single_network_has_no_error_bars_and_says_why(
    open_page: Callable[..., AppTest], small_model: str
) -> None:
    app = open_page(PAGE, cell="FeNi_fcc.vasp", model=small_model)
    assert {bar for _, bar in values(app).values()} == {"no error bar"}
    assert "single network" in app.metric[0].help
    assert "single network" in captions(app)
    assert "90 %" not in captions(app)
    assert "data import" in captions(app)  # its labelled set is not one that can be fetched


def test_a_damaged_model_is_named_and_nothing_else_breaks(
    open_page: Callable[..., AppTest], small_model: str, home: Path
) -> None:
    (home / "trained" / small_model / "weights.safetensors").write_bytes(b"broken")
    app = open_page(PAGE, cell="FeNi_fcc.vasp", model=small_model)
    assert not app.exception
    assert small_model in app.error[0].value
    app.selectbox(key="model").select("hea-six").run()
    assert len(app.metric) == 6


def test_the_card_is_one_click_away(page: AppTest) -> None:
    page.selectbox(key="model").select("hea-six").run()
    next(b for b in page.button if b.label == "What this model is").click().run()
    assert not page.exception
    card = load_model("hea-six").card
    errors = table(page, "mae")
    assert list(errors["n"]) == [metric.n for metric in card.metrics]
    assert list(errors["mae"]) == [
        f"{metric.mae:.{TASKS[metric.task].decimals}f}" for metric in card.metrics
    ]
    text = " ".join(block.value for block in page.markdown).replace("\\", "")
    assert all(limit in text for limit in card.limits)


def test_downloads_are_what_the_command_line_prints(feni: Structure, tmp_path: Path) -> None:
    foreign = feni.copy()
    foreign.replace(0, "Au")
    files = [tmp_path / "FeNi_fcc", tmp_path / "gold_fcc"]
    for file, cell in zip(files, (feni, foreign), strict=True):
        file.write_text(write_structure(cell, "poscar"))
    cells = [store.Cell(file.name, file.name, heanet.read_structures(file)[0]) for file in files]
    known = available_models()
    choices = models.Choices({kind: models._choice(n, known[n]) for kind, n in MODELS.items()})
    results = predict_results.predict_all(cells, choices)
    printed = predict_files(files)
    for output in ("json", "csv"):
        expected = prediction_report(printed, output).replace(f"{tmp_path}/", "")
        assert predict_results.report(results, output) == expected
    assert json.loads(predict_results.report(results, "json"))[1]["error"]


def test_near_cells_carry_labels_once_the_set_is_imported(
    page: AppTest, feni: Structure, hea_dft_folder: Path
) -> None:
    upload(page, FeNi_sqsfcc=feni)
    assert list(table(page, "distance").columns) == ["name", "distance", "lattice"]
    assert "heanet data fetch hea-dft" in captions(page)

    labelled = heanet.load_labels(hea_dft_folder)
    page.run()
    rows = table(page, "distance").set_index("name")
    assert rows.index[0] == "This cell, predicted"
    label = labelled.table.loc["NiFe_sqsfcc", "emix"]
    assert rows.loc["NiFe_sqsfcc", "emix"] == f"{label:.4f}".replace("-", "−")
    same = labelled.fingerprint == load_model("hea-six").card.data.fingerprint
    assert ("This copy of the set is not" in captions(page)) is not same


def test_corrected_labels_are_marked(hea_dft_folder: Path, home: Path) -> None:
    heanet.load_labels(hea_dft_folder)
    labels, _fingerprint = predict_reasons._read("hea-dft", corrected=True, home=str(home))
    value, corrected = labels["Co3Mn_sqsbcc", "emix"]
    assert corrected
    assert predict_reasons._label_text(labels, "Co3Mn_sqsbcc", "emix") == "−0.0142 †"
    assert value == pytest.approx(-0.01419)
    assert predict_reasons._label_text(labels, "nowhere", "emix") == "–"
    assert not any(
        mark for _, mark in predict_reasons._read("hea-dft", False, str(home))[0].values()
    )


def test_cells_left_out_stay_out_and_new_ones_come_in(page: AppTest, feni: Structure) -> None:
    upload(page, a_fcc=feni, b_fcc=feni)
    first, second = page.session_state[store._OPEN]
    page.multiselect(key="predict_cells").unselect(first).run()
    assert addresses(page, "cell") == [second]
    assert "b_fcc" in captions(page)
    upload(page, c_fcc=feni)
    names = [page.session_state[store._OPEN][i] for i in page.multiselect[0].value]
    assert names == ["b_fcc", "c_fcc"]


def test_cells_of_the_structure_page_are_predicted_here(
    open_page: Callable[..., AppTest],
) -> None:
    app = open_page("pages/1_Structure.py", cell="again.vasp")
    app.switch_page(PAGE).run()
    assert not app.exception
    assert len(app.metric) == 6
    assert addresses(app, "cell") == ["again.vasp"]


def test_a_second_look_predicts_nothing_again(
    page: AppTest, feni: Structure, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    original = predict_results.predict

    def counting(*args: Any, **options: Any) -> list[heanet.Prediction]:
        asked.append(options["lattice"])
        return original(*args, **options)

    monkeypatch.setattr(predict_results, "predict", counting)
    upload(page, FeNi_fcc=feni)
    page.run()
    assert asked == ["auto"]
    (cell_id,) = page.session_state[store._OPEN]
    page.segmented_control(key=f"lattice_of_{cell_id}").set_value("bcc").run()
    page.segmented_control(key=f"lattice_of_{cell_id}").set_value("auto").run()
    assert asked == ["auto", "bcc"]


def said(app: AppTest) -> str:
    return " ".join(block.value for block in app.main.markdown).replace("\\", "")


def test_a_cell_as_built_and_a_relaxed_one_go_to_different_models(
    page: AppTest, feni: Structure
) -> None:
    upload(page, FeNi_fcc=feni)
    assert "**As built:** the atoms sit on ideal fcc sites" in said(page)
    built, relaxed = (load_model(name).card for name in ("hea-built", "hea-six"))
    first, second = ({m.task: m.mae for m in card.metrics} for card in (built, relaxed))
    assert f"{first['rmsd'] / second['rmsd']:.1f} (Displacement from the lattice sites)" in said(
        page
    )
    moved = (feni * (2, 2, 2)).copy()
    moved.perturb(0.02)
    upload(page, moved_fcc=moved)
    page.selectbox(key="predict_detail").select_index(1).run()
    assert "**The lattice survived:** 100%" in said(page)
    assert "lie 0.0" in captions(page)
    assert "Model hea-six" in captions(page)


def test_one_model_can_be_asked_for_all_kinds(page: AppTest, feni: Structure) -> None:
    upload(page, FeNi_fcc=feni)
    page.selectbox(key="model").select("hea-six").run()
    feni.properties["name"] = "FeNi_fcc"
    (expected,) = heanet.predict([feni], "hea-six")
    assert values(page) == shown(expected)
    assert "ideal sites" in " ".join(block.value for block in page.warning)


def test_both_cards_are_one_click_away(page: AppTest) -> None:
    next(b for b in page.button if b.label == "What this model is").click().run()
    assert not page.exception
    assert [tab.label.replace("\\", "") for tab in page.tabs] == ["hea-six", "hea-built"]
