"""What transfers, as a part of the report: words, the published claim, and every error."""

from collections.abc import Iterator, Mapping

import pandas as pd

from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.findings import (
    FEW,
    Arm,
    DirectionFinding,
    transfer_arms,
    transfer_findings,
)
from heanet.comparison.findingwords import (
    STRATEGY_MEANINGS,
    STRATEGY_TITLES,
    rows_text,
    words,
)
from heanet.comparison.markdown import error_cell, heads, row
from heanet.comparison.plan import DIRECTIONS, N_FOLDS
from heanet.comparison.ranking import leading
from heanet.comparison.studytables import STUDY_COMMAND, TRANSFER
from heanet.comparison.transfer import GP, HEANET, PERCENTS, STRATEGIES
from heanet.comparison.zeroshot import own_group
from heanet.properties import PUBLISHED_TASKS, TASKS

_SHOWN = ("eform", "ms", "rmsd")  # each with an error of its own; mb is ms times the atoms
_SOURCE = "doi 10.1038/s41524-022-00945-x and the training notes of its repository"


def transfer_section(table: pd.DataFrame, published: pd.DataFrame) -> str:
    """The whole section; empty where the study was not made.

    Args:
        table: Of the study, with ``heanet.comparison.transfer.COLUMNS``.
        published: Published figures.
    """
    arms = transfer_arms(table)
    if not len(arms):
        return ""
    found = {each.direction: each for each in transfer_findings(table)}
    parts = [_head(arms, list(found.values())), _claim(published)]
    for direction in DIRECTIONS:
        lines = arms[arms["direction"] == direction]
        if len(lines):
            parts += _direction(lines, direction, found.get(direction))
    return "\n\n".join(part for part in parts if part)


def _head(arms: pd.DataFrame, found: list[DirectionFinding]) -> str:
    present = set(arms["strategy"])
    strategies = [s for s in STRATEGIES if s in present]
    return "\n\n".join(
        [
            "## What transfers",
            *map(words, found),
            "The best strategy is the lowest of several lines on the very rows that it is judged "
            "on, which flatters it; so is scratch the lowest of its groups of tasks. Two errors "
            "are a tie where they are no farther apart than the larger of their standard "
            f"deviations over the {N_FOLDS} fits. Each fit has a seed of its own and a fifth of "
            "the target's compositions, of which nothing else has seen a cell, to test it: an "
            "error counts every row of the target once, and the spread is over compositions and "
            "seeds alike. Settings, epochs among them, are those of the comparison above; the "
            "learning rates of fits that start from other weights were compared on other folds "
            "([007](decisions/007-transfer.md)).",
            "\n".join(f"- *{STRATEGY_TITLES[s]}*: {STRATEGY_MEANINGS[s]}" for s in strategies),
            f"Made by `{STUDY_COMMAND}`; the numbers are those of "
            f"[results/{TRANSFER}](results/{TRANSFER}). etot and emix are eform and what "
            "composition alone fixes, so the network learns one residual for the three and "
            "their errors are one; they part only where the training rows leave a reference open.",
        ]
    )


def _claim(published: pd.DataFrame) -> str:
    """What the published notes said of transfer, and what their figures are."""
    every = published[(published["rows"] == "test") & published["reported"].notna()]
    moved = every[every["strategy"].isin(["tl1", "tl2"])]
    if not len(moved):
        return ""
    runs = set(zip(moved["split"], moved["group"], moved["epochs"], strict=True))
    beside = [
        strategy == "scratch" and (split, group, epochs) in runs
        for strategy, split, group, epochs in zip(
            every["strategy"], every["split"], every["group"], every["epochs"], strict=True
        )
    ]
    shown = pd.concat([moved, every[beside]])
    lines = [*heads(["run", "split", "epochs"])]
    for (run, split, epochs), errors in shown.groupby(
        ["experiment", "split", "epochs"], sort=False
    ):
        reported = errors.set_index("task")["reported"]
        cells = [
            f"{reported[task]:.{TASKS[task].decimals}f}" if task in reported else ""
            for task in PUBLISHED_TASKS
        ]
        lines.append(row([run, split, epochs, *cells]))
    text = (
        "The notes of the published system claim that from 2+3 to 4+5 components transfer is of no "
        "use once training is long enough, by the figures below (as reported there; source: "
        f"{_SOURCE}, rows of [results/published.csv](results/published.csv)). They cannot carry "
        "that: the rows called test lie inside the training rows, the runs tl1 never loaded the "
        "weights that they were to start from, each figure is one run, and four fifths of the "
        "target had trained, where least is to be gained. Of zero-shot the notes say that neither "
        "kind of alloy tells of the other; those test rows (a2 and a3) are genuine."
    )
    return "\n".join(["### The published claim", "", text, "", *lines])


