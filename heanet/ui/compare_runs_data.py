"""Runs side by side, without a page: which belong together, which compare, and their errors."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from heanet.comparison.ranking import leading
from heanet.config import RunConfig
from heanet.data.labels import default_set
from heanet.errors import HeanetError
from heanet.figures.curves import Curve
from heanet.jobs.watch import Run
from heanet.training.checkpoints import Metric, ModelCard
from heanet.ui import train_runs_data as data
from heanet.ui import train_runs_words
from heanet.ui.language import _, plural

LINE = ("task", "rows")  # columns that a line of the table of errors is told by
METRICS = ("mae", "rmse", "r2")


@dataclass(frozen=True)
class Basis:
    """What the errors of a run stand on; only those with the same one compare.

    Attributes:
        name: Of the labelled set.
        fingerprint: Of the labelled set; empty where no checkpoint says it yet.
        split: Name of the split.
        corrected: Whether the labels are the corrected ones.
    """

    name: str
    fingerprint: str
    split: str
    corrected: bool

    def compares_with(self, other: "Basis") -> bool:
        """Whether both are the same, as far as is known."""
        prints = {self.fingerprint, other.fingerprint} - {""}
        own = (self.name, self.split, self.corrected)
        return own == (other.name, other.split, other.corrected) and len(prints) < 2


@dataclass(frozen=True)
class Entry:
    """A run, or several finished ones that differ only in their seed.

    Attributes:
        title: What they are called.
        runs: Them, ascending by seed.
        cards: Of those that have a checkpoint.
        basis: What their errors stand on.
    """

    title: str
    runs: tuple[Run, ...]
    cards: tuple[ModelCard, ...]
    basis: Basis


def basis_of(run: Run) -> Basis:
    """What a run stands on: as its card says, else as it was asked for."""
    card, config = data.card_of(run), run.config
    if card is not None:
        return Basis(card.data.name, card.data.fingerprint, card.split, card.data.corrected)
    name = Path(config.data).name
    if not name:
        with suppress(HeanetError):
            name = default_set()
    return Basis(name, "", config.split, config.train.corrected)


def entries_of(runs: Sequence[Run], *, together: bool) -> list[Entry]:
    """The runs in their order, those that differ only in the seed together if asked for."""
    groups: list[list[Run]] = []
    for run in runs:
        like = next((g for g in groups if together and _differs_in_seed(run, g)), None)
        if like is None:
            groups.append([run])
        else:
            like.append(run)
    titles = [_title(group) for group in groups]
    return [
        _entry(group, title if titles.count(title) == 1 else f"{title} ({group[0].name})")
        for group, title in zip(groups, titles, strict=True)
    ]


def errors_of(entries: Sequence[Entry]) -> pd.DataFrame:
    """A line per task, row set and entry that has a checkpoint.

    Returns:
        Columns task, rows, unit, n, entry (its position), which (the rows in words), seeds, and
        per metric its mean over seeds and, as METRIC_spread, their standard deviation (NaN for a
        single seed). Sorted by task, row set (heanet.ui.train_runs_data.ROW_ORDER) and entry.
    """
    found = [
        _line(task, rows, position, lines)
        for position, entry in enumerate(entries)
        for (task, rows), lines in _by_line(entry).items()
    ]
    table = pd.DataFrame(
        found, columns=[*LINE, "unit", "n", "entry", "which", "seeds", *_spreads()]
    )
    tasks = data.in_task_order(table["task"])
    place = [
        (tasks.index(task), data.ROW_ORDER.index(rows), entry)
        for task, rows, entry in zip(table["task"], table["rows"], table["entry"], strict=True)
    ]
    order = sorted(range(len(table)), key=place.__getitem__)
    return table.iloc[order].reset_index(drop=True)


def leaders(
    errors: pd.DataFrame, entries: Sequence[Entry], metric: str
) -> set[tuple[str, str, int]]:
    """Task, row set and entry of the best of each line, or of those that tie.

    Only entries that stand on the same are ranked.

    Args:
        errors: Of ``errors_of``.
        entries: They.
        metric: "mae", "rmse" or "r2".
    """
    best: set[tuple[str, str, int]] = set()
    for (task, rows), lines in errors.groupby(list(LINE), sort=False):
        for group in comparable(entries):
            among = lines[lines["entry"].isin(group)]
            if len(among) > 1:
                first = among[leading(among, metric=metric)]  # type: ignore[arg-type]
                best |= {(str(task), str(rows), int(entry)) for entry in first["entry"]}
    return best


def comparable(entries: Sequence[Entry]) -> list[list[int]]:
    """Positions of the entries by what they stand on."""
    groups: list[list[int]] = []
    for position, entry in enumerate(entries):
        like = next((g for g in groups if entries[g[0]].basis.compares_with(entry.basis)), None)
        if like is None:
            groups.append([position])
        else:
            like.append(position)
    return groups


def curves_of(
    entries: Sequence[Entry], tables: dict[str, pd.DataFrame], series: str
) -> list[Curve]:
    """A curve per entry that has the series; its runs are the curve's.

    Args:
        entries: They.
        tables: Curves by the run's name (heanet.training.errorcurves).
        series: A column of the tables.
    """
    found = []
    for entry in entries:
        columns = [
            tables[run.name].set_index("epoch")[series]
            for run in entry.runs
            if series in tables[run.name] and tables[run.name][series].notna().any()
        ]
        if columns:
            runs = pd.concat(columns, axis=1).sort_index()
            epochs = runs.index.to_numpy(dtype=np.int64)
            found.append(Curve(entry.title, epochs, runs.to_numpy(dtype=float).T))
    return found


def settings_of(entry: Entry) -> dict[str, str]:
    """All that could make an entry different from another, by name."""
    run, card = entry.runs[0], entry.cards[0] if entry.cards else None
    shown = data.flat(run.config)
    if entry.title != run.name:
        shown["run"] = " ".join(one.name for one in entry.runs)
    shown["seed"] = " ".join(str(run.config.train.seed) for run in entry.runs)
    shown["data"] = entry.basis.name
    if card is not None:
        best = [str(epoch) for one in entry.cards for epoch in one.best_epochs]
        shown["best_epoch"] = " ".join(best)
        shown["fingerprint"] = card.data.fingerprint[:12]
        shown["commit"] = card.versions.get("commit", "")
        shown["torch"] = card.versions.get("torch", "")
    return shown


def _differs_in_seed(run: Run, group: list[Run]) -> bool:
    """Whether a run differs from those of a group in its seed alone, all of them finished."""

    def seedless(one: Run) -> RunConfig:
        train = one.config.train.model_copy(update={"seed": 0})
        return one.config.model_copy(update={"train": train})

    return (
        run.status == group[0].status == "finished"  # half a training is another one
        and seedless(run) == seedless(group[0])
        and run.config.train.seed not in {one.config.train.seed for one in group}
        and basis_of(run).compares_with(basis_of(group[0]))
    )


def _title(group: list[Run]) -> str:
    first = train_runs_words.title(group[0])
    if len(group) == 1:
        return first
    others = plural("{n} other seed", "{n} other seeds", len(group) - 1)
    return _("{name} and {others}").format(name=first, others=others)


def _entry(group: list[Run], title: str) -> Entry:
    runs = tuple(sorted(group, key=lambda run: run.config.train.seed))
    cards = tuple(card for run in runs if (card := data.card_of(run)) is not None)
    return Entry(title, runs, cards, basis_of(group[0]))


def _by_line(entry: Entry) -> dict[tuple[str, str], list[Metric]]:
    found: dict[tuple[str, str], list[Metric]] = {}
    for card in entry.cards:
        for metric in card.metrics:
            if rows := data.row_set_of(card, metric):
                found.setdefault((metric.task, rows), []).append(metric)
    return found


def _line(task: str, rows: str, entry: int, lines: list[Metric]) -> dict[str, object]:
    values = {name: [_number(getattr(line, name)) for line in lines] for name in METRICS}
    several = len(lines) > 1
    return {
        "task": task,
        "rows": rows,
        "unit": lines[0].unit,
        "n": lines[0].n,
        "entry": entry,
        "which": lines[0].rows,
        "seeds": len(lines),
        **{name: float(np.mean(column)) for name, column in values.items()},
        **{
            f"{name}_spread": float(np.std(column, ddof=1)) if several else float("nan")
            for name, column in values.items()
        },
    }


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _spreads() -> list[str]:
    return [*METRICS, *(f"{name}_spread" for name in METRICS)]
