"""The file of a run's epochs: whole lines, each epoch once."""

from pathlib import Path

import pytest

from heanet.errors import CheckpointError
from heanet.training.epochs import EPOCHS, EpochLog, read_epochs
from heanet.training.record import EpochRecord


def record(epoch: int) -> EpochRecord:
    return EpochRecord(epoch, 0.1 * epoch, None, {"ms": 1 / 3}, 1e-3, 2.0 * epoch, {})


def numbers(path: Path, *, after: int = 0) -> list[int]:
    return [epoch.record.epoch for epoch in read_epochs(path, after=after)]


def test_epochs_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / EPOCHS
    assert read_epochs(path) == []
    log = EpochLog(path)
    for epoch in (1, 2, 3):
        log.append(record(epoch))
    assert [epoch.record for epoch in read_epochs(path)] == [record(1), record(2), record(3)]
    assert numbers(path, after=2) == [3]


def test_epochs_that_are_gone_through_again_are_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / EPOCHS
    for start in (1, 2):
        log = EpochLog(path)
        for epoch in range(start, start + 3):
            log.append(record(epoch))
    assert numbers(path) == [1, 2, 3, 4]


def test_a_line_that_a_kill_cut_short_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / EPOCHS
    EpochLog(path).append(record(1))
    whole = path.read_text()
    path.write_text(whole + whole[:20])
    assert numbers(path) == [1]
    EpochLog(path).append(record(2))
    assert numbers(path) == [1, 2]


@pytest.mark.parametrize("text", ["nonsense\n", '{"epoch": 1}\n', "[1]\n"])
def test_another_file_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / EPOCHS).write_text(text)
    with pytest.raises(CheckpointError, match="damaged"):
        read_epochs(tmp_path / EPOCHS)
