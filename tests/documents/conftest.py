"""Where somebody follows a document: an empty folder, and a home that knows the element graphs."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Element graphs, made once for all documents."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(home: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that commands are run in."""
    home.mkdir()
    (home / "cache").symlink_to(cache)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
