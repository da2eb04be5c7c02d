"""What a benchmark found: lines with a goal, a curve of cost against size, where the time goes."""

import json
import statistics
from pathlib import Path
from typing import Literal

from heanet.config import Config, parse_config
from heanet.data.home import read_json, write_whole

FOLDER = Path(__file__).parent / "results"


class Line(Config):
    """One number that is to be reached.

    Attributes:
        what: What is compared, in a few words.
        ours: How HEANet does it.
        theirs: The other way; empty for a number that stands alone.
        goal: What the median must reach; None where it is only told.
        better: Whether the goal is a least or a most value.
        unit: Of ``values`` and the goal: "x" for a ratio.
        values: One per repeat.
        cost: Unit of the two costs.
        our_cost: What ours took in every repeat.
        their_cost: What theirs took.
    """

    what: str
    ours: str
    theirs: str = ""
    goal: float | None
    better: Literal["at least", "at most"] = "at least"
    unit: str = "x"
    values: tuple[float, ...]
    cost: str = "s"
    our_cost: tuple[float, ...] = ()
    their_cost: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """Middle one of the values."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool:
        """Whether the median is as good as the goal."""
        if self.goal is None:
            return True
        if self.better == "at least":
            return self.median >= self.goal
        return self.median <= self.goal

    def worse_than(self, other: "Line", *, tolerance: float) -> bool:
        """Whether the median is worse than another one's by more than a share of it."""
        if self.better == "at least":
            return self.median < other.median * (1 - tolerance)
        return self.median > other.median * (1 + tolerance)


class Curve(Config):
    """Cost against size, of both ways.

    Attributes:
        size: What grows.
        cost: What is paid, with its unit.
        sizes: Ascending.
        ours: Cost by size.
        theirs: The same of the other way; None where it was not measured.
        our_name: Legend of ours.
        their_name: Legend of theirs.
    """

    size: str
    cost: str
    sizes: tuple[float, ...]
    ours: tuple[float, ...]
    theirs: tuple[float | None, ...] = ()
    our_name: str = "HEANet"
    their_name: str = ""


class Part(Config):
    """A function's or operation's share of the time that ours takes."""

    name: str
    share: float


class Found(Config):
    """What a benchmark measures; the rest of a result is about the machine."""

    sizes: dict[str, float | str]
    lines: tuple[Line, ...]
    curve: Curve
    profile: tuple[Part, ...] = ()
    agreement: dict[str, float] = {}  # noqa: RUF012
    notes: tuple[str, ...] = ()


class Result(Config):
    """A finished benchmark."""

    name: str
    title: str
    quick: bool
    found: Found
    about: dict[str, str]
    seconds: float


def folder_of(*, quick: bool) -> Path:
    """Where results are kept: quick ones apart."""
    return FOLDER / "quick" if quick else FOLDER


def save(result: Result, folder: Path) -> None:
    """Write a result, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    rounded = json.loads(result.model_dump_json(), parse_float=_shorter)
    write_whole(folder / f"{result.name}.json", json.dumps(rounded, indent=1) + "\n")


def load(name: str, folder: Path) -> Result | None:
    """A result by its name; None where there is none."""
    found = read_json(folder / f"{name}.json")
    return None if found is None else parse_config(Result, found)


def _shorter(number: str) -> float:
    """Five digits: no timing has more."""
    return float(f"{float(number):.5g}")
