"""Which of several means over seeds are told apart, and which are a tie.

Another seed gives another error. A difference that is no larger than that is no difference: the
line that happens to have the lower mean has not won.
"""

from typing import Literal

import numpy as np
import pandas as pd

Standing = Literal["lower", "tie", "higher"]
Errors = Literal["mae", "rmse", "r2"]


def compare(one: pd.Series, other: pd.Series, *, metric: Errors = "mae") -> Standing:
    """Where the first of two lines of a leaderboard stands: its error lower, higher, or a tie.

    A tie: the means are no farther apart than the larger of the two standard deviations over
    seeds. A model without a seed has none, so two such models tie only where they are equal.

    Args:
        one: A line of ``heanet.comparison.results.leaderboard``.
        other: Another line on the same rows.
        metric: Which error; of "r2", which is better where it is larger, the negative counts.
    """
    sign = -1.0 if metric == "r2" else 1.0
    gap = sign * (float(one[metric]) - float(other[metric]))
    spreads = [float(line[f"{metric}_spread"]) for line in (one, other)]
    luck = float(np.nanmax([0.0, *spreads]))
    if abs(gap) <= luck:
        return "tie"
    return "lower" if gap < 0 else "higher"


def leading(lines: pd.DataFrame, *, metric: Errors = "mae") -> pd.Series:
    """Which lines have the best mean, or tie with the one that has it, (n_lines,) of bool.

    Args:
        lines: Of a leaderboard, all of one task.
        metric: Which error.
    """
    ranked = lines.dropna(subset=[metric]).sort_values(metric, ascending=metric != "r2")
    tied = {
        index
        for index, line in ranked.iterrows()
        if compare(line, ranked.iloc[0], metric=metric) == "tie"
    }
    return pd.Series([index in tied for index in lines.index], index=lines.index, dtype=bool)
