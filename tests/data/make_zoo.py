"""Write the zoo: odd, old and hostile structure files, each with what reading it must give.

``python -m tests.data.make_zoo`` writes tests/data/zoo. What is expected was worked out by hand
from the text of each file, never by reading it. Lattices are lengths (Angstrom) and angles
(degree).
"""

import gzip
import json
import math
from pathlib import Path
from typing import Any

ZOO = Path(__file__).parent / "zoo"
EXPECTED = "expected.json"

Entry = tuple[str | bytes, dict[str, Any]]

CUBE = [3.6, 3.6, 3.6, 90, 90, 90]
VOLUME = 46.656
SCRIPT = "</script><script>alert(1)</script>"
LINK = '=HYPERLINK("http://example.org/?"&A1,"open")'
FCC = ((0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))


def poscar(
    *,
    comment: str = "FeNi3",
    scale: str = "1.0",
    rows: str = "3.6 0 0\n0 3.6 0\n0 0 3.6",
    species: str = "Fe Ni\n1 3",
    mode: str = "Direct",
    atoms: str = "0 0 0\n0.5 0.5 0\n0.5 0 0.5\n0 0.5 0.5",
    after: str = "",
) -> str:
    """A POSCAR; FeNi3 in a cube of 3.6 Angstrom where nothing else is said."""
    return f"{comment}\n{scale}\n{rows}\n{species}\n{mode}\n{atoms}\n{after}"


def cif(atoms: str, *, block: str = "FeNi3", group: str = "", columns: str = "") -> str:
    """A CIF block in a cube of 3.6 Angstrom."""
    cell = "".join(f"_cell_length_{x} 3.6\n" for x in "abc")
    cell += "".join(f"_cell_angle_{x} 90\n" for x in ("alpha", "beta", "gamma"))
    names = columns or "label fract_x fract_y fract_z occupancy"
    loop = "loop_\n" + "".join(f"_atom_site_{name}\n" for name in names.split())
    return f"data_{block}\n{cell}{group}{loop}{atoms}\n"


def xyz(cell: str = 'Lattice="3.6 0 0 0 3.6 0 0 0 3.6" ', nickel: float = 1.8) -> str:
    """A frame of FeNi."""
    places = f"Fe 0 0 0\nNi {nickel} {nickel} {nickel}\n"
    return f'2\n{cell}Properties=species:S:1:pos:R:3 pbc="T T T"\n{places}'


def site(element: str = "Fe", place: tuple[float, ...] = (0, 0, 0), **more: object) -> dict:
    """A site of a pymatgen JSON."""
    return {"species": [{"element": element, "occu": 1}], "abc": list(place), **more}


def mson(**changes: object) -> dict[str, object]:
    """A structure as pymatgen writes it."""
    matrix = [[3.6, 0, 0], [0, 3.6, 0], [0, 0, 3.6]]
    sites = [site(el, at) for el, at in zip(("Fe", "Ni", "Ni", "Ni"), FCC, strict=True)]
    head = {"@module": "pymatgen.core.structure", "@class": "Structure"}
    return {**head, "lattice": {"matrix": matrix}, "sites": sites} | changes


def cell(
    formula: str, n_atoms: int, lattice: list[float], volume: float, *notes: str
) -> dict[str, Any]:
    """What a file gives, of one structure."""
    return {
        "formula": formula,
        "n_atoms": n_atoms,
        "lattice": lattice,
        "volume": volume,
        "notes": list(notes),
    }


def refused(error: str, *words: str) -> dict[str, Any]:
    """How a file is refused."""
    return {"error": error, "words": list(words)}


FENI3 = cell("Fe1 Ni3", 4, CUBE, VOLUME)
FENI = cell("Fe1 Ni1", 2, CUBE, VOLUME)


