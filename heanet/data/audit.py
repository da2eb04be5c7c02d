"""Find labels that contradict each other, and say which one is wrong.

Identities that hold for every cell, whatever the alloy (c_a: atomic fractions):

    emix  = etot - sum_a c_a E_a(parent lattice)
    eform = etot - sum_a c_a E_a(ground state)
    mb    = n_atoms * ms

and the species of a cell are those that its name states. The elemental energies E_a are not
given: they are recovered from the labels themselves by least absolute deviations, which a few
wrong rows do not move. Where an identity fails, the others tell which label breaks it: a wrong
etot breaks both energy identities by the same amount, a wrong emix or eform only its own. Of mb
and ms it is ms that is derived, by a division that can go wrong.
"""

import re
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd
from pymatgen.core import Composition, Structure

from heanet.data.corrections import (
    STRUCTURE_FIELD,
    Correction,
    relabel_species,
    species_runs,
    to_table,
)
from heanet.data.leastdeviations import robust_fit
from heanet.properties import LATTICES

# etot and emix or eform are printed to 1e-5 eV/atom: half a unit each, and as much again from
# the recovered references. Real errors are a hundred times larger.
ENERGY_TOLERANCE = 5e-5
# ms is printed to 0.01 muB/atom and mb to 0.1 muB/cell at worst, 16 atoms or more.
MOMENT_TOLERANCE = 0.01
# References fit a handful of rows whatever they say; a label is accused only by a fit that is
# well overdetermined for each of its elements, and that most rows agree with.
ROWS_PER_ELEMENT = 3
AGREEING_SHARE = 0.8

Fractions = Mapping[str, float]
References = Mapping[tuple[str, str], Fractions]


def audit(table: pd.DataFrame, structures: Mapping[str, Structure]) -> pd.DataFrame:
    """The corrections that the identities ask for.

    Args:
        table: Raw labels, index "name", columns lattice and the tasks; NaN where missing.
        structures: The raw cell of every name.

    Returns:
        One row per wrong label or cell, columns as in ``CORRECTION_COLUMNS``, all text, in the
        order of the table.
    """
    rows = {str(name): row for name, row in table.iterrows()}
    cells = {name: structures[name] for name in rows}
    references = fit_references(table, cells)
    species = {
        name: found
        for name, cell in cells.items()
        if (found := _check_species(rows[name], cell, references))
    }
    # A second fit, with the right compositions, is exact for every row.
    cells |= {name: relabel_species(cells[name], it.corrected) for name, it in species.items()}
    references = fit_references(table, cells)
    corrections: list[Correction] = []
    for name, cell in cells.items():
        corrections += [species[name]] if name in species else []
        corrections += _check_energies(rows[name], cell, references)
        corrections += _check_moment(rows[name], len(cell))
    return to_table(corrections)


def fit_references(table: pd.DataFrame, cells: Mapping[str, Structure]) -> References:
    """Elemental energies that the labels were made with, by ("emix" or "eform", lattice).

    emix has a set of energies per parent lattice, eform the same set for all. What the rows
    cannot determine, or do not agree on, is left out.
    """
    references: dict[tuple[str, str], Fractions] = {}
    rows = {lattice: table[table["lattice"] == lattice] for lattice in LATTICES}
    for lattice, part in rows.items():
        references["emix", lattice] = _fit_identity(part["etot"] - part["emix"], cells)
    ground_state = _fit_identity(table["etot"] - table["eform"], cells)
    references |= {("eform", lattice): ground_state for lattice in LATTICES}
    return references


def _fit_identity(differences: pd.Series, cells: Mapping[str, Structure]) -> Fractions:
    """Energies of the elements with enough rows; empty if the rows do not agree on any."""
    rows = {str(name): _fractions(cells[str(name)]) for name in differences.dropna().index}
    counts = Counter(element for fractions in rows.values() for element in fractions)
    rows = {
        name: fractions
        for name, fractions in rows.items()
        if all(counts[element] >= ROWS_PER_ELEMENT for element in fractions)
    }
    c = pd.DataFrame.from_dict(rows, orient="index").fillna(0.0)
    if len(c) < max(1, ROWS_PER_ELEMENT * c.shape[1]):
        return {}
    values = differences[c.index].to_numpy()
    energies = np.array(robust_fit(c.to_numpy(), values))
    agreeing = np.abs(c.to_numpy() @ energies - values) <= ENERGY_TOLERANCE
    if agreeing.mean() < AGREEING_SHARE:
        return {}
    return dict(zip(c.columns, energies.tolist(), strict=True))


def _energy_errors(row: pd.Series, cell: Structure, references: References) -> dict[str, float]:
    """By how much emix and eform miss their identity (eV/atom), where that can be told."""
    fractions, errors = _fractions(cell), {}
    for key in ("emix", "eform"):
        energies = references[key, row["lattice"]]
        error = row[key] - row["etot"] + _mean(fractions, energies)
        if np.isfinite(error):
            errors[key] = float(error)
    return errors


