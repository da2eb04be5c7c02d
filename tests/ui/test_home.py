"""The home page: ways in, and a first prediction that is the model's own."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import heanet
from heanet.data.structures import read_structures
from heanet.properties import PUBLISHED_TASKS, TASKS
from heanet.training.calibration import Z_90
from heanet.ui import sample_index
from heanet.ui.home import ALLOY, FIRST_ALLOYS

OpenPage = Callable[..., AppTest]
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "sample_data" / "structures"


@pytest.fixture(autouse=True)
def shipped_samples(sample_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """The samples of the project in place of the tests' own."""
    monkeypatch.setattr(sample_index, "FOLDER", FOLDER)


def predicted(file: str) -> dict[str, tuple[str, str]]:
    """Value and error bar of each task as the page is to show them."""
    (found,) = heanet.predict(read_structures(FOLDER / file)[:1])
    return {
        task: (
            f"{value.value:z.{TASKS[task].decimals}f}".replace("-", "−"),
            f"± {Z_90 * value.std:.{TASKS[task].decimals}f} (90 %)",
        )
        for task, value in found.values.items()
    }


def shown(app: AppTest) -> dict[str, tuple[str, str]]:
    return {
        tile.label.rpartition(" ")[2]: (tile.value.partition(" ")[0], tile.delta)
        for tile in app.metric
    }


def test_home_leads_to_the_pages_and_claims_no_numbers(open_page: OpenPage) -> None:
    app = open_page("app.py")
    assert not app.exception
    assert app.title[0].value.startswith("HEANet")
    links = [link.proto.page for link in app.get("page_link")]
    assert {"Structure", "Predict", "Compare", "Train", "Learn"} <= set(links)
    text = " ".join(block.value for block in app.main.markdown)
    without_doi = re.sub(r"10\.\d+/\S+", "", text.replace("3D", ""))
    assert re.findall(r"\d+", without_doi) == []
    assert not app.metric


def test_one_click_predicts_and_another_alloy_needs_no_further_one(open_page: OpenPage) -> None:
    app = open_page("app.py")
    app.button(key="home_predict").click().run()
    assert not app.exception
    assert shown(app) == predicted(FIRST_ALLOYS[0])
    assert set(shown(app)) == set(PUBLISHED_TASKS)
    app.button_group(key=ALLOY).set_value(FIRST_ALLOYS[3]).run()
    assert shown(app) == predicted(FIRST_ALLOYS[3]) != predicted(FIRST_ALLOYS[0])
    (way,) = [link for link in app.get("page_link") if link.proto.label == "Predict your own"]
    assert way.proto.page == "Predict"
    assert f"cell={FIRST_ALLOYS[3]}" in way.proto.query_string


def test_a_missing_model_is_said(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heanet.ui.models.MODELS", {"relaxed": "gone", "built": "gone"})
    app = open_page("app.py")
    app.button(key="home_predict").click().run()
    assert not app.exception
    assert "No model 'gone'" in app.error[0].value.replace("\\", "")
    assert not app.metric


def test_without_samples_there_is_no_block(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_index, "FOLDER", tmp_path / "none")
    app = open_page("app.py")
    assert not app.exception
    assert [heading.value for heading in app.subheader] == ["What it stands on"]


def test_the_page_is_drawn_without_what_predicts() -> None:
    source = (
        "from streamlit.testing.v1 import AppTest; import sys; "
        "app = AppTest.from_file('app.py', default_timeout=60).run(); assert not app.exception; "
        "print(*[name in sys.modules for name in ('torch', 'pymatgen', 'pandas', 'scipy')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"] * 4
