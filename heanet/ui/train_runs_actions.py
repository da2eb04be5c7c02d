"""What can be done with a run: stop, go on, copy, delete, use, keep; dialogs ask before it is late.

The detail of a run is drawn anew every few seconds while something is going on, and with it a
dialog would vanish. So a button only says which dialog is asked for, and ``show_dialog`` opens it
outside of what is drawn anew.
"""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import streamlit as st

from heanet.errors import HeanetError
from heanet.jobs import queue
from heanet.jobs.about import About
from heanet.jobs.watch import Run, find
from heanet.report import formula_free_csv
from heanet.training.checkpoints import CARD, WEIGHTS
from heanet.training.registry import available_models, checkpoint_of, register, unregister
from heanet.training.runfolder import LOG, PREDICTIONS
from heanet.ui import compare_views, train_state
from heanet.ui.language import _, in_address
from heanet.ui.said import said
from heanet.ui.words import plain

DESCRIBE, DELETE, REGISTER, UNREGISTER = "describe", "delete", "register", "unregister"
_ASKED = "train_runs_asked"  # (dialog, name): open until it is answered or dismissed
_REFUSED = "train_runs_refused"  # (name, why the last action was refused)


def ask(dialog: str, name: str) -> None:
    """Opens a dialog about a run or a model, with the next run of the page.

    Args:
        dialog: DESCRIBE, DELETE, REGISTER or UNREGISTER.
        name: Of the run, or of the model.
    """
    st.session_state[_ASKED] = (dialog, name)
    st.rerun()


def show_dialog() -> None:
    """The dialog that was asked for; outside of any fragment."""
    dialog, name = st.session_state.get(_ASKED, ("", ""))
    known: dict[str, tuple[str, Callable[[str], None]]] = {
        DESCRIBE: (_("Title and note"), _describe),
        DELETE: (_("Delete this run?"), _delete),
        REGISTER: (_("Register as a model"), _register),
        UNREGISTER: (_("Delete this model?"), _unregister),
    }
    if dialog in known:
        head, show = known[dialog]
        st.dialog(head, on_dismiss=_close)(show)(name)


def show_actions(run: Run) -> None:
    """The buttons of a run, and why the last one pressed was refused."""
    has_checkpoint = checkpoint_of(run.folder) is not None
    with st.container(horizontal=True, vertical_alignment="center", key="train_actions"):
        _show_course(run)
        _show_links(run)
        if has_checkpoint and st.button(
            _("Register as a model"),
            icon=":material/bookmark_add:",
            help=_("Keeps its weights under a name of their own, also when the run is deleted."),
        ):
            ask(REGISTER, run.name)
        if st.button(
            _("Duplicate"),
            icon=":material/content_copy:",
            help=_("Opens the launch form with the settings of this run."),
        ):
            train_state.fill_form(run.config)
            st.rerun()
        if st.button(_("Title and note"), icon=":material/edit_note:"):
            ask(DESCRIBE, run.name)
        _show_downloads(run)
        if run.at_rest and st.button(
            _("Delete"), icon=":material/delete:", help=_("Asks before it deletes anything.")
        ):
            ask(DELETE, run.name)
    name, reason = st.session_state.get(_REFUSED, ("", ""))
    if name == run.name:
        st.error(plain(said(reason)), icon=":material/error:")


def _show_links(run: Run) -> None:
    """The ways to the pages that use a run."""
    if run.status == "finished":
        show_predict_link(run.name)
    if run.n_done:
        st.page_link(
            "pages/3_Compare.py",
            label=_("Compare it"),
            icon=":material/leaderboard:",
            query_params=in_address(view=compare_views.views()["runs"].title, runs=run.name),
            help=_("Errors, curves and settings side by side with other runs."),
        )


def show_predict_link(model: str) -> None:
    """The way to the predictions of a model."""
    st.page_link(
        "pages/2_Predict.py",
        label=_("Predict with it"),
        icon=":material/query_stats:",
        query_params=in_address(model=model),
        help=_("Opens the Predict page with this model chosen."),
    )


def _show_course(run: Run) -> None:
    """Cancel or resume, whichever there is."""
    if not run.at_rest and st.button(
        _("Stopping") if run.stopping else _("Cancel"),
        icon=":material/stop_circle:",
        disabled=run.stopping,
        help=_(
            "A run that trains stops at the end of its epoch and keeps what it has learnt; one "
            "that waits leaves the line. Both can be resumed."
        ),
    ):
        _try(run.name, lambda: queue.cancel(run.name))
    if run.can_resume and st.button(
        _("Resume"),
        icon=":material/resume:",
        type="primary",
        help=_("Puts it at the end of the line; it goes on after its last saved epoch."),
    ):
        with st.spinner(_("Starting the scheduler of the trainings …")):
            _try(run.name, lambda: queue.resume(run.name))


