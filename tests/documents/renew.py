"""``python -m tests.documents.renew docs/api.md``: what a document says is printed, made anew.

Only blocks that are no longer right are rewritten, in the Chinese twin as well; look at the change
before you keep it. Paths and commits of this machine are put back to ``...`` by hand.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.documents.fences import ROOT, Fence, fences, read
from tests.documents.running import Reader, alike


def renew(document: str) -> None:
    """Run a document and rewrite what its blocks print otherwise than it says."""
    texts = {name: read(name) for name in _twins(document)}
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        project = Path(folder) / "project"
        project.mkdir()
        patch.setenv("HEANET_HOME", str(Path(folder) / "home"))
        patch.chdir(project)
        with Reader(project, patch) as reader:
            for fence in fences(document):
                if fence.language not in ("bash", "python") or fence.reason:
                    continue
                printed = reader.printed(fence)
                if fence.output is not None and not alike(fence.output, printed):
                    texts = {name: _rewritten(text, fence, printed) for name, text in texts.items()}
    for name, text in texts.items():
        (ROOT / name).write_text(text, encoding="utf-8")


def _twins(document: str) -> list[str]:
    twin = document.replace(".md", ".zh.md")
    return [document, *([twin] if (ROOT / twin).exists() else [])]


def _rewritten(text: str, fence: Fence, printed: str) -> str:
    start = f"{fence.text}```\n```text\n"
    return text.replace(f"{start}{fence.output}```", f"{start}{printed.rstrip()}\n```")


if __name__ == "__main__":
    os.chdir(ROOT)
    for name in sys.argv[1:]:
        renew(name)
