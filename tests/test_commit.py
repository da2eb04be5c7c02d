"""The commit beside a number is that of the running code."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from heanet import commit


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one commit."""
    if shutil.which("git") is None:
        pytest.skip("no git on this machine")
    (tmp_path / "heanet").mkdir()
    (tmp_path / "heanet" / "code.py").write_text("x = 1\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        name = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(commit, "ROOT", tmp_path)
    commit.code_commit.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    commit.code_commit.cache_clear()


def test_a_clean_checkout_names_its_commit(checkout: Path) -> None:
    asked = ["git", "rev-parse", "HEAD"]
    found = subprocess.run(asked, cwd=checkout, check=True, capture_output=True, text=True)
    assert found.stdout.startswith(commit.code_commit())
    assert len(commit.code_commit()) == commit.DIGITS


def test_changes_of_the_package_are_said_and_others_are_not(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("mine\n")
    assert not commit.code_commit().endswith("+")
    commit.code_commit.cache_clear()
    (checkout / "heanet" / "code.py").write_text("x = 2\n")
    assert commit.code_commit().endswith("+")


def test_without_a_checkout_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "ROOT", tmp_path)
    commit.code_commit.cache_clear()
    assert commit.code_commit() == ""