def _direction(
    lines: pd.DataFrame, direction: str, found: DirectionFinding | None
) -> Iterator[str]:
    source, target = DIRECTIONS[direction]
    yield f"### From {source} to {target} components"
    for task in _SHOWN:
        errors = lines[lines["task"] == task]
        if len(errors):
            yield _errors(errors, task)
    if found is not None:
        yield _halving(found)


def _errors(lines: pd.DataFrame, task: str) -> str:
    """One table: strategy and group downwards, rows of the target across."""
    lines = lines[(lines["model"] == GP) | lines["group"].isin(["all", own_group(task)])]
    marked = {
        index: bold
        for _, column in lines.groupby("percent")
        for index, bold in leading(column).items()
    }
    n_train = lines.groupby("percent")["n_train"].first()
    percents = [percent for percent in (0, *PERCENTS) if percent in n_train]
    title = f"{task} ({TASKS[task].unit}), n = {lines['n'].max()}"
    columns = [
        "strategy",
        "tasks",
        *(f"{percent} % ({rows_text(n_train[percent])} rows)" for percent in percents),
    ]
    table = [title, "", row(columns), "|" + "---|" * len(columns)]
    for model, strategy, group in _entries(lines, task):
        own = lines[
            (lines["model"] == model) & (lines["strategy"] == strategy) & (lines["group"] == group)
        ]
        cells = {
            int(line["percent"]): _cell(line, bold=marked[index], most=int(lines["n"].max()))
            for index, line in own.iterrows()
        }
        name = STRATEGY_TITLES[strategy]
        first = (
            [name, group]
            if model == HEANET
            else [f"{CONTENDERS[model].title}, {name}", "each alone"]
        )
        table.append(row([*first, *(cells.get(percent, "") for percent in percents)]))
    return "\n".join(table)


def _entries(lines: pd.DataFrame, task: str) -> Iterator[tuple[str, str, str]]:
    """Model, strategy and group of the lines of a table that are there, in their order."""
    there = set(zip(lines["model"], lines["strategy"], lines["group"], strict=True))
    for model in (HEANET, GP):
        for strategy in STRATEGIES:
            for group in dict.fromkeys(("all", own_group(task))):
                if (model, strategy, group) in there:
                    yield model, strategy, group


def _cell(line: pd.Series, *, bold: bool, most: int) -> str:
    """An error and its spread; with its number of rows where that is not the one of the table."""
    text = f"**{error_cell(line)}**" if bold else error_cell(line)
    return text if line["n"] == most else f"{text} (n = {line['n']})"


def _halving(found: DirectionFinding) -> str:
    """Scratch beside the best strategy, every task, where few rows train."""
    columns = ["task", "unit", "n", "scratch", "best strategy", "error", "ratio", "lower in"]
    n_train = rows_text(found.tasks[0].scratch.n_train)
    lines = [
        f"With {FEW} % of the target's rows ({n_train}); *lower in*: fits of {N_FOLDS} in which "
        "the best strategy has the lower error. Bold: at least halved.",
        "",
        row(columns),
        "|" + "---|" * len(columns),
    ]
    for each in found.tasks:
        ratio = f"{each.ratio:.2f}"
        cells: Mapping[str, object] = {
            "task": each.task,
            "unit": TASKS[each.task].unit,
            "n": _counts(each.scratch, each.best),
            "scratch": f"{_arm_error(each.task, each.scratch)} ({each.scratch.group})",
            "best strategy": f"{STRATEGY_TITLES[each.best.strategy]} ({each.best.group})",
            "error": _arm_error(each.task, each.best),
            "ratio": f"**{ratio}**" if each.halved else ratio,
            "lower in": each.lower_in,
        }
        lines.append(row(cells[column] for column in columns))
    return "\n".join(lines)


def _counts(*arms: Arm) -> str:
    """Rows judged: one number, or one of each where they differ."""
    return " / ".join(dict.fromkeys(str(arm.n) for arm in arms))


def _arm_error(task: str, arm: Arm) -> str:
    return error_cell(pd.Series({"task": task, "mae": arm.mae, "mae_spread": arm.spread}))
