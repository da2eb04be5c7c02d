"""A browser tab on the app, with what it asked for."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page

SCREENSHOTS = Path(__file__).resolve().parents[2] / "ci-output"
# Middle of the box before a row, and the height of a row, in pixels.
_BOX, _ROW = 16, 35
_CALM = """() => document.querySelector("[data-test-script-state=notRunning]")
  && [...document.querySelectorAll("[data-testid=stElementContainer]")]
    .every((element) => getComputedStyle(element).opacity === "1")"""


@dataclass
class Tab:
    """A browser tab on the app.

    Attributes:
        page: Playwright's page.
        url: Address of the app.
        requests: Every address that the tab asked for, with the content type that came back.
    """

    page: Page
    url: str
    requests: dict[str, str] = field(default_factory=dict)

    def open(self, path: str = "/") -> None:
        """Goes to a page of the app and waits until it has been drawn."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("h1")
        self.settle()

    def settle(self) -> None:
        """Waits until the app has finished its run and nothing on the page is faded any more.

        While a run goes on, Streamlit fades what an earlier run drew.
        """
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_function(_CALM)

    def wait_for_drawn_cell(self) -> None:
        """Waits for the 3D view."""
        self.page.wait_for_selector(".viewer[data-state=drawn]", timeout=90_000)
        self.page.wait_for_timeout(700)  # WebGL draws in frames of its own

    def tick(self, table: Locator, row: int, *, heads: int = 1) -> None:
        """Ticks a row of a table below ``heads`` lines of heads.

        A table is drawn on a canvas, so a row is known by its place, once that no longer changes.
        """
        table.scroll_into_view_if_needed()
        place, before = table.bounding_box(), None
        while place is None or place != before:
            self.page.wait_for_timeout(500)
            place, before = table.bounding_box(), place
        self.page.mouse.click(place["x"] + _BOX, place["y"] + (heads + row + 0.5) * _ROW)
        self.settle()

    def colours_in_view(self, folder: Path) -> int:
        """Number of distinct colours of the 3D view; a blank one has a few."""
        return self.colours_in_view_of(self.page.locator(".stage"), folder)

    def colours_in_view_of(self, stage: Locator, folder: Path) -> int:
        """Number of distinct colours of one of several 3D views."""
        shot = folder / "view.png"
        stage.screenshot(path=shot)
        pixels = np.asarray(Image.open(shot).convert("RGB")).reshape(-1, 3)
        return len(np.unique(pixels, axis=0))

    def foreign_requests(self) -> list[str]:
        """What was asked of any other machine."""
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme in {"http", "https", "ws", "wss"}
            and urlsplit(url).hostname != "127.0.0.1"
        ]

    def screenshot(self, name: str) -> Path:
        """A picture of the whole page under ci-output/."""
        SCREENSHOTS.mkdir(exist_ok=True)
        return self.picture(SCREENSHOTS / f"{name}.png")

    def picture(self, target: Path) -> Path:
        """A picture of the whole page, however long it is."""
        height = self.page.evaluate(
            "Math.max(...[...document.querySelectorAll('[data-testid=stMain]')]"
            ".map((main) => main.scrollHeight))"
        )
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size({"width": size["width"], "height": max(height, 700)})
        self.page.wait_for_timeout(1200)
        self.page.screenshot(path=target)
        self.page.set_viewport_size(size)
        return target
