"""The results as a document: its numbers are those of the tables beside it."""

from collections.abc import Mapping

import pandas as pd

from heanet.comparison.ablationreport import ablation_section
from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.markdown import count_text, error_cells, heads, row
from heanet.comparison.plan import GROUPED, SPLITS
from heanet.comparison.publishedreport import (
    PUBLISHED,
    published_section,
    recipe_note,
    reported_lines,
)
from heanet.comparison.results import Results, distinct, leaderboard
from heanet.comparison.transferreport import transfer_section
from heanet.comparison.zeroshot import HEANET, zero_shot_section

# The labelled set that settings were compared on.
SETTINGS_FROM = "hea-dft"
# What each split asks, in one sentence.
QUESTIONS: dict[str, str] = {
    "a0": "A fifth of all cells held out at random, once for all.",
    "a1": "From two, three and four components to five, zero-shot.",
    "a2": "From two and three components to four and five, zero-shot.",
    "a3": "From four and five components to two and three, zero-shot.",
    "b0": "Four and five components, cut 80/10/10 at random.",
    "b1": "Two and three components, cut 80/10/10 at random.",
    "b2": "All components, cut 80/10/10 at random.",
    GROUPED: "Five folds of all cells, no composition in two of them; every cell held out once.",
}


_PUBLISHED_TABLE = (
    " What the published system reported, and its saved networks evaluated again, is from "
    "[results/published.csv](results/published.csv)."
)


def results_report(results: Results) -> str:
    """The document, as Markdown."""
    boards = {split: leaderboard(results.errors, split=split) for split in SPLITS}
    parts = [
        _head(results),
        _rows(results.about.data.name),
        _models(results, boards),
        zero_shot_section(boards),
        *(_split(split, board, results.published) for split, board in boards.items() if len(board)),
        _slices(results.errors),
        transfer_section(results.transfer, results.published),
        ablation_section(results.ablation),
        published_section(results.published),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(results: Results) -> str:
    data = results.about.data
    n_done, n_planned = results.about.n_done, results.about.n_planned
    missing = n_planned - n_done
    lines = [
        "# Results",
        "",
        f"{data.title}; {data.n_rows} cells, labels {'corrected' if data.corrected else 'raw'}, "
        f"fingerprint `{data.fingerprint[:12]}`.",
        "Made by `heanet compare --rebuild`, which writes this file and the tables beside it. "
        "Errors are those of [results/errors.csv](results/errors.csv), where each fit's stands "
        "with its split, rows, n, unit, labels and the commit of the code that fitted the model "
        f"(here: {distinct(results.errors['commit'].unique())}); means and standard deviations "
        "over seeds are taken from there." + (_PUBLISHED_TABLE if len(results.published) else ""),
        "",
        f"{n_done} of {n_planned} planned fits are in these tables"
        + ("." if not missing else f"; {missing} are missing, and so are their rows below."),
        "A number is a mean absolute error: the mean over seeds (the table of each split says how "
        "many), and behind it the standard deviation over them; a model without a seed has none.",
    ]
    return "\n".join(lines)


def _rows(data: str) -> str:
    """What a test row is, and what it is not, in the results on a set of that name."""
    said = "Errors are those of test rows: rows that the fit itself neither learnt from nor chose "
    if data != SETTINGS_FROM:
        return (
            f"{said}its epoch on. The settings of every model are those of the results on "
            f"{SETTINGS_FROM}: no label of this set had a part in choosing them."
        )
    return (
        f"{said}its epoch on. They are not rows that nobody ever looked at. The few settings of "
        "HEANet were compared on five folds by composition (shuffled with another seed than the "
        "folds below), which together hold out every cell once, so that test rows of every split "
        "had a part in that choice. SchNet's settings were not searched: it has HEANet's widths, "
        "learning rate, batch size and epochs, and a cutoff of 4 Angstrom instead of 6."
    )


def _models(results: Results, boards: Mapping[str, pd.DataFrame]) -> str:
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
    if note := recipe_note(results.published, boards):
        lines += ["", note]
    return "\n".join(lines)


def _split(split: str, board: pd.DataFrame, published: pd.DataFrame) -> str:
    """All models and groups on the test rows of one split."""
    counts = count_text(board["n"])
    alloys, shared = int(board["compositions"].max()), int(board["shared"].max())
    when = " in the fold that tests it" if split == GROUPED else ""
    lines = [
        f"## {split}",
        "",
        f"{QUESTIONS[split]} Test rows: n = {counts}. {shared} of the {alloys} compositions tested "
        f"are also trained on{when}.",
        "",
        *heads(["model", "tasks", "seeds"]),
    ]
    ranked = board.sort_values("model", key=lambda m: m.map(list(CONTENDERS).index), kind="stable")
    for (model, group), errors in ranked.groupby(["model", "group"], sort=False):
        contender = CONTENDERS[str(model)]
        network = contender.recipe is not None
        first = [contender.title, group if network else "each alone"]
        lines.append(row([*first, errors["seeds"].max() if network else "-", *error_cells(errors)]))
        if (model, group) == (PUBLISHED, "all"):
            lines += reported_lines(published, split)
    return "\n".join(lines)


def _slices(errors: pd.DataFrame) -> str:
    """HEANet's cross-validated errors by kind of alloy."""
    kinds = {"n_elements": "components", "lattice": "parent lattice", "element": "with element"}
    lines = []
    for by, title in kinds.items():
        chosen = errors[(errors["split"] == GROUPED) & (errors["by"] == by)]
        for part in sorted(set(chosen["part"])):
            board = leaderboard(errors, split=GROUPED, by=by, part=part)
            own = board[(board["model"] == HEANET) & (board["group"] == "all")]
            if len(own):
                cells = [f"{title} {part}", count_text(own["n"]), own["seeds"].max()]
                lines.append(row([*cells, *error_cells(own)]))
    if not lines:
        return ""
    return "\n".join(
        [
            "## Where the errors are",
            "",
            "HEANet, all six tasks together, grouped folds, held-out rows only. A cell counts for "
            "every element in it.",
            "",
            *heads(["part", "n", "seeds"]),
            *lines,
        ]
    )
