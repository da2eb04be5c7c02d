"""The folder of a run: what it holds, who may write into it, and its log.

::

    run.json             what was asked for (RunConfig)
    log.txt              what happened, for people
    epochs.jsonl         what every epoch gave (heanet.training.epochs)
    references.json      references of the training rows: they turn residuals into units
    resume.safetensors   the state to go on from, while the run is unfinished
    start/               checkpoint that the weights started from, unless they were drawn
    stopped/             checkpoint of the best epoch so far, of a run that was stopped
    card.json            checkpoint of a finished run, with weights.safetensors
    predictions.csv      label and prediction of every row of the split
"""

import logging
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from heanet.config import RunConfig, parse_config
from heanet.data.home import heanet_home, make_folder, read_json, write_whole
from heanet.data.references import References
from heanet.errors import CheckpointError, ConfigError
from heanet.training.checkpoints import CARD, load_card

RUN, LOG, REFERENCES, PREDICTIONS = "run.json", "log.txt", "references.json", "predictions.csv"
RESUME, START, STOPPED, LOCK = "resume.safetensors", "start", "stopped", ".lock"
CANCEL = "cancel"  # a run whose folder holds this file stops after its epoch
log = logging.getLogger("heanet.run")
MAX_NAME = 100  # letters
_CLOCK = "%Y-%m-%d %H:%M:%S UTC"
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_NAME - 1}}}")


def trained_home() -> Path:
    """The folder of all runs, a sub-folder for each."""
    return heanet_home() / "trained"


def check_name(name: str) -> str:
    """``name`` if it can be that of a run, which is that of its folder.

    Raises:
        ConfigError: It cannot.
    """
    if _NAME.fullmatch(name) is None:
        raise ConfigError(
            f"The name '{name}' of a run",
            expected="letters, digits, '.', '_' and '-', a letter or digit first, at most "
            f"{MAX_NAME}",
        )
    return name


def read_config(folder: Path) -> RunConfig:
    """What a run was asked for.

    Raises:
        CheckpointError: The folder is not that of a run, or damaged.
    """
    values = read_json(folder / RUN)
    if values is None and (folder / CARD).exists():  # of a version without run.json
        card = load_card(folder)
        return RunConfig(data=card.data.name, split=card.split, model=card.model, train=card.train)
    try:
        return parse_config(RunConfig, values or {"run": None})
    except ConfigError as error:
        raise CheckpointError(
            f"The folder '{folder}' does not say what was trained in it: {error.given}",
            expected=f"a whole {RUN}",
            fix="Delete it, and launch the training anew.",
        ) from error


def write_config(folder: Path, config: RunConfig) -> None:
    """Keep what a run was asked for."""
    write_whole(folder / RUN, config.model_dump_json(indent=1) + "\n")


def read_references(folder: Path) -> References | None:
    """The references of a run's training rows; None before it has begun."""
    values = read_json(folder / REFERENCES)
    return None if values is None else parse_config(References, values)


@contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """The run's folder, created, and locked against a second process for as long as it lasts.

    Raises:
        CheckpointError: Another process trains in it, or it cannot be written.
    """
    try:
        make_folder(folder)
        held = FileLock(folder / LOCK).acquire(timeout=1)  # others may look whether it is held
    except Timeout:
        raise CheckpointError(
            f"Another process is training in '{folder}'",
            fix="Wait for it, or choose another --out.",
        ) from None
    except OSError as error:
        raise CheckpointError(
            f"The run's folder '{folder}' cannot be written ({error.strerror})",
            fix="Choose another --out.",
        ) from error
    with held:
        yield


def is_locked(folder: Path) -> bool:
    """Whether a living process trains in the folder; the lock of a killed one is gone with it."""
    if not (folder / LOCK).exists():
        return False
    try:
        FileLock(folder / LOCK).acquire(timeout=0).lock.release()
    except Timeout:
        return True
    return False


def note(folder: Path, text: str) -> None:
    """Add a line to a run's log from outside of its training; not where the disk is full."""
    now = time.strftime(_CLOCK, time.gmtime())
    with suppress(OSError), (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(f"{now} {' '.join(text.split())}\n")


class _Lines(logging.FileHandler):
    """Lines of a run's log; one that the disk has no room for is left out."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Says nothing: what matters on a full disk fails by itself, and clearly."""


@contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Write what happens in this thread into the run's log, an error with its traceback too."""
    handler = _Lines(folder / LOG, encoding="utf-8")
    own = threading.get_ident()
    handler.addFilter(lambda record: record.thread == own)
    formatter = logging.Formatter("%(asctime)s %(message)s", _CLOCK)
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    except Exception:
        log.exception("Failed")
        raise
    finally:
        log.removeHandler(handler)
        with suppress(OSError):
            handler.close()
