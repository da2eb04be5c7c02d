"""Screen a grid of compositions: chunks to workers, files to a folder, one file at the end.

Without ``HEANET_SCHEDULER`` the workers are processes of this machine that end with the screening;
with it they are those of a cluster (docs/cluster.md). Only a few chunks are under way at a time, so
memory does not grow with the grid. A worker that is killed costs the chunk that it was at.
"""

import logging
import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from heanet.data.compositiongrid import CompositionGrid
from heanet.errors import ConfigError, InputError, ScreeningError
from heanet.jobs.cluster import SCHEDULER_VARIABLE, connect, n_slots
from heanet.modelinput import MODELS
from heanet.prediction import Model, load_model
from heanet.properties import Lattice
from heanet.screening.folder import WorkFolder, clear_work, holds, open_work, remove_work
from heanet.screening.table import check_model, table_schema
from heanet.screening.worker import serve

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

Array = NDArray[np.float64]
Own = TypeVar("Own", bound=AbstractContextManager[Any])
MOST_ROWS = 10_000_000
CHUNK = 1_000  # rows
_PER_WORKER = 3  # chunks under way: one that is computed, and two that wait
_STEPS = (1, 2, 2.5, 4, 5, 10, 12.5, 20, 25, 50)  # at.%, to propose
_WORKER = "heanet.screening.worker"
_LOCAL = "127.0.0.1:0"  # where Dask's own pages go: seen by this machine alone
_LOOK = 0.5  # seconds between looks at whether to stop


