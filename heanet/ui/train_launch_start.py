"""The launch itself: how long it will take, the button, and the command that does the same."""

import streamlit as st

from heanet.config import RunConfig
from heanet.data.dataset import Dataset
from heanet.errors import HeanetError
from heanet.jobs import queue
from heanet.jobs.cluster import n_slots
from heanet.jobs.command import command_line
from heanet.jobs.sweep import time_needed
from heanet.ui import train_launch_data as data
from heanet.ui import train_launch_form as form
from heanet.ui import train_launch_words as words
from heanet.ui import train_state
from heanet.ui.language import _, plural
from heanet.ui.said import said
from heanet.ui.words import plain

NAME = "launch_name"  # key of the widget in which a name is typed
_SHOWN = 12  # lines of commands; more scroll


def show_start(
    dataset: Dataset, runs: dict[str, RunConfig], name: str, reasons: list[str], *, n_runs: int
) -> None:
    """Time, button with what forbids it beside it, and the command.

    Args:
        dataset: Of the chosen set.
        runs: What is to be launched, by name.
        name: What the runs are called together.
        reasons: Why nothing can be launched; safe to show.
        n_runs: How many are asked for.
    """
    allowed = bool(runs) and not reasons
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            plural("Launch {n} run", "Launch {n} runs", n_runs),
            icon=":material/rocket_launch:",
            type="primary",
            disabled=not allowed,
            key="launch",
        )
        if allowed:
            _show_time(dataset, runs)
    if reasons:
        lines = [f"- {reason}" for reason in reasons] if len(reasons) > 1 else reasons
        st.warning("\n".join(lines), icon=":material/block:")
    if pressed and allowed:
        _launch(runs, name)
    if runs:
        _show_command(runs)


def _show_time(dataset: Dataset, runs: dict[str, RunConfig]) -> None:
    """How long it will take, once that was asked for."""
    seconds = [data.known_seconds(dataset, config) for config in runs.values()]
    known = [needed for needed in seconds if needed is not None]
    if len(known) == len(runs):
        st.markdown(
            time_text(known, slots=n_slots()),
            width="content",
            help=_(
                "Two epochs were trained just now and timed. Whatever else this machine does "
                "then, other runs in the first place, makes it longer."
            ),
        )
        return
    if st.button(
        _("How long will it take?"),
        icon=":material/timer:",
        type="tertiary",
        help=_("Trains two epochs here and now, and counts from there."),
    ):
        with st.spinner(_("Training two epochs of each split to time them …")):
            data.measure(dataset, list(runs.values()))
        st.rerun()


def time_text(seconds: list[float], *, slots: int) -> str:
    """How long runs take, in words.

    Args:
        seconds: Of each run, in their order.
        slots: Trainings at a time.
    """
    if len(seconds) == 1:
        return _("Takes {time}.").format(time=words.duration(seconds[0]))
    return _("{runs}, {slots}: {time} in all, {each} each.").format(
        runs=plural("{n} run", "{n} runs", len(seconds)),
        slots=plural("one at a time", "{n} at a time", min(slots, len(seconds))),
        time=words.duration(time_needed(seconds, n_slots=slots)),
        each=words.duration(sum(seconds) / len(seconds)),
    )


def _launch(runs: dict[str, RunConfig], name: str) -> None:
    """Hand the runs over, and show the first of them; the form is kept where that fails."""
    text = _("Handing over. The first launch starts the workers, which takes up to half a minute …")
    try:
        with st.spinner(text):
            queue.submit_all(runs, sweep=name if len(runs) > 1 else "")
    except (HeanetError, OSError) as error:
        st.error(plain(said(error)), icon=":material/error:")
        return
    st.toast(
        plural("{n} run launched.", "{n} runs launched.", len(runs)),
        icon=":material/rocket_launch:",
    )
    form.keep(NAME, "")  # the next launch is another run
    train_state.open_run(next(iter(runs)))
    st.rerun()


def _show_command(runs: dict[str, RunConfig]) -> None:
    lines = [command_line(config, name) for name, config in runs.items()]
    with st.expander(_("The same on the command line"), icon=":material/terminal:"):
        st.code(
            "\n".join(lines),
            language="bash",
            wrap_lines=True,
            height=400 if len(lines) > _SHOWN else "content",
        )
        st.caption(
            _(
                "Equal settings give equal weights, whichever way they are launched. Give it the "
                "HEANET_HOME of this app, and its runs are listed here as well."
            )
        )
