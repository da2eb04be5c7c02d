"""The entropy of mixing of an ideal solution: what makes many elements on one lattice special.

With N atoms placed at random, Stirling's formula turns the number of arrangements into
-R sum_a c_a ln c_a per mole of atoms, which n equal parts make largest: R ln n.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from scipy.constants import R as GAS_CONSTANT  # J/mol/K

from heanet.data.alloys import check_fractions
from heanet.errors import ConfigError

Kind = Literal["low", "medium", "high"]
# The usual bounds between low-, medium- and high-entropy alloys, in units of R.
MEDIUM_FROM, HIGH_FROM = 1.0, 1.5


def mixing_entropy(fractions: Mapping[str, float]) -> float:
    """Ideal entropy of mixing, -sum_a c_a ln c_a, in units of the gas constant R.

    Args:
        fractions: Atomic fraction by element, more than zero, sum 1.

    Raises:
        StructureError: A fraction is not positive, or they do not sum to one.
    """
    check_fractions(fractions)
    shares = np.array(list(fractions.values()))
    # Rounded fractions sum to nearly one; an entropy is of those that do exactly.
    shares = shares / shares.sum()
    return float(max(-(shares * np.log(shares)).sum(), 0.0))


def equal_parts_entropy(n_elements: int) -> float:
    """The largest entropy that ``n_elements`` can have, ln n, in units of R.

    Raises:
        ConfigError: There is no element.
    """
    if n_elements < 1:
        raise ConfigError(f"An alloy of {n_elements} elements", expected="at least 1")
    return float(np.log(n_elements))


def joules(entropy: float) -> float:
    """An entropy in units of R as J/mol/K, per mole of atoms."""
    return float(entropy * GAS_CONSTANT)


def entropy_kind(entropy: float) -> Kind:
    """What alloys of this entropy (units of R) are usually called.

    Three equal parts (ln 3 = 1.10) are medium, five (ln 5 = 1.61) are high.
    """
    if entropy >= HIGH_FROM:
        return "high"
    return "medium" if entropy >= MEDIUM_FROM else "low"
