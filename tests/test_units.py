import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.errors import ConfigError
from heanet.properties import TASK_KEYS
from heanet.units import UNITS, convert, find_unit, kept_unit, units_named, units_of

FIELDS = TASK_KEYS


def to_kept(field: str, value: float, unit: str, n_atoms: int = 16) -> float:
    given_in = find_unit(field, unit)
    (number,) = convert([value], given=given_in, wanted=kept_unit(field), n_atoms=[n_atoms])
    return float(number)


@pytest.mark.parametrize(
    ("field", "value", "unit", "expected"),
    [
        ("eform", 12.0, "meV/atom", 0.012),
        ("etot", -128.0, "eV/cell", -8.0),
        ("emix", -1600.0, "meV/cell", -0.1),
        ("eform", 96.48533212331, "kJ/mol", 1.0),
        ("ms", 24.0, "muB/cell", 1.5),
        ("mb", 1.5, "muB/atom", 24.0),
        ("v0", 176.0, "Angstrom^3/cell", 11.0),
        ("rmsd", 0.1, "Angstrom", 0.1),
    ],
)
def test_values_become_those_of_the_kept_unit(
    field: str, value: float, unit: str, expected: float
) -> None:
    assert to_kept(field, value, unit) == pytest.approx(expected, rel=1e-12)


def test_tables_are_complete() -> None:
    for units in UNITS.values():
        assert len({unit.key for unit in units}) == len(units)
    assert [kept_unit(f).key for f in ("mb", "ms", "v0")] == [
        "muB/cell",
        "muB/atom",
        "Angstrom^3/atom",
    ]


@given(
    st.sampled_from([(f, u) for f in FIELDS for u in units_of(f)]),
    st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(1, 20_000)), min_size=1),
)
def test_there_and_back_is_the_same(choice: tuple, rows: list[tuple[float, int]]) -> None:
    field, unit = choice
    values, n_atoms = map(np.array, zip(*rows, strict=True))
    kept = convert(values, given=unit, wanted=kept_unit(field), n_atoms=n_atoms)
    back = convert(kept, given=kept_unit(field), wanted=unit, n_atoms=n_atoms)
    np.testing.assert_allclose(back, values, rtol=1e-12, atol=1e-12)
    if unit == kept_unit(field):
        np.testing.assert_array_equal(kept, values)


@pytest.mark.parametrize(
    ("text", "field", "keys"),
    [
        ("eV/atom", "etot", ["eV/atom"]),
        ("eV per atom", "etot", ["eV/atom"]),
        ("ev_per_atom", "etot", ["eV/atom"]),
        ("eV·atom⁻¹", "etot", ["eV/atom"]),
        ("eV atom^-1", "etot", ["eV/atom"]),
        ("meV/atom", "emix", ["meV/atom"]),
        ("MeV/atom", "emix", []),
        ("eV", "etot", ["eV/atom", "eV/cell"]),
        ("kJ mol⁻¹", "eform", ["kJ/mol"]),
        ("mub/cell", "mb", ["muB/cell"]),
        ("µB/atom", "ms", ["muB/atom"]),
        ("$\\mu_B$/atom", "ms", ["muB/atom"]),
        ("emu/g", "ms", []),
        ("\\AA", "rmsd", ["Angstrom"]),
        ("Å", "rmsd", ["Angstrom"]),
        ("A3/atom", "v0", ["Angstrom^3/atom"]),
        ("Å³/cell", "v0", ["Angstrom^3/cell"]),
        ("Angstrom^3", "v0", ["Angstrom^3/atom", "Angstrom^3/cell"]),
        ("", "etot", []),
    ],
)
def test_spellings_of_a_unit(text: str, field: str, keys: list[str]) -> None:
    assert [unit.key for unit in units_named(text, units_of(field))] == keys


def test_a_unit_of_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"Unknown unit 'meV/atm' of 'eform'.*'meV/atom'\?"):
        find_unit("eform", "meV/atm")
