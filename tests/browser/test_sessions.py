"""A session too many waits on a page of its own, which opens when another tab is closed."""

from collections.abc import Callable
from pathlib import Path

from tests.browser.browser_tab import Tab
from tests.browser.running_app import running_app


def test_a_tab_too_many_opens_by_itself_when_another_is_closed(
    open_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    with running_app(tmp_path, HEANET_SESSIONS="1") as url:
        first, second = open_tab(url=url), open_tab(url=url)
        first.open("/Structure")
        second.open("/Structure")
        assert second.page.locator("h1").inner_text() == "Every place is taken"
        assert second.page.locator("input[type=file]").count() == 0
        second.page.get_by_role("button", name="Try again").click()
        second.settle()
        assert second.page.locator("h1").inner_text() == "Every place is taken"
        assert first.page.locator("h1").inner_text() == "Structure"
        first.page.close()
        second.page.wait_for_selector("input[type=file]", state="attached", timeout=60_000)
        second.settle()
        assert second.page.locator("h1").inner_text() == "Structure"
        assert second.page.get_by_text("Every place is taken").count() == 0
