"""What the Compare page stands on: the results, and the labelled set that they were made on."""

from functools import lru_cache
from pathlib import Path

import pandas as pd
import streamlit as st

from heanet.comparison.results import (
    About,
    Results,
    leaderboard,
    load_results,
    results_folder,
    sets_with_results,
)
from heanet.comparison.tables import POOLED
from heanet.data.home import heanet_home
from heanet.data.labels import (
    PUBLISHED,
    LabelledSet,
    available_sets,
    default_set,
    fetch_command,
    load_labels,
    set_folder,
)
from heanet.errors import HeanetError
from heanet.ui import compare_cell, compare_charts, compare_choices
from heanet.ui.language import _, plural
from heanet.ui.said import said
from heanet.ui.words import plain

DATA = "data"  # in the address
_SHOWN = "compare_set_shown"  # the set of the last run
_SHORT = 12  # digits of a fingerprint that tell sets apart
Stamp = tuple[tuple[str, int, int], ...]


def choose_set() -> str:
    """The labelled set whose results are shown; asked where there are results on several.

    At first the set whose cells are on this machine, so that every view can show them.
    """
    names = sets_with_results() or [PUBLISHED]
    if len(names) == 1:
        return names[0]
    chosen = compare_choices.one_of(
        _("Data"),
        names,
        key=DATA,
        first=default_set(),
        hint=_(
            "The labelled set that models learnt from and are judged on. Errors on different sets "
            "do not compare: other cells, and labels made in another way."
        ),
    )
    if st.session_state.setdefault(_SHOWN, chosen) != chosen:
        st.session_state[_SHOWN] = chosen
        compare_cell.forget()  # a cell is one of its set
    return chosen


def find_results(name: str, *, quiet: bool = False) -> Results | None:
    """The results on a labelled set; None where there are none or they are damaged.

    Args:
        name: Of the set.
        quiet: Say nothing where there are none; otherwise there is a message in place.
    """
    folder = results_folder(name)
    try:
        results = _load_results(str(folder), _stamp(folder))
        if len(errors_of(results)):
            return results
        reason = _("No split is finished yet.")
    except HeanetError as error:
        reason = plain(said(error))
    if not quiet:
        st.info(
            _("There are no results to compare here. {reason}").format(reason=reason),
            icon=":material/info:",
        )
    return None


def show_stands_on(about: About, *, raw: bool = False) -> None:
    """Which data all numbers of a view stand on.

    Args:
        about: Of the results.
        raw: Whether the view is of the labels as published, whatever the other results are of.
    """
    data = about.data
    corrected = data.corrected and not raw
    parts = [
        _("Results on {title}").format(title=plain(said(data.title or data.name))),
        plural("{n} cell", "{n} cells", data.n_rows),
        _("labels corrected") if corrected else _("labels as published"),
    ]
    fingerprint = _("fingerprint {digits}").format(digits=data.fingerprint[:_SHORT])
    known = [fingerprint] if corrected == data.corrected else []
    compare_charts.stand_on(_("{line}.").format(line=" · ".join([*parts, *known])))
    if about.n_done < about.n_planned and not raw:
        parts.append(
            _("{n} of {planned} planned fits, the others are missing below").format(
                n=f"{about.n_done:,}", planned=f"{about.n_planned:,}"
            )
        )
    st.caption(
        " · ".join([*parts, *known]),
        help=_(
            "Every number of this view is from these cells and labels. The fingerprint is that of "
            "labels, corrections and structures; another one is another set. Corrected: labels "
            "that contradict the others were put right first; the label audit shows them."
        ),
    )


def find_labels(results: Results | None, *, corrected: bool | None = None) -> LabelledSet | None:
    """The labelled set; None, with a message in place, where it is not on this machine.

    Args:
        results: Their set is looked for; without results the default one.
        corrected: Whether corrections are laid over the labels; default as in the results.
    """
    try:
        name = results.about.data.name if results else default_set()
        folder = set_folder(name)
        if folder is None:
            _say_how_to_get(name)
            return None
        if corrected is None:
            corrected = results.about.data.corrected if results else True
        return _load_labels(name, corrected, str(heanet_home()), _stamp(folder))
    except HeanetError as error:
        st.warning(plain(said(error)), icon=":material/warning:")
        return None


def set_is_here(results: Results) -> bool:
    """Whether the labelled set of the results is on this machine."""
    return results.about.data.name in available_sets()


@lru_cache(maxsize=4)
def errors_of(results: Results) -> pd.DataFrame:
    """Errors on whole row sets: those of single folds are left out; not to be changed."""
    return results.errors[results.errors["fold"].isin(["", POOLED])]


@lru_cache(maxsize=4)
def predictions_of(results: Results) -> pd.DataFrame:
    """Predictions of the fits that have an error: unfinished folds have none; not to be changed."""
    keys = ["model", "group", "split", "seed"]
    judged = errors_of(results)[keys].drop_duplicates()
    return results.predictions.merge(judged, on=keys)


@lru_cache(maxsize=64)
def board(results: Results, split: str, rows: str = "test") -> pd.DataFrame:
    """The leaderboard of a split, made once; shared by all sessions, so not to be changed."""
    return leaderboard(results.errors, split=split, rows=rows)


def warn_of_other_labels(labels: LabelledSet, about: About) -> None:
    """Says so where the set on this machine is not the one of the results."""
    if labels.fingerprint != about.data.fingerprint:
        st.warning(
            _(
                "The set {name} on this machine (fingerprint {here}) is not the one that the "
                "results are from ({there}): labels and predictions may not belong together."
            ).format(
                name=plain(labels.name),
                here=labels.fingerprint[:_SHORT],
                there=about.data.fingerprint[:_SHORT],
            ),
            icon=":material/warning:",
        )


def show_set(labels: LabelledSet) -> None:
    """Which labelled set a view is about."""
    version = _("labels corrected") if labels.corrected else _("labels as published")
    line = _("Labels of {title} · {rows} · {labels} · fingerprint {fingerprint}").format(
        title=plain(said(labels.title or labels.name)),
        rows=plural("{n} cell", "{n} cells", len(labels.table)),
        labels=version,
        fingerprint=labels.fingerprint[:_SHORT],
    )
    compare_charts.stand_on(_("{line}.").format(line=line))
    st.caption(line)


def say_it_is_another_set(name: str) -> None:
    """The labels of a set are not here; those of the default one are shown instead."""
    _say_how_to_get(name)
    st.caption(_("Until then, here are the labels of another set."))


def _say_how_to_get(name: str) -> None:
    command = fetch_command(name) or "python -m heanet data import FOLDER"
    st.info(
        _(
            "This view needs the labelled cells themselves, and the set {name} is not on this "
            "machine yet. Get it with `{command}`, then reload this page."
        ).format(name=plain(name), command=command),
        icon=":material/download:",
    )


def _stamp(folder: Path) -> Stamp:
    """Names, times and sizes of the files: whatever was read before is old when they change."""
    try:
        found = [(path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


@st.cache_resource(max_entries=4, show_spinner=False)
def _load_results(folder: str, stamp: Stamp) -> Results:  # noqa: ARG001 - part of the key
    return load_results(Path(folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _load_labels(name: str, corrected: bool, home: str, stamp: Stamp) -> LabelledSet:  # noqa: ARG001 - part of the key
    return load_labels(name, corrected=corrected, home=home)
