"""Saving figures: what a caption says, and where the browser finds its script."""

from pathlib import Path

import pytest

import heanet
from heanet.ui import pictures
from heanet.ui.words import plain, unformatted


def test_the_script_is_put_where_the_app_serves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    address = pictures.script_address()
    served = tmp_path / address.removeprefix("/app/")
    assert served.stat().st_size == pictures._SOURCE.stat().st_size > 1_000_000
    assert [path.name for path in served.parent.iterdir()] == [served.name]


def test_a_read_only_place_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "static").write_text("in the way")
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    assert pictures.script_address() == f"/app/{pictures.LIBRARY.as_posix()}"


@pytest.mark.parametrize(("commit", "end"), [("1234567+", ", commit 1234567+."), ("", ".")])
def test_a_caption_says_what_drew_it(
    monkeypatch: pytest.MonkeyPatch, commit: str, end: str
) -> None:
    monkeypatch.setattr(pictures, "code_commit", lambda: commit)
    text = pictures.caption(f"Cells of {plain('hea-dft_2')}, **n = 3**.")
    assert text == f"Cells of hea-dft_2, n = 3. HEANet {heanet.__version__}{end}"


@pytest.mark.parametrize("text", ["a_b-c (2) #1", r"back\slash", "5 * 3 > 2", "µB/atom"])
def test_what_was_made_plain_reads_as_before(text: str) -> None:
    assert unformatted(plain(text)) == text
