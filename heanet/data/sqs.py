"""Special quasirandom structures: cells whose neighbours are as random as in an infinite alloy.

A. Zunger et al., Phys. Rev. Lett. 65, 353 (1990), doi 10.1103/PhysRevLett.65.353; searched for by
sqsgenerator (D. Gehringer et al., Comput. Phys. Commun. 286, 108664 (2023), doi
10.1016/j.cpc.2023.108664), which tries random arrangements and keeps the best.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pymatgen.core import Element, Structure
from sqsgenerator import optimize, parse_config
from sqsgenerator.core import LogLevel

from heanet.data.shortrangeorder import shell_radii
from heanet.errors import StructureError

# Arrangements that are tried. Ten times more make the remaining order about a tenth smaller.
ITERATIONS = 100_000
MAX_SECONDS = 3600.0
# The table of all pairs of sites fills the memory beyond.
MAX_SQS_ATOMS = 2_000
_SECONDS_PER_SITE = 8e-8  # and arrangement
_SECONDS_PER_PAIR = 1e-6  # of sites, to set up
_SAME = 1e-6  # Angstrom
_CHUNK = 1_000  # arrangements between two looks at progress


def estimate_seconds(n_atoms: int, iterations: int = ITERATIONS) -> float:
    """About how long a search takes on one core of 2025, seconds."""
    return _SECONDS_PER_SITE * n_atoms * iterations + _SECONDS_PER_PAIR * n_atoms**2


def find_sqs(
    sites: Structure,
    counts: Mapping[str, int],
    *,
    seed: int,
    iterations: int = ITERATIONS,
    on_progress: Callable[[float], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    """The element of every site, arranged as randomly as was found.

    Args:
        sites: Sites of an ideal lattice; which atoms stand there does not matter.
        counts: Atoms per element, at least one of each; they sum to the number of sites.
        seed: The same seed gives the same arrangement.
        iterations: Arrangements that are tried.
        on_progress: Told the share that is done, 0 to 1.
        should_stop: Asked between chunks; True ends the search with the best one so far.

    Raises:
        StructureError: The search would take more than an hour, or more memory than there is.
    """
    if len(counts) == 1:
        return list(counts) * len(sites)
    _check_effort(len(sites), iterations)
    return _search(
        sites,
        counts,
        seed=seed,
        iterations=iterations,
        on_progress=on_progress,
        should_stop=should_stop,
    )


def _check_effort(n_atoms: int, iterations: int) -> None:
    if n_atoms > MAX_SQS_ATOMS:
        raise StructureError(
            f"A search for {n_atoms:,} atoms needs more memory than a machine has",
            expected=f"at most {MAX_SQS_ATOMS:,} atoms",
            fix="Put them at random: a large random cell is close to an ideal random alloy anyway.",
        )
    seconds = estimate_seconds(n_atoms, iterations)
    if seconds > MAX_SECONDS:
        raise StructureError(
            f"A search among {iterations:,} arrangements of {n_atoms:,} atoms takes about "
            f"{seconds / 3600:.1f} hours",
            expected=f"at most {MAX_SECONDS / 3600:.0f} hour",
            fix="Ask for fewer arrangements or atoms, or put them at random: a large random cell "
            "is close to an ideal random alloy anyway.",
        )


def _filled(sites: Structure, bounds: Sequence[tuple[float, float]]) -> list[int]:
    """Shells, from 1, in which sqsgenerator finds neighbours: it counts nearest images only."""
    distances = sites.distance_matrix[np.triu_indices(len(sites), 1)]
    return [
        shell
        for shell, (low, high) in enumerate(bounds, 1)
        if ((distances > low - _SAME) & (distances < high + _SAME)).any()
    ]


def _search(
    sites: Structure,
    counts: Mapping[str, int],
    *,
    seed: int,
    iterations: int,
    on_progress: Callable[[float], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    bounds = shell_radii(sites)
    radii = [0.0, *((low + high) / 2 for low, high in bounds)]
    config = parse_config(
        {
            "structure": {
                "lattice": sites.lattice.matrix.tolist(),
                "coords": sites.frac_coords.tolist(),
                "species": ["H"] * len(sites),
            },
            "composition": {symbol: int(number) for symbol, number in counts.items()},
            "shell_radii": radii,
            # The nearest shell matters most.
            "shell_weights": {shell: 1.0 / shell for shell in _filled(sites, bounds)},
            "iterations": iterations,
            "chunk_size": min(_CHUNK, iterations),
            "seed": seed,
            # With several threads the arrangement depends on which one is faster.
            "thread_config": 1,
        }
    )

    def look(context: object) -> None:
        on_progress(context.statistics.finished / iterations)  # type: ignore[attr-defined]
        if should_stop():
            context.stop()  # type: ignore[attr-defined]

    found = optimize(config, LogLevel.error, look)
    _, equals = min(found, key=lambda group: group[0])
    # Several arrangements may be equally good, and come in any order.
    best = min(np.asarray(result.species).tolist() for result in equals)
    return [Element.from_Z(number).symbol for number in best]
