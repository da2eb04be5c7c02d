"""Units that labels may be given in: one table feeds forms, headings and conversions.

A set keeps its labels in the units of heanet.properties.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from heanet.errors import ConfigError, did_you_mean
from heanet.properties import TASKS

Quantity = Literal["energy", "moment", "length", "volume"]

# Elementary charge (C) times the Avogadro constant (1/mol), both exact in the SI, in kilo.
_KJ_PER_MOL = 1.602176634e-19 * 6.02214076e23 / 1000


@dataclass(frozen=True)
class Unit:
    """A unit of labels.

    Attributes:
        key: As it is written in records and forms.
        factor: What one of it is in the quantity's first unit, atom by atom or cell by cell.
        per_cell: Whether a value is for all atoms of the cell together.
        names: Other ways to write it. A name of several units leaves open which one is meant.
    """

    key: str
    factor: float
    per_cell: bool
    names: tuple[str, ...] = ()


UNITS: dict[Quantity, tuple[Unit, ...]] = {
    "energy": (
        Unit("eV/atom", 1.0, False, ("eV", "eV/at", "eV/atoms")),
        Unit("meV/atom", 1e-3, False, ("meV", "meV/at", "meV/atoms")),
        Unit("kJ/mol", 1 / _KJ_PER_MOL, False, ("kJ/mol atoms", "kJ/mol of atoms", "kJ/mol atom")),
        Unit("eV/cell", 1.0, True, ("eV", "eV/supercell")),
        Unit("meV/cell", 1e-3, True, ("meV", "meV/supercell")),
    ),
    "moment": (
        Unit("muB/atom", 1.0, False, ("muB", "mu_B/at", "bohr magneton/atom", "bohr magneton")),
        Unit("muB/cell", 1.0, True, ("muB", "muB/supercell", "bohr magneton/cell")),
    ),
    "length": (Unit("Angstrom", 1.0, False, ("A", "Å", "AA", "Ang", "Angstroms")),),
    "volume": (
        Unit(
            "Angstrom^3/atom", 1.0, False, ("A3/atom", "Å3/atom", "Ang3/atom", "A3", "Å3", "Ang3")
        ),
        Unit("Angstrom^3/cell", 1.0, True, ("A3/cell", "Å3/cell", "Ang3/cell", "A3", "Å3", "Ang3")),
    ),
}


def kept_unit(task: str) -> Unit:
    """The unit that labels of a task are kept in."""
    return next(unit for unit in units_of(task) if unit.key == TASKS[task].unit)


def units_of(task: str) -> tuple[Unit, ...]:
    """The units that labels of a task may be given in: those of its own unit's quantity.

    Its own unit alone where that is of no quantity in ``UNITS``.
    """
    own = TASKS[task].unit
    for units in UNITS.values():
        if own in (unit.key for unit in units):
            return units
    return (Unit(own, 1.0, TASKS[task].extensive),)


def find_unit(task: str, key: str) -> Unit:
    """One of ``units_of(task)``.

    Raises:
        ConfigError: There is no such unit for this label.
    """
    found = {unit.key: unit for unit in units_of(task)}
    if key not in found:
        raise ConfigError(
            f"Unknown unit '{key}' of '{task}'",
            expected=f"one of {', '.join(found)}",
            fix=did_you_mean(key, found),
        )
    return found[key]


def units_named(text: str, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Those of ``units`` that a text may mean, however it spells them; none if it names none.

    A text such as "eV" does not say of how many atoms, and may mean several.
    """
    word = _plain(text)
    return tuple(unit for unit in units if word in map(_plain, (unit.key, *unit.names)))


def convert(
    values: ArrayLike, *, given: Unit, wanted: Unit, n_atoms: ArrayLike
) -> NDArray[np.float64]:
    """Values of one quantity in another unit; in the same unit, exactly as they are.

    Args:
        values: In the unit ``given``, NaN where missing, (n,).
        given: Their unit.
        wanted: The unit of the result.
        n_atoms: Atoms of each cell, (n,).
    """
    numbers = np.array(values, dtype=float)
    if given == wanted:
        return numbers
    atoms = np.array(n_atoms, dtype=float)
    if given.per_cell != wanted.per_cell:
        numbers = numbers * atoms if wanted.per_cell else numbers / atoms
    return np.asarray(numbers * (given.factor / wanted.factor))


def _plain(text: str) -> str:
    """A unit without what people write in different ways: signs, spaces, powers, "per"."""
    folded = unicodedata.normalize("NFKC", text)
    # A million electron volts is no unit of labels, and must not become a thousandth of one.
    if re.match(r"\s*M(?=eV)", folded):
        return ""
    word = folded.casefold().replace("μ", "mu").replace("\N{MINUS SIGN}", "-").replace("-1", "")
    word = re.sub(r"\bper\b|_per_|[^\w]|_", "", word)
    return re.sub(r"angstroms?|ang|aa|å", "a", word)
