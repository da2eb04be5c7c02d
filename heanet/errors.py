"""The exception tree. Every message says what was given, what was expected and what to do.

The command line prints the message as one line and exits with ``exit_code``; the pages show it
in place. Anything that is not a ``HeanetError`` is a bug of ours and keeps its traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2


class HeanetError(Exception):
    """Base of all errors that a user can do something about.

    Args:
        given: What was found, naming the thing (file, option, element).
        expected: What would have been right; may be empty where ``given`` says it.
        fix: The next step for the user.
    """

    exit_code = EXIT_FAILED

    def __init__(self, given: str, *, expected: str = "", fix: str = "") -> None:
        self.given = given
        self.expected = expected
        self.fix = fix
        sentences = [given, f"Expected {expected}" if expected else "", fix]
        super().__init__(" ".join(_sentence(text) for text in sentences if text))


class InputError(HeanetError):
    """The user's input cannot be used (exit code 2)."""

    exit_code = EXIT_BAD_INPUT


class ConfigError(InputError):
    """An option or a configuration value is wrong."""


class StructureError(InputError):
    """A structure file or cell cannot be used."""


class DisorderedStructureError(StructureError):
    """A cell has partially occupied sites; it can be used once they are ordered."""


class DataError(InputError):
    """A label table or data folder is missing, incomplete or contradicts itself."""


class CheckpointError(InputError):
    """A checkpoint cannot be read or does not fit."""


class ModelInputError(InputError):
    """A structure is outside what a model can be asked at all."""


class TrainingError(HeanetError):
    """A training cannot go on."""


class ScreeningError(HeanetError):
    """A screening cannot go on; its finished chunks are kept."""


class StorageError(HeanetError):
    """A disk takes no more, or nothing at all; what was on it is whole."""


class FetchError(HeanetError):
    """A download failed; nothing of what was already fetched is lost."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """``"Did you mean 'etot'?"`` for the closest choice, or an empty string."""
    close = get_close_matches(word, list(choices), n=1)
    return f"Did you mean '{close[0]}'?" if close else ""


def _sentence(text: str) -> str:
    """``text`` on one line, ending in a full stop unless it already ends a sentence."""
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!")) else f"{line}."
