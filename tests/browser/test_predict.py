"""The Predict page in a real browser: from a file to the numbers of the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heanet.properties import TASKS
from heanet.training.calibration import Z_90
from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]
ROOT = Path(__file__).resolve().parents[2]
CANTOR = ROOT / "sample_data" / "structures" / "CrMnFeCoNi_fcc.vasp"
UNITS = {"muB/atom": "µB/atom", "muB/cell": "µB/cell", "Angstrom": "Å"}


@pytest.fixture(scope="module")
def printed() -> list[dict[str, Any]]:
    """What the command line prints for the Cantor alloy."""
    command = [sys.executable, "-m", "heanet", "predict", str(CANTOR), "--output", "json"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def open_cantor(tab: Tab) -> None:
    tab.open("/Predict?cell=CrMnFeCoNi_fcc.vasp")
    tab.page.wait_for_selector("[data-testid=stMetric]")
    tab.page.wait_for_selector(".js-plotly-plot .barlayer")
    tab.settle()


def test_an_uploaded_cell_has_the_values_of_the_command_line(
    open_tab: OpenTab, printed: list[dict[str, Any]]
) -> None:
    tab = open_tab()
    tab.open("/Structure")
    tab.page.set_input_files("input[type=file]", CANTOR)
    tab.wait_for_drawn_cell()
    tab.page.get_by_test_id("stSidebar").get_by_role("link", name="Predict").click()
    tab.page.wait_for_selector("[data-testid=stMetric]")
    tab.settle()
    (row,) = printed
    for task, found in row["predictions"].items():
        tile = tab.page.locator(f".st-key-tile_{task}")
        value = tile.get_by_test_id("stMetricValue").inner_text().replace("−", "-")
        bar = tile.get_by_test_id("stMetricDelta").inner_text()
        digits = TASKS[task].decimals
        unit = UNITS.get(found["unit"], found["unit"])
        assert value == f"{found['value']:.{digits}f} {unit}"
        assert bar == f"± {Z_90 * found['std']:.{digits}f} (90 %)"
        assert TASKS[task].label["en"] in tile.inner_text()
    head = tab.page.get_by_text("CrMnFeCoNi_fcc · 60 atoms").inner_text()
    assert head.endswith(f"parent lattice {row['lattice']}, from the {row['lattice_source']}")
    assert tab.foreign_requests() == []


def test_the_download_is_what_the_command_line_prints(
    open_tab: OpenTab, printed: list[dict[str, Any]]
) -> None:
    tab = open_tab()
    open_cantor(tab)
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="JSON").click()
    rows = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert rows == [{**printed[0], "file": "CrMnFeCoNi_fcc"}]


def test_a_lattice_given_by_hand_is_in_the_address_and_comes_back(open_tab: OpenTab) -> None:
    tab = open_tab()
    open_cantor(tab)
    emix = tab.page.locator(".st-key-tile_emix").get_by_test_id("stMetricValue")
    before = emix.inner_text()
    tab.page.get_by_role("radio", name="bcc").click()
    tab.page.wait_for_url("**lattice=**bcc**")
    tab.settle()
    given = emix.inner_text()
    assert given != before
    tab.page.reload()
    tab.page.wait_for_selector("[data-testid=stMetric]")
    tab.settle()
    assert emix.inner_text() == given


def test_a_click_on_a_row_shows_that_cell(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open("/Predict?cell=CrMnFeCoNi_fcc.vasp&cell=CrFeNi_bcc.vasp")
    tab.page.wait_for_selector("[data-testid=stDataFrame] canvas")
    tab.settle()
    tab.tick(tab.page.get_by_test_id("stDataFrame").first, 1)
    tab.page.get_by_text("CrFeNi_bcc · 36 atoms").wait_for()


@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_fits_its_window(open_tab: OpenTab, width: int) -> None:
    tab = open_tab(width=width)
    open_cantor(tab)
    wide = tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width
