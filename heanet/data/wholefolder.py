"""Folders that appear, change and go at once: a set, a model, what a training begins with.

They are written aside, in a folder on the same disk, and then put in their place. Whoever looks
finds nothing, the old one or the new one, also after a kill or a power cut.
"""

import ctypes
import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from heanet.data.home import flush

# Of renameat2(2), which Python does not offer: exchange both, relative to the working directory.
_EXCHANGE, _HERE = 2, -100
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}


def put_folder(folder: Path, target: Path) -> None:
    """Give a folder that is written the name under which it is found.

    Args:
        folder: Whole; on the same disk.
        target: Nothing, or an empty folder.

    Raises:
        FileExistsError: Something is there already.
        OSError: The disk refuses; nothing has changed.
    """
    _flush_all(folder)
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in _TAKEN:
            raise FileExistsError(error.errno, error.strerror, str(target)) from None
        raise
    flush(target.parent)


def replace_folder(folder: Path, target: Path) -> None:
    """``put_folder`` where something may be there: that is under the name of ``folder`` then.

    Raises:
        OSError: The disk refuses; what was there still is.
    """
    if not target.exists():
        with suppress(FileExistsError):  # another process was faster
            put_folder(folder, target)
            return
    _flush_all(folder)
    if not _exchange(folder, target):
        aside = folder.with_name(f".{folder.name}.replaced")
        target.rename(aside)
        folder.rename(target)
        aside.rename(folder)
    flush(target.parent)


def remove_folder(folder: Path) -> None:
    """Delete a folder: gone for everybody at once, however long its files take.

    Raises:
        OSError: It is not there, or the disk refuses.
    """
    with tempfile.TemporaryDirectory(
        prefix=".delete-", dir=folder.parent, ignore_cleanup_errors=True
    ) as grave:
        folder.rename(Path(grave) / folder.name)
        flush(folder.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Whether two folders have changed names in one step; not every system can."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0)


def _flush_all(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        flush(path)
