"""Reading, checking, ordering and writing structures."""

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition, Element, Lattice, Species, Structure

from heanet.data import structure_checks, structure_text
from heanet.data.structures import (
    FORMATS,
    MAX_ATOMS,
    MAX_BYTES,
    check_structure,
    order_sites,
    read_structures,
    write_structure,
)
from heanet.errors import DisorderedStructureError, HeanetError, StructureError

DFT_FOLDER = Path(__file__).parents[3] / "shared" / "hea-dft" / "structures"

POSCAR = """FeNi3
1.0
3.6 0 0
0 3.6 0
0 0 3.6
Fe Ni
1 3
Direct
0 0 0
0.5 0.5 0
0.5 0 0.5
0 0.5 0.5
"""
CIF_CELL = """data_test
_cell_length_a 3.600(2)
_cell_length_b 3.6
_cell_length_c 3.6
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
CIF_ATOMS = """loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""
FM3M = "_space_group_name_H-M_alt 'F m -3 m'\n"
XYZ_CELL = 'Lattice="3.6 0 0 0 3.6 0 0 0 3.6" Properties=species:S:1:pos:R:3'
XYZ = f"2\n{XYZ_CELL}\nFe 0 0 0\nNi 1.8 1.8 1.8\n"
DISORDERED = f"{CIF_CELL}{FM3M}{CIF_ATOMS}Fe1 0 0 0 0.25\nNi1 0 0 0 0.75\n"


def cif(atoms: str, group: str = "") -> str:
    return f"{CIF_CELL}{group}{CIF_ATOMS}{atoms}\n"


def json_text(**changes: object) -> str:
    site = {"species": [{"element": "Fe", "occu": 1}], "abc": [0, 0, 0]}
    cell = {"lattice": {"matrix": [[3, 0, 0], [0, 3, 0], [0, 0, 3]]}, "sites": [site | changes]}
    return json.dumps(cell)


def read_one(text: str | bytes, name: str = "cell", **options: int) -> Structure:
    data = text.encode() if isinstance(text, str) else text
    (structure,) = read_structures(data, name=name, **options)
    return structure


def cells(max_atoms: int = 6) -> st.SearchStrategy[Structure]:
    """Alloy cells of any shape: sites of a grid, so that no two atoms meet."""

    def build(numbers: tuple[list[str], list[float], list[float], int]) -> Structure:
        elements, lengths, angles, seed = numbers
        rng = np.random.default_rng(seed)
        grid = np.stack(np.meshgrid(*[np.arange(2) / 2] * 3, indexing="ij"), -1).reshape(-1, 3)
        places = rng.permutation(grid)[: len(elements)] + rng.uniform(-0.1, 1.1, 3)
        places += rng.uniform(-0.05, 0.05, places.shape)
        turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        matrix = Lattice.from_parameters(*lengths, *angles).matrix @ turn
        return Structure(Lattice(matrix), elements, places)

    return st.tuples(
        st.lists(
            st.sampled_from(["Cr", "Mn", "Fe", "Co", "Ni", "Pd"]), min_size=1, max_size=max_atoms
        ),
        st.lists(st.floats(4.0, 9.0), min_size=3, max_size=3),
        st.lists(st.floats(65.0, 110.0), min_size=3, max_size=3),
        st.integers(0, 2**31),
    ).map(build)


def sorted_by_element(structure: Structure) -> Structure:
    return structure.get_sorted_structure(key=lambda site: site.specie.symbol)


# --- formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", FORMATS)
@settings(max_examples=25, deadline=None)
@given(cell=cells())
def test_what_is_written_is_read_back(fmt: str, cell: Structure) -> None:
    cell.properties = {"name": "高熵 alloy\nno. 1"}
    back = read_one(write_structure(cell, fmt))
    assert back.properties["format"] == fmt
    assert back.lattice.parameters == pytest.approx(cell.lattice.parameters, rel=1e-9)
    wanted = sorted_by_element(cell) if fmt == "poscar" else cell
    found = sorted_by_element(back) if fmt == "poscar" else back
    assert [s.specie.symbol for s in found] == [s.specie.symbol for s in wanted]
    np.testing.assert_allclose(found.frac_coords, wanted.frac_coords, atol=2e-7)