@dataclass(frozen=True)
class Screening:
    """What to screen.

    Attributes:
        grid: Compositions.
        lattices: Parent lattices; every composition is put on each.
        model: Name of a model of cells as built, or a checkpoint folder.
    """

    grid: CompositionGrid
    lattices: tuple[Lattice, ...]
    model: str = MODELS["built"]

    @property
    def n_rows(self) -> int:
        """Rows of the output."""
        return self.grid.n_compositions * len(self.lattices)

    @property
    def per_chunk(self) -> int:
        """Compositions of a chunk."""
        return max(1, CHUNK // len(self.lattices))

    @property
    def n_chunks(self) -> int:
        """Chunks of the whole grid."""
        return -(-self.grid.n_compositions // self.per_chunk)

    def n_rows_of(self, index: int) -> int:
        """Rows of a chunk; the last one is shorter."""
        left = self.grid.n_compositions - index * self.per_chunk
        return min(self.per_chunk, left) * len(self.lattices)

    def chunks(self) -> Iterator[Array]:
        """Atomic fractions of one chunk after the other, (n_compositions, n_elements)."""
        rows = self.grid.rows()
        while some := list(islice(rows, self.per_chunk)):
            yield self.grid.shares(some)

    def about(self, model: Model) -> dict[str, Any]:
        """What decides every row, for the work folder."""
        return {
            **self.grid.model_dump(mode="json"),
            "lattices": list(self.lattices),
            "model": model.card.name,
            "weights": model.card.weights_sha256,
            "chunk": CHUNK,
        }


def check_screening(screening: Screening) -> None:
    """Whether a grid has a size that can be screened.

    Raises:
        InputError: It has no row, or far too many; a lattice is named twice.
    """
    if not screening.lattices or len(set(screening.lattices)) < len(screening.lattices):
        raise ConfigError(
            f"The lattices '{' '.join(screening.lattices)}'", expected="at least one, each once"
        )
    grid = screening.grid
    if not grid.n_compositions:
        raise InputError(
            f"No composition of {len(grid.elements)} elements in steps of {grid.step:g} at.% has "
            f"shares from {grid.least:g} to {grid.most:g} at.% and "
            f"{grid.components[0]} to {grid.components[1]} components",
            fix="Widen --least, --most or --components.",
        )
    if screening.n_rows > MOST_ROWS:
        raise InputError(
            f"Steps of {grid.step:g} at.% of {len(grid.elements)} elements on "
            f"{len(screening.lattices)} lattices are {screening.n_rows:,} rows",
            expected=f"at most {MOST_ROWS:,}",
            fix=_smaller(screening),
        )


def screen(
    screening: Screening,
    out: Path,
    *,
    workers: int = 0,
    overwrite: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
    progress: bool = True,
) -> bool:
    """Predict every composition of a grid on every lattice into one Parquet file.

    Stopped or killed, the same call goes on from the chunks that are finished; once all are, it
    finds the file done.

    Args:
        screening: What to screen.
        out: File to write.
        workers: Processes; 0 for one per core, at most four. A cluster decides itself.
        overwrite: Replace a file that is there, and begin anew where one was interrupted.
            Without it a file of anything else is an error.
        should_stop: Asked twice a second.
        progress: Show progress and the time left where a terminal is attached.

    Returns:
        Whether it is finished; otherwise it was stopped.

    Raises:
        InputError: The grid, the model or the file cannot be used.
        ScreeningError: A chunk kills its workers, or the cluster is lost.
    """
    check_screening(screening)
    model = load_model(screening.model)
    check_model(model, screening.grid.elements, screening.lattices)
    about = screening.about(model)
    if out.exists() and not overwrite:
        if not holds(out, about):
            raise InputError(
                f"There is a file '{out}' already",
                fix="Choose another --out, or give --overwrite.",
            )
        clear_work(out, about)
        return True
    with open_work(out, about, n_chunks=screening.n_chunks, fresh=overwrite) as work:
        if not _fill(screening, model, work, workers, should_stop, progress=progress):
            return False
        work.join(out, table_schema(model, screening.grid.elements), about)
    remove_work(out)
    return True


def _fill(
    screening: Screening,
    model: Model,
    work: WorkFolder,
    workers: int,
    should_stop: Callable[[], bool],
    *,
    progress: bool,
) -> bool:
    """Make the chunks that are missing; whether all are there."""
    rows = [screening.n_rows_of(index) for index in range(screening.n_chunks)]
    done = {index for index, n_rows in enumerate(rows) if work.is_done(index, n_rows)}
    todo = (chunk for chunk in enumerate(screening.chunks()) if chunk[0] not in done)
    if len(done) == len(rows):
        return True
    with (
        tqdm(
            total=screening.n_rows,
            initial=sum(rows[index] for index in done),
            desc="Screening",
            unit=" rows",
            disable=None if progress else True,
        ) as bar,
        _workers(workers, work.path) as client,
    ):

        def keep(index: int, content: bytes) -> None:
            work.write(index, content)
            bar.update(rows[index])

        return _serve_all(client, screening, model, todo, keep, should_stop)


def _serve_all(
    client: "Client",
    screening: Screening,
    model: Model,
    todo: Iterator[tuple[int, Array]],
    keep: Callable[[int, bytes], None],
    should_stop: Callable[[], bool],
) -> bool:
    """Hand chunks to the workers, a few at a time; whether none is left."""
    asked = (str(model.folder.resolve()), model.card.weights_sha256, screening.grid.elements)
    room = _PER_WORKER * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    running: dict[Future[bytes], int] = {}
    try:
        while not should_stop():
            for index, shares in islice(todo, room - len(running)):
                future = client.submit(serve, *asked, shares, screening.lattices, pure=False)
                running[future] = index
            if not running:
                return True
            for future in _finished(client, running):
                keep(running.pop(future), _content(future))
        return False
    finally:
        with suppress(OSError, CancelledError):
            client.cancel(list(running))


def _finished(client: "Client", running: Collection["Future[bytes]"]) -> "set[Future[bytes]]":
    """Those that are finished or failed; waits for a moment only."""
    from distributed import wait

    try:
        with client.as_current():
            return set(wait(list(running), timeout=_LOOK, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return set()
    except CancelledError:
        raise _lost() from None


def _content(future: "Future[bytes]") -> bytes:
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        raise ScreeningError(
            "A chunk was given up, because its workers died one after the other",
            fix="See whether memory is short; the same command goes on with fewer --workers.",
        ) from None
    except CancelledError:
        raise _lost() from None


def _lost() -> ScreeningError:
    return ScreeningError(
        "The scheduler does not know the chunks any more", fix="The same command goes on."
    )


@contextmanager
def _workers(n: int, folder: Path) -> Iterator["Client"]:
    """A cluster that is there, or processes of our own for as long as they are needed."""
    if os.environ.get(SCHEDULER_VARIABLE):
        there = connect()
        assert there is not None, "connect raises where nobody answers"  # noqa: S101
        yield there
        return
    from distributed import Client

    with (
        _ended(_own_cluster(n or n_slots(), folder)) as cluster,
        _ended(Client(cluster, set_as_default=False)) as client,
    ):
        yield client


def _own_cluster(n: int, folder: Path) -> "LocalCluster":
    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=n,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=_LOCAL,
            worker_dashboard_address=_LOCAL,
            memory_limit=0,  # Dask would pause or kill workers at its own idea of their share
            local_directory=str(folder),
            preload=_WORKER,
            silence_logs=logging.CRITICAL,
        )
    except TimeoutError:
        raise ScreeningError(
            f"{n} worker processes did not start in time",
            fix="This machine is busy with other things; the same command tries again.",
        ) from None


@contextmanager
def _ended(one: Own) -> Iterator[Own]:
    """A cluster or its client, ended afterwards, whatever that takes.

    On a busy machine processes are killed that do not end in time, and Dask may raise then. All
    that they did is kept by that time.
    """
    try:
        yield one
    finally:
        with suppress(TimeoutError):
            one.__exit__(None, None, None)


def _smaller(screening: Screening) -> str:
    """What would make a grid small enough."""
    cuts = "--least, --most and --components cut the grid"
    for step in _STEPS:
        grid = screening.grid.model_copy(update={"step": step})
        n_rows = grid.n_compositions * len(screening.lattices)
        if step > screening.grid.step and 0 < n_rows <= MOST_ROWS:
            return f"--step {step:g} gives {n_rows:,} rows; {cuts} as well."
    return f"Take fewer elements; {cuts} as well."
