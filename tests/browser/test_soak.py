"""Ten sessions for two minutes while two trainings run: nothing breaks, and nothing stays behind.

How fast it is depends on the machine: that is printed (``pytest -rP``) and not asked for.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.running_app import NO_BROWSER, ROOT, chromium

GOAL = 150  # MB that the app may take more than after the first round


def test_many_sessions_break_nothing_and_leave_nothing_behind(tmp_path: Path) -> None:
    if chromium() is None:
        pytest.fail(NO_BROWSER) if os.environ.get("CI") else pytest.skip(NO_BROWSER)
    file = tmp_path / "figures.json"
    # A process of its own: the browser's other tests have a loop of events here.
    command = [sys.executable, "-m", "tests.browser.soak", "--sessions", "10", "--tabs", "2"]
    done = subprocess.run(
        [*command, "--minutes", "2", "--pause", "5", "--figures", str(file)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert file.exists(), done.stderr[-4000:]
    figures = json.loads(file.read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(figures["waits"], indent=1))
    assert figures["errors"] == []
    assert figures["left"] == {}
    assert figures["behind"] == []
    assert (figures["contexts"], figures["uploads"]) == (0, 0)
    assert figures["rounds"] >= figures["sessions"]
    assert figures["epochs"] > 0
    before, _, after = figures["memory"]
    assert after - before < GOAL
    for what in ("predict", "compare", "upload and view", "predict, in a tab"):
        assert figures["waits"][what][0] > 0
