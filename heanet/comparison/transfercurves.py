"""Learning curves of the study of transfer: error over the number of target rows that trained."""

from dataclasses import dataclass

import pandas as pd

from heanet.comparison.transfer import HEANET, POOLED, STRATEGIES, ZERO_SHOT


@dataclass(frozen=True)
class TransferCurve:
    """One strategy.

    Attributes:
        strategy: Of STRATEGIES.
        rows: Target rows that trained, ascending; 0 alone for zero-shot.
        errors: Mean absolute error at each of them, all folds together.
        unit: Of the errors.
        n: Rows judged.
    """

    strategy: str
    rows: tuple[float, ...]
    errors: tuple[float, ...]
    unit: str
    n: int


def transfer_curves(
    table: pd.DataFrame, *, direction: str, task: str, group: str = "all", model: str = HEANET
) -> list[TransferCurve]:
    """A curve per strategy, in the order in which they are told of.

    Args:
        table: With the columns of the study.
        direction: Of heanet.comparison.plan.DIRECTIONS.
        task: Task key.
        group: What is learnt together.
        model: Key of a contender.
    """
    lines = table[
        (table["direction"] == direction)
        & (table["task"] == task)
        & (table["group"] == group)
        & (table["model"] == model)
        & (table["fold"] == POOLED)
    ].sort_values("n_train")
    found = []
    for strategy in STRATEGIES:
        own = lines[lines["strategy"] == strategy]
        if strategy == ZERO_SHOT:
            own = own[own["percent"] == 0]
        if len(own):
            found.append(
                TransferCurve(
                    strategy=strategy,
                    rows=tuple(map(float, own["n_train"])),
                    errors=tuple(map(float, own["mae"])),
                    unit=str(own["unit"].iloc[0]),
                    n=int(own["n"].iloc[0]),
                )
            )
    return found
