"""Tasks learnt all together beside the same tasks learnt in their own group, on the same rows."""

from dataclasses import dataclass

import pandas as pd

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.ranking import Standing, compare
from heanet.properties import PUBLISHED_TASKS

ALL = "all"


@dataclass(frozen=True)
class Beside:
    """The errors of one task, learnt with all others and in its group.

    Attributes:
        task: Task key.
        unit: Of the errors.
        group: Key of its group in TASK_GROUPS.
        n: Rows judged.
        together: Mean absolute error over seeds with all six tasks, and its standard deviation.
        alone: The same with the tasks of its group.
        standing: Where ``together`` stands: its error lower, a tie within the spread, or higher.
    """

    task: str
    unit: str
    group: str
    n: int
    together: tuple[float, float]
    alone: tuple[float, float]
    standing: Standing


def own_group(task: str) -> str:
    """The smallest group of tasks that a task is learnt in."""
    return min(
        (group for group, tasks in TASK_GROUPS.items() if task in tasks),
        key=lambda group: len(TASK_GROUPS[group]),
    )


def beside(board: pd.DataFrame, model: str) -> list[Beside]:
    """What learning together gives each task; tasks without both errors are left out.

    Args:
        board: A ``heanet.comparison.results.leaderboard``.
        model: Key of a contender.
    """
    own_lines = board[board["model"] == model]
    lines = {(line["group"], line["task"]): line for _, line in own_lines.iterrows()}
    found = []
    for task in PUBLISHED_TASKS:
        group = own_group(task)
        if (ALL, task) not in lines or (group, task) not in lines:
            continue
        every, own = lines[ALL, task], lines[group, task]
        found.append(
            Beside(
                task=task,
                unit=str(every["unit"]),
                group=group,
                n=int(every["n"]),
                together=(float(every["mae"]), float(every["mae_spread"])),
                alone=(float(own["mae"]), float(own["mae_spread"])),
                standing=compare(every, own),
            )
        )
    return found
