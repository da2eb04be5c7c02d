"""What is fuzzed: readers of users' files, each with files to begin from."""

import atexit
import gzip
import hashlib
import io
import json
import random
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import torch
from openpyxl import Workbook
from pymatgen.symmetry.groups import SpaceGroup
from safetensors.torch import load_file, save

from heanet.data.labelcolumns import guess_columns
from heanet.data.labeltables import read_label_table
from heanet.data.owncells import read_own_cells
from heanet.data.structures import check_structure, read_structures, write_structure
from heanet.errors import HeanetError
from heanet.nn.published import PublishedNet, PublishedWidths
from heanet.training.checkpoints import CARD, WEIGHTS, load_checkpoint
from heanet.training.published import load_published
from tests.data.make_zoo import ZOO
from tests.fuzz.mutate import WORDS, damaged

# pymatgen makes a space group anew, in half a second, as soon as nobody holds it any more.
KEPT = SpaceGroup("Fm-3m")
ROOT = Path(__file__).parents[2]


class Hang(BaseException):
    """An input takes too long. No ``Exception``: readers make errors of ours of those."""


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        read: Reads one as a user's would be; raises what it raises.
        seeds: Files to begin from.
        words: What means something in it; empty for binary files.
        packed: Puts a damaged text into its container, or damages the container.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    words: str = ""
    packed: Callable[[random.Random, bytes], bytes] | None = None

    def input(self, number: int) -> bytes:
        """Input number so-and-so; the same number gives the same bytes."""
        data = damaged(number, self.seeds(), words=WORDS.get(self.words, "").split(" "))
        return self.packed(random.Random(f"packed {number}"), data) if self.packed else data


def outcome(fmt: str, data: bytes) -> str:
    """``"read"`` or the class of the error that refuses it; anything else is raised.

    Raises:
        Exception: A bug: not a ``HeanetError``, or a structure that is not valid after all.
    """
    try:
        FORMATS[fmt].read(data)
    except HeanetError as error:
        if not str(error).strip():
            raise AssertionError("an error without a message") from error
        return type(error).__name__
    return "read"


def _structures(data: bytes) -> None:
    """Read, with partially occupied sites ordered every other time; what is read is valid."""
    for cell in read_structures(data, name="fuzz", order_seed=1 if len(data) % 2 else None):
        check_structure(cell)
        if not np.isfinite(cell.cart_coords).all():
            raise AssertionError("coordinates that are no numbers")
        if len(cell) < 100:
            write_structure(cell, "poscar")


def _table(data: bytes) -> None:
    table = read_label_table(data, name="fuzz")
    guess_columns(table)


def _zip(data: bytes) -> None:
    read_own_cells(data, name="fuzz.zip")


