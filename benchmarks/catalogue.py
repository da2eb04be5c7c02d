"""The benchmarks, by name."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from benchmarks.results import Found
from heanet.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Benchmark:
    """A benchmark.

    Attributes:
        title: What is timed.
        module: Where its ``measure(quick=...)`` is.
        minutes: How long it takes at full size on two quiet cores.
    """

    title: str
    module: str
    minutes: float

    @property
    def measure(self) -> Callable[..., Found]:
        """Measures, given ``quick``."""
        found: Callable[..., Found] = import_module(f"benchmarks.{self.module}").measure
        return found


BENCHMARKS: dict[str, Benchmark] = {
    "epoch": Benchmark("One training epoch", "epoch", 6),
    "published": Benchmark("One epoch of the published network", "published", 3),
    "memory": Benchmark("Memory of one training epoch", "memory", 6),
    "graphs": Benchmark("POSCAR text to element graph", "graphs", 2),
    "large_cell": Benchmark("A cell of 100,000 atoms", "large_cell", 2),
    "prediction": Benchmark("Predictions from element graphs", "prediction", 1),
    "files": Benchmark("File to six properties", "files", 10),
    "rows": Benchmark("Training on many rows", "rows", 6),
    "screening": Benchmark("Screening 100,000 compositions", "screening", 15),
    "sweep": Benchmark("A sweep of trainings on two workers", "sweep", 10),
    "tracking": Benchmark("The record of a training", "tracking", 6),
    "pages": Benchmark("Waiting for the pages", "pages", 4),
}


def find(name: str) -> Benchmark:
    """A benchmark by its name.

    Raises:
        ConfigError: There is none.
    """
    if name not in BENCHMARKS:
        raise ConfigError(
            f"There is no benchmark '{name}'",
            expected=f"some of {' '.join(BENCHMARKS)}",
            fix=did_you_mean(name, list(BENCHMARKS)),
        )
    return BENCHMARKS[name]
