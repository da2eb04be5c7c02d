"""Which crystals of the Materials Project become a labelled set, and what of them is the label."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pymatgen.core import Element

from heanet.data.elements import SYMBOLS
from heanet.errors import ConfigError, did_you_mean

# Field of the summary documents -> task; the same quantity in the same unit.
PROPERTIES = {"formation_energy_per_atom": "eform"}
# What high-entropy alloys are made of: transition metals, and the light metals that go with them.
ALLOY_METALS = (
    *("Mg", "Al", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn"),
    *("Y", "Zr", "Nb", "Mo", "Ru", "Rh", "Pd", "Ag"),
    *("Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au"),
)
# Raise it when the same query gives other rows.
QUERY_VERSION = 1
_MOST_SYSTEMS = 300_000  # half an hour of questions
_USUAL_SYSTEMS, _USUAL_COMPONENTS = 10_000, 5


@dataclass(frozen=True)
class Query:
    """Which crystals, and what of them.

    Attributes:
        label: Field of the summary documents, a key of PROPERTIES.
        elements: Symbols by atomic number; a crystal has some of them and no other.
        components: How many elements a crystal has at most.
        max_above_hull: Energy above the hull, eV/atom, up to which a crystal counts; None: any.
    """

    label: str
    elements: tuple[str, ...]
    components: int
    max_above_hull: float | None

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON gives it back."""
        return {**asdict(self), "elements": list(self.elements), "version": QUERY_VERSION}

    @property
    def systems(self) -> list[str]:
        """Every chemical system, such as "Fe-Ni"."""
        return [
            "-".join(chosen)
            for n in range(1, self.components + 1)
            for chosen in itertools.combinations(self.elements, n)
        ]


def make_query(
    *,
    label: str = "formation_energy_per_atom",
    elements: Sequence[str] = (),
    components: int | None = None,
    max_above_hull: float | None = None,
) -> Query:
    """A checked query.

    Args:
        label: Which property becomes the label.
        elements: Symbols, all of them allowed; default ALLOY_METALS.
        components: How many elements a crystal has at most; default up to five, as long as that
            makes no more than 10,000 chemical systems.
        max_above_hull: Energy above the hull, eV/atom, up to which a crystal counts.

    Raises:
        ConfigError: One of them cannot be used.
    """
    if label not in PROPERTIES:
        raise ConfigError(
            f"Unknown property '{label}' of the Materials Project",
            expected=" or ".join(PROPERTIES),
            fix=did_you_mean(label, PROPERTIES),
        )
    chosen = tuple(elements) or ALLOY_METALS
    for symbol in chosen:
        if symbol not in SYMBOLS:
            raise ConfigError(
                f"'{symbol}' is no chemical element",
                expected="symbols such as Fe",
                fix=did_you_mean(symbol, SYMBOLS),
            )
    if len(set(chosen)) < len(chosen):
        raise ConfigError(f"Elements '{' '.join(chosen)}'", expected="each of them once")
    if max_above_hull is not None and max_above_hull < 0:
        raise ConfigError(
            f"{max_above_hull:g} eV/atom above the hull", expected="0 (stable crystals) or more"
        )
    by_number = tuple(sorted(chosen, key=lambda symbol: Element(symbol).Z))
    return Query(label, by_number, _check_components(components, len(chosen)), max_above_hull)


def _check_components(components: int | None, n_elements: int) -> int:
    """How many elements a crystal has at most: what was asked for, or what is usual."""
    if components is None:
        usual = range(1, min(_USUAL_COMPONENTS, n_elements) + 1)
        return max(n for n in usual if n == 1 or _n_systems(n_elements, n) <= _USUAL_SYSTEMS)
    if components < 1:
        raise ConfigError(f"{components} components", expected="at least 1")
    components = min(components, n_elements)
    n_systems = _n_systems(n_elements, components)
    if n_systems > _MOST_SYSTEMS:
        raise ConfigError(
            f"{n_elements} elements in {components} components are {n_systems:,} chemical systems",
            expected=f"at most {_MOST_SYSTEMS:,}",
            fix="Take fewer --elements or fewer --components.",
        )
    return components


def _n_systems(n_elements: int, components: int) -> int:
    return sum(math.comb(n_elements, n) for n in range(1, components + 1))
