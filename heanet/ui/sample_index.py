"""Which sample cells come with the project; reading the list loads nothing heavy."""

import json
from dataclasses import dataclass

from heanet.ui import language
from heanet.ui.page import ROOT

FOLDER = ROOT / "sample_data" / "structures"


@dataclass(frozen=True)
class Sample:
    """A file of sample cells.

    Attributes:
        file: Name in ``FOLDER``; also its id in addresses.
        title: Formula, lattice and what it is known for.
        description: In the session's language.
    """

    file: str
    title: str
    description: str


def samples() -> list[Sample]:
    """All samples, in the order of their index."""
    index = FOLDER / "index.json"
    if not index.exists():
        return []
    entries = json.loads(index.read_text(encoding="utf-8"))
    return [
        Sample(entry["file"], entry["title"], entry.get(language.current(), entry["en"]))
        for entry in entries
    ]
