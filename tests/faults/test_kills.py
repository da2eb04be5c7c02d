"""SIGKILL at random moments of five operations; `make faults` does the same many times more."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from heanet.training.checkpoints import WEIGHTS
from tests.faults import kills
from tests.faults.kills import disturb, one_worker
from tests.faults.operations import OPERATIONS, home

N_KILLS = 3


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with one_worker() as address:
        yield address


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_was_reported_as_done_is_there_after_a_kill(
    name: str, scheduler: str, tmp_path: Path
) -> None:
    if name == "generation":
        pytest.importorskip("chgnet", reason="CHGNet is not installed (requirements-teacher.txt)")
    found = disturb(OPERATIONS[name], tmp_path, kills=N_KILLS, seed=1, scheduler=scheduler)
    assert found.lost == []
    assert len(found.moments) == N_KILLS
    assert found.finished >= 1


def test_what_is_lost_is_seen(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, with a kill that also does what a kill must not do."""
    spoiled, real = [], os.killpg

    def kill_and_spoil(group: int, number: int) -> None:
        real(group, number)
        models = sorted((home(tmp_path / "place") / "models").glob("kept-*"))
        if models and not spoiled:
            path = models[0] / WEIGHTS
            path.write_bytes(path.read_bytes()[:-1])
            spoiled.append(number)

    monkeypatch.setattr(kills.os, "killpg", kill_and_spoil)
    found = disturb(OPERATIONS["registration"], tmp_path, kills=3, seed=2, scheduler=scheduler)
    assert spoiled == [signal.SIGKILL]
    assert any("The weights of" in lost for lost in found.lost)
