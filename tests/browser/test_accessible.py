"""axe-core on every view: what someone who reads with ears or a keyboard cannot use."""

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


def violations(tab: Tab) -> list[str]:
    """Grave violations on the page: the rule, and where.

    Measured again where a run of the script began meanwhile: it fades what it will draw anew.
    """
    tab.page.add_script_tag(path=AXE)
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
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_grave_stands_in_the_way(
    open_tab: OpenTab, url_with_a_run: str, view: View, dark: bool
) -> None:
    tab = open_tab(url=url_with_a_run, dark=dark)
    view.open(tab)
    assert violations(tab) == []
