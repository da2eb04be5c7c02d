"""The way of someone who has read nothing, by what they see alone: clicks are counted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from tests.browser.browser_tab import Tab
from tests.browser.running_app import running_app

OpenTab = Callable[..., Tab]
MOST_CLICKS = 9
SLOW = 90_000  # milliseconds


@pytest.fixture
def fresh_url(trainings: Path) -> Iterator[str]:
    """An app that nobody has used."""
    with running_app(trainings) as url:
        yield url


def test_from_home_to_a_prediction_a_comparison_and_a_training(
    open_tab: OpenTab, fresh_url: str
) -> None:
    tab = open_tab(url=fresh_url)
    page, clicks = tab.page, 0
    page.set_default_timeout(SLOW)

    def click(what: Locator) -> None:
        nonlocal clicks
        what.click()
        clicks += 1
        tab.settle()

    tab.open()
    click(page.get_by_role("button", name="Predict", exact=True))
    page.get_by_text("Formation energy").first.wait_for()
    assert page.get_by_test_id("stMetricValue").count() == 6
    assert page.get_by_test_id("stMetricDelta").filter(has_text="±").count() == 6
    tab.screenshot("home-predicted")

    click(page.get_by_test_id("stMain").get_by_role("link", name="Compare"))
    page.get_by_role("heading", name="Compare", level=1).wait_for()
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    click(page.get_by_text("Heat map", exact=True))
    page.locator(".js-plotly-plot .main-svg").first.wait_for()

    click(page.get_by_test_id("stSidebar").get_by_role("link", name="Train"))
    page.get_by_role("heading", name="Train", level=1).wait_for()
    click(page.get_by_role("button", name="Launch 1 run"))
    page.get_by_text("Running").first.wait_for()
    assert clicks <= MOST_CLICKS
    page.get_by_role("button", name="Cancel", exact=True).first.click()
    page.get_by_text("Cancelled").first.wait_for()
