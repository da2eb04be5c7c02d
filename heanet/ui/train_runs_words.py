"""Runs in words: how they stand, what happened to them, what to do about it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from heanet.jobs.watch import Run, Status
from heanet.ui import compare_words
from heanet.ui import train_runs_data as data
from heanet.ui.language import _, plural
from heanet.ui.said import said
from heanet.ui.words import plain

Colour = Literal["gray", "blue", "green", "orange", "red"]
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Look:
    """How a status is shown: never by colour alone."""

    title: str
    icon: str
    colour: Colour


def looks() -> Mapping[Status, Look]:
    """Every status in the order in which a run comes through them."""
    return {
        "queued": Look(_("Waiting"), ":material/hourglass_empty:", "gray"),
        "running": Look(_("Running"), ":material/play_circle:", "blue"),
        "finished": Look(_("Finished"), ":material/check_circle:", "green"),
        "cancelled": Look(_("Cancelled"), ":material/stop_circle:", "orange"),
        "failed": Look(_("Failed"), ":material/error:", "red"),
        "interrupted": Look(_("Interrupted"), ":material/power_off:", "orange"),
    }


def status_text(run: Run) -> str:
    """How a run stands, in a few words."""
    if run.status == "queued":
        if run.ahead:
            return _("{n} before it").format(n=f"{run.ahead:,}")
        return _("Next in line")
    if run.status == "running" and run.stopping:
        return _("Stopping")
    return looks()[run.status].title


def title(run: Run) -> str:
    """What a run is called; not yet made safe to show."""
    return run.about.title or run.name


def epochs_text(run: Run) -> str:
    """Epochs done of all."""
    return _("{n} of {all} epochs").format(n=f"{run.n_done:,}", all=f"{run.config.train.epochs:,}")


def progress_text(run: Run) -> str:
    """Epochs done of all, and the time left of a run that goes on."""
    if run.status == "queued":
        return _("Begins when a worker is free")
    if run.status == "running" and run.stopping:
        return _("{epochs} · stops after this one").format(epochs=epochs_text(run))
    if run.status == "running" and not run.n_done:
        return _("Preparing the data")
    left = "" if run.seconds_left is None else time_left(run.seconds_left)
    return f"{epochs_text(run)} · {left}" if left else epochs_text(run)


def time_left(seconds: float) -> str:
    """A time to wait, no more exact than it can be known."""
    if seconds < _MINUTE:
        return _("less than a minute left")
    if seconds < _HOUR:
        minutes = round(seconds / _MINUTE)
        return plural("about {n} minute left", "about {n} minutes left", minutes)
    hours, rest = divmod(round(seconds / _MINUTE), 60)
    return _("about {hours} h {minutes} min left").format(hours=f"{hours:,}", minutes=rest)


def when(at: float) -> str:
    """How long ago that was; the date where it was not today or yesterday."""
    past = max(0.0, time.time() - at)
    if past < _MINUTE:
        return _("just now")
    if past < _HOUR:
        return _("{n} min ago").format(n=int(past / _MINUTE))
    if past < _DAY:
        return _("{n} h ago").format(n=int(past / _HOUR))
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def trained_on(run: Run) -> str:
    """Data, split, tasks and seed on one line, safe to show."""
    config = run.config
    parts = [
        plain(config.data) if config.data else _("default data"),
        plain(config.split),
        " ".join(config.model.tasks),
        _("seed {n}").format(n=config.train.seed),
    ]
    return " · ".join(parts)


def best_text(best: data.Best | None) -> str:
    """The error of the first task at the best epoch; empty where it is not known."""
    tasks = data.in_task_order(best.errors) if best else []
    if best is None or not tasks:
        return ""
    first = tasks[0]
    return _("best {task} {error} {unit}").format(
        task=first,
        error=compare_words.error_text("mae", first, best.errors[first]),
        unit=data.curve_unit(first),
    )


def best_meaning(best: data.Best) -> str:
    """Tooltip: the errors of all tasks at the best epoch."""
    head = _(
        "Mean absolute errors on the validation rows at epoch {epoch}, whose weights are kept:"
    ).format(epoch=f"{best.epoch:,}")
    lines = [
        f"- **{task}**: {compare_words.error_text('mae', task, best.errors[task])} "
        f"{data.curve_unit(task)}"
        for task in data.in_task_order(best.errors)
    ]
    return "\n".join([head, "", *lines])


def what_happened(run: Run, *, has_checkpoint: bool) -> str:
    """What stopped a run and what to do, in a sentence or two; empty for the others.

    Args:
        run: The run.
        has_checkpoint: Whether it has weights that can be kept as a model.
    """
    after = (
        _("after {epochs}").format(epochs=epochs_text(run)) if run.n_done else _("before it began")
    )
    if run.status == "failed":
        return _(
            "It failed {after}: {message} Once the cause is out of the way, resume it; or "
            "duplicate it to change its settings."
        ).format(after=after, message=plain(said(_sentence(run.message))))
    if run.status == "interrupted":
        return _(
            "It was interrupted {after}: its process is gone, because the machine or the scheduler "
            "of the trainings was stopped. Resume it; it goes on from its last saved state."
        ).format(after=after)
    if run.status == "cancelled" and has_checkpoint:
        return _(
            "It was stopped {after}. What it has learnt is kept: resume it to go on, or register "
            "its best weights as a model."
        ).format(after=after)
    if run.status == "cancelled":
        return _("It was cancelled {after}. Resume it to put it in line again.").format(after=after)
    return ""


def _sentence(text: str) -> str:
    line = " ".join(text.split()) or _("the log says more")
    return line if line.endswith((".", "!", "?")) else f"{line}."
