"""Title and note that people give a run; its name, which is its folder's, never changes."""

from pathlib import Path

from heanet.config import Config, parse_config
from heanet.data.home import read_json, write_whole
from heanet.errors import ConfigError

ABOUT = "about.json"


class About(Config):
    """What people say of a run.

    Attributes:
        title: Shown in place of its name.
        note: Whatever is worth remembering.
        sweep: Name of the launch that made several runs at once.
    """

    title: str = ""
    note: str = ""
    sweep: str = ""


def read_about(folder: Path) -> About:
    """What is said of a run; empty where nothing is, or nothing that can be read."""
    try:
        return parse_config(About, read_json(folder / ABOUT) or {})
    except ConfigError:
        return About()


def write_about(folder: Path, about: About) -> None:
    """Keep what is said of a run."""
    write_whole(folder / ABOUT, about.model_dump_json(indent=1) + "\n")
