"""One launch, many runs: the same settings on several splits and with several seeds."""

import heapq
import itertools
import re
from collections.abc import Collection, Sequence

from heanet.config import RunConfig, parse_config
from heanet.errors import ConfigError
from heanet.training.registry import available_models
from heanet.training.runfolder import MAX_NAME, check_name, trained_home

MAX_RUNS = 64  # of one launch: more are a slip of the hand, or hours of the machine
_SEEDS = re.compile(r"(?P<first>[0-9]{1,10})(?:-(?P<last>[0-9]{1,10}))?")


def sweep(
    config: RunConfig, name: str, *, splits: Sequence[str] = (), seeds: Sequence[int] = ()
) -> dict[str, RunConfig]:
    """The settings on every split and with every seed, by name of the run.

    Args:
        config: What to train on what.
        name: What the names of the runs begin with; of a single run all of it.
        splits: Names of splits, each meant once; none: that of ``config``.
        seeds: Likewise.

    Returns:
        Split by split, seed by seed; names say only what differs ("energies-b2-seed1").

    Raises:
        ConfigError: There are too many runs, a name cannot be one, or a seed is out of range.
    """
    splits = list(dict.fromkeys(splits)) or [config.split]
    seeds = list(dict.fromkeys(seeds)) or [config.train.seed]
    if len(splits) * len(seeds) > MAX_RUNS:
        raise ConfigError(
            f"{len(splits)} splits with {len(seeds)} seeds are {len(splits) * len(seeds)} runs",
            expected=f"at most {MAX_RUNS} in one launch",
            fix="Leave some out, or launch them one after the other.",
        )
    return {
        check_name(name + ending): parse_config(
            RunConfig,
            {**dict(config), "split": split, "train": {**dict(config.train), "seed": seed}},
        )
        for ending, split, seed in _runs(splits, seeds)
    }


def endings(splits: Sequence[str], seeds: Sequence[int]) -> list[str]:
    """What a sweep adds to its name for each of its runs; one run adds nothing."""
    return [ending for ending, _, _ in _runs(splits, seeds)]


def _runs(splits: Sequence[str], seeds: Sequence[int]) -> list[tuple[str, str, int]]:
    """Ending of the name, split and seed of each run."""
    splits, seeds = list(dict.fromkeys(splits)), list(dict.fromkeys(seeds))
    return [
        (
            (f"-{in_name(split)}" if len(splits) > 1 else "")
            + (f"-seed{seed}" if len(seeds) > 1 else ""),
            split,
            seed,
        )
        for split, seed in itertools.product(splits, seeds)
    ]


def in_name(text: str) -> str:
    """A text as it stands in the name of a run: "fold-1-of-5"."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds as people write them: "0", "0, 1, 2", "1-5".

    Raises:
        ConfigError: It is none of these, or too many.
    """
    found: list[int] = []
    parts = re.split(r"[,;，、\s]+", re.sub(r"\s*[-–]\s*", "-", text))
    for part in filter(None, parts):
        form = _SEEDS.fullmatch(part)
        if form is None:
            raise _no_seeds(text)
        first, last = int(form["first"]), int(form["last"] or form["first"])
        if not first <= last < first + MAX_RUNS:
            raise _no_seeds(text)
        found += range(first, last + 1)
    if not found:
        raise _no_seeds(text)
    return tuple(dict.fromkeys(found))


def _no_seeds(text: str) -> ConfigError:
    return ConfigError(
        f"Seeds '{text}'",
        expected=f"whole numbers such as 0, or 0, 1, 2, or 0-4; at most {MAX_RUNS}",
    )


def taken_names() -> set[str]:
    """Names that runs or models have already."""
    home = trained_home()
    return {*available_models(), *(path.name for path in home.glob("*"))}


def free_name(wanted: str, taken: Collection[str], *, added: Sequence[str] = ("",)) -> str:
    """``wanted``, or the first of ``wanted-2``, ``wanted-3``, ... that is free.

    Args:
        wanted: Cut where it is too long.
        taken: Names that cannot be had.
        added: What will be added to the name, each to be free as well (``endings``).
    """
    room = MAX_NAME - max(map(len, added))
    lasts = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    names = (wanted[: room - len(last)] + last for last in lasts)
    return next(name for name in names if not any(name + ending in taken for ending in added))


def time_needed(seconds: Sequence[float], *, n_slots: int) -> float:
    """Seconds until all runs are done, which begin in their order as slots get free.

    Args:
        seconds: What each run takes.
        n_slots: Trainings at a time.
    """
    free_at = [0.0] * n_slots
    for needed in seconds:
        heapq.heapreplace(free_at, free_at[0] + needed)
    return max(free_at)
