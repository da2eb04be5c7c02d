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


def results_report(results: Results, *, n_done: int, n_planned: int) -> str:
    """The document.

    Args:
        results: All tables.
        n_done: Fits that they stand on.
        n_planned: Fits of the whole plan.
    """
    boards = {split: leaderboard(results.errors, split=split) for split in SPLITS}
    parts = [
        _head(results, n_done, n_planned),
        _models(results),
        _zero_shot(boards),
        *(_split(split, board) for split, board in boards.items() if len(board)),
        _slices(results.errors),
        _published(results.published),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def wins(board: pd.DataFrame, task: str) -> tuple[str, str | None]:
    """The task group in which HEANet does best on a task, and the baseline that beats it there.

    Args:
        board: Leaderboard of one split.
        task: Task key.

    Returns:
        Group, and the key of the best baseline if its mean error is lower, else None.
    """
    rows = board[board["task"] == task]
    ours = rows[rows["model"] == HEANET].sort_values("mae").iloc[0]
    others = rows[rows["model"] != HEANET].sort_values("mae")
    beaten = not len(others) or ours["mae"] < others.iloc[0]["mae"]
    return str(ours["group"]), None if beaten else str(others.iloc[0]["model"])


def _head(results: Results, n_done: int, n_planned: int) -> str:
    data = results.about.data
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
    """HEANet's best group per task on a0-a3, and whether a baseline beats it."""
    lines = [
        "## From some numbers of components to others",
        "",
        "HEANet in the task group in which it does best, and the best baseline on the same rows. "
        "Bold: the lower of the two.",
        "",
        "| split | task | n | HEANet | its group | best baseline | which | unit |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lost = []
    for split in ZERO_SHOT:
        board = boards[split]
        if HEANET not in set(board["model"]):
            continue
        for task in TASK_KEYS:
            group, winner = wins(board, task)
            rows = board[board["task"] == task]
            ours = rows[(rows["model"] == HEANET) & (rows["group"] == group)].iloc[0]
            others = rows[rows["model"] != HEANET].sort_values("mae")
            best = others.iloc[0] if len(others) else None
            left, right = _cell(ours), "-" if best is None else _cell(best)
            left, right = (left, f"**{right}**") if winner else (f"**{left}**", right)
            title = "-" if best is None else CONTENDERS[str(best["model"])].title
            lines.append(
                f"| {split} | {task} | {ours['n']} | {left} | {group} | {right} | {title} "
                f"| {ours['unit']} |"
            )
            lost += [f"{task} on {split} (to {title})"] if winner else []
    if len(lines) == 6:
        return ""
    verdict = (
        f"HEANet does not beat every baseline: it loses {', '.join(lost)}."
        if lost
        else "HEANet beats every baseline in every line of this table."
    )
    return "\n".join([*lines, "", verdict])


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
        cells = {str(row["task"]): _cell(row) for _, row in rows.iterrows()}
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
            cells = {str(row["task"]): _cell(row) for _, row in rows.iterrows()}
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


def _cell(row: pd.Series) -> str:
    """Mean, and spread over seeds where there are several."""
    digits = TASKS[str(row["task"])].decimals
    spread = "" if pd.isna(row["mae_spread"]) else f" ± {row['mae_spread']:.{digits}f}"
    return f"{row['mae']:.{digits}f}{spread}"
