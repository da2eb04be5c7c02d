"""How long a user waits for the pages, in a real Chromium against a real server.

Nothing is compared with another way here: the goals are what nobody notices. Times are wall time,
so they belong to a machine and to what else it does; the processor time of the server says how much
of a wait is its own.

- A cold start is that of a new process of the app; the browser is open and the files of the
  libraries are in the system's memory. The home page is *drawn* when its script has run to its end
  and title, first prediction and last section are on the screen. The Predict page is *usable* when
  a shipped sample, clicked as soon as it is offered, has its six values: it was opened by its
  address right after the start, so nothing was ready.
- A page change is a click in the sidebar, on a server that has drawn every page once, with a
  predicted cell open; it ends when the other page's script has run to its end and nothing stale or
  unfinished is left. Every page follows every other one.
- A prediction begins when a file is given to the uploader, or when *Build* is clicked, and ends
  when six values are on the screen. Each is of another cell, in a session of its own.
"""

import statistics
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import browser as driven
from benchmarks.browser import UPLOADER, VALUES, Server, wait
from benchmarks.cells import poscars
from benchmarks.results import Curve, Found, Line

GOAL_IMPORT, GOAL_HOME, GOAL_PREDICT, GOAL_CHANGE, GOAL_UPLOAD = 0.2, 3.0, 8.0, 0.7, 0.5
PAGES = ("Home", "Structure", "Predict", "Compare", "Train", "Learn")
# How the title of a page begins where it is not the page's name.
_TITLES = {"Home": "HEANet", "Learn": "What makes an alloy high-entropy"}
_SAMPLE, _SAMPLE_NAME = "FeCoNi_fcc.json", "FeCoNi, fcc"
_FIRST = (("[class*=st-key-first_prediction] button", 2),)
_CUBES = {32: (2, 2, 2), 64: (2, 2, 4), 128: (2, 4, 4), 256: (4, 4, 4)}  # atoms: cubic cells
# What the times say nothing of: why they are not shorter.
_COLD_NOTE = (
    "A cold start, longest parts first: to Predict, the import of torch, torch_geometric, scipy, "
    "pandas and pymatgen, once; to both pages, Streamlit's own start, then its programs in a "
    "browser that has never seen them, before anything of HEANet runs. Kept of what was tried: "
    "imports without garbage collection, readers and writers of a format with its first file, "
    "the process that reads files after the first page, an icon that Streamlit need not draw. Left "
    "out: importing before the first visitor comes, for which the app would have to be started as "
    "an ASGI application; it would slow down the home page."
)
_UPLOAD_NOTE = (
    "An upload: most is the browser's, which draws by software here, on the cores that the server "
    "has. Kept of what was tried: files are read before the page is drawn, once instead of twice; "
    "the program of the tiles is loaded while the page waits for a file, where charts' programs "
    "came first. Without effect: a pause of the server behind the values."
)


def measure(*, quick: bool) -> Found:
    """Time cold starts, then page changes and predictions on one warm server.

    Raises:
        DataError: There is no Chromium.
    """
    n_cold, n_warm, n_walks = (1, 2, 1) if quick else (5, 5, 2)
    imported = driven.import_seconds("heanet", n_warm)
    with driven.started_browser() as browser, tempfile.TemporaryDirectory() as folder:
        homes = [_home(browser, _fresh(folder, f"home-{k}")) for k in range(n_cold)]
        predicts = [_predict(browser, _fresh(folder, f"predict-{k}")) for k in range(n_cold)]
        with driven.server(_fresh(folder, "warm")) as server:
            changes = _changes(browser, server, n_walks)
            uploads = {n: _uploads(browser, server, Path(folder), n, n_warm) for n in _CUBES}
            built = [_build(browser, server, k) for k in range(n_warm + 1)][1:]
    listening, loaded, drawn, home_cost = zip(*homes, strict=True)
    usable, offered, predict_cost = zip(*predicts, strict=True)
    first, whole, server_cost, browser_cost = zip(*uploads[64], strict=True)
    return Found(
        sizes={"cold starts": n_cold, "page changes": len(changes), "atoms per cell": 64},
        lines=(
            _line("import heanet", imported, GOAL_IMPORT),
            _line("cold start to the server listening", listening),
            _line("cold start to Streamlit's own programs in the browser", loaded),
            _line("cold start to home drawn", drawn, GOAL_HOME),
            _line("cold start to home drawn, processor time of the server by then", home_cost),
            _line("cold start to Predict usable", usable, GOAL_PREDICT),
            _line("cold start to the uploader of Predict", offered),
            _line(
                "cold start to Predict usable, processor time of the server by then", predict_cost
            ),
            _line("page change, warm", [s for _, s in changes], GOAL_CHANGE),
            _line("uploaded cell to six values, warm", first, GOAL_UPLOAD),
            _line("uploaded cell to six values, processor time of the server", server_cost),
            _line("uploaded cell to six values, processor time of the browser", browser_cost),
            _line("uploaded cell to the whole page, warm", whole),
            _line("Build clicked to six values, warm", built),
        ),
        curve=Curve(
            size="atoms of the uploaded cell",
            cost="seconds to six values",
            sizes=tuple(map(float, uploads)),
            ours=tuple(statistics.median(one[0] for one in found) for found in uploads.values()),
        ),
        notes=(
            f"Median of a page change, by the page that is opened: {by_page(changes)}.",
            _COLD_NOTE,
            _UPLOAD_NOTE,
        ),
    )


