"""Settings, splits and times of a launch as a reader meets them."""

import math
import re

from pydantic.fields import FieldInfo

from heanet.comparison.contenders import TASK_GROUPS
from heanet.data.splits import PUBLISHED_SPLITS
from heanet.ui import compare_words
from heanet.ui.language import _, explained, plural
from heanet.ui.said import said
from heanet.ui.words import plain

_MINUTE, _HOUR = 60, 3600


def setting_title(field: tuple[str, str]) -> str:
    """Name of a setting; one that has none here goes by its option's."""
    titles = {
        "tasks": _("Properties to learn"),
        "hidden_channels": _("Element width"),
        "n_filters": _("Message width"),
        "n_interactions": _("Convolutions"),
        "n_gaussian": _("Gaussians"),
        "gaussian_width": _("Gaussian width (Å)"),
        "cutoff": _("Cutoff (Å)"),
        "spacing": _("Grid spacing (Å)"),
        "tower_h1": _("Tower, 1st width"),
        "tower_h2": _("Tower, 2nd width"),
        "dropout": _("Dropout"),
        "use_pbc": _("Periodic boundaries"),
        "cells": _("Cells that are read"),
        "epochs": _("Epochs"),
        "batch_size": _("Batch size"),
        "lr": _("Learning rate"),
        "weight_decay": _("Weight decay"),
        "max_gradient_norm": _("Longest gradient"),
        "is_validate": _("Keep the best epoch"),
        "loss": _("Loss"),
        "weighting": _("Weighs alike"),
        "schedule": _("Schedule"),
        "shuffle": _("New batches every epoch"),
        "twins": _("Ideal twins train along"),
        "transform": _("Scale targets"),
        "corrected": _("Corrected labels"),
        "strategy": _("Strategy"),
        "init": _("Weights from"),
    }
    return titles.get(field[1], plain(field[1]))


def meaning(info: FieldInfo) -> str:
    """What a setting is, as its configuration says it; on one line."""
    text = " ".join((info.description or "").split())
    return _(text) if text else ""


def split_question(split: str) -> str:
    """What a split asks, in one sentence."""
    if split in PUBLISHED_SPLITS:
        return compare_words.split_question(split)
    if fold := re.search(r"fold (?P<k>\d+) of (?P<n>\d+)$", split):
        return _("Part {k} of {n} held out, no composition torn apart.").format(
            k=fold["k"], n=fold["n"]
        )
    if " components" in split and not split.startswith("without"):
        return _("Some alloys of {kind} train; a part of them that they tell nothing of is tested.")
    kind = split.removeprefix("without ")
    return _("All alloys of {kind} held out, learnt from the others.").format(kind=said(kind))


def split_meanings() -> str:
    """A list for the tooltip: what each split asks."""
    lines = [f"- {explained(split, split_question(split))}" for split in PUBLISHED_SPLITS]
    return "\n".join(
        [
            _("Which cells train and which test; several splits are several runs."),
            *lines,
            _("- **fold k of 5**: a fifth of the compositions held out; five runs test every cell"),
            _("- **without n components**: all alloys of so many elements held out"),
        ]
    )


def tasks_name(tasks: tuple[str, ...]) -> str:
    """What tasks are called in the name of a run."""
    names = {group: key for key, group in TASK_GROUPS.items()}
    known = names.get(tasks, "-".join(tasks))
    return "six" if known == "all" else known


def duration(seconds: float) -> str:
    """A time, no more exact than it can be known."""
    if seconds < 1:
        return _("about a second")
    if seconds < _MINUTE:
        return plural("about {n} second", "about {n} seconds", _rounded(seconds))
    minutes = _rounded(seconds / _MINUTE)
    hours, rest = divmod(minutes, _HOUR // _MINUTE)
    if not hours:
        return plural("about {n} minute", "about {n} minutes", minutes)
    if not rest:
        return plural("about {n} hour", "about {n} hours", hours)
    return _("about {hours} h {minutes} min").format(hours=f"{hours:,}", minutes=rest)


def _rounded(value: float) -> int:
    """Whole, above ten in fives."""
    return 5 * round(value / 5) if value > 10 else math.ceil(value - 0.5) or 1
