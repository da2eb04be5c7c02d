"""A model folder with a file that is missing, cut short or changed is refused by name."""

import json
import os
import shutil
from pathlib import Path

import pytest

from heanet.errors import CheckpointError
from heanet.training.checkpoints import CARD, WEIGHTS, card_checksum, load_checkpoint
from heanet.training.registry import SHIPPED, find_checkpoint


@pytest.fixture
def copied(home: Path) -> Path:
    """A shipped model under another name."""
    folder = home / "models" / "copied"
    shutil.copytree(SHIPPED / "hea-built", folder)
    return folder


def test_missing_weights_are_refused_by_name(copied: Path) -> None:
    (copied / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match=r"The weights of '.*copied' cannot be read"):
        load_checkpoint(find_checkpoint("copied"))


def test_truncated_weights_are_refused_by_name(copied: Path) -> None:
    os.truncate(copied / WEIGHTS, (copied / WEIGHTS).stat().st_size // 2)
    with pytest.raises(CheckpointError, match=r"The weights of '.*copied' cannot be read"):
        load_checkpoint(find_checkpoint("copied"))


def test_altered_weights_are_refused_by_name(copied: Path) -> None:
    content = bytearray((copied / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (copied / WEIGHTS).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"'.*copied' are not those that its card describes"):
        load_checkpoint(find_checkpoint("copied"))


def test_a_missing_card_is_refused_by_name(copied: Path) -> None:
    (copied / CARD).unlink()
    with pytest.raises(CheckpointError, match=r"'.*copied' is not a checkpoint: it has no card"):
        load_checkpoint(copied)


def test_a_truncated_card_is_refused_by_name(copied: Path) -> None:
    os.truncate(copied / CARD, 2000)
    with pytest.raises(CheckpointError, match=r"The card of '.*copied' cannot be read"):
        load_checkpoint(find_checkpoint("copied"))


def test_an_altered_card_is_refused_by_name(copied: Path) -> None:
    """A reference energy that somebody has changed would shift every prediction silently."""
    card = json.loads((copied / CARD).read_text(encoding="utf-8"))
    (copied / CARD).write_text(json.dumps(card))  # laid out in another way, it is the same card
    load_checkpoint(copied)
    card["references"][0]["ground"]["Fe"] += 0.001
    (copied / CARD).write_text(json.dumps(card))
    with pytest.raises(CheckpointError, match=r"The card of '.*copied' was changed"):
        load_checkpoint(find_checkpoint("copied"))


def test_a_card_of_a_version_without_checksum_is_read(copied: Path) -> None:
    card = json.loads((copied / CARD).read_text(encoding="utf-8"))
    del card["card_sha256"]
    (copied / CARD).write_text(json.dumps(card))
    assert load_checkpoint(copied)[0].card_sha256 == ""


@pytest.mark.parametrize("folder", sorted(SHIPPED.glob("*/card.json")), ids=lambda p: p.parent.name)
def test_the_cards_that_come_with_the_project_have_checksums(folder: Path) -> None:
    values = json.loads(folder.read_text(encoding="utf-8"))
    assert values["card_sha256"] == card_checksum(values)
