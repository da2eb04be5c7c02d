"""The part of an energy that composition alone fixes, found in the labels themselves.

etot - eform = sum_a c_a E_a(ground state) is linear in composition. So the elements' energies come
out of the labelled rows by least squares, and whatever is left over shows labels that contradict
each other.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from heanet.errors import DataError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ElementalPart:
    """What the elements give to the total energy.

    Attributes:
        energies: E_a by element, eV/atom.
        values: sum_a c_a E_a of each row, eV/atom, (n_structures,).
        largest_rest: Largest of abs(etot - eform - values), eV/atom; zero for exact labels.
        n: Rows with both labels.
    """

    energies: dict[str, float]
    values: Array
    largest_rest: float
    n: int


def elemental_part(labels: pd.DataFrame, fractions: pd.DataFrame) -> ElementalPart:
    """The elemental part of etot, from the rows that have etot and eform.

    Args:
        labels: With columns etot and eform, eV/atom, (n_structures, ...).
        fractions: Atomic fractions, a column per element, same rows.

    Raises:
        DataError: Too few rows have both labels.
    """
    gap = (labels["etot"] - labels["eform"]).to_numpy(dtype=float)
    shares, known = fractions.to_numpy(dtype=float), np.isfinite(gap)
    if int(known.sum()) < shares.shape[1]:
        raise DataError(
            f"{int(known.sum())} rows have both etot and eform",
            expected=f"at least {shares.shape[1]}, one for every element",
        )
    energies, *_ = np.linalg.lstsq(shares[known], gap[known], rcond=None)
    values: Array = shares @ energies
    return ElementalPart(
        energies=dict(zip(map(str, fractions.columns), energies.tolist(), strict=True)),
        values=values,
        largest_rest=float(np.abs(gap - values)[known].max()),
        n=int(known.sum()),
    )


def without_elements(labels: pd.DataFrame, part: ElementalPart, *, share: float) -> pd.DataFrame:
    """The labels with a share of the elemental part taken off etot; all of it leaves eform.

    Args:
        labels: Task columns; not changed.
        part: Of the same rows.
        share: 0 leaves etot as it is, 1 takes all of the elemental part off.
    """
    return labels.assign(etot=labels["etot"] - share * part.values)
