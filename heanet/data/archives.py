"""Unpack an uploaded zip in memory, trusting nothing that it says of itself.

Nothing is written to disk, so that no member can land outside of where it belongs; names that try
are refused all the same, because such an archive was not made by packing a folder. Sizes are
counted while reading: the sizes that an archive declares are its maker's word only.
"""

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator

from heanet.errors import DataError

MAX_ZIP_BYTES = 20 * 2**20
MAX_MEMBERS = 20_000  # macOS packs a second one beside each file
MAX_UNPACKED_BYTES = 200 * 2**20
# Structure files pack to a third or a tenth; what packs far better was made to fill a memory.
MAX_RATIO = 100
_RATIO_FROM = 2**20  # bytes; less than that is no danger at any ratio
_CHUNK = 2**16

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_UTF8_NAMES = 0x800
_PACK_AGAIN = "Pack the folder of structure files again, as a plain .zip."
# What zipfile raises of archives that are broken, or made by something newer.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError)


def read_zip(data: bytes, *, name: str) -> dict[str, bytes]:
    """The files of a zip by name without folders, sorted.

    Folders, hidden files and what macOS and Windows leave behind are passed over.

    Args:
        data: The archive.
        name: Its file name, for messages.

    Raises:
        DataError: It is no zip, damaged, encrypted or too large, packed or unpacked; a member
            leads out of the archive or is a link; two members have one name; it holds no file.
    """
    check_zip_size(data, name=name)
    files: dict[str, bytes] = {}
    folders: dict[str, list[str]] = defaultdict(list)
    try:
        for path, content in unpack(data, name=name):
            if not _is_leftover(path):
                folder, _, base = path.rpartition("/")
                folders[base].append(folder or ".")
                files[base] = content
    except DAMAGE as error:
        raise DataError(
            f"'{name}' cannot be unpacked ({error})", expected="a .zip archive", fix=_PACK_AGAIN
        ) from error
    _refuse_repeats(name, folders)
    if not files:
        raise DataError(f"'{name}' holds no file", expected="structure files", fix=_PACK_AGAIN)
    return dict(sorted(files.items()))


def check_zip_size(data: bytes, *, name: str) -> None:
    """Refuse a packed archive above ``MAX_ZIP_BYTES``.

    Raises:
        DataError: It is too large.
    """
    if len(data) > MAX_ZIP_BYTES:
        raise DataError(
            f"'{name}' holds {len(data) / 2**20:.1f} MB",
            expected=f"at most {MAX_ZIP_BYTES // 2**20} MB",
            fix="Upload fewer cells.",
        )


def unpack(data: bytes, *, name: str) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file of a zip, within the limits.

    Yields:
        The path with forward slashes, and the bytes.

    Raises:
        DataError: A limit is passed, or a member is one that is refused.
        DAMAGE: Any of these: it is damaged.
    """
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise DataError(
                f"'{name}' holds {len(members):,} members",
                expected=f"at most {MAX_MEMBERS:,}",
                fix="Upload fewer cells.",
            )
        for member in members:
            path = _member_path(member)
            _check_member(member, path, archive=name)
            if path.endswith("/"):
                continue
            content = _read_member(archive, member, path, limit=MAX_UNPACKED_BYTES - total)
            total += len(content)
            _check_unpacked(total, len(data), name=name)
            yield path, content


def _member_path(member: zipfile.ZipInfo) -> str:
    """The name of a member as its maker meant it, slashes forward.

    Without the flag for UTF-8 the specification says code page 437, and file managers write
    UTF-8 or the code page of their country.
    """
    path = member.orig_filename
    if not member.flag_bits & _UTF8_NAMES:
        raw = path.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                path = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return unicodedata.normalize("NFC", path.replace("\\", "/"))


def _check_member(member: zipfile.ZipInfo, path: str, *, archive: str) -> None:
    """Refuse what a folder of structure files cannot hold."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    if path.startswith("/") or re.match("[A-Za-z]:", path) or ".." in path.split("/"):
        reason = "leads out of the archive"
    elif "\0" in path:
        reason = "has a name that is no file's"
    elif kind == stat.S_IFLNK:
        reason = "is a link"
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        reason = "is no file"
    elif member.flag_bits & _ENCRYPTED:
        raise DataError(
            f"'{archive}' is encrypted", expected="an archive without a password", fix=_PACK_AGAIN
        )
    elif member.compress_type not in _METHODS:
        reason = "is packed by another method than deflate"
    else:
        return
    raise DataError(
        f"The member '{path}' of '{archive}' {reason}",
        expected="structure files in folders",
        fix=_PACK_AGAIN,
    )


def _is_leftover(path: str) -> bool:
    """Whether a member is hidden, or was left by a file manager or an editor."""
    parts = path.split("/")
    hidden = any(part.startswith((".", "~$")) or part == "__MACOSX" for part in parts)
    return hidden or parts[-1].casefold() in ("thumbs.db", "desktop.ini")


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: str, *, limit: int
) -> bytes:
    """The content of a member, refused while it is read once it goes beyond a limit."""
    content = bytearray()
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            content += chunk
            if len(content) > limit:
                raise DataError(
                    f"With '{path}' the archive unpacks to more than "
                    f"{MAX_UNPACKED_BYTES // 2**20} MB",
                    fix="Upload fewer or smaller cells.",
                )
            if len(content) > max(_RATIO_FROM, MAX_RATIO * member.compress_size):
                raise _packs_too_well(f"The member '{path}'")
    return bytes(content)


def _check_unpacked(total: int, packed: int, *, name: str) -> None:
    """Refuse members that share their packed bytes: each is small, all of them are not."""
    if total > max(_RATIO_FROM, MAX_RATIO * packed):
        raise _packs_too_well(f"'{name}'")


def _packs_too_well(what: str) -> DataError:
    return DataError(
        f"{what} unpacks to more than {MAX_RATIO} times its size",
        expected="structure files, which do not pack that well",
    )


def _refuse_repeats(name: str, folders: dict[str, list[str]]) -> None:
    repeated = {base: places for base, places in folders.items() if len(places) > 1}
    if repeated:
        shown = "; ".join(
            f"'{base}' in {', '.join(places)}" for base, places in sorted(repeated.items())[:3]
        )
        raise DataError(
            f"'{name}' holds {len(repeated)} file names more than once: {shown}",
            expected="every file name once, whatever its folder",
            fix="Rename the files, so that each cell can be told by its name.",
        )
