"""Make a labelled set: plan the cells, let the teacher relax each, put labels and cells together.

Every relaxed cell becomes a file in a work folder beside the set (``.NAME-work``), so a killed run
goes on where it was; cells do not depend on each other, on their order or on the number of workers.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pymatgen.core import Structure
from tqdm import tqdm

from heanet.data.alloys import MAX_SEED, Alloy, build_alloy
from heanet.data.generatedset import COMPLETE, elements_of, write_generated
from heanet.data.home import write_whole, writing_in
from heanet.data.ideallattice import cell_volume, ideal_sites
from heanet.data.labelfiles import is_labelled_set, read_record
from heanet.data.recipes import ATOMS, CellRecipe, families, plan_cells
from heanet.data.teacher import check_known, load_teacher, relax, teacher_versions
from heanet.errors import ConfigError, DataError
from heanet.properties import LATTICES, Lattice

# Raise it when the same recipe gives other labels.
GENERATE_VERSION = 2
# Arrangements that the search for an SQS tries: a second's work beside a relaxation of many.
SQS_ITERATIONS = 20_000
# Sites of the cells that the elemental references are computed in.
_REFERENCE_SITES: dict[str, int] = {"fcc": 4, "bcc": 2, "hcp": 2}


@dataclass(frozen=True)
class Generated:
    """What a run of ``generate`` did.

    Attributes:
        folder: The labelled set.
        labelled: Cells in it.
        failed: Cells that could not be relaxed, with the reason.
    """

    folder: Path
    labelled: int
    failed: dict[str, str]


def generate(
    folder: Path,
    elements: Sequence[str],
    *,
    lattices: Sequence[Lattice] = ("fcc", "bcc"),
    n: int = 100,
    atoms: tuple[int, int] = ATOMS,
    seed: int = 0,
    workers: int = 2,
    progress: bool = True,
) -> Generated:
    """Make a labelled set, or go on with an interrupted one.

    Args:
        folder: Where to; a finished set of the same settings there is left as it is.
        elements: Symbols, or families such as Cr-Fe-Co-Ni-Mn.
        lattices: Parent lattices.
        n: Number of cells.
        atoms: Of the smallest and of the largest cell.
        seed: Of everything random.
        workers: Processes, one thread each.
        progress: Show a progress bar with the time left where a terminal is attached.

    Raises:
        ConfigError: Elements, lattices or numbers cannot be used.
        DataError: The folder holds something else, CHGNet is not installed, or a worker was
            killed.
        KeyboardInterrupt: Ctrl-C; finished cells are kept and the next call goes on.
    """
    folder = folder.resolve()
    check_known({symbol for word in elements for symbol in word.split("-")})
    groups = families(elements)
    if not 0 <= seed <= MAX_SEED:
        raise ConfigError(f"Seed {seed}", expected=f"0 to {MAX_SEED:,}")
    if not lattices or set(lattices) - set(LATTICES) or len(set(lattices)) < len(lattices):
        raise ConfigError(
            f"Lattices '{' '.join(lattices)}'", expected=f"some of {' '.join(LATTICES)}, each once"
        )
    if workers < 1:
        raise ConfigError(f"{workers} workers", expected="at least 1")
    settings = {
        "elements": ["-".join(group) for group in groups],
        "lattices": list(lattices),
        "n": n,
        "atoms": list(atoms),
        "seed": seed,
        "version": GENERATE_VERSION,
    }
    load_teacher()
    if _is_finished(folder, settings):
        return _result(folder)
    recipes = plan_cells(groups, lattices, n, seed=seed, atoms=atoms)
    with _work_folder(folder) as work:
        references = _references(groups, lattices)
        # First: an element without a reference is found out after seconds, not after hours.
        _run(references, work, workers, progress=progress)
        _check_references(references, work)
        tasks = [*references, *recipes]
        _run(tasks, work, workers, progress=progress)
        parts = {task.name: _read(_part(work, task)) for task in tasks}
        write_generated(
            folder,
            settings=settings,
            recipes=recipes,
            parts={name: part for name, part in parts.items() if part is not None},
            versions=teacher_versions(),
        )
    shutil.rmtree(work)
    return _result(folder)


def label_cell(recipe: CellRecipe) -> dict[str, Any]:
    """Build and relax one cell.

    Returns:
        The part of the set that the cell is: as built, relaxed, energy (eV/atom), moments (muB),
        steps; or the reason why it has no labels under "failed".
    """
    elements, lattice = elements_of(recipe), recipe.lattice
    if len(elements) == 1:
        sites = ideal_sites(lattice, recipe.n_atoms)
        volume = cell_volume(dict(recipe.counts))
        built = Structure(sites.lattice.scale(volume), elements * len(sites), sites.frac_coords)
    else:
        shares = {symbol: number / recipe.n_atoms for symbol, number in recipe.counts}
        built = build_alloy(
            Alloy(shares, lattice, recipe.n_atoms, "sqs", recipe.seed, SQS_ITERATIONS)
        )
    # An element keeps its lattice by symmetry; it is what alloys on that lattice are measured by.
    found = relax(built, seed=None if len(elements) == 1 else recipe.seed)
    part = {
        "built": _plain(built),
        "relaxed": _plain(found.structure),
        "energy": found.energy,
        "moments": found.moments.tolist(),
        "steps": found.steps,
    }
    if not found.converged:
        part["failed"] = f"forces not converged after {found.steps} steps"
    return part


def _references(groups: Sequence[tuple[str, ...]], lattices: Sequence[Lattice]) -> list[CellRecipe]:
    """Every element on every lattice: the lowest is its ground state, each its own parent."""
    del lattices  # all of them, because the ground state may lie on one that no alloy has
    elements = dict.fromkeys(symbol for group in groups for symbol in group)
    return [
        CellRecipe(((symbol, _REFERENCE_SITES[lattice]),), lattice, 0)
        for symbol in elements
        for lattice in LATTICES
    ]


def _check_references(references: Sequence[CellRecipe], work: Path) -> None:
    """Raise a DataError for an element that the teacher cannot relax; it can be tried again."""
    for recipe in references:
        path = _part(work, recipe)
        if reason := (_read(path) or {}).get("failed"):
            path.unlink()
            (element,) = elements_of(recipe)
            raise DataError(
                f"The elemental reference {recipe.name} has no energy: {reason}",
                expected=f"{element} on fcc, bcc and hcp, which its alloys are measured by",
                fix=f"Leave {element} out of --elements.",
            )


def _plain(structure: Structure) -> dict[str, Any]:
    return {
        "lattice": structure.lattice.matrix.tolist(),
        "species": [site.specie.symbol for site in structure],
        "coords": structure.frac_coords.tolist(),
    }


def _key(recipe: CellRecipe) -> str:
    """Of everything that a part depends on."""
    text = f"{GENERATE_VERSION} {asdict(recipe)} {teacher_versions()}"
    return hashlib.sha256(text.encode()).hexdigest()


def _part(work: Path, recipe: CellRecipe) -> Path:
    return work / f"{recipe.name}-{_key(recipe)[:16]}.json"


def _read(path: Path) -> dict[str, Any] | None:
    """A part; None where it is missing or damaged: it is made again."""
    try:
        part = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return part if isinstance(part, dict) else None


def _make(recipe: CellRecipe, path: Path) -> str:
    """Label one cell into a file."""
    try:
        part = label_cell(recipe)
    except (ValueError, RuntimeError, ArithmeticError) as error:
        part = {"failed": f"{type(error).__name__}: {error}"[:200]}
    write_whole(path, json.dumps(part))
    return recipe.name


def _start() -> None:
    """Prepare a worker: the parent alone answers Ctrl-C, and nobody outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    load_teacher()


