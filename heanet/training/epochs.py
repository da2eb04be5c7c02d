"""The epochs of a run as they happen: a file with one JSON object a line, only ever added to.

A run that was killed is continued from a somewhat older state and goes through its last epochs
again. They give the same numbers, so what is in the file already stays and is not written twice.
"""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from heanet.errors import CheckpointError
from heanet.training.record import EpochRecord

EPOCHS = "epochs.jsonl"
_TAIL = 2**16  # bytes; a line is far shorter


class Epoch(NamedTuple):
    """A line of the file.

    Attributes:
        record: What the epoch gave.
        at: When it ended, milliseconds since 1970 by this machine's clock.
    """

    record: EpochRecord
    at: int


class EpochLog:
    """The file of a run, to be added to.

    Args:
        path: The file; made by the first epoch. A line that a kill has cut short is cut off.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _cut_torn_line(path)
        known = read_epochs(path)
        self._last = known[-1].record.epoch if known else 0

    def append(self, record: EpochRecord) -> None:
        """Add an epoch, unless it is there."""
        if record.epoch <= self._last:
            return
        line = json.dumps({**asdict(record), "at": round(1000 * time.time())})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self._last = record.epoch


def read_epochs(path: Path, *, after: int = 0) -> list[Epoch]:
    """The finished epochs of a run, those that are being written left out.

    Args:
        path: The file of the run; a run that has not begun has none.
        after: Only epochs later than this one.

    Raises:
        CheckpointError: The file holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    whole = text[: text.rfind("\n") + 1]
    try:
        found = [_read(line) for line in whole.splitlines()]
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"'{path}' is damaged: {error}",
            expected="one epoch a line, as JSON",
            fix="Start the run anew in another folder.",
        ) from error
    return [epoch for epoch in found if epoch.record.epoch > after]


def last_epoch(path: Path) -> Epoch | None:
    """The last finished epoch of a run, read from the end of its file; None where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().split(b"\n")
        return _read(lines[-2].decode()) if len(lines) > 1 else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _read(line: str) -> Epoch:
    values = json.loads(line)
    at = int(values.pop("at"))
    return Epoch(EpochRecord(**values), at)


def _cut_torn_line(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(path, len(whole))  # at once: what is whole is never away
