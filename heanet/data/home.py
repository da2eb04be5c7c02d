"""Where HEANet keeps what it makes: ``HEANET_HOME``, by default ``./runs``.

Nothing is created on import; a folder appears when something is first written into it.
"""

import os
from pathlib import Path

from heanet.errors import DataError

HOME_VARIABLE = "HEANET_HOME"
DEFAULT_HOME = "runs"
# Imported data and runs are the user's own; others on the machine need not read them.
PRIVATE = 0o700


def heanet_home(home: str | Path | None = None) -> Path:
    """The folder everything lives in: ``home``, else ``$HEANET_HOME``, else ``./runs``."""
    return Path(home or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME).expanduser()


def data_home(home: str | Path | None = None) -> Path:
    """The folder of the imported labelled sets, one sub-folder per set."""
    return heanet_home(home) / "data"


def make_private(folder: Path) -> Path:
    """Create ``folder`` and its missing parents, readable by the owner alone.

    Raises:
        DataError: The folder cannot be created.
    """
    try:
        for level in (*reversed(folder.parents), folder):
            level.mkdir(mode=PRIVATE, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"The folder '{folder}' cannot be created ({error.strerror})",
            fix=f"Set {HOME_VARIABLE} to a folder that you may write to",
        ) from error
    return folder
