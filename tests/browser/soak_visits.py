"""What visitors of the soak do, in a browser and without one: upload, view, predict, compare.

Each round opens a cell that nobody had before, so that no memory of the app answers for it.
"""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, ConsoleMessage, FilePayload, Page
from pymatgen.core import Structure

from heanet.data.structures import read_structures, write_structure
from tests.browser.socket_session import BrokenError, Drawn, SocketSession

CELLS = Path(__file__).resolve().parents[2] / "sample_data" / "structures"
PATIENCE = 400_000  # milliseconds; on a machine that is busy with other things
_LOOKS = 3  # at a live view
_SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
_ERRORS = "[data-testid=stException], [data-testid=stAlertContentError]"
_LINK = "[data-testid=stSidebar] a"
# Contexts that were made, and are neither lost nor collected.
_COUNT_CONTEXTS = """
window.contexts = [];
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const made = getContext.call(this, kind, ...rest);
  if (made && kind.startsWith("webgl") && !window.contexts.some((one) => one.deref() === made))
    window.contexts.push(new WeakRef(made));
  return made;
};
"""
_LIVE_CONTEXTS = """window.contexts.map((one) => one.deref())
    .filter((one) => one && !one.isContextLost()).length"""


def _bad(message: ConsoleMessage) -> str:
    """What a message in the console complains of; empty where nothing of ours is wrong.

    Streamlit asks for its own addresses below that of a page first, and then at the root.
    """
    place = message.location.get("url", "")
    if message.type != "error" and "WebGL contexts" not in message.text:
        return ""
    return "" if "404" in message.text and "/_stcore/" in place else f"{message.text} {place}"


@dataclass
class Seen:
    """What the visitors saw.

    Attributes:
        errors: What went wrong.
        rounds: That were finished.
        waits: Seconds that each page took, by what was asked for.
        contexts: WebGL contexts that a tab still had, a while after its 3D view had gone.
    """

    errors: list[str] = field(default_factory=list)
    rounds: int = 0
    waits: dict[str, list[float]] = field(default_factory=dict)
    contexts: int = 0

    def note(self, what: str, seconds: float) -> None:
        """Keep a wait."""
        self.waits.setdefault(what, []).append(seconds)


@dataclass
class Visitor:
    """Somebody who goes from page to page, and thinks in between.

    Attributes:
        url: Of the app.
        number: His own; with it his cells are his own.
        seen: Where he tells what he saw.
        pause: Seconds that he thinks at most.
    """

    url: str
    number: int
    seen: Seen
    pause: float

    def __post_init__(self) -> None:
        self._random = random.Random(self.number)
        self._files = sorted(CELLS.glob("*.vasp"))

    async def think(self) -> None:
        """Look at what is there."""
        await asyncio.sleep(self._random.uniform(0.2, 1.0) * self.pause)

    def cell(self) -> tuple[str, bytes]:
        """Name and content of a file with a cell of nobody else's."""
        (structure, *_) = read_structures(self._random.choice(self._files))
        scaled: Structure = structure.copy()
        scaled.scale_lattice(structure.volume * self._random.uniform(0.98, 1.02))
        return f"cell-{self.number}.vasp", write_structure(scaled, "poscar").encode()

    async def visit(self, until: float) -> None:
        """Rounds without a browser until a time of the clock; at least one."""
        with self._told():
            async with SocketSession.open(self.url) as session:
                while True:
                    await self._round(session)
                    self.seen.rounds += 1
                    if time.monotonic() >= until:
                        return

    async def _round(self, session: SocketSession) -> None:
        page = self._expect("structure", await session.show("Structure"), "file_uploader")
        await self.think()
        name, content = self.cell()
        page = await session.upload(page.uploader, name, content)
        self._expect("upload and view", page, "bidi_component", "metric", "plotly_chart")
        await self.think()
        self._expect("predict", await session.show("Predict"), "metric", "plotly_chart")
        await self.think()
        self._expect("compare", await session.show("Compare"), "dataframe", "plotly_chart")
        await self.think()
        page = self._expect("trainings", await session.show("Train", "tab=Runs"), "dataframe")
        for _ in range(_LOOKS):
            for fragment, interval in list(page.live.items()):
                await asyncio.sleep(interval)
                self._expect("live view", await session.again(fragment))

    def _expect(self, what: str, page: Drawn, *kinds: str) -> Drawn:
        if missing := [kind for kind in kinds if not page.kinds[kind]]:
            raise BrokenError(f"{what}: without {missing}")
        self.seen.note(what, page.seconds)
        return page

    async def browse(self, browser: Browser, until: float) -> None:
        """Rounds in a browser's tab, as ``visit``."""
        context = await browser.new_context(viewport={"width": 1400, "height": 900})
        await context.add_init_script(_COUNT_CONTEXTS)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        told = self._listen(page)
        with self._told():
            await page.goto(f"{self.url}/Structure")
            await page.wait_for_selector("input[type=file]", state="attached")
            for n_cells in itertools.count(1):
                await self._tab_round(page, n_cells)
                self.seen.rounds += 1
                if time.monotonic() >= until:
                    break
        told["closing"] = True
        await context.close()

    def _listen(self, page: Page) -> dict[str, bool]:
        """Tell of errors in the console and of lost connections until the tab is closing."""
        state = {"closing": False}

        def tell(text: str) -> None:
            if not state["closing"]:
                self.seen.errors.append(f"tab {self.number}: {text}")

        page.on("pageerror", lambda error: tell(f"script: {error}"))
        page.on("console", lambda message: (bad := _bad(message)) and tell(f"console: {bad}"))
        page.on("websocket", lambda socket: socket.on("close", lambda _: tell("lost connection")))
        return state

    async def _tab_round(self, page: Page, n_cells: int) -> None:
        """One round, after which as many cells are open."""
        name, content = self.cell()
        file = FilePayload(name=name, mimeType="text/plain", buffer=content)
        with self._timed("upload and view, in a tab"):
            await page.set_input_files("input[type=file]", [file])
            # Who leaves before takes the file away with him, or is called back by its page.
            await page.locator("[data-testid=stSidebar]").get_by_text(f"{n_cells} cell").wait_for()
            await page.wait_for_selector(".viewer[data-state=drawn]")
            await self._settle(page)
        await self.think()
        with self._timed("predict, in a tab"):
            await page.locator(_LINK, has_text="Predict").click()
            await page.wait_for_selector(".st-key-tile_emix [data-testid=stMetricValue]")
            await self._settle(page)
        await self.think()
        with self._timed("compare, in a tab"):
            await page.locator(_LINK, has_text="Compare").click()
            await page.wait_for_selector("h1 >> text=Compare")
            await page.wait_for_selector(".js-plotly-plot .main-svg")
            await self._settle(page)
        await asyncio.sleep(2)  # a view that has left the page gives back its context
        self.seen.contexts = max(self.seen.contexts, await page.evaluate(_LIVE_CONTEXTS))
        await page.locator(_LINK, has_text="Structure").click()
        await page.wait_for_selector(".viewer[data-state=drawn]")
        await self._settle(page)

    async def _settle(self, page: Page) -> None:
        await page.wait_for_selector(_SETTLED)
        if texts := await page.locator(_ERRORS).all_inner_texts():
            raise BrokenError(f"tab {self.number}: {texts}")

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self.seen.note(what, time.monotonic() - start)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever breaks a visit is told, and the others go on."""
        try:
            yield
        except Exception as error:
            self.seen.errors.append(f"visitor {self.number}: {type(error).__name__}: {error}")
