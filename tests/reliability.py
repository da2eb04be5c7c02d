"""docs/reliability.md: one section for each JSON file in docs/reliability, written by commands.

``python -m tests.reliability`` writes the page again. A section is an object with ``title``,
``command`` (that measured it), ``text`` (paragraphs), ``heads`` and ``rows`` of its table, and
``made`` (when, on what, from which commit).
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from heanet.commit import code_commit

DOCS = Path(__file__).parents[1] / "docs"
SECTIONS, PAGE = DOCS / "reliability", DOCS / "reliability.md"
_INTRODUCTION = (
    "# Reliability\n\nWhat was done to HEANet to break it, and what came of it. Every number is of "
    "the command that stands over its table; none is written by hand.\n"
)


def write_section(name: str, section: Mapping[str, Any]) -> None:
    """Keep what a command measured, and write the page again.

    Args:
        name: Of the JSON file; sections stand in the order of their names.
        section: As the module's docstring says.
    """
    SECTIONS.mkdir(exist_ok=True)
    text = json.dumps(section, indent=1, ensure_ascii=False) + "\n"
    (SECTIONS / f"{name}.json").write_text(text, encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    files = sorted(SECTIONS.glob("*.json"))
    sections = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return "\n".join([_INTRODUCTION, *map(_section, sections)])


def made_now() -> str:
    """Date, machine and commit, in a sentence."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"Python {platform.python_version()}, commit {code_commit() or 'unknown'}"
    )


def _section(section: Mapping[str, Any]) -> str:
    lines = [f"## {section['title']}", "", f"`{section['command']}` ({section['made']})", ""]
    for paragraph in section["text"]:
        lines += [paragraph, ""]
    lines += [_line(section["heads"]), _line(["---"] * len(section["heads"]))]
    return "\n".join([*lines, *map(_line, section["rows"])]) + "\n"


def _line(cells: Sequence[object]) -> str:
    shown = (f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
