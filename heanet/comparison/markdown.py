"""Numbers and tables of the report as Markdown."""

from collections.abc import Iterable, Sequence

import pandas as pd

from heanet.properties import PUBLISHED_TASKS, TASKS


def heads(first: Sequence[str]) -> list[str]:
    """Two lines: some columns and one per task with its unit, and the line below a table's head."""
    columns = [*first, *(f"{task} ({TASKS[task].unit})" for task in PUBLISHED_TASKS)]
    return [row(columns), "|" + "---|" * len(columns)]


def row(cells: Iterable[object]) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def error_cell(line: pd.Series) -> str:
    """Mean of a leaderboard's line, and its spread over seeds where there are several."""
    digits = TASKS[str(line["task"])].decimals
    spread = "" if pd.isna(line["mae_spread"]) else f" ± {line['mae_spread']:.{digits}f}"
    return f"{line['mae']:.{digits}f}{spread}"


def error_cells(lines: pd.DataFrame) -> list[str]:
    """One cell per task of some lines of a leaderboard; empty where a task has none."""
    found = {str(line["task"]): error_cell(line) for _, line in lines.iterrows()}
    return [found.get(task, "") for task in PUBLISHED_TASKS]


def count_text(numbers: Iterable[int]) -> str:
    """``"72"``, or ``"70 to 72"`` where tasks have labels of different numbers of rows."""
    found = sorted(set(map(int, numbers)))
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"
