"""Error bars that mean what they say: calibrated on rows that nothing was fitted on.

The members of an ensemble disagree most where they know least, but the size of their disagreement
is not an error. Per group of tasks the standard deviation is taken as

    std^2 = scale^2 * (floor^2 + spread^2)

with the spread over members, a floor fitted by maximum likelihood (normal errors), and a scale set
so that value +- 1.645 std covers the truth in 90 % of the held-out rows.
"""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import minimize_scalar

from heanet.config import Config
from heanet.errors import DataError

Array = NDArray[np.float64]
COVERAGE = 0.9
Z_90 = 1.6448536  # half-width of the central 90 % of a normal distribution, in std


class Calibration(Config):
    """How to turn the members' spread into a standard deviation, for one group of tasks.

    Attributes:
        floor: Error that remains where all members agree, in the group's per-atom unit.
        scale: Factor that makes the 90 % interval cover 90 %.
    """

    floor: Annotated[float, Field(ge=0)]
    scale: Annotated[float, Field(gt=0)]

    def std(self, spread: Array) -> Array:
        """Standard deviation from the members' spread, same shape and unit."""
        return self.scale * np.hypot(self.floor, spread)


def fit_calibration(errors: Array, spread: Array) -> Calibration:
    """Calibrate on held-out rows.

    Args:
        errors: Prediction minus label, (n_structures,).
        spread: Standard deviation over members, (n_structures,), same unit.

    Raises:
        DataError: There are fewer than 10 rows, too few to speak of 90 %.
    """
    if len(errors) < 10:
        raise DataError(f"{len(errors)} held-out rows", expected="at least 10 to calibrate on")
    size = float(np.sqrt(np.mean(errors**2)))
    if size == 0:
        return Calibration(floor=0.0, scale=1.0)  # no error to scale by

    def negative_log_likelihood(log_floor: float) -> float:
        variance = np.exp(2 * log_floor) + spread**2
        scale2 = np.mean(errors**2 / variance)  # the best scale for this floor
        return float(np.mean(np.log(scale2 * variance)))

    bounds = (np.log(size * 1e-2), np.log(size * 1e2))
    best = minimize_scalar(negative_log_likelihood, bounds=bounds, method="bounded")
    floor = float(np.exp(best.x))
    ratio = np.sort(np.abs(errors) / np.hypot(floor, spread))
    # The finite-sample quantile of conformal prediction: row (n + 1) * 0.9 of n, rounded up.
    rank = min(len(ratio), math.ceil(COVERAGE * (len(ratio) + 1)))
    return Calibration(floor=floor, scale=float(ratio[rank - 1]) / Z_90)


def cross_coverage(errors: Array, spread: Array, folds: Sequence[NDArray[np.int64]]) -> float:
    """Share of rows inside the 90 % interval when each fold is judged by the other folds.

    Args:
        errors: Prediction minus label, (n_structures,).
        spread: Standard deviation over members, (n_structures,).
        folds: Row positions of each fold; together they are all rows.
    """
    inside = np.zeros(len(errors), dtype=bool)
    for fold in folds:
        others = np.setdiff1d(np.arange(len(errors)), fold)
        std = fit_calibration(errors[others], spread[others]).std(spread[fold])
        inside[fold] = np.abs(errors[fold]) <= Z_90 * std
    return float(inside.mean())
