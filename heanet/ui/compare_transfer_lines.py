"""Lines of the study of transfer as the page draws them: chosen, named, set beside scratch."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from heanet.comparison.findingwords import STRATEGY_TITLES
from heanet.comparison.plan import SCRATCH
from heanet.comparison.transfer import GP, HEANET, STRATEGIES, ZERO_SHOT
from heanet.comparison.zeroshot import own_group
from heanet.figures.heatmaps import RatioCell
from heanet.figures.transfer import RowsCurve, RowsPoint
from heanet.properties import PUBLISHED_TASKS
from heanet.ui import compare_words as words
from heanet.ui import task_words
from heanet.ui.language import _

ALL, OWN, LOWEST = "all", "own", "lowest"
# In the order of the legend; a line keeps its colour whichever others are drawn.
ENTRIES = tuple((model, strategy) for model in (HEANET, GP) for strategy in STRATEGIES)


def chosen_lines(arms: pd.DataFrame, task: str, learnt: str) -> pd.DataFrame:
    """One line per model, strategy and percentage: that of the chosen tasks learnt together.

    A model without a network takes each task alone, so its lines stand beside every choice.

    Args:
        arms: Of one direction, as ``transfer_arms`` gives them.
        task: Task key.
        learnt: ALL: with all six tasks; OWN: with those of its group alone; LOWEST: whichever of
            the two has the lower mean absolute error.
    """
    own = own_group(task)
    groups = {ALL: ["all"], OWN: [own], LOWEST: ["all", own]}[learnt]
    chosen = arms[
        (arms["task"] == task) & ((arms["model"] == GP) | arms["group"].isin(groups))
    ].sort_values("mae", kind="stable")
    return chosen.drop_duplicates(["model", "strategy", "percent"])


def curves_of(lines: pd.DataFrame) -> list[RowsCurve]:
    """A curve per model and strategy, in the order of ENTRIES.

    Args:
        lines: As ``chosen_lines`` gives them, of one task.
    """
    curves = []
    for look, (model, strategy) in enumerate(ENTRIES):
        own = lines[(lines["model"] == model) & (lines["strategy"] == strategy)]
        points = tuple(
            RowsPoint(
                percent=int(line["percent"]),
                rows=float(line["n_train"]),
                error=float(line["mae"]),
                spread=float(line["mae_spread"]),
                note=words.learnt(model, str(line["group"])),
            )
            for _index, line in own.sort_values("percent").iterrows()
        )
        if points:
            curves.append(
                RowsCurve(entry_title(model, strategy), look, points, level=strategy == ZERO_SHOT)
            )
    return curves


def ratio_cells(arms: pd.DataFrame, *, percent: int, learnt: str, facet: str) -> list[RatioCell]:
    """A square per strategy and task: its error over that from scratch with as many rows.

    Args:
        arms: Of one direction.
        percent: Of the target's rows; zero-shot stands beside every choice.
        learnt: As in ``chosen_lines``.
        facet: Title above the squares.
    """
    near = arms[arms["percent"].isin([0, percent])]
    lines = {
        (model, strategy, task): line
        for task in PUBLISHED_TASKS
        for line in chosen_lines(near, task, learnt).to_dict("records")
        for model, strategy in [(line["model"], line["strategy"])]
    }
    there = {key[:2] for key in lines} | {(HEANET, strategy) for strategy in STRATEGIES}
    return [
        _cell(entry, task, lines, facet=facet)
        for entry in ENTRIES
        if entry in there
        for task in PUBLISHED_TASKS
    ]


def entry_title(model: str, strategy: str) -> str:
    """Name of a line: the strategy, and the model where it is not HEANet."""
    title = _(STRATEGY_TITLES[strategy])
    if model == HEANET:
        return title
    return _("{model}, {strategy}").format(model=words.model_title(model), strategy=title)


def _cell(
    entry: tuple[str, str],
    task: str,
    lines: Mapping[tuple[str, str, str], Mapping[Any, Any]],
    *,
    facet: str,
) -> RatioCell:
    nothing = float("nan")
    line, base = lines.get((*entry, task)), lines.get((HEANET, SCRATCH, task))
    reason = ""
    if line is None:
        reason = _("not fitted with these tasks and so many rows")
    elif base is None:
        reason = _("scratch is not fitted with so many rows")
    return RatioCell(
        facet=facet,
        row=entry_title(*entry),
        column=task,
        error=nothing if line is None else float(line["mae"]),
        baseline=nothing if base is None else float(base["mae"]),
        unit=task_words.unit(task),
        n=0 if line is None else int(line["n"]),
        reason=reason,
    )
