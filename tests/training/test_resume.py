import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from heanet.errors import CheckpointError
from heanet.training.resume import (
    ResumeState,
    has_resume,
    load_resume,
    optimiser_moments,
    remove_resume,
    restore_moments,
    save_resume,
)

HISTORY = [{"epoch": 1, "train_loss": 0.1, "validation_mae": {"ms": 1 / 3}, "lr": 1e-3}]


def _network() -> tuple[nn.Linear, torch.optim.AdamW]:
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    return network, torch.optim.AdamW(network.parameters(), lr=0.1, fused=True)


def _train(network: nn.Linear, optimiser: torch.optim.AdamW, steps: range) -> None:
    for step in steps:
        inputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        network(inputs).square().sum().backward()
        optimiser.step()


def _state(epoch: int = 3, *, key: str = "key", best_loss: float = 0.25) -> ResumeState:
    network, optimiser = _network()
    best = {name: value.clone() for name, value in network.state_dict().items()}
    _train(network, optimiser, range(epoch))
    return ResumeState(
        key=key,
        history=HISTORY,
        best_epoch=epoch,
        best_loss=best_loss,
        best=best,
        weights=network.state_dict(),
        moments=optimiser_moments(optimiser),
    )


def _assert_same(found: ResumeState, expected: ResumeState) -> None:
    for part in ("best", "weights", "moments"):
        tensors, wanted = getattr(found, part), getattr(expected, part)
        assert set(tensors) == set(wanted)
        for name, value in wanted.items():
            assert tensors[name].dtype == value.dtype
            assert torch.equal(tensors[name], value), (part, name)
    for field in ("key", "history", "best_epoch", "best_loss"):
        assert getattr(found, field) == getattr(expected, field)


@pytest.mark.parametrize("best_loss", [0.1 + 0.2, math.inf])
def test_what_was_saved_comes_back_bit_for_bit(tmp_path: Path, best_loss: float) -> None:
    state = _state(best_loss=best_loss)
    assert set(state.moments) == {
        f"{i}.{m}" for i in (0, 1) for m in ("step", "exp_avg", "exp_avg_sq")
    }
    save_resume(state, tmp_path / "resume.safetensors")
    _assert_same(load_resume(tmp_path / "resume.safetensors", key="key"), state)
    assert [path.name for path in tmp_path.iterdir()] == ["resume.safetensors"]


def test_a_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    whole, optimiser = _network()
    _train(whole, optimiser, range(7))
    path = tmp_path / "resume.safetensors"
    save_resume(_state(3), path)
    state = load_resume(path, key="key")
    network, optimiser = _network()
    network.load_state_dict(state.weights)
    restore_moments(optimiser, state.moments)
    _train(network, optimiser, range(3, 7))
    for name, value in whole.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)


def test_a_run_that_has_not_begun_can_be_saved(tmp_path: Path) -> None:
    state = _state(0)
    assert state.moments == {}
    save_resume(state, tmp_path / "resume.safetensors")
    _assert_same(load_resume(tmp_path / "resume.safetensors", key="key"), state)


def test_another_run_may_not_go_on_from_here(tmp_path: Path) -> None:
    path = tmp_path / "resume.safetensors"
    save_resume(_state(key="mine"), path)
    with pytest.raises(CheckpointError, match=r"other data or settings\..*Choose another --out"):
        load_resume(path, key="yours")


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.99])
def test_a_cut_file_is_refused(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "resume.safetensors"
    save_resume(_state(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match=r"resume\.safetensors' cannot be read.*Delete it"):
        load_resume(path, key="key")


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"other": "1"},
        {"run": "no json"},
        {"run": "[]"},
        {"run": json.dumps({"key": "key"})},
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    path = tmp_path / "resume.safetensors"
    save_file({"weights.a": torch.zeros(2)}, path, metadata=metadata)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_resume(path, key="key")


def test_tensors_that_belong_to_no_part_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "resume.safetensors"
    record = {"key": "key", "history": [], "best_epoch": 0, "best_loss": None}
    save_file({"others.a": torch.zeros(2)}, path, metadata={"run": json.dumps(record)})
    with pytest.raises(CheckpointError, match=r"cannot be read \('others'\)"):
        load_resume(path, key="key")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_resume(tmp_path / "none", key="key")


def test_a_kill_while_writing_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "resume.safetensors"
    save_resume(_state(3), path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            save_resume(_state(5), path)
    _assert_same(load_resume(path, key="key"), _state(3))
    # What was left aside does not keep the next state from being written.
    save_resume(_state(6), path)
    _assert_same(load_resume(path, key="key"), _state(6))


def test_saving_takes_a_copy(tmp_path: Path) -> None:
    state, path = _state(), tmp_path / "resume.safetensors"
    before = {name: value.clone() for name, value in state.weights.items()}
    save_resume(state, path)
    for value in state.weights.values():
        value.zero_()
    found = load_resume(path, key="key")
    for name, value in before.items():
        assert torch.equal(found.weights[name], value)


def test_the_state_before_the_last_is_there_and_used_if_need_be(tmp_path: Path) -> None:
    path = tmp_path / "resume.safetensors"
    first, second, third = (replace(_state(), best_epoch=k) for k in (1, 2, 3))
    for state in (first, second, third):
        save_resume(state, path)
    assert {file.name for file in tmp_path.iterdir()} == {path.name, f"previous-{path.name}"}
    assert load_resume(path, key="key").best_epoch == 3
    path.write_bytes(path.read_bytes()[:100])
    assert load_resume(path, key="key").best_epoch == 2
    path.unlink()
    assert has_resume(path)
    assert load_resume(path, key="key").best_epoch == 2
    remove_resume(path)
    assert not has_resume(path)
