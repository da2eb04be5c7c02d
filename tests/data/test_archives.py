"""Zips that were packed from a folder, and those that were made to do harm."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.data import archives
from heanet.data.archives import read_zip
from heanet.errors import DataError

Member = str | zipfile.ZipInfo


def pack(*members: tuple[Member, bytes], deflate: bool = True) -> bytes:
    stream = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def entry(name: str, *, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def test_files_are_found_in_folders_and_leftovers_are_passed_over() -> None:
    data = pack(
        ("set/", b""),
        ("set/fcc/b.vasp", b"second"),
        ("a.cif", b"first"),
        ("__MACOSX/set/._b.vasp", b"resource fork"),
        ("set/.DS_Store", b"view"),
        (".git/config", b"hidden folder"),
        ("set/Thumbs.db", b"pictures"),
        ("~$labels.xlsx", b"open"),
    )
    assert read_zip(data, name="x.zip") == {"a.cif": b"first", "b.vasp": b"second"}


@pytest.mark.parametrize(
    "path", ["../up", "a/../../up", "/etc/up", "C:/up", "c:up", "\\\\host\\up", "a\\..\\up"]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    data = pack(("fine", b"1"), (entry(path), b"2"))
    with pytest.raises(DataError, match=r"'x.zip' leads out of the archive"):
        read_zip(data, name="x.zip")


@pytest.mark.parametrize(
    ("mode", "reason"), [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "is no file")]
)
def test_links_and_devices_are_refused(mode: int, reason: str) -> None:
    data = pack((entry("NiFe_fcc", mode=mode | 0o777), b"/etc/passwd"))
    with pytest.raises(DataError, match=f"'NiFe_fcc' of 'x.zip' {reason}"):
        read_zip(data, name="x.zip")


def test_one_name_in_two_folders_is_refused() -> None:
    data = pack(("fcc/NiFe", b"1"), ("bcc/NiFe", b"2"), ("c", b"3"))
    with pytest.raises(DataError, match=r"1 file names more than once: 'NiFe' in fcc, bcc"):
        read_zip(data, name="x.zip")


def test_names_of_a_chinese_or_macos_archive_are_read() -> None:
    for encoding in ("gb18030", "utf-8"):
        # As file managers write them: bytes of their own encoding, the flag for UTF-8 not set.
        raw = "铁镍_fcc".encode(encoding)
        data = pack(("x" * len(raw), b"1")).replace(b"x" * len(raw), raw)
        assert list(read_zip(data, name="x.zip")) == ["铁镍_fcc"]
    decomposed = "Fe\u0301"
    assert list(read_zip(pack((decomposed, b"1")), name="x.zip")) == ["Fé"]


def test_too_many_members_and_too_large_archives_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    monkeypatch.setattr(archives, "MAX_ZIP_BYTES", 2**20)
    with pytest.raises(DataError, match=r"4 members.*at most 3"):
        read_zip(pack(*((str(i), b"1") for i in range(4))), name="x.zip")
    assert len(read_zip(pack(*((str(i), b"1") for i in range(3))), name="x.zip")) == 3
    with pytest.raises(DataError, match=r"1.0 MB.*at most 1 MB"):
        read_zip(b"PK" + bytes(2**20), name="x.zip")


def test_unpacking_stops_at_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    half = bytes(range(256)) * 2048  # 0.5 MB
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 2**20)
    assert len(read_zip(pack(("a", half), ("b", half), deflate=False), name="x.zip")) == 2
    with pytest.raises(DataError, match="With 'c' the archive unpacks to more than 1 MB"):
        read_zip(pack(("a", half), ("b", half), ("c", b"1"), deflate=False), name="x.zip")


def test_a_bomb_is_refused_by_its_ratio() -> None:
    with pytest.raises(DataError, match="'bomb' unpacks to more than 100 times its size"):
        read_zip(pack(("bomb", bytes(20 * 2**20))), name="x.zip")
    # Each member stays below the size from which its ratio matters; together they do not.
    small = [(f"{i}", bytes(2**20)) for i in range(8)]
    with pytest.raises(DataError, match=r"'x.zip' unpacks to more than 100 times its size"):
        read_zip(pack(*small), name="x.zip")


def test_a_declared_size_is_not_believed() -> None:
    content = bytes(range(256)) * 64
    data = bytearray(pack(("a", content)))
    directory = data.rindex(b"PK\x01\x02")
    for offset in (22, directory + 24):  # uncompressed size: of the member, in the directory
        data[offset : offset + 4] = struct.pack("<I", 10)
    with pytest.raises(DataError, match="cannot be unpacked"):
        read_zip(bytes(data), name="x.zip")


def _encrypted(data: bytearray) -> None:
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1


def _lzma(data: bytearray) -> None:
    data[8] = data[data.rindex(b"PK\x01\x02") + 10] = zipfile.ZIP_LZMA


def _cut(data: bytearray) -> None:
    del data[len(data) // 2 :]


def _flipped(data: bytearray) -> None:
    data[35] ^= 0xFF


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_encrypted, "'x.zip' is encrypted.*without a password"),
        (_lzma, "packed by another method than deflate"),
        (_cut, "'x.zip' cannot be unpacked"),
        (_flipped, "'x.zip' cannot be unpacked"),
    ],
)
def test_encrypted_and_damaged_archives_are_refused(
    spoil: Callable[[bytearray], None], message: str
) -> None:
    data = bytearray(pack(("a", b"some text that is long enough " * 9)))
    spoil(data)
    with pytest.raises(DataError, match=message):
        read_zip(bytes(data), name="x.zip")


@pytest.mark.parametrize("data", [b"", b"not a zip", pack(), pack((".hidden", b"1"))])
def test_what_holds_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"'x.zip' (cannot be unpacked|holds no file)"):
        read_zip(data, name="x.zip")


GOOD = pack(("a.vasp", b"some text " * 20), ("b/c.vasp", b"other text " * 20))


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4))
def test_any_damage_is_found_or_does_no_harm(edits: list[tuple[int, int]]) -> None:
    """Whatever the bytes: the files, or one clear error."""
    data = bytearray(GOOD)
    for place, value in edits:
        data[place] = value
    files = {}
    with suppress(DataError):
        files = read_zip(bytes(data), name="x.zip")
    assert set(files.values()) <= {b"some text " * 20, b"other text " * 20}