def _check_energies(row: pd.Series, cell: Structure, references: References) -> list[Correction]:
    errors = _energy_errors(row, cell, references)
    wrong = {key: error for key, error in errors.items() if abs(error) > ENERGY_TOLERANCE}
    if len(wrong) == 2 and np.ptp(list(wrong.values())) <= ENERGY_TOLERANCE:
        etot = row["etot"] + np.mean(list(wrong.values()))
        return [_finding(row, "etot", etot, 5, "emix and eform agree with each other, not with it")]
    identities = {
        "emix": f"emix != etot - sum_a c_a E_a({row['lattice']})",
        "eform": "eform != etot - sum_a c_a E_a(ground state)",
    }
    return [
        _finding(row, key, row[key] - error, 5, identities[key]) for key, error in wrong.items()
    ]


def _check_moment(row: pd.Series, n_atoms: int) -> list[Correction]:
    expected = row["mb"] / n_atoms
    # Comparisons with NaN are false: a missing label is not wrong.
    if not abs(row["ms"] - expected) > MOMENT_TOLERANCE:
        return []
    divisor = round(row["mb"] / row["ms"]) if row["ms"] else 0
    explained = divisor > 0 and abs(row["mb"] / divisor - row["ms"]) <= MOMENT_TOLERANCE
    reason = "ms != mb / n_atoms" + (
        f": divided by {divisor}, the cell has {n_atoms} atoms" if explained else ""
    )
    return [_finding(row, "ms", expected, 4, reason)]


def _check_species(row: pd.Series, cell: Structure, references: References) -> Correction | None:
    """A finding where one element of the cell stands for one that the name states instead."""
    runs = _runs_by_name(str(row.name), cell)
    if runs is None:
        return None
    renamed = relabel_species(cell, runs)
    as_given, as_named = (
        min(map(abs, _energy_errors(row, each, references).values()), default=np.inf)
        for each in (cell, renamed)
    )
    if as_given <= ENERGY_TOLERANCE:
        return None  # The labels were made with the species of the file: the name is wrong.
    reason = "the file's species disagree with the name; "
    if np.isfinite(as_given + as_named):
        reason += (
            f"with them the energy labels miss their identities by {as_given:.3f} eV/atom, with "
            f"the name's by {as_named:.0e}; "
        )
    reason += f"the cell has {cell.volume / len(cell):.2f} A^3/atom, its label {row['v0']}"
    if set(cell.symbol_set) <= set(renamed.symbol_set):
        reason += "; which sites are which the file does not tell, the last ones are taken"
    return Correction(str(row.name), STRUCTURE_FIELD, species_runs(cell), runs, reason)


def _runs_by_name(name: str, cell: Structure) -> str | None:
    """The species that the name states, laid on the sites of the cell; None where nothing is to do.

    Only one element may stand for one other: then every site's species is known, except where
    the wrong element is in the alloy too (``Fe12 Mn24`` for FeCrMn). There the first sites keep
    their element: files of this kind write iron, manganese and then the third element.
    """
    stated = _stated_counts(name, len(cell))
    given = Counter(site.specie.symbol for site in cell)
    surplus, missing = given - stated, stated - given
    if len(surplus) != 1 or len(missing) != 1:
        return None
    (wrong, n_sites), right = next(iter(surplus.items())), next(iter(missing))
    symbols = [site.specie.symbol for site in cell]
    sites = [index for index, symbol in enumerate(symbols) if symbol == wrong]
    renamed = cell.copy()
    for index in sites[-n_sites:]:
        renamed[index].species = right
    return species_runs(renamed)


def _stated_counts(name: str, n_atoms: int) -> Counter[str]:
    """Atoms by element from a name such as ``Fe2NiCr_sqsbcc``; empty if it states none."""
    formula = name.split("_")[0]
    if not re.fullmatch(r"(?:[A-Z][a-z]?\d*)+", formula):
        return Counter()
    try:
        fractions = Composition(formula).fractional_composition
    except ValueError:
        return Counter()
    counts = {element.symbol: share * n_atoms for element, share in fractions.items()}
    whole = {symbol: round(count) for symbol, count in counts.items()}
    fits = np.allclose(list(whole.values()), list(counts.values()), atol=1e-6)
    return Counter(whole) if fits else Counter()


def _fractions(cell: Structure) -> Fractions:
    return {str(key): share for key, share in cell.composition.fractional_composition.items()}


def _mean(fractions: Fractions, energies: Fractions) -> float:
    """sum_a c_a E_a; NaN where an element has no energy."""
    return sum(share * energies.get(key, np.nan) for key, share in fractions.items())


def _finding(row: pd.Series, field: str, value: float, decimals: int, reason: str) -> Correction:
    given, corrected = repr(float(row[field])), f"{value:.{decimals}f}"
    return Correction(str(row.name), field, given, corrected, reason)