def poscars() -> dict[str, Entry]:
    """POSCARs of every age and taste."""
    moves = "0 0 0 T T F\n0.5 0.5 0 F F F\n0.5 0 0.5 T T T\n0 0.5 0.5 T T T"
    still = "0.0 0.0 0.0\n" * 4
    cartesian = "0 0 0\n1.8 1.8 0\n1.8 0 1.8\n0 1.8 1.8"
    # a, b, and c + 7 a - 5 b of the cube: the same crystal.
    skewed = "3.6 0 0\n0 3.6 0\n25.2 -18 3.6"
    long = (25.2**2 + 18**2 + 3.6**2) ** 0.5
    angles = [math.degrees(math.acos(x / long)) for x in (-18, 25.2)] + [90]
    return {
        "vasp5.vasp": (poscar(), FENI3),
        "vasp4.vasp": (
            poscar(species="1 3"),
            refused("StructureError", "VASP 4", "line of element symbols", "Fe Ni"),
        ),
        "vasp6-potential-names.vasp": (poscar(species="Fe_pv/3f2a1 Ni/77\n1 3"), FENI3),
        "selective.vasp": (poscar(mode="Selective dynamics\nDirect", atoms=moves), FENI3),
        "velocities.vasp": (poscar(after=f"\n{still}"), FENI3),
        "negative-scale.vasp": (
            poscar(scale="-46.656", rows="1 0 0\n0 1 0\n0 0 1"), FENI3,
        ),
        "cartesian.vasp": (poscar(mode="Cartesian", atoms=cartesian), FENI3),
        "left-handed.vasp": (poscar(rows="0 3.6 0\n3.6 0 0\n0 0 3.6"), FENI3),
        "skewed.vasp": (
            poscar(rows=skewed, mode="Cartesian", atoms=cartesian),
            cell("Fe1 Ni3", 4, [3.6, 3.6, long, *angles], VOLUME),
        ),
        "one-atom.vasp": (
            poscar(rows="0 1.8 1.8\n1.8 0 1.8\n1.8 1.8 0", species="Ni\n1", atoms="0 0 0"),
            cell("Ni1", 1, [2.545584412271571] * 3 + [60] * 3, 11.664),
        ),
        "three-scales.vasp": (
            poscar(scale="1 1 1"), refused("StructureError", "several scaling factors"),
        ),
        "vacancies-by-name.vasp": (
            poscar(species="Fe Vac\n1 3"), refused("StructureError", "Vac", "no chemical element"),
        ),
        "nanometres.vasp": (
            poscar(scale="0.1"), refused("StructureError", "repeats itself every 0.36 Angstrom"),
        ),
        "far-apart.vasp": (
            poscar(scale="100"),
            refused("StructureError", "1.17e+07 Angstrom^3 for each atom", "scaling factor"),
        ),
        "flat.vasp": (
            poscar(rows="3.6 0 0\n0 3.6 0\n3.6 3.6 0"), refused("StructureError", "zero volume"),
        ),
        "atom-twice.vasp": (
            poscar(atoms="0 0 0\n1 1 1\n0.5 0 0.5\n0 0.5 0.5"),
            refused("StructureError", "0.000 Angstrom apart", "number 1 (Fe) and number 2 (Ni)"),
        ),
        "not-a-number.vasp": (
            poscar(atoms="0 0 nan\n0.5 0.5 0\n0.5 0 0.5\n0 0.5 0.5"),
            refused("StructureError", "not usable numbers"),
        ),
        "overflowing.vasp": (
            poscar(rows="-1e308 0 0\n0 3.6 0\n0 0 3.6"),
            refused("StructureError", "lattice vector of 1e+308 Angstrom"),
        ),
        "vanishing.vasp": (
            poscar(rows="3.6 0 0\n0 1e-320 0\n0 0 3.6"),
            refused("StructureError", "zero volume"),
        ),
        "vanishing-edge.vasp": (
            poscar(rows="3.6 0 0\n0 1e-150 0\n0 0 3.6"),
            refused("StructureError", "repeats itself every 1e-150 Angstrom"),
        ),
        "script-comment.vasp": (poscar(comment=SCRIPT), FENI3),
        "formula-comment.vasp": (poscar(comment=LINK), FENI3),
    }  # fmt: skip


def encodings() -> dict[str, Entry]:
    """One POSCAR as editors and systems of several countries save it."""
    text = poscar(comment="高熵合金 FeNi3")
    gbk = cell("Fe1 Ni3", 4, CUBE, VOLUME, "decoded as gb18030")
    utf16 = cell("Fe1 Ni3", 4, CUBE, VOLUME, "decoded as utf-16")
    gz = cell("Fe1 Ni3", 4, CUBE, VOLUME, "gzip unpacked")
    packed = gzip.compress(text.encode(), mtime=0)
    return {
        "gbk.vasp": (text.encode("gbk"), gbk),
        "utf16.vasp": (b"\xff\xfe" + text.encode("utf-16-le"), utf16),
        "bom.vasp": (b"\xef\xbb\xbf" + text.encode(), FENI3),
        "crlf.vasp": (text.replace("\n", "\r\n").encode(), FENI3),
        "old-mac-line-ends.vasp": (text.replace("\n", "\r").encode(), FENI3),
        "packed.vasp.gz": (packed, gz),
        "packed-cut.vasp.gz": (packed[:40], refused("StructureError", "broken gzip file")),
        "packed-twice.vasp.gz": (
            gzip.compress(packed, mtime=0), refused("StructureError", "compressed more than once"),
        ),
        "empty.vasp": (b"", refused("StructureError", "is empty")),
        "picture.vasp": (b"\x89PNG\r\n\x1a\n" + bytes(20), refused("StructureError", "PNG image")),
        "binary.vasp": (b"cell\0\1\2", refused("StructureError", "binary file")),
    }  # fmt: skip


