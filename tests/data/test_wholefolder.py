"""Folders that appear, change and go at once."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from heanet.data import wholefolder
from heanet.data.wholefolder import put_folder, remove_folder, replace_folder


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A folder that is written, and not yet in its place."""
    folder = tmp_path / "scratch" / "set"
    (folder / "structures").mkdir(parents=True)
    (folder / "labels.csv").write_text("new")
    (folder / "structures" / "Fe").write_text("new")
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "set"


@pytest.fixture
def old(target: Path) -> Path:
    """A folder that has the place."""
    target.mkdir(parents=True)
    (target / "labels.csv").write_text("old")
    return target


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


NEW = {"labels.csv": "new", "structures/Fe": "new"}


def test_a_folder_is_on_the_disk_before_it_has_its_name(
    new: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.parent.mkdir()
    seen, real = {}, os.fsync

    def fsync(handle: int) -> None:
        seen[str(Path(f"/proc/self/fd/{handle}").readlink())] = target.exists()
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    put_folder(new, target)
    parts = [new, new / "labels.csv", new / "structures", new / "structures" / "Fe"]
    assert seen == {**{str(part): False for part in parts}, str(target.parent): True}
    assert files(target) == NEW
    assert not new.exists()


def test_a_place_that_is_taken_is_not_given(new: Path, old: Path) -> None:
    with pytest.raises(FileExistsError, match="not empty"):
        put_folder(new, old)
    assert files(old) == {"labels.csv": "old"}
    assert files(new) == NEW


@pytest.mark.parametrize("exchange", [wholefolder._exchange, lambda _one, _other: False])
def test_a_folder_takes_the_place_of_another(
    new: Path, old: Path, monkeypatch: pytest.MonkeyPatch, exchange: Callable[[Path, Path], bool]
) -> None:
    monkeypatch.setattr(wholefolder, "_exchange", exchange)
    replace_folder(new, old)
    assert files(old) == NEW
    assert files(new) == {"labels.csv": "old"}
    assert sorted(p.name for p in (*old.parent.iterdir(), *new.parent.iterdir())) == ["set", "set"]


def test_there_is_a_folder_at_every_moment(
    new: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system can exchange names, as Linux does, the place is never empty."""

    def moves(_path: Path, _target: Path) -> None:
        raise OSError(errno.EIO, "moved one by one")

    monkeypatch.setattr(Path, "rename", moves)
    replace_folder(new, old)
    assert files(old) == NEW


def test_a_folder_that_is_removed_is_away_though_its_files_cannot_go(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stays(*_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "unlink", stays)
    remove_folder(old)
    assert not old.exists()


def test_another_process_may_put_its_folder_there_at_the_same_time(
    new: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = wholefolder._flush_all

    def flush_while_the_other_is_faster(folder: Path) -> None:
        real(folder)
        target.mkdir(parents=True, exist_ok=True)
        (target / "labels.csv").write_text("of the other")

    monkeypatch.setattr(wholefolder, "_flush_all", flush_while_the_other_is_faster)
    replace_folder(new, target)
    assert files(target) == NEW
    assert files(new) == {"labels.csv": "of the other"}