def by_page(changes: Sequence[tuple[str, float]]) -> str:
    """Median seconds of each page, the slowest first, in words."""
    found = {page: statistics.median(s for p, s in changes if p == page) for page, _ in changes}
    order = sorted(found, key=lambda page: -found[page])
    return ", ".join(f"{page} {found[page]:.2f} s" for page in order)


def _line(what: str, values: Sequence[float], goal: float | None = None) -> Line:
    return Line(
        what=what,
        ours="processor time" if "processor" in what else "wall time",
        goal=goal,
        better="at most",
        unit="s",
        values=tuple(values),
    )


def _fresh(folder: str, name: str) -> Path:
    home = Path(folder) / name
    home.mkdir()
    return home


def _home(browser: Browser, home: Path) -> tuple[float, float, float, float]:
    """Seconds from a cold start until: listening, loaded, home drawn; and those of the processor.

    Loaded are the programs that Streamlit's own page names.
    """
    with driven.server(home) as server, driven.tab(browser) as page:
        listening = server.age()
        page.goto(server.url)
        loaded = server.age()
        wait(page, *_FIRST, ("h3", 2), title=_TITLES["Home"])
        return listening, loaded, server.age(), server.computed()


def _predict(browser: Browser, home: Path) -> tuple[float, float, float]:
    """Wall seconds until a sample has its values, and until the uploader is there; processor's."""
    with driven.server(home) as server, driven.tab(browser) as page:
        page.goto(f"{server.url}/Predict")
        wait(page, UPLOADER, settled=False)
        offered = server.age()
        page.get_by_role("button", name=_SAMPLE_NAME, exact=True).click()
        wait(page, VALUES, settled=False)
        return server.age(), offered, server.computed()


def _changes(browser: Browser, server: Server, n_walks: int) -> list[tuple[str, float]]:
    """Every page change, by the page that is opened."""
    with driven.tab(browser) as page:
        page.goto(f"{server.url}/Predict?cell={_SAMPLE}")
        wait(page, VALUES)
        for name in PAGES:
            _change(page, name)
        way = driven.walk(PAGES) * n_walks
        _change(page, way[0])
        return [(name, _change(page, name)) for before, name in pairwise(way) if name != before]


def _change(page: Page, name: str) -> float:
    page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
    return wait(page, title=_TITLES.get(name, name))


def _uploads(
    browser: Browser, server: Server, folder: Path, n_atoms: int, repeats: int
) -> list[tuple[float, float, float, float]]:
    """Of each upload but the first, seconds: to values, whole page; of server, browser by then."""
    found = []
    for number, text in enumerate(poscars(repeats + 1, _CUBES[n_atoms])):
        file = folder / f"cell-{n_atoms}-{number}.vasp"
        file.write_bytes(text)
        with driven.tab(browser) as page:
            page.goto(f"{server.url}/Predict")
            wait(page, UPLOADER, title="Predict")
            server_before, browser_before = server.computed(), driven.browser_computed()
            page.set_input_files(UPLOADER[0], file)
            first = wait(page, VALUES, settled=False)
            server_cost = server.computed() - server_before
            browser_cost = driven.browser_computed() - browser_before
            found.append((first, wait(page, VALUES), server_cost, browser_cost))
    return found[1:]


def _build(browser: Browser, server: Server, number: int) -> float:
    """Seconds from a composition set by sliders to its values."""
    with driven.tab(browser) as page:
        page.goto(f"{server.url}/Predict")
        wait(page, UPLOADER, title="Predict")
        page.get_by_role("button", name="Build an alloy").click()
        slider = page.locator("[role=dialog] input[type=range]").first
        for _ in range(number + 1):
            slider.press("ArrowRight")
        wait(page, ("[role=dialog] .st-key-build button", 1))
        page.locator("[role=dialog] .st-key-build button").click()
        return wait(page, VALUES, settled=False)
