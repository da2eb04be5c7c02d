"""A home of its own for every test, and labelled sets: a small one and the published one."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings
from urllib3.util import Retry

from heanet import apart
from heanet.data import materialsproject
from tests.data.mp_server import KEY, MaterialsProject, serve
from tests.data.published_set import make_cell, make_labels, write_table

# A deadline per example would be a test of the machine.
settings.register_profile("heanet", deadline=None)
settings.load_profile("heanet")

# MLflow reads this as it is imported, which some tests do before HEANet, who says it otherwise.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")

# Folders and files of tests that need the machine for themselves.
ALONE = {
    "benchmarks", "browser", "faults", "jobs", "screening", "test_apart.py", "test_rebuild.py",
}  # fmt: skip

HEA_DFT = Path(__file__).parents[1].parent / "shared" / "hea-dft"


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if ALONE.intersection(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HEANET_HOME in a temporary folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("HEANET_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users' files are read in the test's own process; tests/test_apart.py reads them apart."""
    monkeypatch.setenv(apart.SWITCH, "off")


Edit = Callable[[pd.DataFrame], pd.DataFrame | None]


def write_published(
    target: Path, edit: Edit | None = None, *, files: dict[str, str] | None = None
) -> Path:
    """Write a set in the published layout, its labels changed by ``edit`` first."""
    (target / "structures").mkdir(parents=True)
    labels = make_labels()
    for name in labels.index:
        cell = make_cell((files or {}).get(name, name.split("_")[0]))
        (target / "structures" / name).write_text(cell.to(fmt="poscar"))
    changed = edit(labels) if edit else None
    labels = labels if changed is None else changed
    write_table(target / "labels" / "Database.xlsx", labels)
    write_table(target / "labels" / "test.xlsx", labels.iloc[[3, 1]])
    return target


@pytest.fixture
def make_published(tmp_path: Path) -> Callable[..., Path]:
    """``write_published`` into a folder of the test's own."""

    def make(
        edit: Edit | None = None,
        *,
        files: dict[str, str] | None = None,
        folder: str = "alloys",
    ) -> Path:
        return write_published(tmp_path / folder, edit, files=files)

    return make


@pytest.fixture
def hea_dft_folder() -> Path:
    """The published data."""
    if not HEA_DFT.is_dir():
        pytest.skip("the published HEA-DFT files are not there (../shared/hea-dft)")
    return HEA_DFT


@pytest.fixture
def materials_project(monkeypatch: pytest.MonkeyPatch) -> Iterator[MaterialsProject]:
    """A server that plays the Materials Project, a key that it takes, and little patience."""
    monkeypatch.setattr(
        materialsproject, "RETRIES", Retry(total=1, status_forcelist=(502, 503), backoff_factor=0)
    )
    for name in (materialsproject.KEY, "PMG_MAPI_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(materialsproject, "SETTINGS", {})
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv(materialsproject.KEY, KEY)
    with serve() as server:
        monkeypatch.setenv("MP_API_ENDPOINT", server.url)
        yield server
