"""How to extend HEANet, as docs/extending.md says it: each chapter in a copy of the project."""

from itertools import groupby
from pathlib import Path

import pytest

from tests.documents.fences import Fence, fences, read
from tests.documents.running import Reader, change

DOCUMENT = "docs/extending.md"


def chapters() -> dict[str, list[Fence]]:
    """The blocks of each chapter that has some."""
    lines = read(DOCUMENT).splitlines()

    def chapter(fence: Fence) -> str:
        return next(it for it in reversed(lines[: fence.line]) if it.startswith("## "))[3:]

    return {title: list(found) for title, found in groupby(fences(DOCUMENT), key=chapter)}


def test_the_chapters_are_these() -> None:
    assert list(chapters()) == ["A strategy", "A page", "A baseline"]
    assert all(any(it.file for it in found) for found in chapters().values())


@pytest.mark.parametrize("title", chapters())
def test_whoever_follows_a_chapter_gets_what_it_promises(
    title: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Reader(project, monkeypatch, own=True) as reader:
        for fence in chapters()[title]:
            reader.follow(fence)


def test_a_change_to_lines_that_are_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.py"
    file.write_text("one\ntwo\n")
    change(file, Fence("x.md", 1, "diff", "config.py", " one\n-two\n+three\n"))
    assert file.read_text() == "one\nthree\n"
    with pytest.raises(AssertionError, match=r"0 times in config\.py"):
        change(file, Fence("x.md", 1, "diff", "config.py", "-two\n+three\n"))
