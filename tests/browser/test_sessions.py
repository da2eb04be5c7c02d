"""A session too many waits until another tab is closed; files that were read leave the memory."""

from collections.abc import Callable
from pathlib import Path

from tests.browser.browser_tab import Tab
from tests.browser.running_app import running_app
from tests.browser.socket_session import SocketSession, in_own_loop, uploaded_bytes

CANTOR = Path(__file__).resolve().parents[2] / "sample_data/structures/CrMnFeCoNi_fcc.vasp"


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


async def bytes_after_an_upload(url: str) -> int:
    """While its session is open; one file of four bytes waits, another was read."""
    async with SocketSession.open(url) as session:
        page = await session.show("Structure")
        await session.send("waits.vasp", b"1234")
        await session.upload(page.uploader, CANTOR.name, CANTOR.read_bytes())
        return uploaded_bytes(url)


def test_a_file_that_was_read_leaves_the_memory(tmp_path: Path) -> None:
    with running_app(tmp_path) as url:
        assert in_own_loop(bytes_after_an_upload(url)) == 4
