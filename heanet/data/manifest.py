"""What the published HEA-DFT set consists of: every file with its checksum and its origin."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_MANIFEST = Path(__file__).with_name("hea_dft_manifest.json")


@dataclass(frozen=True)
class PublishedFile:
    """One file of the set.

    Attributes:
        path: Where it lies in the source repository.
        file: Where it lies in the published layout, for example "labels/Database.xlsx".
        sha256: Its checksum.
        size: Its size in bytes.
    """

    path: str
    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The set: what to call it, where it comes from, which files it has.

    Attributes:
        source: name, title, repository, commit, folder, licence, citation, doi.
        files: Every file, sorted by ``file``.
    """

    source: Mapping[str, str]
    files: tuple[PublishedFile, ...]

    def matches(self, contents: Mapping[str, str]) -> bool:
        """Whether ``contents`` (SHA-256 by file) are exactly the files of this set."""
        return dict(contents) == {file.file: file.sha256 for file in self.files}


@cache
def hea_dft() -> Manifest:
    """The manifest of HEA-DFT, X. Wang et al. (2022), doi 10.1038/s41524-022-00945-x."""
    record = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    files = tuple(
        PublishedFile(path=row["path"], file=row["file"], sha256=row["sha256"], size=row["bytes"])
        for row in record["files"]
    )
    return Manifest(source=record["source"], files=files)
