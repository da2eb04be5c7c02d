"""Where HEANet keeps what it makes: ``HEANET_HOME``, by default ``./runs``.

Nothing is created on import; a folder appears when something is first written into it.
"""

import errno
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from heanet.errors import DataError, StorageError

HOME_VARIABLE = "HEANET_HOME"
DEFAULT_HOME = "runs"
# Imported data and runs are the user's own; others on the machine need not read them.
PRIVATE = 0o700
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
_FORBIDDEN = {errno.EACCES, errno.EPERM}


def heanet_home(home: str | Path | None = None) -> Path:
    """The folder everything lives in: ``home``, else ``$HEANET_HOME``, else ``./runs``."""
    return Path(home or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME).expanduser()


def data_home(home: str | Path | None = None) -> Path:
    """The folder of the imported labelled sets, one sub-folder per set."""
    return heanet_home(home) / "data"


def make_private(folder: Path) -> Path:
    """Create ``folder`` and its missing parents, readable by the owner alone.

    Raises:
        DataError: The folder cannot be created.
    """
    try:
        for level in (*reversed(folder.parents), folder):
            level.mkdir(mode=PRIVATE, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The folder '{folder}' cannot be created ({error.strerror})",
            fix=f"Set {HOME_VARIABLE} to a folder that you may write to",
        ) from error
    return folder


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents: privately inside of ``HEANET_HOME``.

    Outside of it, where somebody named the folder, as this user's folders are created.

    Raises:
        DataError: A folder in ``HEANET_HOME`` cannot be created.
        OSError: Another one cannot be created.
    """
    if folder.resolve().is_relative_to(heanet_home().resolve()):
        make_private(folder)
    folder.mkdir(parents=True, exist_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a kill or a power cut at any moment leaves the old one or the new one.

    Args:
        path: In a folder that exists.
        content: Its new content; a text is written as UTF-8.

    Raises:
        OSError: It cannot be written; the old one is there still.
    """
    with written_whole(path) as scratch:
        scratch.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def written_whole(path: Path, *, aside: Path | None = None) -> Iterator[Path]:
    """``write_whole`` for what others write: gives the name of a file that becomes ``path``.

    Args:
        path: In a folder that exists.
        aside: Where to write, on the same disk; default a name of its own beside ``path``.

    Raises:
        OSError: It cannot be written; the old one is there still.
    """
    scratch = aside or path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        yield scratch
        flush(scratch)
        scratch.replace(path)
    except BaseException:
        with suppress(OSError):
            scratch.unlink()
        raise
    flush(path.parent)


@contextmanager
def writing_in(folder: Path) -> Iterator[None]:
    """Say which folder it is where a disk is full or a folder may not be written.

    Raises:
        StorageError: Instead of the system's error of such a disk; others stay as they are.
    """
    try:
        yield
    except OSError as error:
        forbidden = error.errno in _FORBIDDEN and _is_in(folder, error.filename)
        if not forbidden and error.errno not in _NO_ROOM:
            raise
        raise storage_error(folder, os.strerror(error.errno or 0)) from error


def storage_error(path: Path, reason: str) -> StorageError:
    """The error of a file or folder that cannot be written."""
    return StorageError(
        f"'{path}' cannot be written ({reason})",
        fix="Make room there or allow it to be written, then repeat; or choose another place "
        f"({HOME_VARIABLE} names the folder of everything that HEANet keeps)",
    )


def _is_in(folder: Path, name: object) -> bool:
    return isinstance(name, str | Path) and Path(name).absolute().is_relative_to(folder.absolute())


def flush(path: Path) -> None:
    """Bring a file to the disk itself; of a folder, the names that are in it.

    Raises:
        OSError: The disk refuses a file. A system that cannot do this to folders is left alone.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows does not open folders
        return
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None where there is no file, or it holds something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
