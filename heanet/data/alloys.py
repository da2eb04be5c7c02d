"""Build an alloy cell from a composition: on ideal sites, ordered, at random, or as an SQS."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pymatgen.core import Composition, Element, Lattice, Structure

from heanet.data.elements import as_element
from heanet.data.ideallattice import (
    PROTOTYPES,
    cell_volume,
    ideal_sites,
    nearest_size,
    sites_per_cell,
)
from heanet.data.ordering import whole_numbers
from heanet.data.sqs import ITERATIONS, find_sqs
from heanet.errors import ConfigError, StructureError, did_you_mean
from heanet.properties import LATTICES
from heanet.properties import Lattice as LatticeName

Arrangement = Literal["random", "sqs"]
ARRANGEMENTS: tuple[Arrangement, ...] = ("random", "sqs")
MAX_BUILT = 20_000
MAX_SEED = 2**31 - 1  # what every generator takes
_SUM_TOLERANCE = 5e-3


@dataclass(frozen=True)
class Alloy:
    """What to build.

    Attributes:
        fractions: Atomic fraction by element symbol; they sum to one.
        lattice: fcc, bcc or hcp.
        n_atoms: Wanted number of atoms; the nearest one that the lattice can have is taken.
        arrangement: Elements on the sites at random, or as an SQS.
        seed: The same seed gives the same cell.
        iterations: Arrangements that the search for an SQS tries.
    """

    fractions: Mapping[str, float]
    lattice: LatticeName
    n_atoms: int
    arrangement: Arrangement = "random"
    seed: int = 0
    iterations: int = ITERATIONS


def parse_composition(text: str) -> dict[str, float]:
    """Atomic fractions from a formula: CrFeCoNi, Cr20Mn20Fe20Co20Ni20, Al0.3CoCrFeNi.

    Amounts are parts of a whole; where all of them are below one, they must be fractions.

    Raises:
        StructureError: The text is no formula, an amount is not positive, or fractions do not sum
            to one.
    """
    wanted = "a formula such as CrFeCoNi, Cr20Mn20Fe20Co20Ni20 or Fe0.6Ni0.4"
    try:
        compact = re.sub(r"-(?=[A-Z])", "", "".join(text.split()))
        amounts = Composition(compact).get_el_amt_dict()
    except (ValueError, KeyError, TypeError) as error:
        raise StructureError(f"'{text}' is no composition", expected=wanted) from error
    if not amounts:
        raise StructureError(f"'{text}' names no element", expected=wanted)
    symbols = {symbol: as_element(symbol, name=text).symbol for symbol in amounts}
    if none := [s for s in re.findall("[A-Z][a-z]?", compact) if not amounts.get(s, 0) > 0]:
        raise StructureError(
            f"'{text}' holds 0 of {none[0]}",
            expected="more than zero of every element",
            fix="Leave an element out that is not to be there.",
        )
    total = sum(amounts.values())
    if len(amounts) > 1 and max(amounts.values()) < 1:
        check_fractions(amounts)
    if total <= 0:
        raise StructureError(f"The amounts of '{text}' sum to {total:g}", expected=wanted)
    return {symbols[symbol]: amount / total for symbol, amount in amounts.items()}


def check_fractions(fractions: Mapping[str, float]) -> None:
    """Raise a StructureError unless the fractions are positive and sum to one."""
    wrong = [symbol for symbol, x in fractions.items() if not x > 0]
    if wrong:
        raise StructureError(
            f"The fraction of {wrong[0]} is {fractions[wrong[0]]:g}",
            expected="more than zero",
            fix="Leave an element out that is not to be there.",
        )
    total = sum(fractions.values())
    if not abs(total - 1) <= _SUM_TOLERANCE:
        raise StructureError(
            f"The fractions sum to {total:g}",
            expected="a sum of 1",
            fix="Change one of them, or give whole parts, for example Fe3Ni2.",
        )


def whole_atoms(fractions: Mapping[str, float], n_atoms: int) -> dict[str, int]:
    """The numbers of atoms closest to the fractions, in order of atomic number.

    Raises:
        StructureError: The fractions are wrong, or the cell is too small to hold an atom of every
            element.
    """
    check_fractions(fractions)
    symbols = sorted(fractions, key=lambda symbol: Element(symbol).Z)
    shares = np.array([fractions[symbol] for symbol in symbols])
    if len(symbols) > n_atoms:
        raise StructureError(
            f"{len(symbols)} elements in a cell of {n_atoms} atoms",
            expected="at least one atom of each element",
            fix=f"Ask for {len(symbols)} atoms or more.",
        )
    numbers = whole_numbers(shares / shares.sum() * n_atoms, n_atoms)
    if not numbers.all():
        missing = symbols[int(np.argmin(numbers))]
        enough = int(np.ceil(1 / shares.min()))
        raise StructureError(
            f"{100 * fractions[missing]:.3g} % {missing} are less than one atom of {n_atoms}",
            expected="at least one atom of each element",
            fix=f"Ask for {enough} atoms or more, or leave {missing} out.",
        )
    return dict(zip(symbols, numbers.tolist(), strict=True))


def build_alloy(
    alloy: Alloy,
    *,
    on_progress: Callable[[float], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Structure:
    """The cell, with what was chosen on the way in its ``properties``.

    Atoms are sorted by element. ``notes`` says where the cell is not quite what was asked for.

    Args:
        alloy: What to build.
        on_progress: Told the share of the search for an SQS that is done, 0 to 1.
        should_stop: Asked during that search; True takes the best arrangement so far.

    Raises:
        StructureError: The cell cannot be built; the message says what to change.
    """
    _check(alloy)
    n_atoms = nearest_size(alloy.lattice, alloy.n_atoms)
    counts = whole_atoms(alloy.fractions, n_atoms)
    sites = ideal_sites(alloy.lattice, n_atoms)
    if alloy.arrangement == "sqs":
        symbols = find_sqs(
            sites,
            counts,
            seed=alloy.seed,
            iterations=alloy.iterations,
            on_progress=on_progress,
            should_stop=should_stop,
        )
    else:
        in_order = np.repeat(list(counts), list(counts.values()))
        symbols = np.random.default_rng(alloy.seed).permutation(in_order).tolist()
    cell = Structure(sites.lattice.scale(cell_volume(counts)), symbols, sites.frac_coords)
    cell.sort(key=lambda site: (site.specie.Z, *np.round(site.frac_coords, 6)))
    cell.properties = {
        "name": alloy_name(counts, alloy.lattice, alloy.arrangement),
        "lattice": alloy.lattice,
        "seed": alloy.seed,
        "notes": _notes(alloy, counts),
    }
    return cell


def build_ordered(prototype: str, elements: list[str], *, repeats: int = 1) -> Structure:
    """An ordered alloy: one element on each sublattice of a prototype.

    Args:
        prototype: Key of PROTOTYPES.
        elements: One per sublattice, the rarer one first: L1_2 with Fe, Ni is FeNi3.
        repeats: Cubes along each axis.

    Raises:
        StructureError: The prototype is unknown or needs another number of elements.
    """
    if prototype not in PROTOTYPES:
        raise StructureError(
            f"Ordered structure '{prototype}'",
            expected=f"one of {' '.join(PROTOTYPES)}",
            fix=did_you_mean(prototype, PROTOTYPES),
        )
    kind = PROTOTYPES[prototype]
    if len(elements) != len(kind.sites) or len(set(elements)) != len(elements):
        raise StructureError(
            f"Ordered structure {prototype} of {' '.join(elements) or 'nothing'}",
            expected=f"{len(kind.sites)} different elements, one for each sublattice",
        )
    if repeats < 1:
        raise StructureError(f"{repeats} cubes along each axis", expected="at least 1")
    symbols = [s for s, sites in zip(elements, kind.sites, strict=True) for _ in sites]
    counts = {symbol: symbols.count(symbol) for symbol in elements}
    coords = [site for sites in kind.sites for site in sites]
    cube = Lattice.cubic(cell_volume(counts) ** (1 / 3))
    cell = Structure(cube, symbols, coords) * (repeats, repeats, repeats)
    cell.sort(key=lambda site: (site.specie.Z, *np.round(site.frac_coords, 6)))
    formula = "".join(f"{s}{n if n > 1 else ''}" for s, n in _reduced(counts).items())
    cell.properties = {
        "name": f"{formula}_{prototype}_{kind.lattice}",
        "lattice": kind.lattice,
        "notes": [f"ordered as {kind.label}, volume from atomic volumes"],
    }
    return cell


def alloy_name(counts: Mapping[str, int], lattice: LatticeName, arrangement: Arrangement) -> str:
    """File name of a built cell: Cr8Fe8Co8Ni8_sqsfcc, or ..._random_fcc."""
    formula = "".join(f"{symbol}{number}" for symbol, number in counts.items())
    return f"{formula}_sqs{lattice}" if arrangement == "sqs" else f"{formula}_random_{lattice}"


def _reduced(counts: Mapping[str, int]) -> dict[str, int]:
    divisor = int(np.gcd.reduce(list(counts.values())))
    return {symbol: number // divisor for symbol, number in counts.items()}


def _check(alloy: Alloy) -> None:
    if alloy.lattice not in LATTICES:
        raise StructureError(f"Lattice '{alloy.lattice}'", expected=f"one of {' '.join(LATTICES)}")
    if alloy.arrangement not in ARRANGEMENTS:
        raise ConfigError(f"Arrangement '{alloy.arrangement}'", expected="random or sqs")
    if not 1 <= alloy.n_atoms <= MAX_BUILT:
        raise StructureError(f"{alloy.n_atoms} atoms", expected=f"1 to {MAX_BUILT:,}")
    if not 0 <= alloy.seed <= MAX_SEED:
        raise ConfigError(f"Seed {alloy.seed}", expected=f"0 to {MAX_SEED:,}")
    if alloy.iterations < 1:
        raise ConfigError(f"{alloy.iterations} arrangements to try", expected="at least 1")


def _notes(alloy: Alloy, counts: Mapping[str, int]) -> list[str]:
    """Where the cell differs from what was asked for."""
    n_atoms = sum(counts.values())
    notes = []
    if n_atoms != alloy.n_atoms:
        per_cell = sites_per_cell(alloy.lattice)
        notes.append(
            f"{n_atoms} atoms instead of {alloy.n_atoms}: {alloy.lattice} has {per_cell} a cell"
        )
    if any(abs(counts[s] / n_atoms - x) > 5e-4 for s, x in alloy.fractions.items()):
        held = " ".join(f"{s} {100 * n / n_atoms:.1f}" for s, n in counts.items())
        notes.append(f"nearest composition that {n_atoms} atoms can hold: {held} (atomic %)")
    return notes
