"""What someone who reads with ears, a keyboard or tired eyes cannot use, light and dark.

axe-core on every view; and texts, those of charts included, stand out as far as WCAG 2.2 asks for
(level AA).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.browser_tab import Tab
from tests.browser.running_app import ROOT, running_app
from tests.browser.views import VIEWS, View, train_a_run

AXE = ROOT / "build" / "axe.min.js"
GRAVE = {"serious", "critical"}
# The words above a control that is switched off, which Streamlit greys; they may be (WCAG 1.4.3).
FRAMEWORK = ('label > span[aria-hidden="true"]',)
MOST_RUNS = 10
MODES = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 27)"}  # and the app's ground
# Views whose texts are measured.
MEASURED = {
    "home", "structure", "predict", "compare-heat", "compare-parity", "train-data", "learn-1",
}  # fmt: skip
_SCRIPT = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
FAINT = _SCRIPT[_SCRIPT.index("() =>") :]
# What axe-core finds; null where the app ran in between.
WATCHED_RUN = """async (exclude) => {
  const app = document.querySelector("[data-testid=stApp]");
  let calm = app.dataset.testScriptState === "notRunning";
  const watch = new MutationObserver(() => { calm = false; });
  watch.observe(app, {attributeFilter: ["data-test-script-state"]});
  const found = await axe.run({include: [["body"]], exclude}, {resultTypes: ["violations"]});
  watch.disconnect();
  return calm ? found.violations : null;
}"""

OpenTab = Callable[..., Tab]


@pytest.fixture(scope="module")
def url_with_a_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("heanet-home")
    train_a_run(home)
    with running_app(home) as url:
        yield url


def paint(tab: Tab, mode: str) -> None:
    """Switches the mode of the machine, which the app follows."""
    tab.page.emulate_media(color_scheme=mode)
    tab.page.wait_for_function(
        "(ground) => getComputedStyle(document.querySelector('[data-testid=stApp]'))"
        ".backgroundColor === ground",
        arg=MODES[mode],
    )
    tab.page.wait_for_timeout(600)  # charts are painted in frames of their own
    tab.settle()


def violations(tab: Tab) -> list[str]:
    """Grave violations on the page: the rule, and where.

    Measured again where a run of the script began meanwhile: it fades what it will draw anew.
    """
    for _ in range(MOST_RUNS):
        tab.settle()
        found: list[dict[str, Any]] | None = tab.page.evaluate(
            WATCHED_RUN, [[selector] for selector in FRAMEWORK]
        )
        if found is not None:
            break
    else:
        raise AssertionError("the page did not come to rest")
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_nothing_grave_stands_in_the_way(
    open_tab: OpenTab, url_with_a_run: str, view: View
) -> None:
    tab = open_tab(url=url_with_a_run)
    view.open(tab)
    tab.page.add_script_tag(path=AXE)
    for mode in MODES:
        paint(tab, mode)
        assert violations(tab) == [], mode
        if view.name in MEASURED:
            assert tab.page.evaluate(FAINT) == [], mode


def test_faint_text_is_found(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.open("/")
    tab.page.evaluate("document.querySelector('h1').style.color = '#999999'")
    ((text, ratio, *_colours),) = tab.page.evaluate(FAINT)
    assert text.startswith("HEANet")
    assert ratio == pytest.approx(2.85, abs=0.01)