@cache
def _checkpoint() -> Path:
    """A folder with weights, without their card."""
    folder = Path(tempfile.mkdtemp(prefix="heanet-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / WEIGHTS).write_bytes(_weights())
    return folder


def _weights() -> bytes:
    """The first network of a shipped model."""
    tensors = load_file(ROOT / "models" / "hea-six" / WEIGHTS)
    return save({key: value for key, value in tensors.items() if key.startswith("0.")})


def _card(data: bytes) -> None:
    folder = _checkpoint()
    (folder / CARD).write_bytes(data)
    load_checkpoint(folder)


def _tensors(data: bytes) -> None:
    path = _checkpoint() / "mtl_3_etot_emix_ef_HEA_5_b2_best.pt"
    path.write_bytes(data)
    load_published(path)


def _zoo(*endings: str) -> Callable[[], Sequence[bytes]]:
    @cache
    def seeds() -> Sequence[bytes]:
        files = [path for path in sorted(ZOO.iterdir()) if path.name.endswith(endings)]
        found = [path.read_bytes() for path in files if path.stat().st_size < 10_000]
        return [data for data in found if data]

    return seeds


def _zipped(draw: random.Random, data: bytes) -> bytes:
    """A zip of this file and one that is good; sometimes under odd names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", draw.choice((0, 8))) as archive:
        name = draw.choice(("a.vasp", "b/a.cif", "文件.cif", ".a", "a", "c\\a"))
        # Not by their names alone: that would write the hour of the day.
        archive.writestr(zipfile.ZipInfo(name), data, archive.compression)
        archive.writestr(zipfile.ZipInfo("good.vasp"), (ZOO / "vasp5.vasp").read_bytes())
    return stream.getvalue()


def _container(pack: Callable[[random.Random, bytes], bytes]) -> Callable[..., bytes]:
    """Half of the time good packing of damaged content, half of the time damaged packing."""

    def packed(draw: random.Random, data: bytes) -> bytes:
        whole = pack(draw, data)
        return whole if draw.random() < 0.5 else damaged(draw.randrange(2**32), [whole])

    return packed


def _gzipped(_: random.Random, data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=1, mtime=0)


@cache
def _sheets() -> Sequence[bytes]:
    tables = [
        "name,eform (eV/atom),lattice\na.vasp,-0.1,fcc\nb.vasp,0.25,bcc\n",
        "结构;能量 eV;备注\n甲;1,5;好\n乙;-2,5;\n",
        "file\tms (muB/atom)\trmsd\nx\t1.5\t0.01\ny\tn/a\t0.02\n",
        'name,volume (A^3/atom)\n"=HYPERLINK(""http://example.org"")",11.5\n',
        "名称,磁化强度 µB\nFe,2.2\n",
    ]
    return [text.encode() for text in tables] + [tables[1].encode("gb18030")]


@cache
def _books() -> Sequence[bytes]:
    books = []
    day = datetime(2026, 1, 1, tzinfo=None)
    for odd in (0.5, "=1+1"):
        book = Workbook()
        sheet = book.active
        for row in (["name", "eform"], ["a", -0.1], ["b", odd], [None, None], ["c", True]):
            sheet.append(row)
        book.create_sheet("second").append(["x"])
        book.properties.created = day
        books.append(_saved(book))
    return books


def _saved(book: Workbook) -> bytes:
    """A workbook without the hour of its writing."""
    written, stream = io.BytesIO(), io.BytesIO()
    book.save(written)
    with zipfile.ZipFile(written) as whole, zipfile.ZipFile(stream, "w") as archive:
        for name in whole.namelist():
            part = re.sub(rb"<dcterms:modified.*?</dcterms:modified>", b"", whole.read(name))
            archive.writestr(zipfile.ZipInfo(name), part)
    return stream.getvalue()


def _repacked(draw: random.Random, data: bytes) -> bytes:
    """A workbook with one of its parts damaged, or damaged as a whole."""
    if draw.random() < 0.3:
        return data
    stream = io.BytesIO()
    whole = zipfile.ZipFile(io.BytesIO(_books()[0]))
    victim = draw.choice(whole.namelist())
    with zipfile.ZipFile(stream, "w") as archive:
        for name in whole.namelist():
            part = whole.read(name)
            if name == victim:
                part = damaged(draw.randrange(2**32), [part], words=_XML.split(" "))
            archive.writestr(zipfile.ZipInfo(name), part)
    return stream.getvalue()


_XML = (
    '<row r="1"> <c r="A1" t="s"> <c t="e"> <v>1</v> <f>1+1</f> </row> r="ZZZ99999999" <!DOCTYPE> '
    '<!ENTITY a "b"> &a; &lt; <![CDATA[ t="d" t="n" t="str" t="b" <v>1e400</v> s="99" <dimension/>'
)


@cache
def _cards() -> Sequence[bytes]:
    card = json.loads((ROOT / "models" / "hea-six" / CARD).read_text(encoding="utf-8"))
    for part in ("domain", "start"):
        card[part] = {
            key: value[:3] if isinstance(value, list) and len(value) > 20 else value
            for key, value in card[part].items()
        }
    for key in ("chosen_on", "metrics"):
        card[key] = card[key][:3]
    for key in ("seeds", "best_epochs", "references", "models", "trains"):
        card[key] = card[key][:1]
    card.pop("card_sha256")  # else nothing but its checksum would be tried
    card["weights_sha256"] = hashlib.sha256(_weights()).hexdigest()
    return [json.dumps(card, indent=1).encode(), json.dumps(card).encode()]


@cache
def _states() -> Sequence[bytes]:
    torch.manual_seed(0)
    widths = PublishedWidths(
        n_tasks=3, n_embedding=40, hidden_channels=4, n_filters=3, n_interactions=1, n_gaussian=5,
        tower_h1=3, tower_h2=2,
    )  # fmt: skip
    stream = io.BytesIO()
    torch.save(PublishedNet(widths).state_dict(), stream)
    return [stream.getvalue()]


FORMATS = {
    "poscar": Format(_structures, _zoo(".vasp"), "poscar"),
    "cif": Format(_structures, _zoo(".cif"), "cif"),
    "extxyz": Format(_structures, _zoo("xyz"), "extxyz"),
    "json": Format(_structures, _zoo(".json"), "json"),
    "gz": Format(_structures, _zoo(".vasp", ".cif", "xyz"), "cif", _container(_gzipped)),
    "zip": Format(_zip, _zoo(".vasp", ".cif", "xyz"), "poscar", _container(_zipped)),
    "csv": Format(_table, _sheets, "csv"),
    "xlsx": Format(_table, _books, "", _repacked),
    "card": Format(_card, _cards, "card"),
    "pt": Format(_tensors, _states),
}
