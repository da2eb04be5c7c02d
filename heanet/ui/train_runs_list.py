"""The list of runs: filtered, page by page; the one that is chosen is in the address."""

from collections.abc import Sequence

import streamlit as st

from heanet.jobs.watch import Run
from heanet.ui import compare_choices, train_state
from heanet.ui import train_runs_data as data
from heanet.ui import train_runs_words as words
from heanet.ui.language import _, plural
from heanet.ui.words import plain

PER_PAGE = 8
_SHOWN = "train_runs_shown"  # name of the run that was shown last
_FIND, _STATUS, _PAGE = "find", "status", "train_runs_page"
_CHOICE = "train_runs_choice"  # what was filtered by when the page was chosen
_NAME, _BADGE = 200, 130  # pixels: side by side on a phone


def chosen_name(known: Sequence[Run]) -> str:
    """Name of the chosen run: the one asked for, else the newest.

    Args:
        known: All runs, newest first; at least one.
    """
    asked = _asked()
    names = {run.name for run in known}
    if asked and asked not in names:
        st.info(
            _("There is no run “{name}”: it was deleted, or never launched here.").format(
                name=plain(asked)
            ),
            icon=":material/info:",
        )
    name = asked if asked in names else known[0].name
    _choose(name)
    st.session_state[_SHOWN] = name
    return name


def show_list(known: Sequence[Run], chosen: str) -> None:
    """The runs that fit the filters, a page of them.

    Args:
        known: All runs, newest first.
        chosen: Name of the run whose detail is shown.
    """
    found = _filtered(known) if len(known) > 1 else list(known)
    if not found:
        st.caption(_("None of the {n} runs fits.").format(n=f"{len(known):,}"))
        return
    n_pages = -(-len(found) // PER_PAGE)
    page = _page(n_pages)
    with st.container(key="train_runs", gap="xsmall"):
        for run in found[PER_PAGE * (page - 1) : PER_PAGE * page]:
            _show_row(run, is_chosen=run.name == chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        if n_pages > 1:
            st.session_state[_PAGE] = page
            st.pagination(n_pages, key=_PAGE, width=320)
        st.caption(_count(len(found), len(known)))


def _page(n_pages: int) -> int:
    """The page to show: the first one of another choice."""
    choice = (st.session_state.get(_FIND), st.session_state.get(_STATUS))
    is_new = st.session_state.get(_CHOICE) != choice
    st.session_state[_CHOICE] = choice
    return 1 if is_new else min(int(st.session_state.get(_PAGE, 1)), n_pages)


def fits(run: Run, text: str, statuses: Sequence[str]) -> bool:
    """Whether a run has every word of a text in its names, note or settings, and such a status."""
    config = run.config
    about = (run.name, run.about.title, run.about.note, run.about.sweep, config.data, config.split)
    rest = (*config.model.tasks, _("seed {n}").format(n=config.train.seed))
    hay = " ".join((*about, *rest)).casefold()
    return run.status in statuses and all(word in hay for word in text.casefold().split())


def _filtered(known: Sequence[Run]) -> list[Run]:
    looks = words.looks()
    present = [status for status in looks if any(run.status == status for run in known)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            _("Find"),
            key=_FIND,
            bind="query-params",
            placeholder=_("Name, note, data, split, property"),
            icon=":material/search:",
            width=300,
            help=_("Shows the runs that have all of these words."),
        )
        statuses = compare_choices.some_of(
            _("Status (none lit: all)"),
            present,
            key=_STATUS,
            title=lambda status: next(look.title for key, look in looks.items() if key == status),
            hint=_(
                "Interrupted: the process that trained it is gone, though nobody cancelled it. "
                "Cancelled and interrupted runs go on where they stopped when they are resumed."
            ),
        )
    return [run for run in known if fits(run, text or "", statuses)]


def _show_row(run: Run, *, is_chosen: bool) -> None:
    look, best = words.looks()[run.status], data.best_errors(run)
    name = words.title(run)
    with st.container(horizontal=True, vertical_alignment="center", key=f"row_{run.name}"):
        st.button(
            plain(name),
            key=f"open_{run.name}",
            on_click=_choose,
            args=(run.name,),
            type="primary" if is_chosen else "secondary",
            width=_NAME,
            help=_("Shows this run below.") if name == run.name else plain(run.name),
        )
        with st.container(width=_BADGE):
            st.badge(words.status_text(run), icon=look.icon, color=look.colour)
        with st.container(gap="xxsmall", width="stretch", key=f"facts_{run.name}"):
            if run.status == "running" or (run.n_done and run.status != "finished"):
                show_progress(run)
            facts = [words.trained_on(run), words.best_text(best), words.when(run.at)]
            st.caption(
                " · ".join(filter(None, facts)), help=words.best_meaning(best) if best else None
            )


def show_progress(run: Run) -> None:
    """A bar of the epochs that are done, with the time left in words."""
    share = min(1.0, run.n_done / run.config.train.epochs)
    st.progress(share, text=words.progress_text(run))


def _asked() -> str:
    """Whichever is new: what the page was asked for, or an address that someone followed."""
    own = str(st.session_state.get(train_state.RUN, ""))
    address = str(st.query_params.get(train_state.RUN, ""))
    return own if own != st.session_state.get(_SHOWN, "") else address or own


def _choose(name: str) -> None:
    st.session_state[train_state.RUN] = st.query_params[train_state.RUN] = name


def _count(n_found: int, n_known: int) -> str:
    if n_found == n_known:
        return plural("{n} run", "{n} runs", n_known)
    return _("{n} of {all} runs").format(n=f"{n_found:,}", all=f"{n_known:,}")
