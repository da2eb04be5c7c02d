"""The command that trains the same as a launch from the page."""

import shlex

from heanet.config import Config, RunConfig
from heanet.training.runs import run_name


def command_line(config: RunConfig, name: str) -> str:
    """``python -m heanet train ...`` with the options that differ from the defaults.

    Args:
        config: What to train on what.
        name: Of the run; left out where the command would choose it itself.

    Returns:
        Words quoted for a POSIX shell.
    """
    words = ["python", "-m", "heanet", "train", *_options(config)]
    if name != run_name(config):
        words += _option("name", name)
    return shlex.join(words)


def _options(config: Config) -> list[str]:
    """The options of a configuration and of its parts, whose names are not written."""
    words: list[str] = []
    for key, field in type(config).model_fields.items():
        value = getattr(config, key)
        if isinstance(value, Config):
            words += _options(value)
        elif value != field.default:
            # A field may go by another name on the command line ("tasks" by "task").
            names = [name for m in field.metadata if (name := getattr(m, "name", None))]
            words += _option(names[0] if names else key, value)
    return words


def _option(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, tuple):
        return [f"--{name}", *map(str, value)]
    text = str(value)
    return [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