def _end_with(parent: int) -> None:
    """A parent that is killed cannot say so; its workers look."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _run(tasks: Sequence[CellRecipe], work: Path, workers: int, *, progress: bool) -> None:
    todo = [task for task in tasks if _read(_part(work, task)) is None]
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start
    )
    bar = tqdm(
        total=len(tasks),
        initial=len(tasks) - len(todo),
        desc="Relaxing",
        unit="cell",
        disable=None if progress else True,
    )
    # Large cells last would leave workers idle at the end.
    waiting = {pool.submit(_make, t, _part(work, t)) for t in sorted(todo, key=_size, reverse=True)}
    try:
        with bar:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    bar.set_postfix_str(future.result(), refresh=False)
                    bar.update()
    except BrokenProcessPool as error:
        raise DataError(
            "A worker process was killed, perhaps because the memory was full",
            fix="Run the same command again, with fewer --workers: it goes on where it was.",
        ) from error
    finally:
        # What has begun is finished and kept; what waits is dropped.
        pool.shutdown(wait=True, cancel_futures=True)


def _size(recipe: CellRecipe) -> int:
    return recipe.n_atoms


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """The folder of the parts, held by one process at a time."""
    work = folder.with_name(f".{folder.name}-work")
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"The folder '{work}' cannot be created ({error.strerror})") from error
    try:
        with writing_in(work), FileLock(work / ".lock", timeout=0):
            yield work
    except Timeout as error:
        raise DataError(
            f"Another process is making '{folder}'", fix="Wait for it, or choose another --out."
        ) from error


def _is_finished(folder: Path, settings: dict[str, Any]) -> bool:
    """Whether the folder holds this very set.

    Raises:
        DataError: It holds something else.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    record = read_record(folder) if is_labelled_set(folder) else {}
    if record.get("generated") == settings and record.get(COMPLETE):
        return True
    raise DataError(
        f"The folder '{folder}' holds something else",
        expected="no folder, an empty one, or the same set",
        fix="Choose another --out, or delete it.",
    )


def _result(folder: Path) -> Generated:
    record = read_record(folder)
    return Generated(folder, int(record[COMPLETE]), dict(record["failed"]))