def cifs() -> dict[str, Entry]:
    """CIFs with symmetry, disorder and odd labels."""
    fm3m = "_symmetry_space_group_name_H-M 'F m -3 m'\n_symmetry_Int_Tables_number 225\n"
    operations = "loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\n'x+1/2, y+1/2, z+1/2'\n"
    plain = "\n".join(f"{el} {x} {y} {z} 1" for el, (x, y, z) in zip("FNNN", FCC, strict=True))
    plain = plain.replace("F ", "Fe1 ").replace("N ", "Ni1 ")
    typed = "label type_symbol fract_x fract_y fract_z"
    mixed = "Fe1 0 0 0 0.25\nNi1 0 0 0 0.75"
    return {
        "p1.cif": (cif(plain), FENI3),
        "space-group.cif": (cif("Ni1 0 0 0 1", group=fm3m), cell("Ni4", 4, CUBE, VOLUME)),
        "operations.cif": (
            cif("Fe1 0 0 0 1", group=operations), cell("Fe2", 2, CUBE, VOLUME),
        ),
        "unknown-space-group.cif": (
            cif("Fe1 0 0 0 1", group="_symmetry_space_group_name_H-M 'Q 9 9'\n"),
            refused("StructureError", "space group that is not known"),
        ),
        "oxidation-states.cif": (
            cif("A1 Fe3+ 0 0 0\nA2 O2- 0.5 0.5 0.5", columns=typed),
            cell("Fe1 O1", 2, CUBE, VOLUME),
        ),
        "oxidation-states-symmetry.cif": (
            cif("A1 Fe3+ 0 0 0\nA2 O2- 0.25 0.25 0.25", columns=typed, group=operations),
            cell("Fe2 O2", 4, CUBE, VOLUME),
        ),
        "deuterium.cif": (
            cif("D1 0 0 0 1\nPd1 0.5 0.5 0.5 1"),
            refused("StructureError", "'D' (deuterium)", "Write H"),
        ),
        "partial-occupancy.cif": (
            cif("Fe1 0 0 0 0.5\nNi1 0.5 0.5 0.5 1"),
            refused("DisorderedStructureError", "1 partially occupied sites of 2"),
        ),
        "mixed-occupancy.cif": (
            cif(mixed, group=fm3m),
            refused("DisorderedStructureError", "4 partially occupied sites of 4", "Fe1Ni3"),
        ),
        "overfull.cif": (
            cif("Fe1 0 0 0 0.9\nNi1 0 0 0 0.9"), refused("StructureError", "sum to 1.8"),
        ),
        "several-blocks.cif": (
            cif(plain) + "data_notes\n_audit_author_name 'A. Nother'\n" + cif("Ni1 0 0 0 1"),
            {"cells": [FENI3, cell("Ni1", 1, CUBE, VOLUME)]},
        ),
        "script-block.cif": (cif("Fe1 0 0 0 1", block=SCRIPT), cell("Fe1", 1, CUBE, VOLUME)),
        "formula-label.cif": (
            cif(f"'{LINK}' Fe 0 0 0", columns=typed), cell("Fe1", 1, CUBE, VOLUME),
        ),
        "script-element.cif": (
            cif(f"A {SCRIPT} 0 0 0", columns=typed), refused("StructureError", SCRIPT),
        ),
        "endless-operation.cif": (
            cif("Fe1 0 0 0 1", group=operations.replace("x, y, z", "9" * 5_000)),
            refused("StructureError", "a symmetry operation of 5000 letters"),
        ),
        "no-cell.cif": (
            "data_x\nloop_\n_atom_site_label\n_atom_site_fract_x\nFe1 0\n",
            refused("StructureError", "no complete cell"),
        ),
    }  # fmt: skip


