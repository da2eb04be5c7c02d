"""The runs of this machine side by side: errors, curves, settings, and the cells of one of them."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from heanet.errors import HeanetError
from heanet.figures.curves import curve_figure
from heanet.jobs import watch
from heanet.jobs.watch import Run
from heanet.ui import (
    compare_charts,
    compare_choices,
    compare_runs_errors,
    compare_runs_parity,
    compare_settings,
    train_runs_data,
)
from heanet.ui import compare_runs_data as data
from heanet.ui import compare_words as words
from heanet.ui.compare_runs_data import Entry
from heanet.ui.language import _, in_address, together
from heanet.ui.said import said
from heanet.ui.words import plain

RUNS = "runs"  # in the address
_NAMED = "compare_runs_named"  # the runs in the address of the page's last run
_FIRST = 3  # runs that are shown at first
_MOST = 20  # that are read well side by side


def are_new_in_address() -> bool:
    """Whether the address names runs that it did not name before, as when a link was followed.

    A link from a page that has a view in its address too arrives without its own.
    """
    named = st.query_params.get_all(RUNS)
    known = st.session_state.get(_NAMED, [])
    st.session_state[_NAMED] = named
    return bool(named) and named != known


def show() -> None:
    """The whole view."""
    known = {run.name: run for run in watch.runs() if run.n_done}
    if not known:
        st.info(
            _("No run of this machine has learnt anything yet. Launch one; it appears here."),
            icon=":material/info:",
        )
        _show_train_link()
        return
    chosen, together = _choose(known)
    if not chosen:
        st.info(_("Choose a run above."), icon=":material/info:")
        return
    entries = data.entries_of(chosen, together=together)
    _show_what_compares(entries)
    st.subheader(_("Errors"), anchor=False)
    compare_runs_errors.show_errors(entries)
    st.subheader(_("Validation error over epochs"), anchor=False)
    _show_curves(entries)
    st.subheader(_("Settings that differ"), anchor=False)
    _show_settings(entries)
    compare_runs_parity.show_parity(chosen)


def _choose(known: dict[str, Run]) -> tuple[list[Run], bool]:
    """The chosen runs, in the order in which they were chosen, and whether seeds go together."""
    asked = st.query_params.get_all(RUNS)
    missing = [name for name in asked if name not in known]
    if missing:
        st.info(
            _("Not here, or nothing learnt yet: {names}.").format(
                names=", ".join(map(plain, missing))
            ),
            icon=":material/info:",
        )
    done = [run.name for run in known.values() if run.status == "finished"]
    names = st.multiselect(
        _("Runs"),
        list(known),
        default=(done or list(known))[:_FIRST],
        format_func=lambda name: name,
        key=RUNS,
        bind="query-params",
        max_selections=_MOST,
        placeholder=_("Choose runs"),
        help=_(
            "All runs of this machine that have learnt for an epoch at least, the newest first. A "
            "run that is not finished has its curve; it has errors once it was stopped or is done."
        ),
    )
    together = st.toggle(
        _("Seeds together"),
        value=True,
        key="together",
        bind="query-params",
        help=_(
            "Finished runs that differ only in their seed become one: the mean of their errors ± "
            "their standard deviation."
        ),
    )
    return [known[name] for name in names], bool(together)


def _show_what_compares(entries: Sequence[Entry]) -> None:
    """What all stand on, or a warning that they stand on different things."""
    groups = data.comparable(entries)
    if len(groups) == 1:
        st.caption(
            _("All stand on {basis}: their errors compare.").format(
                basis=compare_runs_errors.basis_text(entries[0].basis)
            )
        )
        return
    lines = [
        f"- {compare_runs_errors.basis_text(entries[group[0]].basis)}: "
        + ", ".join(plain(entries[k].title) for k in group)
        for group in groups
    ]
    st.warning(
        _(
            "These runs stand on different data, labels or splits. **Their errors do not compare** "
            "across them: other cells are easier or harder."
        )
        + "\n\n"
        + "\n".join(lines),
        icon=":material/warning:",
    )


def _bases(entries: Sequence[Entry]) -> list[str]:
    """What the runs stand on, each once, in sentences."""
    found = dict.fromkeys(compare_runs_errors.basis_text(entry.basis) for entry in entries)
    return [_("{basis}.").format(basis=basis) for basis in found]


def _show_curves(entries: Sequence[Entry]) -> None:
    tables: dict[str, pd.DataFrame] = {}
    for run in (run for entry in entries for run in entry.runs):
        try:
            tables[run.name] = train_runs_data.kept_curves(run)
        except HeanetError as error:
            st.warning(plain(said(error)), icon=":material/warning:")
            tables[run.name] = pd.DataFrame({"epoch": []})
    known = train_runs_data.in_task_order(
        task for table in tables.values() for task in train_runs_data.tasks_in(table)
    )
    if not known:
        return
    task, smoothing, log_value = _choose_looks(known)
    found = data.curves_of(entries, tables, f"validation.{task}")
    if not found:
        st.info(
            _("None of these runs has validation rows with labels of {task}.").format(task=task),
            icon=":material/info:",
        )
        return
    unit = train_runs_data.curve_unit(task)
    compare_charts.show_figure(
        curve_figure(
            found,
            strength=smoothing,
            log_value=log_value,
            epoch_title=_("Epoch"),
            value_title=words.with_unit(_("MAE of {task}").format(task=task), unit),
            unit=unit,
        ),
        name=f"runs-curves-{task}",
        alt=_("{series} over epochs: {curves}.").format(
            series=task, curves="; ".join(curve.title for curve in found)
        ),
        rows=together([_("Each on the validation rows of its own split."), *_bases(entries)]),
    )
    st.caption(
        _(
            "Errors on the validation rows of each run's own split. Bands: from the lowest to the "
            "highest seed."
        )
    )
    long = pd.concat([table.assign(run=name) for name, table in tables.items()], ignore_index=True)
    compare_charts.show_csv(long, name="runs-curves")


def _choose_looks(tasks: list[str]) -> tuple[str, float, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        task = compare_choices.one_of(
            _("Curve of"), tasks, key="series", hint=words.task_meanings(tasks)
        )
        smoothing, log_value = compare_choices.choose_looks()
    return task, smoothing, log_value


def _show_settings(entries: Sequence[Entry]) -> None:
    settings = {entry.title: data.settings_of(entry) for entry in entries}
    table = compare_settings.differences(compare_settings.settings_table(settings, list(settings)))
    if len(entries) < 2:
        st.caption(_("Choose a second run to see in what they differ."))
    elif len(table):
        compare_settings.show_table(table)
        compare_charts.show_csv(table.rename_axis("setting").reset_index(), name="runs-settings")
    else:
        st.caption(_("None: these runs have the same settings."))


def _show_train_link() -> None:
    st.page_link(
        "pages/4_Train.py",
        label=_("Launch a training"),
        icon=":material/model_training:",
        query_params=in_address(),
    )
