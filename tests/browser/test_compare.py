"""The Compare page in a real browser: from a line of the leaderboard to a cell in 3D, and back."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator

from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]
VIEWS = (
    "Leaderboard",
    "Heat map",
    "Parity",
    "Learning curves",
    "Transfer",
    "Where errors are",
    "Label correlation",
    "Published figures",
    "Settings",
    "Label audit",
)
CELL = "Fe8Ni4Cr4_sqsbcc"


@pytest.fixture
def open_results(open_tab: OpenTab, results_url: str) -> OpenTab:
    """Opens tabs on the app that has results."""

    def start(**options: Any) -> Tab:
        return open_tab(url=results_url, **options)

    return start


def open_view(tab: Tab, view: str, query: str = "") -> None:
    tab.open(f"/Compare?view={view.replace(' ', '+')}{query}")
    tab.page.wait_for_selector(
        "[data-testid=stDataFrame] canvas, .js-plotly-plot .main-svg, .viewer[data-state=drawn]"
    )
    tab.settle()


def tables(tab: Tab) -> Locator:
    return tab.page.get_by_test_id("stDataFrame")


def click_point(tab: Tab, trace: str, index: int) -> str:
    """Clicks a point of a trace of the parity plot; returns the name of its row."""
    plot = tab.page.locator(".st-key-figure_parity-schnet-all-a2-etot .js-plotly-plot")
    plot.scroll_into_view_if_needed()
    place: dict[str, Any] = plot.evaluate(
        """(plot, [name, index]) => {
            const trace = plot._fullData.find((one) => one.name.startsWith(name));
            const { xaxis, yaxis } = plot._fullLayout;
            const corner = plot.getBoundingClientRect();
            return {
                name: trace.customdata[index],
                x: corner.x + xaxis._offset + xaxis.d2p(trace.x[index]),
                y: corner.y + yaxis._offset + yaxis.d2p(trace.y[index]),
            };
        }""",
        [trace, index],
    )
    tab.page.mouse.move(place["x"] - 3, place["y"])
    tab.page.mouse.move(place["x"], place["y"])
    tab.page.wait_for_timeout(300)  # plotly finds what is under the pointer
    tab.page.mouse.click(place["x"], place["y"])
    return str(place["name"])


def test_from_the_leaderboard_to_a_point_to_its_cell_and_by_its_address(
    open_results: OpenTab, tmp_path: Path
) -> None:
    tab = open_results()
    open_view(tab, "Leaderboard")
    # SchNet, below three lines of HEANet and one of the published recipe.
    tab.tick(tables(tab).last, 4, heads=2)
    tab.page.wait_for_selector(".st-key-figure_parity-schnet-all-a2-etot .js-plotly-plot .main-svg")
    name = click_point(tab, "test, bcc", 2)
    tab.page.get_by_text(f"{name} · 16 atoms").wait_for()
    tab.wait_for_drawn_cell()
    tab.settle()
    assert tab.colours_in_view(tmp_path) > 1_000
    query = parse_qs(urlsplit(tab.page.url).query)
    assert query == {"view": ["Parity"], "model": ["SchNet"], "cell": [name]}
    numbers = tab.page.get_by_test_id("stMetricValue").all_inner_texts()
    assert len(numbers) == 3

    other = open_results(dark=True)  # another browser context
    other.page.goto(tab.page.url)
    other.wait_for_drawn_cell()
    other.settle()
    assert other.page.get_by_text(f"{name} · 16 atoms").is_visible()
    assert other.page.get_by_test_id("stMetricValue").all_inner_texts() == numbers
    assert other.page.locator(".st-key-figure_parity-schnet-all-a2-etot").is_visible()
    assert other.colours_in_view(tmp_path) > 1_000
    assert other.page.url == tab.page.url
    assert tab.foreign_requests() == other.foreign_requests() == []


def test_the_way_back_leads_to_the_leaderboard(open_results: OpenTab) -> None:
    tab = open_results()
    open_view(tab, "Leaderboard", "&split=b2")
    tab.tick(tables(tab).last, 4, heads=2)
    tab.page.wait_for_url("**view=Parity**")
    tab.settle()
    # Streamlit notes view and model in the address, on a slow machine one after the other.
    for _ in range(2):
        if "view=Parity" in tab.page.url:
            tab.page.go_back()
            tab.settle()
    tab.page.get_by_text("Seed by seed").wait_for()
    assert "split=b2" in tab.page.url


def test_a_ticked_row_of_the_audit_shows_its_cell(open_results: OpenTab, tmp_path: Path) -> None:
    tab = open_results()
    open_view(tab, "Label audit")
    tab.tick(tables(tab).last, 2)
    tab.page.get_by_text(f"{CELL} · 16 atoms").wait_for()
    tab.wait_for_drawn_cell()
    assert tab.colours_in_view(tmp_path) > 1_000
    legend = tab.page.locator(".viewer .legend")
    assert legend.inner_text().split() == ["Cr", "4", "Fe", "8", "Ni", "4"]
    tab.page.get_by_text("As published").click()
    tab.page.get_by_text("labels as published").wait_for()
    tab.settle()
    tab.wait_for_drawn_cell()
    assert legend.inner_text().split() == ["Mn", "4", "Fe", "8", "Ni", "4"]
    assert f"cell={CELL}" in tab.page.url


def test_the_cell_opens_on_the_structure_page(open_results: OpenTab) -> None:
    tab = open_results()
    open_view(tab, "Parity", f"&cell={CELL}")
    tab.wait_for_drawn_cell()
    tab.page.get_by_role("link", name="Open on the Structure page").click()
    tab.page.wait_for_url("**/Structure?cell=*")
    tab.wait_for_drawn_cell()
    assert tab.page.get_by_test_id("stMetric").first.inner_text().endswith("16")


def test_tables_and_figures_can_be_saved(open_results: OpenTab, tmp_path: Path) -> None:
    tab = open_results()
    open_view(tab, "Leaderboard")
    with tab.page.expect_download() as download:
        tab.page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    assert download.value.suggested_filename == "leaderboard-a2-test.csv"
    download.value.save_as(tmp_path / "board.csv")
    with (tmp_path / "board.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {(line["split"], line["rows"], line["n"]) for line in lines} == {("a2", "test", "12")}
    assert {line["unit"] for line in lines} == {"eV/atom", "muB/atom", "muB/cell", "Angstrom"}
    tab.page.get_by_role("button", name="Save figure").first.click()
    tab.page.wait_for_selector("button.png:enabled")
    for kind, start in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with tab.page.expect_download() as download:
            tab.page.get_by_role("button", name=kind, exact=True).click()
        assert download.value.suggested_filename == f"heanet-seeds-a2-test-etot.{kind.lower()}"
        download.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(start)


@pytest.mark.parametrize("width", [1400, 390])
def test_every_view_fits_its_window(open_results: OpenTab, width: int) -> None:
    tab = open_results(width=width)
    for view in VIEWS:
        open_view(tab, view, f"&cell={CELL}" if view in {"Parity", "Label audit"} else "")
        if view in {"Parity", "Label audit"}:
            tab.wait_for_drawn_cell()
        assert tab.page.get_by_test_id("stException").count() == 0
        wide = tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= width