def frames() -> dict[str, Entry]:
    """Extended xyz."""
    slab = cell("Fe1 Ni1", 2, CUBE, VOLUME, "taken as periodic in all three directions")
    return {
        "one-frame.extxyz": (xyz(), FENI),
        "three-frames.extxyz": (xyz() + xyz(nickel=1.7) + xyz(), {"cells": [FENI] * 3}),
        "slab.extxyz": (xyz().replace("T T T", "T T F"), slab),
        "no-cell.xyz": (xyz(cell=""), refused("StructureError", "no cell in frame 1", "molecule")),
        "second-frame-without-cell.extxyz": (
            xyz() + xyz(cell=""), refused("StructureError", "no cell in frame 2"),
        ),
        "cut.extxyz": (xyz()[:-14], refused("StructureError", "cannot be read")),
        "endless-columns.extxyz": (
            xyz().replace("R:3", f"R:{'3' * 17}"), refused("StructureError", "has columns"),
        ),
        "script-comment.extxyz": (xyz().replace("pbc", f"note={SCRIPT} pbc"), FENI),
    }  # fmt: skip


def jsons() -> dict[str, Entry]:
    """pymatgen JSON of several ages."""
    angles = {"a": 3.6, "b": 3.6, "c": 3.6, "alpha": 90, "beta": 90, "gamma": 90}
    matrix = [[3.6, 0, 0], [0, 3.6, 0], [0, 0, 3.6]]
    labelled = [
        site(el, at, xyz=[3.6 * x for x in at], label=el, properties={})
        for el, at in zip(("Fe", "Ni", "Ni", "Ni"), FCC, strict=True)
    ]
    ferric = {"element": "Fe", "oxidation_state": 3, "occu": 1, "properties": {"spin": 5}}
    charged = [
        {"species": [ferric], "abc": [0, 0, 0]},
        {"species": [{"element": "O", "oxidation_state": -2, "occu": 1}], "abc": [0.5, 0.5, 0.5]},
    ]
    oxide = cell("Fe1 O1", 2, CUBE, VOLUME, "oxidation states left out")
    half_neon = {"species": [{"element": "Ne", "occu": 0.5}], "abc": [0, 0, 0]}
    hostile = {"@module": "os", "@class": "system", "@callable": "system", "command": "true"}
    return {
        "pymatgen-2012.json": (
            mson(lattice=angles | {"volume": VOLUME, "matrix": matrix}, sites=labelled), FENI3,
        ),
        "pymatgen-2018.json": (
            mson(charge=None, lattice=angles | {"matrix": matrix}, sites=labelled), FENI3,
        ),
        "pymatgen-2023.json": (
            mson(charge=0, properties={}, lattice={"matrix": matrix, "pbc": [True] * 3}), FENI3,
        ),
        "parameters-only.json": (mson(lattice=angles), FENI3),
        "oxidation-states.json": (mson(sites=charged), oxide),
        "names-objects.json": (mson(properties=hostile), FENI3),
        "list.json": ([mson(), mson()], {"cells": [FENI3, FENI3]}),
        "deep.json": ("[" * 100_000, refused("StructureError", "cannot be read")),
        "huge-number.json": (
            json.dumps(mson(lattice={"matrix": "N"})).replace('"N"', "9" * 5_000),
            refused("StructureError", "cannot be read"),
        ),
        "infinite.json": (
            json.dumps(mson(lattice={"matrix": [[1e999, 0, 0], [0, 3, 0], [0, 0, 3]]})),
            refused("StructureError", "not numbers"),
        ),
        # Without an electronegativity, by which pymatgen sorts the elements of a formula.
        "noble-gas.json": (
            mson(sites=[half_neon, site("Ni", FCC[1])]),
            refused("DisorderedStructureError", "partially occupied", "Ne0.5"),
        ),
        "molecule.json": (
            {"@class": "Molecule", "sites": []}, refused("StructureError", "no pymatgen structure"),
        ),
    }  # fmt: skip


def entries() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """The bytes of every file and what is expected of it, by file name."""
    found = poscars() | encodings() | cifs() | frames() | jsons()
    return {name: (_bytes(content), expected) for name, (content, expected) in found.items()}


def _bytes(content: str | bytes | object) -> bytes:
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode()


def write_zoo(folder: Path = ZOO) -> None:
    """Write every file, and what is expected of them."""
    folder.mkdir(exist_ok=True)
    found = entries()
    for name, (content, _) in found.items():
        (folder / name).write_bytes(content)
    table = {name: expected for name, (_, expected) in found.items()}
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    (folder / EXPECTED).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_zoo()
