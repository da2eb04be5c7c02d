"""Damage files: bytes, words, lines, encodings and JSON values, drawn by one number each."""

import json
import random
from collections.abc import Callable, Sequence

MOST_BYTES = 1 << 16

# What breaks parsers: values that are no numbers, no sizes, or of another script or type.
NASTY = (
    "0",
    "-0",
    "-1",
    "1",
    "2",
    "3.",
    ".5",
    "1e5",
    "1e-5",
    "1e308",
    "-1e308",
    "1e-320",
    "1e999",
    "nan",
    "-nan",
    "inf",
    "-inf",
    "NaN",
    "1_000",
    "0x10",
    "1d5",
    "1/3",
    "1,5",
    "٣",
    "３",
    "½",
    "99999999999",
    "9" * 30,
    "9" * 5000,
    "1e9999999",
    "?",
    ".",
    "-",
    "+",
    "--1",
    "''",
    '""',
    "'",
    '"',
    ";",
    "#",
    "#N/A",
    "Fe",
    "FE",
    "fe",
    "Fe3+",
    "D",
    "T",
    "X",
    "Vac",
    "Fe_pv",
    "Xx9",
    "</script>",
    "=1+1",
    "\\",
    "%s",
    "{}",
    "[]",
    "null",
    "true",
    "\0",
    "\x85",
    "\u2028",
    "\ufeff",
    "\t",
    "\v",
    "\x1c",
    "é",
    "高",
    "😀",
)
# Words that mean something to a reader, by format.
WORDS = {
    "poscar": "Direct Cartesian Selective dynamics T F K -46.6 Fe Ni 4 1 lattice",
    "cif": "loop_ data_x save_ global_ stop_ ; _cell_length_a _atom_site_label _atom_site_fract_x "
    "_atom_site_occupancy _atom_site_type_symbol _atom_site_symmetry_multiplicity "
    "_symmetry_equiv_pos_as_xyz _space_group_name_H-M_alt _symmetry_Int_Tables_number "
    "_atom_type_symbol _atom_type_oxidation_number _atom_site_moment_label 'x,y,z' '-x,-y,z' "
    "'x+1/2,y,z' 'x/0,y,z' '1/(x-x),y,z' 'P 1' 'F m -3 m' 225 227 0 231 0.5(3) 1(1)",
    "extxyz": 'Lattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3 pos:R:2 Z:I:1 pbc="F" '
    "Properties=pos:R:3:species:S:1 forces:R:3 magmoms:R:1 species:S:9999999 :R:-1 energy= "
    'stress="1" Lattice= virial= Lattice="[[1,0,0],[0,1,0],[0,0,1]]" a={1} move_mask:L:3',
    "json": '"lattice" "matrix" "sites" "species" "element" "occu" "abc" "xyz" "oxidation_state" '
    '"properties" "@module" "@class" "pbc" "a" "alpha" "label" "charge" 1e400 NaN Infinity -1 []',
    "csv": '"name" eform (eV/atom) , ; \t ," "" "\r\n" etot lattice fcc =cmd -- – #N/A µB 1.2.3',
    "card": '"format" "seeds" "references" "model" "hidden_channels" "weights_sha256" "domain" 1',
}  # fmt: skip

Change = Callable[[random.Random, bytes, Sequence[bytes], Sequence[str]], bytes]


def damaged(number: int, seeds: Sequence[bytes], *, words: Sequence[str] = ()) -> bytes:
    """One of the seeds with one to six changes; the same number gives the same bytes.

    Args:
        number: Which one.
        seeds: Files that can be read, mostly.
        words: What means something in this format.
    """
    draw = random.Random(number)
    data = draw.choice(seeds)
    for _ in range(min(1 + int(draw.expovariate(1.2)), 6)):
        changes = (*_BYTES, *_TEXTS, *_TEXTS, *_TEXTS) if words else _BYTES
        data = draw.choice(changes)(draw, data, seeds, words)[:MOST_BYTES]
    return data


