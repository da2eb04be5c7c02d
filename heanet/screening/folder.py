"""The work folder of a screening: finished chunks, each whole or absent, and what they are of.

It stands beside the output as ``.NAME-work``. A killed screening leaves it, the same command goes
on in it, and it goes once all chunks are joined.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from heanet.data.home import read_json, write_whole, writing_in, written_whole
from heanet.errors import InputError

_ABOUT, _LOCK, _JOINED = "screening.json", ".lock", "joined.parquet"
_SCREENING = b"heanet screening"  # in the output's metadata: what was screened, by what; JSON
_PER_GROUP = 64  # chunks in a row group of the output; bounds memory


@dataclass(frozen=True)
class WorkFolder:
    """A work folder that this process holds alone.

    Attributes:
        path: The folder.
        n_chunks: Chunks of the whole screening.
    """

    path: Path
    n_chunks: int

    def chunk(self, index: int) -> Path:
        """File of a chunk."""
        return self.path / f"chunk-{index:07d}.parquet"

    def is_done(self, index: int, n_rows: int) -> bool:
        """Whether a chunk is there and whole; a damaged one is made again."""
        try:
            return int(pq.read_metadata(self.chunk(index)).num_rows) == n_rows
        except (OSError, pa.ArrowException):
            return False

    def write(self, index: int, content: bytes) -> None:
        """Write a chunk so that a kill at any moment leaves none or a whole one."""
        write_whole(self.chunk(index), content)

    def join(self, out: Path, schema: pa.Schema, about: Mapping[str, Any]) -> None:
        """All chunks as one file, which replaces an older one at the end; ``holds`` knows it."""
        metadata = {**(schema.metadata or {}), _SCREENING: json.dumps(about)}
        with (
            written_whole(out, aside=self.path / _JOINED) as joined,
            pq.ParquetWriter(joined, schema.with_metadata(metadata), compression="zstd") as writer,
        ):
            for start in range(0, self.n_chunks, _PER_GROUP):
                group = range(start, min(start + _PER_GROUP, self.n_chunks))
                tables = [pq.read_table(self.chunk(index), schema=schema) for index in group]
                writer.write_table(pa.concat_tables(tables).combine_chunks())


def work_path(out: Path) -> Path:
    """The work folder of an output file."""
    return out.with_name(f".{out.stem}-work")


@contextmanager
def open_work(
    out: Path, about: Mapping[str, Any], *, n_chunks: int, fresh: bool
) -> Iterator[WorkFolder]:
    """The work folder of an output file, locked; made where there is none.

    Args:
        out: Output file.
        about: What is screened, by what: anything else in the folder is refused. JSON.
        n_chunks: Chunks of the whole screening.
        fresh: Throw away what is there.

    Raises:
        InputError: Another process is at it, or it holds a screening of something else.
        StorageError: The disk takes no more; the same command goes on once it does.
    """
    path = work_path(out)
    try:
        with writing_in(out.parent), _held(path):
            if fresh:
                for file in path.glob("*.parquet"):
                    file.unlink()
                (path / _ABOUT).unlink(missing_ok=True)
            _check_same(path, about)
            write_whole(path / _ABOUT, json.dumps(about, indent=1, ensure_ascii=False))
            yield WorkFolder(path, n_chunks)
    except Timeout:
        raise InputError(
            f"Another screening is writing '{out}'", fix="Wait for it, or choose another --out."
        ) from None


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """The folder, made where there is none, and held by this process alone."""
    path.mkdir(parents=True, exist_ok=True)
    with FileLock(path / _LOCK, timeout=0):
        yield


def holds(out: Path, about: Mapping[str, Any]) -> bool:
    """Whether a file is all of a screening: it comes into its place whole."""
    try:
        metadata = pq.read_schema(out).metadata or {}
        return bool(json.loads(metadata[_SCREENING]) == about)
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return False


def clear_work(out: Path, about: Mapping[str, Any]) -> None:
    """Remove the work folder that a kill has left beside the finished file, and no other's."""
    path = work_path(out)
    if path.is_dir() and read_json(path / _ABOUT) in (None, about):
        with suppress(Timeout), _held(path):
            remove_work(out)


def remove_work(out: Path) -> None:
    """Remove the work folder of an output file; what its chunks are of goes after them."""
    path = work_path(out)
    for chunk in path.glob("*.parquet"):
        chunk.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)


def _check_same(path: Path, about: Mapping[str, Any]) -> None:
    before = read_json(path / _ABOUT)
    if before is None:
        return
    differing = [key for key in about if before.get(key) != about[key]]
    if differing:
        held = ", ".join(f"{key} {_words(before.get(key))}" for key in differing)
        raise InputError(
            f"The folder '{path}' holds an unfinished screening with {held}",
            expected=", ".join(f"{key} {_words(about[key])}" for key in differing),
            fix="Repeat its options to go on, choose another --out, or start anew by --overwrite.",
        )


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