def test_poscar_groups_elements_in_order_of_appearance_and_has_an_ascii_comment() -> None:
    cell = Structure(
        Lattice.cubic(5), ["Ni", "Fe", "Ni"], [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]],
    )  # fmt: skip
    cell.properties = {"name": "café\n高熵"}
    lines = write_structure(cell, "poscar").split("\n")
    assert lines[0] == "cafe"
    assert lines[5].split() == ["Ni", "Fe"]
    assert lines[6].split() == ["2", "1"]


def test_numbers_per_atom_survive_extxyz_and_json_and_other_things_do_not() -> None:
    text = (
        '2\nLattice="3.6 0 0 0 3.6 0 0 0 3.6" energy=-1.5 '
        "Properties=species:S:1:pos:R:3:magmoms:R:1:grain:S:1\nFe 0 0 0 2.2 a\nNi 1.8 0 0 0.6 b\n"
    )
    cell = read_one(text)
    assert dict(cell.site_properties) == {"magmom": [2.2, 0.6]}
    for fmt in ("extxyz", "json"):
        assert read_one(write_structure(cell, fmt)).site_properties["magmom"] == [2.2, 0.6]


def test_unknown_format_to_write_is_refused() -> None:
    with pytest.raises(StructureError, match="Unknown format 'pdb'"):
        write_structure(read_one(POSCAR), "pdb")


@pytest.mark.parametrize(
    "text", [POSCAR, cif("Fe1 0 0 0 1"), XYZ, json_text()], ids=["poscar", "cif", "extxyz", "json"]
)
def test_format_follows_content_not_extension(text: str) -> None:
    names = {read_one(text, name=f"a.{ext}").properties["format"] for ext in ("cif", "xyz", "png")}
    assert len(names) == 1


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("FeNi_sqsfcc", "FeNi_sqsfcc"),
        ("FeNi.vasp.gz", "FeNi"),
        ("Fe0.5Ni0.5_fcc", "Fe0.5Ni0.5_fcc"),
        ("folder/合金.CIF", "合金"),
        (r"C:\data\POSCAR", "POSCAR"),
        (".cif", ".cif"),
    ],
)
def test_names(file_name: str, name: str) -> None:
    assert read_one(POSCAR, name=file_name).properties["name"] == name


def test_several_frames_are_numbered() -> None:
    frames = read_structures((XYZ * 3).encode(), name="run.xyz")
    assert [f.properties["name"] for f in frames] == ["run#1", "run#2", "run#3"]


def test_every_cif_block_with_atoms_is_read() -> None:
    text = "data_global\n_publ_author 'A'\n" + cif("Fe1 0 0 0 1", FM3M) + cif("Ni1 0 0 0 1")
    assert [s.formula for s in read_structures(text.encode(), name="two.cif")] == ["Fe4", "Ni1"]


def test_json_list_and_site_without_labels() -> None:
    text = f"[{json_text()}, {json_text()}]"
    assert len(read_structures(text.encode(), name="x")) == 2


# --- bytes and text --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (POSCAR.replace("\n", "\r\n").encode(), None),
        (POSCAR.replace("\n", "\r").encode(), None),
        (POSCAR.encode("utf-8-sig"), None),
        (POSCAR.encode("utf-16"), "decoded as utf-16"),
        (POSCAR.encode("utf-32"), "decoded as utf-32"),
        (POSCAR.replace("FeNi3", "高熵合金").encode("gbk"), "decoded as gb18030"),
        (POSCAR.replace("FeNi3", "é").encode("latin-1"), "decoded as latin-1"),
        (gzip.compress(POSCAR.encode()), "gzip unpacked"),
    ],
    ids=["crlf", "cr", "bom", "utf-16", "utf-32", "gbk", "latin-1", "gzip"],
)
def test_encodings(data: bytes, note: str | None) -> None:
    cell = read_one(data)
    assert cell.formula == "Fe1 Ni3"
    assert cell.properties["notes"] == ([note] if note else [])


