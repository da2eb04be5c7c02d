"""What is heavy is imported once, whole, and in the background only where a server runs."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from heanet.apart import SWITCH, Apart
from heanet.ui import heavy

ROOT = Path(__file__).resolve().parents[2]


def test_threads_that_want_pages_at_once_get_them_whole() -> None:
    source = (
        "import gc, threading, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from heanet.ui import heavy\n"
        "found = []\n"
        "def want(names):\n"
        "    for name in names: found.append((name, callable(heavy.load(name).show)))\n"
        "orders = heavy.PAGES, heavy.PAGES[::-1], heavy.PAGES[2:] + heavy.PAGES[:2]\n"
        "threads = [threading.Thread(target=want, args=(names,)) for names in orders]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
        "print(*[f'{name} {whole}' for name, whole in found], sep='\\n')\n"
        "print('frozen', gc.get_freeze_count() > 100_000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = sorted(done.stdout.split("\n"))
    assert lines == sorted(["", "frozen True", *[f"{name} True" for name in heavy.PAGES] * 3])


@pytest.mark.parametrize("page", ["app.py", "pages/5_Learn.py"])
def test_without_a_server_nothing_is_loaded_in_the_background(
    open_page: Callable[..., AppTest], page: str
) -> None:
    heavy.start.cache_clear()
    assert not open_page(page).exception
    assert "heavy" not in {thread.name for thread in threading.enumerate()}


def test_a_page_that_was_loaded_is_drawn_without_a_notice(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[str] = []
    spinner = heavy.st.spinner

    def noted(text: str) -> object:
        notices.append(text)
        return spinner(text)

    monkeypatch.setattr(heavy.st, "spinner", noted)
    monkeypatch.setattr(heavy, "_loaded", set())
    first, again = open_page("pages/5_Learn.py"), open_page("pages/5_Learn.py")
    assert len(notices) == 1
    assert notices[0].startswith("Loading what this page needs")
    assert first.title[0].value == again.title[0].value == "What makes an alloy high-entropy"


def test_a_reader_waits_for_files_once_all_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Apart("heanet.data.reader", seconds=30, memory=2**30)
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setattr(heavy, "READER", reader)
    monkeypatch.setattr(heavy, "_settled", threading.Event())
    started = set(psutil.Process().children())
    heavy.prepare_reader()
    assert set(psutil.Process().children()) <= started
    heavy._settled.set()
    heavy.prepare_reader()
    heavy.prepare_reader()
    assert len(set(psutil.Process().children()) - started) == 1
    reader.close()
