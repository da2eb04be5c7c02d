"""What the authors of the published system reported, as a part of the report.

X. Wang et al., npj Comput. Mater. 8 (2022), doi 10.1038/s41524-022-00945-x, and the training notes
of its repository.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.markdown import row
from heanet.comparison.ranking import compare
from heanet.comparison.zeroshot import CUTS, by_split
from heanet.properties import PUBLISHED_TASKS, TASKS

PUBLISHED = "published"  # key of the contender that is its recipe
# Their test rows are a file of their own; those of the b splits had trained the networks.
GENUINE = CUTS
_ENERGIES = TASK_GROUPS["energies"]


def reported_lines(table: pd.DataFrame, split: str) -> list[str]:
    """What was reported for the genuine test rows of a split, all six tasks together: table rows.

    Args:
        table: Published figures.
        split: Name of the split; b-splits give nothing.
    """
    lines = []
    for experiment, errors in _genuine(table, split).groupby("experiment", sort=False):
        reported = errors.set_index("task")["reported"]
        values = [_reported(reported.get(task), task) for task in PUBLISHED_TASKS]
        epochs = int(errors["epochs"].iloc[0])
        title = f"Published recipe, as reported ({experiment}, {epochs} epochs, raw labels)"
        lines.append(row([title, "all", 1, *values]))
    return lines


def recipe_note(table: pd.DataFrame, boards: Mapping[str, pd.DataFrame]) -> str:
    """How the energies of the recipe compare with what its authors wrote down; may be empty.

    Args:
        table: Published figures.
        boards: Leaderboards by split.
    """
    compared = list(_pairs(table, boards))
    if not compared:
        return ""
    higher: dict[str, list[str]] = {}
    for split, task, standing in compared:
        if standing == "higher":
            higher.setdefault(split, []).append(task)
    ends = "Our fits of that recipe end at no larger energy errors, but "
    if higher:
        ends = (
            "Our fits of that recipe end at larger energy errors than its authors wrote down for "
            f"{by_split(higher)}: "
        )
    return (
        "In the tables of a0 to a3 a line *as reported* stands below the published recipe with all "
        "six tasks: what its authors wrote down for the same test rows, which for these four "
        "splits are genuine. "
        f"{ends}a constant rate under an L1 loss that moments of tens of Bohr magnetons dominate "
        "leaves the energies jumping from epoch to epoch, so one run says little "
        "([004](decisions/004-comparison.md) says what was tried)."
    )


def published_section(table: pd.DataFrame) -> str:
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
        "doi 10.1038/s41524-022-00945-x and the training notes of its repository; the numbers are "
        "those of [results/published.csv](results/published.csv).",
        "",
        "| checkpoint | task | unit | rows | reported | same rows (n) | trained on | shuffled "
        "| never seen (n) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for _, line in known.iterrows():
        digits = TASKS[str(line["task"])].decimals + 1
        reported = "-" if pd.isna(line["reported"]) else f"{line['reported']:g}"
        cells = [line["checkpoint"], line["task"], line["unit"], line["rows"], reported]
        cells += [f"{line['same_rows']:.{digits}f} ({line['n_same']:.0f})"]
        cells += [f"{line['trained_of_same']:.0f}", f"{line['shuffled']:.{digits}f}"]
        lines.append(row([*cells, f"{line['unseen']:.{digits}f} ({line['n_unseen']:.0f})"]))
    return "\n".join(lines)


def _genuine(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """Reported errors of all six tasks on the test rows of an a-split."""
    if split not in GENUINE:
        return table.iloc[:0]
    return table[
        (table["split"] == split)
        & (table["group"] == " ".join(TASK_GROUPS["all"]))
        & (table["rows"] == "test")
        & table["reported"].notna()
    ]


def _pairs(
    table: pd.DataFrame, boards: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[str, str, str]]:
    """Split, task, and where the refit's mean stands to each reported energy."""
    for split in GENUINE:
        board = boards[split]
        refit = board[(board["model"] == PUBLISHED) & (board["group"] == "all")]
        ours = {str(line["task"]): line for _, line in refit.iterrows()}
        for _, line in _genuine(table, split).iterrows():
            task = str(line["task"])
            if task in _ENERGIES and task in ours:
                reported = pd.Series({"mae": line["reported"], "mae_spread": float("nan")})
                yield split, task, compare(ours[task], reported)


def _reported(error: float | None, task: str) -> str:
    return "" if error is None else f"{error:.{TASKS[task].decimals}f}"
