"""Every view of the app as an address, with what shows that it has been drawn."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.browser.browser_tab import Tab
from tests.browser.running_app import ROOT

CANTOR = ROOT / "sample_data" / "structures" / "CrMnFeCoNi_fcc.vasp"
RUN = "pictured"
SLOW = 90_000  # milliseconds: a first view imports much
_PLOT = ".stMain .js-plotly-plot .main-svg"
_CELL = ".viewer[data-state=drawn]"
# A labelled set without such results has words in their place.
_PLOT_OR_WORDS = f"{_PLOT}, .stMain [data-testid=stAlert]"
_TABLE = "[data-testid=stDataFrame] canvas"


@dataclass(frozen=True)
class View:
    """A view of the app.

    Attributes:
        name: In file names.
        path: Its address, in English; another language translates it.
        ready: Selector of what is drawn last.
        file: A cell to open first.
    """

    name: str
    path: str
    ready: str = "h1"
    file: Path | None = None

    def open(self, tab: Tab, language: str = "en") -> None:
        """Goes there and waits until everything has been drawn."""
        tab.page.set_default_timeout(SLOW)
        tab.open(f"{self.path}{'&' if '?' in self.path else '?'}lang={language}")
        if self.file is not None:
            tab.page.set_input_files("input[type=file]", self.file)
        tab.page.locator(self.ready).first.wait_for()
        tab.settle()
        for viewer in tab.page.locator(".viewer").all():
            viewer.and_(tab.page.locator("[data-state=drawn]")).wait_for()
        tab.page.wait_for_timeout(800)  # plots and WebGL draw in frames of their own


VIEWS = (
    View("home", "/"),
    View("structure-empty", "/Structure"),
    View("structure", "/Structure", _CELL, CANTOR),
    View("predict-empty", "/Predict"),
    View("predict", "/Predict?cell=CrMnFeCoNi_fcc.vasp", f"{_PLOT} .barlayer"),
    View("predict-many", "/Predict?cell=CrMnFeCoNi_fcc.vasp&cell=CrFeNi_bcc.vasp", _PLOT),
    View("compare-leaderboard", "/Compare", _TABLE),
    View("compare-heat", "/Compare?view=Heat+map", _PLOT),
    View("compare-parity", "/Compare?view=Parity", _PLOT),
    View("compare-curves", "/Compare?view=Learning+curves", _PLOT),
    View("compare-transfer", "/Compare?view=Transfer", _PLOT_OR_WORDS),
    View("compare-parts", "/Compare?view=Where+errors+are", _PLOT),
    View("compare-runs", f"/Compare?view=Your+runs&runs={RUN}", _PLOT),
    View("compare-correlation", "/Compare?view=Label+correlation", _PLOT),
    View("compare-published", "/Compare?view=Published+figures", _PLOT_OR_WORDS),
    View("compare-settings", "/Compare?view=Settings", _TABLE),
    View("compare-audit", "/Compare?view=Label+audit", "h1"),
    View("train-launch", "/Train", "h1"),
    View("train-runs", f"/Train?tab=Runs&run={RUN}", _PLOT),
    View("train-data", "/Train?tab=Own+data", "[data-testid=stFileUploader]"),
    *(View(f"learn-{k}", f"/Learn?lesson={k}", "h1") for k in range(1, 7)),
)


def train_a_run(home: Path) -> None:
    """A short training in ``home``, so that the views of runs have one to show."""
    command = [sys.executable, "-m", "heanet", "train", "--name", RUN, "--epochs", "20"]
    environment = {"HEANET_HOME": str(home), "OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