def _try(name: str, act: Callable[[], None]) -> None:
    """Does it, keeps why it was refused, and draws the page anew."""
    st.session_state.pop(_REFUSED, None)
    try:
        act()
    except (HeanetError, OSError) as error:
        st.session_state[_REFUSED] = (name, str(error))
    st.rerun()


def _saved(path: Path) -> str:
    """The content of a run's file."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return formula_free_csv(text) if path.suffix == ".csv" else text


def _show_downloads(run: Run) -> None:
    """What of a run can be saved, behind one button."""
    folder = checkpoint_of(run.folder)
    files = [path for name in (PREDICTIONS, LOG) if (path := run.folder / name).exists()]
    if folder is None and not files:
        return
    with st.popover(_("Download"), icon=":material/download:"):
        if folder is not None:
            st.download_button(
                _("Checkpoint (ZIP)"),
                data=lambda: checkpoint_zip(folder),
                file_name=f"{run.name}.zip",
                mime="application/zip",
                on_click="ignore",
                width="stretch",
                help=_("card.json and weights.safetensors: unpacked, what `--checkpoint` reads."),
            )
        for path in files:
            st.download_button(
                _("Predictions (CSV)") if path.name == PREDICTIONS else _("Log (text)"),
                data=partial(_saved, path),
                file_name=f"{run.name}-{path.name}",
                mime="text/csv" if path.name == PREDICTIONS else "text/plain",
                on_click="ignore",
                width="stretch",
                help=_("Label and prediction of every cell of the split.")
                if path.name == PREDICTIONS
                else _("What happened, line by line."),
            )


def checkpoint_zip(folder: Path) -> bytes:
    """A checkpoint as one file: ``card.json`` and ``weights.safetensors``."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (CARD, WEIGHTS):
            archive.write(folder / name, name)
    return target.getvalue()


def _close() -> None:
    st.session_state.pop(_ASKED, None)


def _answer(act: Callable[[], object]) -> None:
    """Does what a dialog is for and closes it, or says in it why not."""
    try:
        act()
    except (HeanetError, OSError) as error:
        st.error(plain(said(error)), icon=":material/error:")
        return
    _close()
    st.rerun()


def _describe(name: str) -> None:
    about = About()
    with suppress(HeanetError):
        about = find(name).about
    with st.form("describe_run", border=False):
        title = st.text_input(
            _("Title"),
            value=about.title,
            max_chars=100,
            help=_("Shown in place of the name, which stays {name}.").format(name=plain(name)),
        )
        note = st.text_area(_("Note"), value=about.note, max_chars=4000)
        saved = st.form_submit_button(_("Save"), type="primary")
    if saved:
        _answer(lambda: queue.describe(name, title=title or "", note=note or ""))


def _delete(name: str) -> None:
    st.markdown(
        _(
            "The run **{name}** goes with its curves, log, checkpoint and predictions, for good. "
            "Models that were registered from it stay."
        ).format(name=plain(name))
    )
    yes, no = st.columns(2)
    if no.button(_("Keep it"), width="stretch"):
        _close()
        st.rerun()
    if yes.button(_("Delete"), type="primary", icon=":material/delete:", width="stretch"):
        _answer(lambda: queue.delete(name))


def _register(name: str) -> None:
    st.markdown(
        _(
            "Copies the weights of the run **{run}**. The copy appears among the models of the "
            "Predict page and stays when the run is deleted."
        ).format(run=plain(name))
    )
    with st.form("register_run", border=False):
        model = st.text_input(
            _("Name"),
            value=free_model_name(name),
            max_chars=100,
            help=_("Letters, digits, '.', '_' and '-'."),
        )
        title = st.text_input(
            _("Title"), max_chars=100, placeholder=_("What it is, in one line; may stay empty")
        )
        note = st.text_area(
            _("Note"),
            max_chars=1000,
            placeholder=_("What one should know before using it; may stay empty"),
        )
        asked = st.form_submit_button(_("Register"), type="primary", icon=":material/bookmark_add:")
    if asked:
        _answer(lambda: _keep(name, model or "", title=title or "", note=note or ""))


def _keep(run: str, model: str, *, title: str, note: str) -> None:
    taken = tuple(available_models())
    register(find(run).folder, model, title=title, note=note, taken=taken)


def free_model_name(run: str) -> str:
    """A name for the model of a run that no model has yet."""
    taken = available_models()
    names = (f"{run[:90]}-model{k if k > 1 else ''}" for k in range(1, len(taken) + 3))
    return next(name for name in names if name not in taken)


def _unregister(name: str) -> None:
    st.markdown(_("The model **{name}** is deleted for good.").format(name=plain(name)))
    yes, no = st.columns(2)
    if no.button(_("Keep it"), width="stretch"):
        _close()
        st.rerun()
    if yes.button(_("Delete"), type="primary", icon=":material/delete:", width="stretch"):
        _answer(lambda: unregister(name))
