import stat
from pathlib import Path

import pytest

from heanet.data.home import data_home, heanet_home, make_private
from heanet.errors import DataError


def test_home_is_the_argument_then_the_variable_then_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_HOME", str(tmp_path / "mine"))
    assert heanet_home("here") == Path("here")
    assert data_home() == tmp_path / "mine" / "data"
    monkeypatch.delenv("HEANET_HOME")
    assert heanet_home() == Path("runs")
    assert not (tmp_path / "mine").exists()


def test_every_level_that_is_made_is_private(tmp_path: Path) -> None:
    folder = make_private(tmp_path / "home" / "data")
    for made in (folder, folder.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_says_which_variable_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file.*Set HEANET_HOME"):
        make_private(tmp_path / "file" / "data")
