"""The section of the report on what each addition to HEANet gives."""

import pandas as pd

from heanet.comparison.ablation import (
    ALL,
    COMMITTEE,
    COMMITTEES,
    ENSEMBLE,
    MEASURED,
    MEASURED_ALONE,
    MEASURED_OF,
    PARTS,
    STEPS,
)
from heanet.comparison.markdown import row
from heanet.properties import TASKS

_NOT_FITTED = {
    MEASURED: f"{MEASURED_OF}; rmsd by geometry where the sites are found",
    MEASURED_ALONE: "rmsd by geometry",
}
# eform stands for the three energies: they share one residual, and so one error.
_TASKS = ("eform", "ms", "rmsd")
_MANY = "4+5"


def ablation_section(table: pd.DataFrame) -> str:
    """The section, as Markdown; empty without a table.

    Args:
        table: With heanet.comparison.ablation.COLUMNS.
    """
    if table.empty:
        return ""
    return "\n".join(
        [
            "## What each addition gives",
            "",
            "One thing is added to HEANet at a time. Grouped folds, held-out rows only, mean "
            "absolute errors; eform stands for the three energies, which share one residual and so "
            "one error. Mean over the seeds ± standard deviation, then the error of the seeds' "
            f"averaged predictions; {_MANY}: alloys of four and five components alone. The numbers "
            "are those of [results/ablation.csv](results/ablation.csv), made by `heanet study "
            "ablation`.",
            "",
            *_teacher(table),
            *_steps(table),
            "",
            "Several of these together, the predictions of all their seeds averaged:",
            "",
            *_committees(table),
            "",
            "The same by number of components:",
            "",
            *_by_components(table),
        ]
    )


def _teacher(table: pd.DataFrame) -> list[str]:
    """Which labels were learnt first, where some were."""
    known = sorted(set(table["teacher"]) - {""})
    if not known:
        return []
    return [f"The teacher's labels are those of {'; '.join(known)} (`--teacher`).", ""]


def _steps(table: pd.DataFrame) -> list[str]:
    heads = ["what is added", "tasks", "seeds"]
    for task in _TASKS:
        heads += [f"{task} ({TASKS[task].unit})", "averaged", f"{_MANY} averaged"]
    lines = [row(heads), "|" + "---|" * len(heads)]
    for step in STEPS:
        for group in step.groups:
            own = table[(table["step"] == step.key) & (table["group"] == group)]
            if len(own):
                seeds = own[own["seed"] != ENSEMBLE]["seed"].nunique()
                cells = [cell for task in _TASKS for cell in _cells(own, task)]
                lines.append(row([step.title, group, seeds, *cells]))
    return lines


def _cells(own: pd.DataFrame, task: str) -> list[str]:
    """Mean ± spread over seeds, the ensemble's error, and that on many components."""
    digits = TASKS[task].decimals
    lines = own[own["task"] == task]
    single = lines[(lines["seed"] != ENSEMBLE) & (lines["part"] == ALL)]["mae"]
    if single.empty:
        return ["", "", ""]
    spread = f" ± {single.std():.{digits}f}" if len(single) > 1 else ""
    together = lines[lines["seed"] == ENSEMBLE].set_index("part")["mae"]
    averaged = [f"{together[p]:.{digits}f}" if p in together else "" for p in (ALL, _MANY)]
    return [f"{single.mean():.{digits}f}{spread}", *averaged]


def _committees(table: pd.DataFrame) -> list[str]:
    titles = {step.key: step.title for step in STEPS}
    heads = ["together", "of"]
    for task in _TASKS:
        heads += [f"{task} ({TASKS[task].unit})", _MANY]
    lines = [row(heads), "|" + "---|" * len(heads)]
    of = {name: "; ".join(titles[key] for key in steps) for name, steps in COMMITTEES.items()}
    for name, parts in {**of, **_NOT_FITTED}.items():
        own = _committee(table, name)
        if len(own):
            cells = [_error(own, task, part) for task in _TASKS for part in (ALL, _MANY)]
            lines.append(row([name, parts, *cells]))
    return lines


def _by_components(table: pd.DataFrame) -> list[str]:
    heads = ["together", "components", "n", *(f"{task} ({TASKS[task].unit})" for task in _TASKS)]
    lines = [row(heads), "|" + "---|" * len(heads)]
    for name in (*COMMITTEES, *_NOT_FITTED):
        own = _committee(table, name)
        for part in PARTS:
            some = own[own["part"] == part]
            if len(some):
                cells = [_error(own, task, part) for task in _TASKS]
                lines.append(row([name, part, int(some["n"].max()), *cells]))
    return lines


def _committee(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table[(table["step"] == name) & (table["group"] == COMMITTEE)]


def _error(own: pd.DataFrame, task: str, part: str) -> str:
    found = own[(own["task"] == task) & (own["part"] == part)]["mae"]
    return f"{found.iloc[0]:.{TASKS[task].decimals}f}" if len(found) else ""
