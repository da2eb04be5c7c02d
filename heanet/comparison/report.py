"""The results as a document: every number of it is a number of the error table."""

import pandas as pd

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.plan import GROUPED, SPLITS
from heanet.comparison.results import Results, leaderboard
from heanet.properties import TASK_KEYS, TASKS

# What each split asks, in one sentence.
QUESTIONS: dict[str, str] = {
    "a0": "A fifth of all cells held out at random, in the published files.",
    "a1": "From two, three and four components to five, zero-shot.",
    "a2": "From two and three components to four and five, zero-shot.",
    "a3": "From four and five components to two and three, zero-shot.",
    "b0": "Four and five components, cut 80/10/10 at random.",
    "b1": "Two and three components, cut 80/10/10 at random.",
    "b2": "All components, cut 80/10/10 at random.",
    GROUPED: "Five folds of all cells, no composition in two of them; every cell held out once.",
}
ZERO_SHOT = ("a0", "a1", "a2", "a3")
HEANET = "heanet"
BASELINES = tuple(key for key in CONTENDERS if key != HEANET)


def results_report(results: Results) -> str:
    """The document, as Markdown."""
    boards = {split: leaderboard(results.errors, split=split) for split in SPLITS}
    parts = [
        _head(results),
        _models(results),
        _zero_shot(boards),
        *(_split(split, board) for split, board in boards.items() if len(board)),
        _slices(results.errors),
        _published(results.published),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def own_group(task: str) -> str:
    """The key of the task group that holds the tasks that follow from this one, and no others."""
    wanted = [key for key in TASKS if TASKS[key].group == TASKS[task].group]
    return next(key for key, tasks in TASK_GROUPS.items() if list(tasks) == wanted)


def best_baseline(board: pd.DataFrame, task: str) -> pd.Series | None:
    """The line of the baseline with the lowest mean error on a task; None without any.

    Args:
        board: Leaderboard of one split.
        task: Task key.
    """
    others = board[(board["task"] == task) & (board["model"] != HEANET)].sort_values("mae")
    return others.iloc[0] if len(others) else None


def _head(results: Results) -> str:
    data = results.about.data
    n_done, n_planned = results.about.n_done, results.about.n_planned
    made = " ".join(sorted(set(" ".join(results.errors["commit"].unique()).split())))
    missing = n_planned - n_done
    lines = [
        "# Results",
        "",
        f"{data.title}; {data.n_rows} cells, labels {'corrected' if data.corrected else 'raw'}, "
        f"fingerprint `{data.fingerprint[:12]}`.",
        "Made by `heanet compare --rebuild`, which writes this file and the tables beside it; "
        "every number here is one of [results/errors.csv](results/errors.csv), where each stands "
        "with its split, rows, n, unit, labels and the commit of the code that fitted the model "
        f"(here: {made}).",
        "",
        f"{n_done} of {n_planned} planned fits are in these tables"
        + ("." if not missing else f"; {missing} are missing, and so are their rows below."),
        "Errors are mean absolute errors on test rows: rows that trained nothing and chose "
        f"nothing. A number is the mean over seeds {', '.join(map(str, results.about.seeds))} with "
        "the standard deviation over seeds behind it; a model without a seed has none.",
    ]
    return "\n".join(lines)


def _models(results: Results) -> str:
    present = list(dict.fromkeys(results.errors["model"]))
    lines = ["## What is compared", "", "| model | what it is |", "|---|---|"]
    lines += [
        f"| {CONTENDERS[key].title} | {CONTENDERS[key].summary} |"
        for key in CONTENDERS
        if key in present
    ]
    lines += [
        "",
        "Tasks are learnt together in groups: "
        + "; ".join(f"*{group}* ({' '.join(tasks)})" for group, tasks in TASK_GROUPS.items())
        + ". Where the validation rows of a split are not needed to choose an epoch, they train; "
        "the published recipe chooses its epoch on them. In the folds there are none, and every "
        "network keeps its last epoch.",
    ]
    return "\n".join(lines)


def _zero_shot(boards: dict[str, pd.DataFrame]) -> str:
    """HEANet on a0-a3 beside the best baseline, its groups fixed before any test row was seen."""
    lines = [
        "## From some numbers of components to others",
        "",
        "HEANet with all six tasks together, with the predictions of its seeds averaged, and with "
        "the tasks of the energies, the moments or rmsd alone; beside it the best baseline on the "
        "same rows, whichever it is. Bold: the lowest mean over seeds.",
        "",
        "| split | task | n | HEANet, all | seeds averaged | HEANet, own group | best baseline "
        "| which | unit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lost: dict[str, list[str]] = {"all": [], "own": []}
    lines += [
        _zero_shot_line(split, boards[split], task, lost)
        for split in ZERO_SHOT
        if HEANET in set(boards[split]["model"])
        for task in TASK_KEYS
    ]
    if not any(line.startswith("| a") for line in lines):
        return ""
    verdicts = [
        f"{words}, HEANet {_verdict(lost[key])}"
        for key, words in (("all", "With all six tasks together"), ("own", "With its own group"))
    ]
    return "\n".join([*lines, "", *verdicts])


def _zero_shot_line(split: str, board: pd.DataFrame, task: str, lost: dict[str, list[str]]) -> str:
    """One line of the table; adds to ``lost`` where a baseline has the lower error."""
    baseline = best_baseline(board, task)
    entries = {
        "all": _heanet_line(board, task, "all"),
        "own": _heanet_line(board, task, own_group(task)),
        "baseline": baseline,
    }
    found = {key: float(row["mae"]) for key, row in entries.items() if row is not None}
    lowest = min(found.values())
    cells = {key: "-" if row is None else _cell(row, task) for key, row in entries.items()}
    cells = {key: f"**{c}**" if found.get(key) == lowest else c for key, c in cells.items()}
    title = "-" if baseline is None else CONTENDERS[str(baseline["model"])].title
    for key in lost:
        if key in found and found.get("baseline", lowest) < found[key]:
            lost[key].append(f"{task} on {split} to {title}")
    first, together = next(r for r in entries.values() if r is not None), entries["all"]
    averaged = "-"
    if together is not None and not pd.isna(together["ensemble_mae"]):
        averaged = f"{together['ensemble_mae']:.{TASKS[task].decimals}f}"
    return (
        f"| {split} | {task} | {first['n']} | {cells['all']} | {averaged} | {cells['own']} "
        f"| {cells['baseline']} | {title} | {first['unit']} |"
    )


def _heanet_line(board: pd.DataFrame, task: str, group: str) -> pd.Series | None:
    rows = board[board["model"].eq(HEANET) & board["task"].eq(task) & board["group"].eq(group)]
    return rows.iloc[0] if len(rows) else None


def _verdict(lost: list[str]) -> str:
    if not lost:
        return "beats every baseline in every line of this table."
    return f"does not beat every baseline: it loses {', '.join(lost)}."


def _split(split: str, board: pd.DataFrame) -> str:
    """All models and groups on the test rows of one split."""
    first = board.iloc[0]
    leak = (
        f"{first['shared']} of the {first['compositions']} compositions tested are also trained on."
        if split != GROUPED
        else f"{first['compositions']} compositions, none of them trained on when it is tested."
    )
    heads = [f"{task} ({TASKS[task].unit})" for task in TASK_KEYS]
    lines = [
        f"## {split}",
        "",
        f"{QUESTIONS[split]} Test rows: n = {first['n']}. {leak}",
        "",
        f"| model | tasks | seeds | {' | '.join(heads)} |",
        "|---|---|---|" + "---|" * len(heads),
    ]
    for (model, group), rows in board.groupby(["model", "group"], sort=False):
        cells = {str(row["task"]): _cell(row, str(row["task"])) for _, row in rows.iterrows()}
        values = " | ".join(cells.get(task, "") for task in TASK_KEYS)
        tasks = group if CONTENDERS[str(model)].recipe else "each alone"
        seeds = rows["seeds"].max() if CONTENDERS[str(model)].recipe else "-"
        lines.append(f"| {CONTENDERS[str(model)].title} | {tasks} | {seeds} | {values} |")
    return "\n".join(lines)


def _slices(errors: pd.DataFrame) -> str:
    """HEANet's cross-validated errors by kind of alloy."""
    kinds = {"n_elements": "components", "lattice": "parent lattice", "element": "with element"}
    lines = [
        "## Where the errors are",
        "",
        "HEANet, all six tasks together, grouped folds, held-out rows only.",
        "",
        f"| part | n | {' | '.join(f'{t} ({TASKS[t].unit})' for t in TASK_KEYS)} |",
        "|---|---|" + "---|" * len(TASK_KEYS),
    ]
    for by, title in kinds.items():
        chosen = errors[(errors["split"] == GROUPED) & (errors["by"] == by)]
        for part in sorted(set(chosen["part"])):
            board = leaderboard(errors, split=GROUPED, by=by, part=part)
            rows = board[(board["model"] == HEANET) & (board["group"] == "all")]
            if not len(rows):
                continue
            cells = {str(row["task"]): _cell(row, str(row["task"])) for _, row in rows.iterrows()}
            values = " | ".join(cells.get(task, "") for task in TASK_KEYS)
            lines.append(f"| {title} {part} | {rows.iloc[0]['n']} | {values} |")
    return "\n".join(lines) if len(lines) > 6 else ""


def _published(table: pd.DataFrame) -> str:
    """The published checkpoints on the rows of their figures, and on rows that they never saw."""
    known = table[table["checkpoint"] != ""]
    if not len(known):
        return ""
    lines = [
        "## The published checkpoints, evaluated again",
        "",
        "Raw labels. *Same rows*: those that the published figure is from; *trained on*: how many "
        "of them had trained the network; *shuffled*: the same rows with the atoms of every cell "
        "in another order; *never seen*: rows that the network was not trained on. Source: "
        "doi 10.1038/s41524-022-00945-x and the training notes of its repository.",
        "",
        "| checkpoint | task | unit | rows | reported | same rows (n) | trained on | shuffled "
        "| never seen (n) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for _, row in known.iterrows():
        digits = TASKS[str(row["task"])].decimals + 1
        reported = "-" if pd.isna(row["reported"]) else f"{row['reported']:g}"
        lines.append(
            f"| {row['checkpoint']} | {row['task']} | {row['unit']} | {row['rows']} | {reported} "
            f"| {row['same_rows']:.{digits}f} ({row['n_same']:.0f}) "
            f"| {row['trained_of_same']:.0f} | {row['shuffled']:.{digits}f} "
            f"| {row['unseen']:.{digits}f} ({row['n_unseen']:.0f}) |"
        )
    return "\n".join(lines)


def _cell(row: pd.Series, task: str) -> str:
    """Mean, and spread over seeds where there are several."""
    digits = TASKS[task].decimals
    spread = "" if pd.isna(row["mae_spread"]) else f" ± {row['mae_spread']:.{digits}f}"
    return f"{row['mae']:.{digits}f}{spread}"
