"""Pictures of every view: python -m tests.browser.pictures [--only NAME...] (``make pictures``).

Two languages, light and dark, wide and narrow. What can be counted is counted on the way: blank
charts and cells, what reaches beyond the screen, cut words, English on a Chinese page. The rest is
for the eye.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import tyro
from playwright.sync_api import Browser, sync_playwright

from heanet.properties import TASKS
from tests.browser.browser_tab import Tab
from tests.browser.running_app import FLAGS, ROOT, chromium, running_app
from tests.browser.views import VIEWS, View, train_a_run

LANGUAGES, WIDTHS = ("en", "zh"), (1400, 390)
LEAST_COLOURS = 300  # of a 3D view with a cell in it
# Pictures of the README, wide and light.
README = ("predict", "compare-leaderboard", "learn-4")
README_FOLDER = ROOT / "docs" / "pictures"
# Text that its box cuts without a way to read the rest.
_CUT = """() => [...document.querySelectorAll('.stMain *, .stSidebar *')].filter((e) => {
  const style = getComputedStyle(e);
  return e.children.length === 0 && e.innerText && e.getClientRects().length
    && ['hidden', 'clip'].includes(style.overflowX) && e.clientWidth > 2
    && e.scrollWidth > e.clientWidth + 1 && !e.closest('[aria-hidden=true]');
}).map((e) => e.innerText.trim())"""
_BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_BLANK = """() => [...document.querySelectorAll('.stMain .js-plotly-plot')].filter((plot) =>
  !plot.querySelector('.trace, .points path, .bars path, .heatmaplayer image, .pielayer path')
).length"""
# Three words in a row, once commands and the names of tasks are taken out.
_ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")
_NAMES = re.compile(rf"python -m heanet[\w -]*|\b({'|'.join(TASKS)})\b")


def main(
    only: tuple[str, ...] = (),
    out: Path = ROOT / "pictures",
    readme: bool = False,
) -> None:
    """Take the pictures, and say what is wrong with them.

    Args:
        only: Names of views; all of them if none is given.
        out: Folder for the pictures.
        readme: Take those of the documents instead, into docs/pictures.
    """
    wanted = README if readme else only
    views = [view for view in VIEWS if not wanted or view.name in wanted]
    if unknown := set(wanted) - {view.name for view in views}:
        sys.exit(f"No view {', '.join(sorted(unknown))}: {', '.join(v.name for v in VIEWS)}")
    looks = [(language, False, 1400) for language in LANGUAGES] if readme else _looks()
    folder = README_FOLDER if readme else out
    folder.mkdir(parents=True, exist_ok=True)
    n_problems = 0
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        train_a_run(Path(home))
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        with running_app(Path(home), HEANET_SLOTS="1") as url:
            for language, dark, width in looks:
                for view in views:
                    name = f"{view.name}-{language}"
                    name += "" if readme else f"-{'dark' if dark else 'light'}-{width}"
                    target = folder / f"{name}.png"
                    problems = take(browser, url, view, language, dark, width, target)
                    n_problems += len(problems)
                    print(target.name, *problems, sep="\n    ", flush=True)
    if n_problems:
        sys.exit(f"{n_problems} problems")


def take(
    browser: Browser, url: str, view: View, language: str, dark: bool, width: int, target: Path
) -> list[str]:
    """One picture; what is wrong with it."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    tab = Tab(context.new_page(), url)
    try:
        view.open(tab, language)
        problems = list(_problems(tab, language, target))
        tab.picture(target)
    except Exception as error:  # the other pictures are still wanted
        problems = [f"not drawn: {str(error).splitlines()[0]}"]
    context.close()
    return problems


def _looks() -> Iterator[tuple[str, bool, int]]:
    return product(LANGUAGES, (False, True), WIDTHS)


def _problems(tab: Tab, language: str, target: Path) -> Iterator[str]:
    if (beyond := tab.page.evaluate(_BEYOND)) > 0:
        yield f"reaches {beyond} pixels beyond the screen"
    if tab.page.locator("[data-testid=stException]").count():
        yield "shows a traceback"
    yield from (f"cut: {text!r}" for text in dict.fromkeys(tab.page.evaluate(_CUT)))
    if blank := tab.page.evaluate(_BLANK):
        yield f"{blank} charts without a mark"
    for stage in tab.page.locator(".stage").all():
        colours = tab.colours_in_view_of(stage, target.parent)
        if colours < LEAST_COLOURS:
            yield f"a 3D view of {colours} colours"
    (target.parent / "view.png").unlink(missing_ok=True)
    if language == "zh":
        text = "\n".join(tab.page.locator(".stMain, .stSidebar").all_inner_texts())
        yield from (f"English: {line!r}" for line in english_in(text))


def english_in(text: str) -> list[str]:
    """Lines of a Chinese page with English in them."""
    return [line for line in text.splitlines() if _ENGLISH.search(_NAMES.sub("", line))]


if __name__ == "__main__":
    tyro.cli(main)
