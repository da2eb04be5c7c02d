"""The Train page in a real browser: launched, watched, stopped, resumed, compared, used.

Browser and app come and go meanwhile; the training does not mind.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from heanet.jobs import watch
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.runfolder import trained_home
from tests.browser.browser_tab import Tab
from tests.browser.running_app import running_app

OpenTab = Callable[..., Tab]
PATIENCE = 120_000  # milliseconds


def launch(tab: Tab, *, preset: str, epochs: int) -> str:
    """Launch a preset with so many epochs; the name of its run."""
    tab.open(f"/Train?preset={preset.replace(' ', '+')}")
    field = tab.page.get_by_label("Epochs", exact=True)
    field.fill(str(epochs))
    field.press("Enter")
    tab.settle()
    tab.page.get_by_role("button", name="Launch 1 run").click()
    tab.page.wait_for_url(re.compile(r"run=[^&]+"), timeout=PATIENCE)
    tab.settle()
    return re.search(r"run=([^&]+)", tab.page.url)[1]  # type: ignore[index]


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while not what():
        assert time.monotonic() < deadline, [(run.name, run.status) for run in watch.runs()]
        time.sleep(0.2)


def n_done(name: str) -> int:
    return len(read_epochs(trained_home() / name / EPOCHS))


def drawn_points(tab: Tab) -> int:
    """Points of the curve of the validation rows."""
    return int(
        tab.page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('.js-plotly-plot')]"
            ".flatMap((plot) => plot._fullData || [])"
            ".filter((trace) => trace.x && trace.mode === 'lines')"
            ".map((trace) => trace.x.length))"
        )
    )


def test_launch_watch_cancel_resume_compare_predict(open_tab: OpenTab, trainings: Path) -> None:
    with running_app(trainings) as url:
        tab = open_tab(url=url)
        name = launch(tab, preset="Displacement alone", epochs=150)
        page = tab.page
        expect(page.get_by_text("Running").first).to_be_visible(timeout=PATIENCE)
        page.wait_for_selector(".js-plotly-plot .main-svg", timeout=PATIENCE)
        first = drawn_points(tab)
        wait_for(lambda: drawn_points(tab) > first)
        tab.screenshot("train-running")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Cancelled").first).to_be_visible(timeout=PATIENCE)
        stopped = n_done(name)
        assert 0 < stopped < 150
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text("Finished").first).to_be_visible(timeout=PATIENCE)
        assert n_done(name) == 150
        tab.screenshot("train-finished")
        page.get_by_role("link", name="Compare it").click()
        expect(page.get_by_role("heading", name="Compare")).to_be_visible(timeout=PATIENCE)
        tab.settle()
        expect(page.get_by_text(name).first).to_be_visible()
        expect(page.get_by_role("heading", name="Errors")).to_be_visible()
        tab.screenshot("train-compared")
        tab.open(f"/Train?tab=Runs&run={name}")
        page.get_by_role("link", name="Predict with it").click()
        expect(page.get_by_role("heading", name="Predict")).to_be_visible(timeout=PATIENCE)
        tab.settle()
        assert f"model={name}" in page.url
        expect(page.get_by_text("Knows cells of")).to_be_visible()
    assert tab.foreign_requests() == []


def test_browser_and_app_may_go_the_training_goes_on(open_tab: OpenTab, trainings: Path) -> None:
    with running_app(trainings) as url:
        tab = open_tab(url=url)
        name = launch(tab, preset="Displacement alone", epochs=300)
        wait_for(lambda: n_done(name) > 0)
        tab.page.context.close()
        pid = int(subprocess.run(
            ["pgrep", "-f", f"streamlit run app.py --server.port {url.rpartition(':')[2]}"],
            capture_output=True, text=True, check=True,
        ).stdout.split()[0])  # fmt: skip
        os.kill(pid, signal.SIGKILL)
    seen = n_done(name)
    wait_for(lambda: n_done(name) > seen)
    with running_app(trainings) as url:
        tab = open_tab(url=url)
        tab.open(f"/Train?tab=Runs&run={name}")
        expect(tab.page.get_by_text("of 300 epochs").first).to_be_visible(timeout=PATIENCE)
        expect(tab.page.get_by_text("Finished").first).to_be_visible(timeout=PATIENCE)
    assert watch.find(name).status == "finished"
    assert [epoch.record.epoch for epoch in read_epochs(trained_home() / name / EPOCHS)] == list(
        range(1, 301)
    )