def test_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "合金_fcc.vasp"
    path.write_text(POSCAR, encoding="utf-8")
    for source in (path, str(path)):
        (cell,) = read_structures(source)
        assert cell.properties["name"] == "合金_fcc"


@pytest.mark.parametrize("missing", ["nothing-here.cif", "."])
def test_path_that_is_no_file(tmp_path: Path, missing: str) -> None:
    with pytest.raises(StructureError, match="cannot be read"):
        read_structures(tmp_path / missing)


def test_gzip_is_never_expanded_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    read = gzip.GzipFile.read

    def watch(self: gzip.GzipFile, size: int = -1) -> bytes:
        asked.append(size)
        return read(self, size)

    monkeypatch.setattr(gzip.GzipFile, "read", watch)
    with pytest.raises(StructureError, match="more than 20 MB"):
        read_one(gzip.compress(b"0" * (MAX_BYTES + 1)))
    assert asked == [MAX_BYTES + 1]


def test_limits_hold_to_the_byte_and_atom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure_text, "MAX_BYTES", len(POSCAR))
    monkeypatch.setattr(structure_text, "MAX_ATOMS", 4)
    assert len(read_one(POSCAR)) == 4
    with pytest.raises(StructureError, match="MB"):
        read_one(POSCAR + "\n")
    monkeypatch.setattr(structure_text, "MAX_ATOMS", 3)
    with pytest.raises(StructureError, match="has 4 atoms"):
        read_one(POSCAR)


def test_large_file_is_refused_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Path, "read_bytes")
    path = tmp_path / "huge.xyz"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(StructureError, match=r"'huge.xyz' holds 20.0 MB"):
        read_structures(path)


# --- refusals --------------------------------------------------------------------------------

