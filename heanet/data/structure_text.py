"""From the bytes of a structure file to clean text, and from the text to its format.

Nothing here trusts a file's name: browsers, mail programs and people rename files.
"""

import gzip
import io
import re
import zlib
from typing import Literal

from heanet.errors import StructureError

Format = Literal["poscar", "cif", "extxyz", "json"]

MAX_BYTES = 20 * 2**20
MAX_ATOMS = 20_000
MAX_FRAMES = 1_000
TOO_LARGE_FIX = "Cut the file into smaller ones, or keep the frames that matter."

_GZIP = b"\x1f\x8b"
# Byte order marks, longest first: that of utf-32 begins with that of utf-16.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# In order of how often they are right where they fit; latin-1 fits always.
_ENCODINGS = ("utf-8", "gb18030", "latin-1")
_OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89HDF", "an HDF5 file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_EXPECTED = "POSCAR/CONTCAR, CIF, extxyz or pymatgen JSON, gzip-compressed or not"
_SPACES = re.compile(r"\s+")


def to_text(data: bytes, *, name: str) -> tuple[str, list[str]]:
    """The text of a file, with what was done to get it.

    Unpacks gzip, decodes, drops the byte order mark, and ends every line with a line feed alone.

    Args:
        data: The file as it is.
        name: Its name, for messages.

    Returns:
        The text and notes for the reader.

    Raises:
        StructureError: The file is empty, too large, broken, or no text at all.
    """
    notes = []
    if data.startswith(_GZIP):
        data = _unpack(data, name=name)
        notes.append("gzip unpacked")
    check_bytes(len(data), name=name)
    if not data.strip():
        raise StructureError(f"'{name}' is empty", expected=_EXPECTED)
    for signature, kind in _OTHER_FILES:
        if data.startswith(signature):
            raise StructureError(f"'{name}' is {kind}", expected=_EXPECTED)
    text, encoding = decode(data)
    if _CONTROL.search(text):
        raise StructureError(f"'{name}' is a binary file", expected=_EXPECTED)
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"decoded as {encoding}")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def detect_format(text: str, *, name: str) -> Format:
    """The format that the text is in.

    Raises:
        StructureError: It is none that can be read.
    """
    if text.lstrip().startswith(("{", "[")):
        return "json"
    if re.search(r"^[ \t]*_(cell|atom_site|symmetry|space_group)[_.]", text, re.MULTILINE):
        return "cif"
    lines = text.split("\n", maxsplit=5)
    if len(lines) > 4 and _n_numbers(lines[1]) and all(_n_numbers(x) >= 3 for x in lines[2:5]):
        return "poscar"
    if re.match(r"\s*\d+\s*(\n|$)", text):
        return "extxyz"
    if len(lines) > 1 and _n_numbers(lines[1]):
        return "poscar"  # too broken to read, but its parser can say why
    start = _SPACES.sub(" ", text.strip())[:40]
    if start.startswith("<"):
        raise StructureError(
            f"'{name}' is a web page or XML: it begins with '{start}'",
            expected=_EXPECTED,
            fix="Download the structure file itself, not the page that shows it.",
        )
    raise StructureError(
        f"'{name}' is in no known structure format: it begins with '{start}'", expected=_EXPECTED
    )


def check_bytes(n_bytes: int, *, name: str) -> None:
    """Refuse a file above ``MAX_BYTES``.

    Raises:
        StructureError: It is too large.
    """
    if n_bytes > MAX_BYTES:
        raise StructureError(
            f"'{name}' holds {n_bytes / 2**20:.1f} MB",
            expected=f"at most {MAX_BYTES / 2**20:.0f} MB",
            fix=TOO_LARGE_FIX,
        )


def check_size(n_atoms: int, *, name: str) -> None:
    """Refuse a cell of no atoms or of too many, if possible before it is parsed.

    Raises:
        StructureError: ``n_atoms`` is 0 or above ``MAX_ATOMS``.
    """
    if n_atoms == 0:
        raise StructureError(f"'{name}' has no atoms", expected="at least one")
    if n_atoms > MAX_ATOMS:
        raise StructureError(
            f"'{name}' has {n_atoms} atoms",
            expected=f"at most {MAX_ATOMS}",
            fix="Use a smaller cell: predictions do not depend on how often a cell is repeated.",
        )


def decode(data: bytes) -> tuple[str, str]:
    """The text and the encoding that gave it."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes any bytes")


def _unpack(data: bytes, *, name: str) -> bytes:
    """The content of a gzip file, never expanded beyond one byte more than is allowed."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise StructureError(
            f"'{name}' is a broken gzip file ({error})", fix="Compress or upload it again."
        ) from error
    if len(content) > MAX_BYTES:
        raise StructureError(
            f"'{name}' unpacks to more than {MAX_BYTES / 2**20:.0f} MB", fix=TOO_LARGE_FIX
        )
    if content.startswith(_GZIP):
        raise StructureError(f"'{name}' is compressed more than once", fix="Unpack it once.")
    return content


def _n_numbers(line: str) -> int:
    """How many numbers a line begins with."""
    count = 0
    for word in line.split():
        try:
            float(word)
        except ValueError:
            break
        count += 1
    return count
