"""One run: how it stands, what can be done with it, how it learns, what came out, what it was."""

import pandas as pd
import streamlit as st

from heanet.jobs.watch import Run
from heanet.ui import (
    compare_words,
    model_card,
    train_runs_actions,
    train_runs_curves,
    train_runs_list,
)
from heanet.ui import train_runs_data as data
from heanet.ui import train_runs_words as words
from heanet.ui.language import _
from heanet.ui.said import said
from heanet.ui.words import plain

_LOG_HEIGHT = 260  # pixels


def show_detail(run: Run) -> None:
    """The whole detail."""
    st.subheader(plain(words.title(run)), anchor=False)
    _show_status(run)
    train_runs_actions.show_actions(run)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(_("**Learning**"))
        train_runs_curves.show_curves(run)
    with right:
        _show_errors(run)
        _show_settings(run)
    _show_log(run)


def _show_status(run: Run) -> None:
    look = words.looks()[run.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(words.status_text(run), icon=look.icon, color=look.colour)
        named = [f"`{run.name}`"] if run.about.title else []
        swept = [plain(run.about.sweep)] if run.about.sweep else []
        st.caption(
            " · ".join([*named, *swept, words.trained_on(run), words.when(run.at)]),
            width="content",
        )
    if not run.at_rest:
        train_runs_list.show_progress(run)
    text = words.what_happened(run, has_checkpoint=data.card_of(run) is not None)
    if text:
        show = st.error if run.status == "failed" else st.warning
        show(text, icon=look.icon)
    if run.about.note:
        st.markdown("  \n".join(plain(line) for line in run.about.note.splitlines()))


def _show_errors(run: Run) -> None:
    """Errors of the checkpoint, a tab per set of rows, those that the fit never saw first."""
    card = data.card_of(run)
    if card is None:
        return
    st.markdown(
        _("**Errors of the kept weights**"),
        help=_("Each table says which rows, and how much of them the network has seen."),
    )
    by_rows = {
        rows: lines
        for rows in data.ROW_ORDER
        if (lines := [line for line in card.metrics if data.row_set_of(card, line) == rows])
    }
    if by_rows:
        tabs = st.tabs([compare_words.rows_title(rows) for rows in by_rows])
        for tab, lines in zip(tabs, by_rows.values(), strict=True):
            with tab:
                st.caption(plain(said(lines[0].rows)))
                model_card.show_error_table(lines)
    if run.status != "finished" and card.limits:
        st.caption(plain(said(card.limits[-1])))


def _show_settings(run: Run) -> None:
    found = data.differing(run.config)
    st.markdown(_("**Settings that differ from the defaults**"))
    if not found:
        st.caption(_("None: everything is at its default."))
        return
    text = st.column_config.TextColumn
    st.dataframe(
        pd.DataFrame(
            [(name, value or "–", default or "–") for name, (value, default) in found.items()],
            columns=["setting", "value", "default"],
        ),
        hide_index=True,
        height=38 + 35 * len(found),
        column_config={
            "setting": text(_("Setting"), help=_("Name of the option.")),
            "value": text(_("Value")),
            "default": text(_("Default")),
        },
        alt=_("Settings of the run that differ from the defaults."),
    )


def _show_log(run: Run) -> None:
    with st.expander(_("Log"), icon=":material/article:", expanded=run.status == "failed"):
        tail = data.log_tail(run)
        if tail:
            with st.container(height=_LOG_HEIGHT, border=False, autoscroll=True):
                st.code(tail, language=None)
        else:
            st.caption(_("Nothing is written yet."))
