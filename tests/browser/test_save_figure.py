"""Figures saved for a paper: files of the promised size, with their caption."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from heanet.ui.pictures import ROOT
from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]
SVG = "{http://www.w3.org/2000/svg}"
ADDRESS = "/Predict?cell=CrMnFeCoNi_fcc.vasp"
SLOW = 90_000  # milliseconds
# The preview, which the component keeps in a shadow tree where the selectors of a page do not look.
_PREVIEW = "(image) => [image.naturalWidth, image.alt]"


def open_choices(tab: Tab) -> Page:
    """The choices below the shares of the elements; returns the page."""
    page = tab.page
    page.set_default_timeout(SLOW)
    tab.open(ADDRESS)
    page.wait_for_selector(".js-plotly-plot .barlayer")
    tab.settle()
    page.get_by_role("button", name="Save figure").first.click()
    page.wait_for_selector("button.png:enabled")
    return page


def wait_for_preview(page: Page, what: Callable[[int, str], bool]) -> None:
    """Waits until the preview's width in pixels and its words are as wanted."""
    for _attempt in range(200):
        preview = page.locator("img.preview")
        if preview.count() and what(*preview.evaluate(_PREVIEW)):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the preview stays at {preview.evaluate(_PREVIEW)}")


def saved(page: Page, kind: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


def words_of(svg: Path) -> str:
    root = ElementTree.parse(svg).getroot()  # noqa: S314 - written by the page itself
    return " ".join(text.text or "" for text in root.findall(f"{SVG}text[@class='caption']"))


def test_png_and_svg_of_both_widths(open_tab: OpenTab, tmp_path: Path) -> None:
    """White is their ground in the dark app too."""
    tab = open_tab(dark=True)
    page = open_choices(tab)
    for name, millimetres in (("8.5 cm", 85), ("17.5 cm", 175)):
        page.get_by_role("radio", name=name).click()
        on_screen = millimetres / 25.4 * 96
        wait_for_preview(page, lambda width, _alt, wanted=on_screen: abs(width - wanted) < 2)
        svg = saved(page, "SVG", tmp_path)
        root = ElementTree.parse(svg).getroot()  # noqa: S314 - written by the page itself
        assert root.get("width") == f"{millimetres}mm"
        text = words_of(svg)
        assert text.startswith("Each element's share of the formation energy in eV/atom: Cr ")
        assert "Model hea-built, trained on " in text
        assert "HEANet " in text
        assert root.findtext(f"{SVG}desc") == text
        picture = Image.open(saved(page, "PNG", tmp_path))
        assert picture.width == pytest.approx(millimetres / 25.4 * 600, abs=1)
        assert picture.info["dpi"] == pytest.approx((600, 600), abs=0.1)
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
        assert tuple(pixels[0]) == (255, 255, 255)
        assert len(np.unique(pixels[::7], axis=0)) > 50
    assert tab.foreign_requests() == []


def test_the_caption_is_the_readers_own(open_tab: OpenTab, tmp_path: Path) -> None:
    tab = open_tab(width=390)
    page = open_choices(tab)
    box = page.get_by_label("Caption, set below the figure")
    box.fill("Figure 3: a < b & c, 高熵合金.")
    box.press("Control+Enter")
    tab.settle()
    wait_for_preview(page, lambda _width, alt: alt.startswith("Figure 3"))
    assert words_of(saved(page, "SVG", tmp_path)) == "Figure 3: a < b & c, 高熵合金."


def test_without_the_script_of_the_charts_it_comes_from_the_app(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.page.add_init_script("Object.defineProperty(window, 'Plotly', {set(value) {"
        " if (document.querySelector('script[src*=\"/app/static/plotly-\"]'))"
        " Object.defineProperty(window, 'Plotly', {value}); }, configurable: true})")  # fmt: skip
    open_choices(tab)
    (kind,) = [kind for url, kind in tab.requests.items() if "/app/static/plotly-" in url]
    assert "javascript" in kind
    assert list((ROOT / "static").glob("plotly-*.part")) == []
