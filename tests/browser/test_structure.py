"""The Structure page in a real browser: what JavaScript draws, and what leaves the machine."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from pymatgen.core import Lattice, Structure

from heanet.data.structures import write_structure
from tests.browser.browser_tab import Tab

OpenTab = Callable[..., Tab]
# Each picture that 3Dmol draws begins with as many of these as every other one.
COUNT_CLEARS = """
window.clears = 0;
const { clear } = WebGL2RenderingContext.prototype;
WebGL2RenderingContext.prototype.clear = function (mask) {
  window.clears++;
  return clear.call(this, mask);
};
"""


@pytest.fixture
def cell_file(tmp_path: Path) -> Path:
    """A POSCAR of 32 atoms, its comment trying to be a script."""
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Ni"], [[0, 0, 0]]) * (2, 2, 2)
    for site, element in enumerate(["Cr", "Mn", "Fe", "Co"] * 8):
        cell.replace(site, element)
    text = write_structure(cell, "poscar")
    _, _, rest = text.partition("\n")
    path = tmp_path / "CrMnFeCo_fcc"
    path.write_text(f"</script><script>document.title='broken in'</script>\n{rest}")
    return path


def open_cell(tab: Tab, file: Path, query: str = "") -> None:
    tab.open(f"/Structure{query}")
    tab.page.set_input_files("input[type=file]", file)
    tab.wait_for_drawn_cell()
    tab.settle()


def camera(tab: Tab) -> list[float]:
    """Position, zoom and rotation of the 3D view."""
    view: list[float] = tab.page.locator(".viewer").evaluate(
        "(viewer) => viewer.heanetView.viewer.getView()"
    )
    return view


def test_an_uploaded_cell_is_drawn_and_nothing_leaves_the_machine(
    open_tab: OpenTab, cell_file: Path, tmp_path: Path
) -> None:
    tab = open_tab()
    open_cell(tab, cell_file)
    assert tab.colours_in_view(tmp_path) > 1_000
    assert tab.foreign_requests() == []
    (script,) = [url for url in tab.requests if url.endswith("3Dmol-min.js")]
    assert urlsplit(script).path == "/app/static/3Dmol-min.js"
    assert tab.requests[script].startswith("application/javascript")
    assert tab.page.title() == "Structure · HEANet"
    assert tab.page.locator(".viewer .legend").inner_text().split() == [
        "Cr", "8", "Mn", "8", "Fe", "8", "Co", "8",
    ]  # fmt: skip


def test_the_camera_stays_while_options_change(open_tab: OpenTab, cell_file: Path) -> None:
    tab = open_tab()
    open_cell(tab, cell_file)
    tab.page.locator(".stage").focus()
    tab.page.keyboard.press("ArrowLeft")
    turned = camera(tab)
    tab.page.get_by_text("Spheres").click()
    tab.settle()
    tab.wait_for_drawn_cell()
    assert camera(tab) == pytest.approx(turned)
    tab.page.get_by_role("button", name="Look along a").click()
    assert camera(tab) != pytest.approx(turned)


def test_a_cell_is_drawn_once_and_again_when_its_box_changes(
    open_tab: OpenTab, cell_file: Path
) -> None:
    """Without a graphics card each picture takes a third of a second."""
    tab = open_tab()
    tab.page.add_init_script(COUNT_CLEARS)
    open_cell(tab, cell_file)
    once = tab.page.evaluate("window.clears")
    tab.page.locator(".stage").focus()
    tab.page.keyboard.press("ArrowLeft")
    assert tab.page.evaluate("window.clears") == 2 * once > 0
    tab.page.set_viewport_size({"width": 1000, "height": 900})
    tab.page.wait_for_function(f"window.clears > {2 * once}")
    assert tab.page.locator(".viewer").evaluate(
        "({ heanetView }) => heanetView.viewer.WIDTH === heanetView.parts.stage.offsetWidth"
    )


def test_clicking_two_atoms_gives_their_distance(open_tab: OpenTab, cell_file: Path) -> None:
    tab = open_tab()
    open_cell(tab, cell_file, "?style=Spheres")
    box = tab.page.locator(".stage").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    picked = tab.page.locator(".picked")
    tab.page.mouse.click(*middle)
    assert "fractional" in picked.inner_text()
    tab.page.mouse.click(middle[0] + 0.14 * box["height"], middle[1])
    assert picked.inner_text().endswith("Å")


def test_a_picture_can_be_saved(open_tab: OpenTab, cell_file: Path, tmp_path: Path) -> None:
    tab = open_tab()
    open_cell(tab, cell_file, "?colour=Nearest+neighbour+(Å)")
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename == "CrMnFeCo_fcc.png"
    download.value.save_as(tmp_path / "saved.png")
    picture = Image.open(tmp_path / "saved.png")
    assert picture.mode == "RGBA"
    assert picture.getpixel((picture.width - 1, 0))[3] == 0  # transparent
    assert len(np.unique(np.asarray(picture).reshape(-1, 4), axis=0)) > 1_000


def test_without_its_script_the_view_says_so(open_tab: OpenTab, cell_file: Path) -> None:
    tab = open_tab()
    tab.page.route("**/3Dmol-min.js", lambda route: route.abort())
    tab.open("/Structure")
    tab.page.set_input_files("input[type=file]", cell_file)
    tab.page.wait_for_selector(".viewer[data-state=failed]")
    tab.settle()
    assert "3Dmol.js did not arrive" in tab.page.locator(".message").inner_text()
    assert tab.page.get_by_test_id("stMetric").first.inner_text().endswith("32")


def test_a_reload_restores_the_cell_and_the_view(open_tab: OpenTab, cell_file: Path) -> None:
    tab = open_tab()
    open_cell(tab, cell_file)
    tab.page.get_by_text("VESTA", exact=True).click()
    tab.settle()
    tab.page.wait_for_url("**scheme=VESTA**")
    tab.page.reload()
    tab.wait_for_drawn_cell()
    dot = tab.page.locator(".viewer .legend i").first
    assert dot.evaluate("(dot) => dot.style.background") == "rgb(0, 0, 158)"


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (390, True)])
def test_a_drawn_cell_fits_its_window(
    open_tab: OpenTab, cell_file: Path, width: int, dark: bool
) -> None:
    tab = open_tab(width=width, dark=dark)
    open_cell(tab, cell_file)
    wide = tab.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= width
    background = tab.page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert (background == "rgb(255, 255, 255)") is not dark
