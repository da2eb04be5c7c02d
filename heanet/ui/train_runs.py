"""The runs of this machine: the list, and one of them in detail, live while anything goes on."""

import streamlit as st

from heanet.errors import HeanetError
from heanet.jobs import watch
from heanet.jobs.watch import Run
from heanet.training.checkpoints import CARD, load_card
from heanet.training.registry import models_home
from heanet.ui import train_runs_actions, train_runs_detail, train_runs_list, train_state
from heanet.ui.language import DEFAULT, _, current
from heanet.ui.said import said
from heanet.ui.words import plain

_EVERY = 2.0  # seconds
_BUSY = "train_runs_busy"  # whether anything went on when it was last looked at


def show_runs() -> None:
    """The whole view."""
    busy = bool(st.session_state.get(_BUSY))
    st.fragment(_show_live, run_every=_EVERY if busy else None)(busy)
    _show_models()
    train_runs_actions.show_dialog()


def is_busy(known: list[Run]) -> bool:
    """Whether anything runs or waits, so that there will be something new to see."""
    return any(not run.at_rest for run in known)


def _show_live(busy: bool) -> None:
    """All that changes while runs go on; ``busy``: whether it is drawn anew by itself."""
    known = watch.runs()
    st.session_state[_BUSY] = is_busy(known)
    if is_busy(known) != busy:
        st.rerun()  # the page begins or ceases to look again by itself
    if not known:
        _show_empty()
        return
    name = train_runs_list.chosen_name(known)
    train_runs_list.show_list(known, name)
    st.divider()
    train_runs_detail.show_detail(next(run for run in known if run.name == name))


def _show_empty() -> None:
    with st.container(border=True):
        st.markdown(
            _(
                "**No runs yet.** Launch a training: it goes on in the background, also when this "
                "page is closed, and shows here how it learns, epoch by epoch."
            )
        )
        if st.button(_("Launch a training"), icon=":material/rocket_launch:", type="primary"):
            train_state.open_view(train_state.LAUNCH)
            st.rerun()


def _show_models() -> None:
    """The models that were kept, with what can be done with them."""
    folders = sorted(path.parent for path in models_home().glob(f"*/{CARD}"))
    if not folders:
        return
    with st.expander(
        _("Registered models ({n})").format(n=len(folders)), icon=":material/bookmarks:"
    ):
        for folder in folders:
            name = folder.name
            with st.container(
                horizontal=True, vertical_alignment="center", key=f"model_{name}", gap="small"
            ):
                st.markdown(_model_line(name), width="stretch")
                train_runs_actions.show_predict_link(name)
                if st.button(
                    _("Delete"), icon=":material/delete:", key=f"unregister_{name}", type="tertiary"
                ):
                    train_runs_actions.ask(train_runs_actions.UNREGISTER, name)


def _model_line(name: str) -> str:
    """Name, title and origin of a model."""
    try:
        card = load_card(models_home() / name)
    except HeanetError as error:
        return f"**{plain(name)}** · {plain(said(error))}"
    title = card.title.get(current()) or card.title.get(DEFAULT, "")
    trained = _("trained on {split} of {data}").format(
        split=plain(said(card.split)), data=plain(card.data.name)
    )
    return " · ".join(filter(None, [f"**{plain(name)}**", plain(title), trained]))
