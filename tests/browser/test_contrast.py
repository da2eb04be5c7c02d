"""Text on the pages, charts included, stands out as far as WCAG 2.2 asks for (level AA)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.browser_tab import Tab
from tests.browser.views import VIEWS

OpenTab = Callable[..., Tab]
SCRIPT = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
FUNCTION = SCRIPT[SCRIPT.index("() =>") :]
SEEN = ("home", "structure", "predict", "compare-heat", "compare-parity", "train-data", "learn-1")


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(open_tab: OpenTab, dark: bool) -> None:
    tab = open_tab(dark=dark)
    faint = {}
    for view in (view for view in VIEWS if view.name in SEEN):
        view.open(tab)
        faint[view.name] = tab.page.evaluate(FUNCTION)
    assert len(faint) == len(SEEN)
    assert {name: found for name, found in faint.items() if found} == {}


def test_faint_text_is_found(open_tab: OpenTab) -> None:
    tab = open_tab()
    next(view for view in VIEWS if view.name == "home").open(tab)
    tab.page.evaluate("document.querySelector('h1').style.color = '#999999'")
    ((text, ratio, *_colours),) = tab.page.evaluate(FUNCTION)
    assert text.startswith("HEANet")
    assert ratio == pytest.approx(2.85, abs=0.01)
