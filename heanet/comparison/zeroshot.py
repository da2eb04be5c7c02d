"""HEANet on the published cuts a0 to a3 beside the best baseline: where it wins, ties and loses."""

from collections.abc import Mapping

import pandas as pd

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.markdown import error_cell, row
from heanet.comparison.ranking import Standing, compare, leading
from heanet.properties import PUBLISHED_TASKS, TASKS, published_in

CUTS = ("a0", "a1", "a2", "a3")
HEANET = "heanet"
_COLUMNS = (
    *("split", "also trained on", "task", "n", "HEANet, all", "seeds averaged"),
    *("HEANet, own group", "best baseline", "which", "unit"),
)
_INTRODUCTION = (
    "HEANet with all six tasks together, with the predictions of its seeds averaged, and with the "
    "tasks of the energies, the moments or rmsd alone; beside it the baseline with the lowest mean "
    "on the same rows, whichever it is. *Also trained on*: how many of the compositions tested are "
    "in the training rows too. a1, a2 and a3 ask for other numbers of components than those "
    "trained on, and share no composition; a0 is a random cut and asks less. Bold: the lowest mean "
    "over seeds, and every mean that is no farther from it than the larger of their two standard "
    "deviations over seeds: a tie. The averaged predictions are not in that contest."
)


def zero_shot_section(boards: Mapping[str, pd.DataFrame]) -> str:
    """The table and what it says; empty where HEANet has no line.

    Args:
        boards: Leaderboards of the test rows by split.
    """
    places = [
        (split, task) for split in CUTS for task in PUBLISHED_TASKS if entries(boards[split], task)
    ]
    if not places:
        return ""
    lines = [row(_COLUMNS), "|" + "---|" * len(_COLUMNS)]
    lines += [_line(split, boards[split], task) for split, task in places]
    verdicts = [
        f"{words} {verdict}"
        for key, words in (
            ("all", "With all six tasks together, HEANet"),
            ("own", "With the tasks of its own group alone, HEANet"),
        )
        if (verdict := _verdict(boards, places, key))
    ]
    head = ["## HEANet on the published cuts a0 to a3", "", _INTRODUCTION, ""]
    return "\n".join([*head, *lines, "", "\n\n".join(verdicts)])


def own_group(task: str) -> str:
    """The key of the task group that holds the tasks that follow from this one, and no others."""
    wanted = published_in(TASKS[task].group)
    return next(key for key, tasks in TASK_GROUPS.items() if tasks == wanted)


def best_baseline(board: pd.DataFrame, task: str) -> pd.Series | None:
    """The line of the baseline with the lowest mean error on a task; None without any.

    Args:
        board: Leaderboard of one split.
        task: Task key.
    """
    others = board[(board["task"] == task) & (board["model"] != HEANET)].sort_values("mae")
    return others.iloc[0] if len(others) else None


def entries(board: pd.DataFrame, task: str) -> dict[str, pd.Series]:
    """The lines of a task that are set side by side: "all", "own", "baseline".

    Empty without HEANet.
    """
    ours = board[(board["model"] == HEANET) & (board["task"] == task)]
    by_group = {str(line["group"]): line for _, line in ours.iterrows()}
    groups = {"all": "all", "own": own_group(task)}
    found = {key: by_group[group] for key, group in groups.items() if group in by_group}
    baseline = best_baseline(board, task)
    if found and baseline is not None:
        found["baseline"] = baseline
    return found


def _line(split: str, board: pd.DataFrame, task: str) -> str:
    found = entries(board, task)
    marked = leading(pd.DataFrame(found).T)
    cells = {
        key: f"**{error_cell(line)}**" if marked[key] else error_cell(line)
        for key, line in found.items()
    }
    first, together = next(iter(found.values())), found.get("all")
    averaged = "-"
    if together is not None and not pd.isna(together["ensemble_mae"]):
        averaged = f"{together['ensemble_mae']:.{TASKS[task].decimals}f}"
    told = f"{first['shared']} of {first['compositions']}"
    named = {key: cells.get(key, "-") for key in ("all", "own", "baseline")}
    values = [named["all"], averaged, named["own"], named["baseline"], _title(found)]
    return row([split, told, task, first["n"], *values, first["unit"]])


def _verdict(boards: Mapping[str, pd.DataFrame], places: list[tuple[str, str]], key: str) -> str:
    """In how many lines the error is lower, and where it is a tie or higher; may be empty."""
    found: dict[Standing, dict[str, list[str]]] = {"lower": {}, "tie": {}, "higher": {}}
    for split, task in places:
        lines = entries(boards[split], task)
        if key in lines and "baseline" in lines:
            standing = compare(lines[key], lines["baseline"])
            found[standing].setdefault(split, []).append(task)
    counts = {standing: sum(map(len, listed.values())) for standing, listed in found.items()}
    if not any(counts.values()):
        return ""
    said = (
        f"has a lower error than the best baseline in {counts['lower']} of {sum(counts.values())} "
        "lines"
    )
    for standing, words in (("tie", "ties with it in"), ("higher", "loses to it in")):
        if counts[standing]:
            said += f"; it {words} {counts[standing]}: {by_split(found[standing])}"
    return f"{said}."


def by_split(tasks: Mapping[str, list[str]]) -> str:
    """``"a0 (etot, ms), a2 (mb)"``: tasks behind their split."""
    return ", ".join(f"{split} ({', '.join(listed)})" for split, listed in tasks.items())


def _title(found: Mapping[str, pd.Series]) -> str:
    line = found.get("baseline")
    return "-" if line is None else CONTENDERS[str(line["model"])].title