def _flip(draw: random.Random, data: bytes, *_: object) -> bytes:
    changed = bytearray(data)
    for _n in range(draw.choice((1, 1, 2, 8))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _cut(draw: random.Random, data: bytes, *_: object) -> bytes:
    start, end = sorted(draw.randrange(len(data) + 1) for _n in range(2))
    return draw.choice((data[:end], data[start:], data[:start] + data[end:]))


def _repeat(draw: random.Random, data: bytes, *_: object) -> bytes:
    start = draw.randrange(len(data) + 1)
    piece = data[start : start + draw.choice((1, 8, 64, 512))]
    return data[:start] + piece * draw.choice((1, 2, 16, 256)) + data[start:]


def _splice(draw: random.Random, data: bytes, seeds: Sequence[bytes], *_: object) -> bytes:
    other = draw.choice(seeds)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


def _size(draw: random.Random, data: bytes, *_: object) -> bytes:
    """Another number where a binary format may keep a length."""
    width = draw.choice((1, 2, 4, 8))
    start = draw.randrange(len(data) + 1)
    value = draw.choice((0, 1, 2 ** (8 * width) - 1, 2 ** (8 * width - 1), draw.randrange(256)))
    return data[:start] + value.to_bytes(width, "little") + data[start + width :]


def _word(draw: random.Random, data: bytes, _: object, words: Sequence[str]) -> bytes:
    """Another word in place of one or two."""
    lines = _lines(data)
    for _n in range(draw.choice((1, 1, 2))):
        k = draw.randrange(len(lines))
        split = lines[k].split(" ")
        split[draw.randrange(len(split))] = draw.choice(draw.choice((NASTY, words)))
        lines[k] = " ".join(split)
    return _joined(lines)


def _insert(draw: random.Random, data: bytes, _: object, words: Sequence[str]) -> bytes:
    lines = _lines(data)
    chosen = [draw.choice(draw.choice((NASTY, words))) for _n in range(draw.randrange(1, 5))]
    lines.insert(draw.randrange(len(lines) + 1), " ".join(chosen))
    return _joined(lines)


def _line(draw: random.Random, data: bytes, *_: object) -> bytes:
    """Drop, repeat or move a line."""
    lines = _lines(data)
    line = lines.pop(draw.randrange(len(lines)))
    for _n in range(draw.choice((0, 1, 1, 2, 40))):
        lines.insert(draw.randrange(len(lines) + 1), line)
    return _joined(lines)


def _value(draw: random.Random, data: bytes, _: object, words: Sequence[str]) -> bytes:
    """Another value at one place of a JSON; of another text, a nasty word."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return _word(draw, data, _, words)
    values: list[object] = [0, -1, 1e308, float("nan"), 10**40, "", "Fe", "x" * 300, None, True]
    values += [[], {}, [[]], [1, 2, 3], {"element": "Fe", "occu": 1}]
    holder = content
    while isinstance(holder, dict | list) and holder:
        key = draw.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        inner = holder[key]
        if not (isinstance(inner, dict | list) and inner) or draw.random() < 0.2:
            if draw.random() < 0.2:
                del holder[key]
            else:
                holder[key] = draw.choice(values)
            break
        holder = inner
    return json.dumps(content).encode()


def _encoding(draw: random.Random, data: bytes, *_: object) -> bytes:
    text = data.decode("utf-8", errors="replace")
    kind = draw.choice(("utf-8-sig", "utf-16", "gb18030", "utf-32", "latin-1"))
    if draw.random() < 0.5:
        return text.replace("\n", draw.choice(("\r\n", "\r", "\x85", "\v"))).encode()
    return text.encode(kind, errors="replace")


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", errors="surrogateescape").split("\n")


def _joined(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", errors="surrogateescape")


_BYTES: tuple[Change, ...] = (_flip, _cut, _repeat, _splice, _size)
_TEXTS: tuple[Change, ...] = (_word, _insert, _line, _value, _word, _encoding)
