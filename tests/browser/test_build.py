"""From nothing to six predictions in a real browser, without a file."""

from collections.abc import Callable
from pathlib import Path

from heanet.properties import PUBLISHED_TASKS
from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]
MOST_CLICKS = 8
STOPPED = 15_000  # ms; far less than the search would take
COLD = 90_000  # ms; the first prediction of a server reads the model


class Clicks:
    """Clicks on a tab, counted."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.number = 0

    def button(self, name: str) -> None:
        """Clicks a button by its words."""
        self._click(self.tab.page.get_by_role("button", name=name, exact=True))

    def radio(self, name: str) -> None:
        """Clicks one of several choices."""
        self._click(self.tab.page.get_by_role("dialog").get_by_role("radio", name=name))

    def link(self, name: str) -> None:
        """Clicks a link on the page."""
        self._click(self.tab.page.get_by_test_id("stMain").get_by_role("link", name=name))

    def _click(self, target: object) -> None:
        target.click()  # type: ignore[attr-defined]
        self.number += 1


def open_builder(tab: Tab) -> Clicks:
    tab.open("/Structure")
    clicks = Clicks(tab)
    clicks.button("Build an alloy")
    tab.page.locator("[role=dialog] .st-key-build").wait_for()
    tab.settle()
    return clicks


def test_the_cantor_alloy_from_sliders_to_predictions(open_tab: OpenTab, tmp_path: Path) -> None:
    tab = open_tab()
    clicks = open_builder(tab)
    clicks.radio("Quasirandom (SQS)")
    clicks.radio("Sliders")
    tab.page.get_by_text("Cr 20.0 · Mn 20.0 · Fe 20.0 · Co 20.0 · Ni 20.0 at.%").wait_for()
    tab.page.locator("[role=dialog] input[type=range]").nth(4).wait_for()
    clicks.radio("fcc")
    tab.settle()
    clicks.button("Build")
    tab.wait_for_drawn_cell()
    assert tab.colours_in_view(tmp_path) > 1_000
    assert tab.page.locator(".viewer .legend").inner_text().split() == [
        "Cr", "8", "Mn", "8", "Fe", "8", "Co", "8", "Ni", "8",
    ]  # fmt: skip
    clicks.link("Predict its properties")
    for task in PUBLISHED_TASKS:
        tab.page.locator(f".st-key-tile_{task}").wait_for(timeout=COLD)
    tab.settle()
    head = tab.page.get_by_text("Cr8Mn8Fe8Co8Ni8_sqsfcc · 40 atoms").inner_text()
    assert head.endswith("parent lattice fcc, from the file name")
    # Nobody has relaxed it: the model for such cells is asked, and says what that costs.
    said = tab.page.locator(".st-key-geometry").inner_text()
    assert said.startswith("As built: the atoms sit on ideal fcc sites")
    assert "the error bars are wider" in said
    tab.page.get_by_text("Model hea-built").wait_for()
    assert clicks.number <= MOST_CLICKS
    assert tab.foreign_requests() == []


def start_long_search(tab: Tab) -> Clicks:
    """Half a minute and more, if it is left alone."""
    clicks = open_builder(tab)
    atoms = tab.page.get_by_label("Atoms", exact=True)
    atoms.fill("2000")
    atoms.press("Enter")
    tab.settle()
    clicks.radio("1,000,000")
    tab.settle()
    clicks.button("Build")
    tab.page.get_by_text("of the arrangements tried").wait_for()
    return clicks


def test_a_long_search_is_stopped_and_its_best_is_taken(open_tab: OpenTab) -> None:
    tab = open_tab()
    clicks = start_long_search(tab)
    told = tab.page.locator(".stProgress")
    assert int(told.inner_text().partition("%")[0]) < 50
    clicks.button("Stop and take the best so far")
    told.wait_for(state="detached", timeout=STOPPED)
    tab.wait_for_drawn_cell()
    assert tab.page.get_by_test_id("stMetric").first.inner_text().endswith("2,000")


def test_going_elsewhere_drops_the_search(open_tab: OpenTab) -> None:
    tab = open_tab()
    start_long_search(tab)
    tab.page.get_by_test_id("stSidebar").get_by_role("link", name="Home").click()
    tab.page.get_by_role("heading", name="laboratory").wait_for(timeout=STOPPED)
    tab.settle()
    assert tab.page.get_by_text("No cell open").is_visible()
    tab.page.get_by_test_id("stSidebar").get_by_role("link", name="Structure").click()
    tab.page.get_by_role("button", name="Build an alloy").wait_for()
    tab.settle()
    assert tab.page.get_by_text("No cell open").is_visible()
