"""The command ``screen``: predictions for a whole grid of compositions."""

import sys
from pathlib import Path

from heanet.cli_stop import stop_on_ctrl_c
from heanet.errors import EXIT_FAILED, ConfigError, InputError
from heanet.modelinput import MODELS
from heanet.properties import Lattice


def screen(
    elements: tuple[str, ...],
    out: Path,
    step: float = 5.0,
    lattice: tuple[Lattice, ...] = ("fcc", "bcc"),
    least: float = 0.0,
    most: float = 100.0,
    components: tuple[int, int] = (1, 118),
    model: str = MODELS["built"],
    workers: int = 0,
    overwrite: bool = False,
) -> int:
    """Predict a grid of compositions as ideal random alloys; Ctrl-C and the same command go on.

    Args:
        elements: Symbols to mix: Cr Mn Fe Co Ni.
        out: Parquet file to write, a row per composition and lattice.
        step: Atomic per cent between compositions; it divides 100.
        lattice: Parent lattices; every composition is put on each.
        least: Smallest share of an element that is present, in atomic per cent.
        most: Largest share of an element, in atomic per cent.
        components: Smallest and largest number of elements in a composition.
        model: Name of a model that reads cells as built, or a checkpoint folder.
        workers: Processes; 0 takes one per core, at most four. HEANET_SCHEDULER names a cluster.
        overwrite: Replace a file that is there, and begin anew where one was interrupted.
    """
    from heanet.config import parse_config
    from heanet.data.compositiongrid import CompositionGrid
    from heanet.screening.run import Screening, check_screening
    from heanet.screening.run import screen as screen_it

    if workers < 0:
        raise ConfigError(f"Option --workers is {workers}", expected="at least 1, or 0 for all")
    if out.suffix != ".parquet":
        raise InputError(
            f"The file '{out}' has the extension '{out.suffix}'",
            expected=".parquet",
            fix="pandas.read_parquet reads it and writes other forms.",
        )
    values = {"elements": elements, "step": step, "least": least, "most": most}
    grid = parse_config(CompositionGrid, {**values, "components": components})
    screening = Screening(grid, lattice, model)
    check_screening(screening)
    n_lattices = f"{len(lattice)} lattice{'s' if len(lattice) > 1 else ''}"
    print(
        f"{grid.n_compositions:,} compositions on {n_lattices}: {screening.n_rows:,} rows",
        file=sys.stderr,
    )
    with stop_on_ctrl_c() as should_stop:
        done = screen_it(
            screening, out, workers=workers, overwrite=overwrite, should_stop=should_stop
        )
    if not done:
        print(f"Stopped; the same command goes on with {out}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{out}: {screening.n_rows:,} rows, model {model}")
    return 0
