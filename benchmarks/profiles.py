"""Where the time goes, collected by every benchmark so that a missed goal can be explained."""

import cProfile
import pstats
from collections.abc import Callable
from pathlib import Path

from benchmarks.results import Part

_SHOWN = 10


def python_profile(run: Callable[[], object]) -> tuple[Part, ...]:
    """Functions by their own share of the time, without what they call; the largest first."""
    profile = cProfile.Profile()
    profile.runcall(run)
    rows = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    own = {_place(place): 0.0 for place in rows}
    for place, (_, _, own_time, _, _) in rows.items():
        own[_place(place)] += own_time
    return _largest(own)


def torch_profile(run: Callable[[], object]) -> tuple[Part, ...]:
    """Operations of torch by their own share of the time of all of them; the largest first."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU]) as found:
        run()
    return _largest({row.key: row.self_cpu_time_total for row in found.key_averages()})


def _largest(own: dict[str, float]) -> tuple[Part, ...]:
    total = sum(own.values())
    order = sorted(own, key=lambda name: own[name], reverse=True)[:_SHOWN]
    return tuple(Part(name=name, share=own[name] / total) for name in order)


def _place(place: tuple[str, int, str]) -> str:
    """A function without where the project happens to lie."""
    file, _, function = place
    if file == "~":
        return function.strip("<>")
    return f"{'/'.join(Path(file).parts[-2:])} {function}"
