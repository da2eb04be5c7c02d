"""The running app and a real Chromium, for tests of what happens in the browser."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from heanet.jobs import cluster
from tests.browser.browser_tab import Tab
from tests.browser.running_app import FLAGS, NO_BROWSER, chromium, running_app
from tests.results_sample import write_sample


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, running in a process of its own on a free port."""
    with running_app(tmp_path_factory.mktemp("heanet-home")) as url:
        yield url


@pytest.fixture(scope="session")
def results_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app with made-up results and their labelled set."""
    home = tmp_path_factory.mktemp("heanet-home")
    results = write_sample(tmp_path_factory.mktemp("comparison"), home=home)
    with running_app(home, HEANET_RESULTS=str(results)) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the test is skipped, but not in continuous integration."""
    executable = chromium()
    if executable is None:
        pytest.fail(NO_BROWSER) if os.environ.get("CI") else pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(browser: Browser, app_url: str) -> Iterator[Callable[..., Tab]]:
    """A function that opens a tab: ``open_tab(width=1400, dark=False, url=app_url)``."""
    contexts: list[BrowserContext] = []

    def make(*, width: int = 1400, dark: bool = False, url: str = app_url) -> Tab:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
            reduced_motion="reduce",  # what moves is painted without a graphics card here
        )
        # The app loads what is heavy once after its start, and machines are shared.
        context.set_default_timeout(90_000)
        contexts.append(context)
        tab = Tab(context.new_page(), url)
        tab.page.on("request", lambda request: tab.requests.setdefault(request.url, ""))
        tab.page.on("websocket", lambda socket: tab.requests.setdefault(socket.url, ""))
        tab.page.on(
            "response",
            lambda answer: tab.requests.update(
                {answer.url: answer.headers.get("content-type", "")}
            ),
        )
        return tab

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def trainings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home whose scheduler ends with the test."""
    home.mkdir()
    monkeypatch.setenv("HEANET_SLOTS", "1")
    yield home
    cluster.shut_down()
