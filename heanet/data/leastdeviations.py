"""Values that are linear in composition, fitted so that a few wrong labels do not move them.

Least absolute deviations are exactly a linear programme, min_w sum |y - X w|. It is solved in one
of two forms that give the same.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from heanet.errors import DataError

Array = NDArray[np.float64]
# Structures up to which the form is taken that takes long for many.
FEW_ROWS = 5_000


def robust_fit(fractions: Array, values: Array) -> list[float]:
    """Least absolute deviations of values on composition: a few wrong labels do not move it.

    Args:
        fractions: Atomic fractions, (n_structures, n_elements).
        values: One value per structure, any unit; rows that are not finite are left out.

    Returns:
        One coefficient per element, in the unit of the values; zero for an element without an
        atom in those rows.
    """
    rows = np.isfinite(values)
    x, y = fractions[rows], values[rows]
    n, k = x.shape
    if n == 0:
        return [0.0] * k
    # Recorded results were made with the first form, and stay what they are to the last bit.
    solve = _least_deviations if n <= FEW_ROWS else _least_deviations_of_many
    found = solve(x, y)
    # Where compositions leave a direction open (one alloy only), the solver picks a corner; the
    # shortest of the equivalent solutions gives equal elements equal parts.
    return (np.linalg.pinv(x) @ (x @ found)).tolist()


def _least_deviations(x: Array, y: Array) -> Array:
    """Coefficients w of the least sum(u + v) with X w + u - v = y and u, v >= 0."""
    n, k = x.shape
    cost = np.concatenate([np.zeros(k), np.ones(2 * n)])
    equations = hstack([csr_array(x), eye_array(n), -eye_array(n)], format="csr")
    bounds = [(None, None)] * k + [(0, None)] * (2 * n)
    solution = linprog(cost, A_eq=equations, b_eq=y, bounds=bounds, method="highs")
    if solution.x is None:
        raise _not_fitted(solution.message)
    found: Array = solution.x[:k]
    return found


def _least_deviations_of_many(x: Array, y: Array) -> Array:
    """The same w as multipliers of the dual: the largest y . d with X^T d = 0 and -1 <= d <= 1.

    It has an equation for each element where the first form has one for each structure: 36,400 take
    a third of a second in place of minutes.
    """
    zero = np.zeros(x.shape[1])
    solution = linprog(-y, A_eq=x.T, b_eq=zero, bounds=(-1, 1), method="highs-ds")
    if not solution.success:
        raise _not_fitted(solution.message)
    found: Array = -solution.eqlin.marginals
    return found


def _not_fitted(why: str) -> DataError:
    return DataError(f"The elemental references cannot be fitted: {why}")