ATOM_LINES = "\n".join(f"Fe {0.0001 * n:.4f} 0 0" for n in range(3))
REFUSED = {
    "empty": ("", "is empty"),
    "blank": (" \n\t\n", "is empty"),
    "binary": (bytes(range(256)), "binary"),
    "zip": (b"PK\x03\x04....", "zip archive"),
    "truncated gzip": (gzip.compress(POSCAR.encode())[:40], "broken gzip"),
    "gzip twice": (gzip.compress(gzip.compress(b"x")), "more than once"),
    "prose": ("Dear colleagues,\nplease find attached", "no known structure format"),
    "web page": ("<!DOCTYPE html>\n<html>", "web page"),
    "VASP 4": (POSCAR.replace("Fe Ni\n", ""), r"\(VASP 4\).*Insert a line such as 'Fe Ni'"),
    "unknown element": (POSCAR.replace("Fe Ni", "Fe Nj"), "'Nj', which is no chemical element"),
    "misspelt element": (POSCAR.replace("Fe Ni", "FE Ni"), "'FE'.*Did you mean 'F"),
    "deuterium": (POSCAR.replace("Fe Ni", "D Ni"), "deuterium"),
    "too few numbers": (POSCAR.replace("1 3", "4"), "2 species but gives 1 numbers"),
    "too few lines": (POSCAR.replace("1 3", "2 3"), "announces 5 atoms, but only 4"),
    "negative number": (POSCAR.replace("1 3", "-1 3"), "negative number of atoms: -1"),
    "no atoms": (POSCAR.replace("1 3", "0 0"), "no atoms"),
    "no Direct": (POSCAR.replace("Direct\n", ""), "'0 0 0' after its numbers"),
    "no numbers": (POSCAR.replace("1 3\n", ""), "no numbers of atoms where they belong"),
    "three scales": (POSCAR.replace("1.0\n", "1 1 1\n"), "several scaling factors"),
    "stars": (POSCAR.replace("0 0 0", "0 0 ***", 1), "cannot be read.*'\\*\\*\\*'"),
    "many atoms": (POSCAR.replace("1 3", f"1 {MAX_ATOMS}"), f"has {MAX_ATOMS + 1} atoms"),
    "nan": (POSCAR.replace("0.5 0.5 0", "nan 0.5 0"), r"atom 2 \(Ni\)"),
    "infinite": (POSCAR.replace("0.5 0.5 0", "0.5 1e400 0"), r"atom 2 \(Ni\)"),
    "nan lattice": (POSCAR.replace("3.6 0 0", "nan 0 0"), "lattice vectors that are not numbers"),
    "flat cell": (POSCAR.replace("0 0 3.6", "3.6 3.6 0"), "zero volume"),
    "scale zero": (POSCAR.replace("1.0", "0.0"), "zero volume"),
    "two at one place": (
        POSCAR.replace("0 0.5 0.5", "0.5 0.52 0"),
        r"0.072 Angstrom apart: number 2 \(Ni\) and number 4 \(Ni\)",
    ),
    "close across the border": (
        POSCAR.replace("0 0.5 0.5", "0 0.99 0"),
        r"0.036 Angstrom apart: number 1 \(Fe\) and number 4 \(Ni\)",
    ),
    "nanometres": (POSCAR.replace("1.0", "0.1"), "repeats itself every 0.36 Angstrom"),
    "needle": (POSCAR.replace("3.6 0 0", "1e-7 0 0"), "repeats itself every 1e-07"),
    "huge cell": (POSCAR.replace("1.0", "1e9"), "at most 10000 Angstrom"),
    "molecule": ("1\nwater\nO 0 0 0\n", "no cell in frame 1"),
    "no cell in frame 2": (XYZ + "1\nwater\nO 0 0 0\n", "no cell in frame 2"),
    "xyz unknown": (XYZ.replace("Ni", "Xx"), "'Xx', which is no chemical element"),
    "xyz dummy": (XYZ.replace("Ni", "X"), "'X', which is no chemical element"),
    "xyz ends early": (XYZ.replace("2\n", "3\n", 1), "cannot be read.*expected 3"),
    "xyz goes on": (XYZ.replace("2\n", "1\n", 1), "line 4, where frame 2 begins"),
    "xyz too many": (XYZ.replace("2\n", "20001\n", 1), "has 20001 atoms"),
    "xyz columns": (XYZ.replace(":pos:R:3", ":vel:R:3"), "columns 'species:S:1:vel:R:3'"),
    "xyz flat": (XYZ.replace("0 0 3.6", "0 3.6 0"), "zero volume"),
    "too many frames": ((f"1\n{XYZ_CELL}\nFe 0 0 0\n") * 1001, "1001 frames"),
    "CIF without atoms": (CIF_CELL, "without atoms"),
    "CIF without cell": (cif("Fe 0 0 0 1").replace("_cell_length_b 3.6\n", ""), "_cell_length_b"),
    "CIF without block": (cif("Fe 0 0 0 1").replace("data_test\n", ""), "no data block"),
    "CIF row too short": (cif("Fe 0 0 0"), "do not fill its rows"),
    "CIF unknown place": (cif("Fe 0 ? 0 1"), "unknown coordinates"),
    "CIF vacancy label": (cif("Vac1 0 0 0 1"), "'Vac1', which is no chemical element"),
    "CIF deuterium": (cif("D1 0 0 0 1"), "deuterium"),
    # pymatgen takes this label for a nitrate's nitrogen.
    "CIF label": (cif("NO3 0 0 0 1", FM3M), "read as different elements"),
    "CIF overfull": (cif("Fe1 0 0 0 0.8\nNi1 0 0 0 0.8"), "Fe and Ni whose occupancies sum to 1.6"),
    "CIF unknown group": (cif("Fe 0 0 0 1", "_space_group_name_H-M_alt 'Q 1'\n"), "space group"),
    "broken JSON": ('{"lattice": ', "broken JSON"),
    "other JSON": ('{"a": 1, "b": 2}', r"holds: a, b"),
    "empty JSON": ("[]", "empty JSON list"),
    "deep JSON": ("[" * 100_000, "cannot be read"),
    "JSON deuterium": (json_text(species=[{"element": "D", "occu": 1}]), "deuterium"),
    "JSON nan": (json_text(abc=[float("nan"), 0, 0]), "not usable numbers"),
    "JSON short place": (json_text(abc=[0, 0]), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_input_is_refused_by_name(content: str | bytes, message: str) -> None:
    with pytest.raises(StructureError, match=message) as caught:
        read_one(content, name="my file.dat")
    assert "'my file" in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(
    text=st.sampled_from([POSCAR, DISORDERED, cif("Fe1 0 0 0 1"), XYZ * 2, json_text()]),
    cut=st.tuples(st.floats(0, 1), st.integers(0, 12)),
    insert=st.one_of(
        st.binary(max_size=6),
        st.sampled_from([b"nan", b"-", b"1e999", b"\n", b"'", b"loop_", b"9" * 5000, b"\x00"]),
    ),
)
def test_damaged_files_give_structures_or_our_errors(
    text: str, cut: tuple[float, int], insert: bytes
) -> None:
    data = text.encode()
    start = int(cut[0] * len(data))
    damaged = data[:start] + insert + data[start + cut[1] :]
    try:
        for cell in read_structures(damaged, name="damaged", order_seed=0):
            assert cell.is_ordered
            assert np.isfinite(cell.frac_coords).all()
    except HeanetError as error:
        assert "'damaged" in str(error)  # noqa: PT017


# --- what reading keeps and drops ------------------------------------------------------------


def test_selective_dynamics_velocities_and_potential_names_are_dropped() -> None:
    text = POSCAR.replace("Fe Ni", "Fe_pv/474ac0d Ni/79d9987").replace(
        "Direct\n0 0 0\n", "Selective dynamics\nDirect\n0 0 0 T T F\n"
    )
    text = (
        text.replace("0.5 0\n", "0.5 0 T T T\n").replace("0.5\n", "0.5 F F F\n") + "\n1 2 3\n" * 4
    )
    cell = read_one(text)
    assert cell.formula == "Fe1 Ni3"
    assert not cell.site_properties


def test_oxidation_states_are_dropped_with_a_note() -> None:
    species = [{"element": "Fe", "occu": 1, "oxidation_state": 3}]
    cell = read_one(json_text(species=species))
    assert cell[0].specie == Element("Fe")
    assert cell.properties["notes"] == ["oxidation states left out"]


def test_json_builds_no_objects_that_the_file_names() -> None:
    properties = {"x": {"@module": "this", "@class": "s"}, "magmom": 2.0}
    cell = read_one(json_text(properties=properties))
    assert dict(cell.site_properties) == {"magmom": [2.0]}
    assert "this" not in sys.modules


def test_relaxed_coordinates_of_a_cif_are_not_rounded_to_thirds() -> None:
    cell = read_one(cif("Fe1 0.33335 0 0 1"))
    assert cell.frac_coords[0, 0] == 0.33335


def test_first_configuration_of_an_xdatcar_is_read_with_a_note() -> None:
    text = POSCAR.replace("Direct", "Direct configuration=     1")
    cell = read_one(text + "Direct configuration=     2\n" + "0 0 0\n" * 4)
    assert cell.properties["notes"] == ["only the first of 2 configurations read"]


def test_slab_is_said_to_be_taken_as_periodic() -> None:
    cell = read_one(XYZ.replace("Properties", 'pbc="T T F" Properties'))
    assert cell.properties["notes"] == ["taken as periodic in all three directions"]


@pytest.mark.parametrize(("scale", "volume"), [("-100.0", 100.0), ("2.0", 8 * 3.6**3)])
def test_scale_of_a_poscar(scale: str, volume: float) -> None:
    assert read_one(POSCAR.replace("1.0", scale, 1)).volume == pytest.approx(volume)


# --- the gate for cells made in Python -------------------------------------------------------


def test_oxidised_species_pass_the_gate() -> None:
    check_structure(Structure(Lattice.cubic(3), [Species("Fe", 3)], [[0, 0, 0]]))


@pytest.mark.parametrize(
    ("structure", "message"),
    [
        (Structure(Lattice.cubic(3, pbc=(True, True, False)), ["Fe"], [[0, 0, 0]]), "periodic"),
        (Structure(Lattice.cubic(3), ["X"], [[0, 0, 0]]), "'X', which is no chemical"),
        (Structure(Lattice.cubic(0.4), ["Fe"], [[0, 0, 0]]), "'Fe' repeats itself every 0.4"),
        (Structure(Lattice.cubic(3), [], []), "no atoms"),
        # Its edges are long and its volume is not zero, but their difference is 0.3 Angstrom.
        (
            Structure(Lattice([[9, 0, 0], [9, 0.3, 0], [0, 0, 9]]), ["Fe"], [[0, 0, 0]]),
            "repeats itself every 0.3 Angstrom",
        ),
    ],
    ids=["slab", "dummy", "tiny", "empty", "sheared"],
)
def test_gate(structure: Structure, message: str) -> None:
    with pytest.raises(StructureError, match=message):
        check_structure(structure)


def test_heap_of_atoms_is_refused_before_its_pairs_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(structure_checks, "pairs_within")
    heap = Structure(Lattice.cubic(100), ["Fe"] * 5000, np.full((5000, 3), 0.3))
    with pytest.raises(StructureError, match=r"0\.000 Angstrom apart"):
        check_structure(heap)


@settings(max_examples=40, deadline=None)
@given(cell=cells(max_atoms=4), close=st.floats(0.02, 1.0), seed=st.integers(0, 999))
def test_gate_agrees_with_pymatgen_on_the_shortest_distance(
    cell: Structure, close: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    step = rng.normal(size=3)
    place = cell.cart_coords[0] + step / np.linalg.norm(step) * close
    cell.append("Pd", cell.lattice.get_fractional_coords(place) + rng.integers(-2, 3, 3))
    matrix = cell.distance_matrix
    shortest = matrix[np.triu_indices(len(cell), 1)].min()
    assume(abs(shortest - 0.5) > 1e-9)
    try:
        check_structure(cell)
        refused = False
    except StructureError:
        refused = True
    assert refused == (shortest < 0.5)


# --- ordering --------------------------------------------------------------------------------


def test_disorder_is_refused_without_a_seed_and_ordered_with_one() -> None:
    with pytest.raises(DisorderedStructureError, match="4 partially occupied sites of 4"):
        read_one(DISORDERED)
    cell = read_one(DISORDERED, order_seed=5)
    assert cell.composition == Composition("FeNi3")
    assert cell.properties["ordering_seed"] == 5
    assert cell.properties["notes"] == [
        "ordered 4 partially occupied sites with seed 5: Fe1Ni3 became Fe1Ni3"
    ]


def test_ordered_cells_carry_no_seed() -> None:
    assert "ordering_seed" not in read_one(POSCAR, order_seed=5).properties


def test_occupancies_slightly_above_one_are_scaled_down() -> None:
    with pytest.raises(DisorderedStructureError, match=r"Fe0\.5Ni0\.5"):
        read_one(cif("Fe1 0 0 0 0.505\nNi1 0 0 0 0.505"))


def test_nearly_full_sites_count_as_full() -> None:
    assert read_one(cif("Fe1 0 0 0 0.9995")).is_ordered


@settings(max_examples=60, deadline=None)
@given(
    shares=st.lists(st.integers(0, 20), min_size=2, max_size=4).filter(lambda x: 0 < sum(x) <= 20),
    n_sites=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_ordering_rounds_each_element_by_less_than_one_atom(
    shares: list[int], n_sites: int, seed: int
) -> None:
    occupancies = {
        el: share / 20 for el, share in zip(["Fe", "Ni", "Cr", "Co"], shares, strict=False) if share
    }
    places = [[n / n_sites, 0, 0] for n in range(n_sites)]
    mixed = Structure(Lattice.cubic(80), [Composition(occupancies)] * n_sites, places)
    ordered = order_sites(mixed, seed=seed)
    for element, share in occupancies.items():
        count = ordered.composition[element]
        assert abs(count - share * n_sites) < 1 + 1e-9
    assert ordered == order_sites(mixed, seed=seed)


def test_vacancies_stay_empty_and_full_sites_stay() -> None:
    half = Composition({"Ni": 0.5})
    species = [Composition("Fe")] * 4 + [half] * 4
    places = [[n / 8, 0, 0] for n in range(8)]
    mixed = Structure(
        Lattice.cubic(30), species, places, site_properties={"magmom": list(range(8))}
    )
    ordered = order_sites(mixed, seed=1)
    assert ordered.composition == Composition("Fe4Ni2")
    np.testing.assert_array_equal(ordered.frac_coords[:4], mixed.frac_coords[:4])
    # Numbers per atom stay with their sites.
    np.testing.assert_allclose(ordered.site_properties["magmom"], ordered.frac_coords[:, 0] * 8)


def test_rounding_in_one_group_of_sites_is_made_up_for_in_the_next() -> None:
    # Two sites with 1.5 and two with 1.52 Fe: alone, each pair would round to 2.
    species = [Composition({"Fe": x, "Ni": 1 - x}) for x in (0.75, 0.75, 0.76, 0.76)]
    mixed = Structure(Lattice.cubic(20), species, [[n / 4, 0, 0] for n in range(4)])
    for seed in range(5):
        assert order_sites(mixed, seed=seed).composition == Composition("Fe3Ni")


def test_different_seeds_give_different_cells() -> None:
    species = [Composition({"Fe": 0.5, "Ni": 0.5})] * 12
    mixed = Structure(Lattice.cubic(50), species, [[n / 12, 0, 0] for n in range(12)])
    seen = {str(order_sites(mixed, seed=seed).species) for seed in range(8)}
    assert len(seen) > 4


# --- the DFT set -----------------------------------------------------------------------------


@pytest.mark.skipif(not DFT_FOLDER.exists(), reason=f"no DFT set at {DFT_FOLDER}")
def test_every_dft_cell_has_the_atoms_and_volume_of_its_text() -> None:
    paths = sorted(DFT_FOLDER.iterdir())
    assert len(paths) == 366
    for path in paths:
        lines = path.read_text(encoding="utf-8").split("\n")
        scale = float(lines[1])
        matrix = scale * np.array([line.split() for line in lines[2:5]], dtype=float)
        counts: Counter[str] = Counter()  # one file names Mn twice
        for symbol, count in zip(lines[5].split(), lines[6].split(), strict=True):
            counts[symbol] += int(count)
        (cell,) = read_structures(path)
        assert cell.properties == {"name": path.name, "format": "poscar", "notes": []}
        assert cell.composition.get_el_amt_dict() == counts, path.name
        assert cell.volume == pytest.approx(abs(np.linalg.det(matrix)), rel=1e-9)
        last = np.array(lines[7 + sum(counts.values())].split()[:3], dtype=float)
        np.testing.assert_allclose(cell.frac_coords[-1], last, atol=1e-12)
