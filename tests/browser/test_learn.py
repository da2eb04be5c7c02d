"""The Learn page in a real browser: what is drawn, what can be stopped, where its links lead."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]
SLOW = 60_000  # milliseconds


def open_lesson(tab: Tab, key: str) -> None:
    tab.page.set_default_timeout(SLOW)
    tab.open(f"/Learn?lesson={key}")


def query(tab: Tab) -> dict[str, list[str]]:
    return parse_qs(urlsplit(tab.page.url).query)


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (390, True)])
def test_both_cells_of_the_last_lesson_are_drawn(
    open_tab: OpenTab, tmp_path: Path, width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark)
    open_lesson(tab, "6")
    tab.page.locator(".viewer[data-state=drawn]").nth(1).wait_for()
    tab.page.wait_for_timeout(700)
    for stage in tab.page.locator(".stage").all():
        assert tab.colours_in_view_of(stage, tmp_path) > 500
    sides = tab.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert sides[0] <= sides[1], "nothing reaches beyond the screen"
    assert tab.foreign_requests() == []


def test_every_lesson_is_one_screen_of_text_and_control(open_tab: OpenTab) -> None:
    tab = open_tab()
    for key in "123456":
        open_lesson(tab, key)
        link = tab.page.locator(".stMain [data-testid=stPageLink]").last
        link.wait_for()
        box = link.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900


def test_a_training_can_be_stopped_and_done(open_tab: OpenTab) -> None:
    tab = open_tab()
    open_lesson(tab, "4")
    train = tab.page.get_by_role("button", name="Train and judge twice")
    train.click()
    tab.page.get_by_text(re.compile(r"^Epoch \d+ of 50$")).wait_for()
    tab.page.get_by_role("button", name="Stop").click()
    tab.page.get_by_text("Your own network").wait_for()
    assert tab.page.locator("[data-testid=stMetric]").count() == 0
    train.click()
    tab.page.locator("[data-testid=stMetric]").nth(1).wait_for()
    tab.settle()
    values = tab.page.locator("[data-testid=stMetricValue]").all_inner_texts()
    seen, unseen = (float(value.split()[0]) for value in values)
    assert 0 < seen < unseen


def test_links_open_the_matching_views(open_tab: OpenTab) -> None:
    tab = open_tab()
    open_lesson(tab, "2")
    tab.page.get_by_role("button", name="Double the cell").click()
    tab.page.get_by_text("The cell has 64 atoms").wait_for()
    tab.settle()
    tab.page.get_by_role("link", name="Distances of this cell").click()
    tab.page.get_by_role("heading", name="Structure").wait_for()
    tab.wait_for_drawn_cell()
    assert tab.page.get_by_test_id("stMetricValue").first.inner_text() == "64"

    tab.page.get_by_test_id("stSidebar").get_by_role("link", name="Compare").click()
    tab.page.get_by_role("radio", name="Heat map").or_(
        tab.page.get_by_role("button", name="Heat map")
    ).first.click()
    tab.settle()
    tab.page.get_by_test_id("stSidebar").get_by_role("link", name="Learn").click()
    tab.page.get_by_role("heading", name="From atoms").wait_for()
    tab.page.get_by_role("button", name="Next").click()
    tab.page.get_by_role("heading", name="Several tasks").wait_for()
    tab.settle()
    assert query(tab)["lesson"] == ["3"]
    tab.page.get_by_role("link", name="All correlations").click()
    tab.page.get_by_text("Which of the labels go together?").wait_for()
    assert query(tab)["view"] == ["Label correlation"]
