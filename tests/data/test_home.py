import errno
import os
import re
import stat
from pathlib import Path

import pytest

from heanet.data.home import (
    data_home,
    heanet_home,
    make_private,
    write_whole,
    writing_in,
    written_whole,
)
from heanet.errors import DataError, StorageError


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


def no_room(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("content", ["new ü\n", b"\x00\xff"])
def test_a_file_is_the_new_one_whole(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_stop_in_the_middle_of_a_table_leaves_the_old_one_alone(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def half() -> None:
        with written_whole(path) as scratch:
            scratch.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real, seen = tmp_path / "file", os.fsync, []

    def fsync(handle: int) -> None:
        seen.append((Path(f"/proc/self/fd/{handle}").readlink(), path.exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(path, "text")
    (first, was_there), (second, is_there) = seen
    assert first.parent == tmp_path
    assert first != path
    assert (second, was_there, is_there) == (tmp_path, False, True)


@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        (errno.ENOSPC, None, "data' cannot be written (No space left on device)"),
        (errno.EROFS, "/elsewhere", "data' cannot be written (Read-only file system)"),
        (errno.EACCES, "data/set/labels.csv", "data' cannot be written (Permission denied)"),
    ],
)
def test_a_disk_that_refuses_is_named_by_its_folder(
    tmp_path: Path, number: int, name: str | None, said: str
) -> None:
    with pytest.raises(StorageError, match=re.escape(said)), writing_in(tmp_path / "data"):
        raise OSError(number, os.strerror(number), name and str(tmp_path / name))


def test_other_errors_are_left_as_they_are(tmp_path: Path) -> None:
    """A file of the user's that may not be read is not the fault of the folder written to."""
    with pytest.raises(PermissionError), writing_in(tmp_path / "data"):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "thesis.xlsx"))
