"""A labelled set from the Materials Project: formation energies of crystals on fcc, bcc and hcp.

What is asked goes in parts, chemical systems first and then crystals. Every part becomes a file in
a work folder beside the imported sets, so an interrupted download goes on where it stopped. A new
version of the database makes the parts worthless: then it begins again, and says so.

Which crystals are left out, and why: docs/decisions/008-materials-project.md.
"""

import json
import math
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout
from pymatgen.core import Structure
from tqdm import tqdm

from heanet.data.corrections import to_table
from heanet.data.elements import formula
from heanet.data.home import data_home, make_private, read_json, write_whole, writing_in
from heanet.data.keptsets import check_set_name
from heanet.data.labelfiles import (
    TABLE_COLUMNS,
    new_set_folder,
    read_record,
    write_set,
)
from heanet.data.labels import MATERIALS_PROJECT, MP_SET, imported_sets
from heanet.data.lattices import detect_lattice
from heanet.data.materialsproject import (
    Connection,
    client_version,
    connect,
    find_crystals,
    read_crystals,
)
from heanet.data.mpquery import PROPERTIES, Query
from heanet.data.structure_reading import read_here
from heanet.data.structures import write_structure
from heanet.errors import ConfigError, DataError, HeanetError

# A lattice that half of the atoms show, or less, is not the crystal's.
CLEAR_SHARE = 0.5
_SYSTEMS_AT_ONCE = 100
_CRYSTALS_AT_ONCE = 50
_QUERY = "query.json"
_LEFT_OUT = {
    "lattice": "on no fcc, bcc or hcp lattice",
    "no_label": "without {label}",
    "unusable": "with a cell that cannot be used",
    "missing": "that were listed and not given",
}


@dataclass(frozen=True)
class Fetched:
    """A set that was fetched.

    Attributes:
        folder: Where it lies.
        notes: What its reader should know, in sentences.
    """

    folder: Path
    notes: tuple[str, ...]


def fetch_crystals(
    query: Query,
    *,
    name: str = MP_SET,
    limit: int | None = None,
    overwrite: bool = False,
    home: str | Path | None = None,
    endpoint: str | None = None,
    progress: bool = True,
) -> Fetched:
    """Make a labelled set of what the Materials Project knows, or go on with an interrupted one.

    Args:
        query: Which crystals.
        name: Of the set.
        limit: Keep at most so many, drawn at random, always the same.
        overwrite: Replace a set of that name that came from the Materials Project.
        home: Where imported sets live; default HEANET_HOME.
        endpoint: Address of the server; default the official one.
        progress: Show progress bars with the time left where there is a terminal.

    Returns:
        The set; nothing is asked if the same one is there already.

    Raises:
        ConfigError: The limit is none.
        DataError: Another set of that name is there, another process is fetching it, the client
            is not installed, or no crystal can be used.
        InputError: The key is missing or refused.
        FetchError: The server cannot be reached or does not answer; what is there is kept.
        KeyboardInterrupt: Ctrl-C; what is there is kept.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"A limit of {limit} cells", expected="at least 1")
    target = data_home(home) / name
    asked = {**query.plain, "limit": limit}
    if not overwrite and read_record(target).get("fetched") == asked:
        return Fetched(target, (_when(target),))
    _check_name(name, overwrite=overwrite, home=home)
    with connect(endpoint) as source, _work_folder(target) as work:
        begun = _begin(work, query, source.database)
        crystals = _find_all(source, query, work, progress=progress)
        parts = _read_all(source, query, crystals, work, limit=limit, progress=progress)
        rows, left_out = _kept(parts, limit)
        n_found, n_read = len(crystals), sum(len(part["asked"]) for part in parts)
        if not rows:
            raise _nothing(query, n_found, left_out)
        facts = {"database": source.database, "fetched": asked, "n_found": n_found}
        _write(target, rows, {**facts, "n_fetched": n_read, "left_out": left_out})
    shutil.rmtree(work)
    return Fetched(target, (*begun, *_in_words(query, n_found, n_read, left_out)))


def _check_name(name: str, *, overwrite: bool, home: str | Path | None) -> None:
    """Refuse a name that is none, or that is taken, unless by a set that may be replaced."""
    record = read_record(data_home(home) / name) if name in imported_sets(home) else {}
    if record.get("origin") != MATERIALS_PROJECT:
        check_set_name(name, home=home)
    elif not overwrite:
        raise DataError(
            f"There is a labelled set '{name}' already, fetched on "
            f"{record.get('fetched_on')} with other options",
            fix="Give --overwrite to replace it, or another --name.",
        )


@contextmanager
def _work_folder(target: Path) -> Iterator[Path]:
    """The folder of the parts, held by one process at a time."""
    work = make_private(target.with_name(f".fetch-{target.name}"))
    try:
        with writing_in(work), FileLock(work / ".lock", timeout=0):
            yield work
    except Timeout as error:
        raise DataError(
            f"Another process is fetching '{target.name}'",
            fix="Wait for it, or choose another --name.",
        ) from error


def _begin(work: Path, query: Query, database: str) -> list[str]:
    """Empty the folder unless its parts belong to this query and database; notes."""
    wanted = {"query": query.plain, "database": database}
    found = read_json(work / _QUERY)
    if found == wanted:
        return []
    for path in work.glob("*.json"):
        path.unlink()
    write_whole(work / _QUERY, json.dumps(wanted))
    if found is None or found.get("query") != wanted["query"]:
        return []
    return [
        f"The Materials Project has a new database ({found.get('database')} when this download "
        f"began, {database} now): it began anew."
    ]


def _find_all(source: Connection, query: Query, work: Path, *, progress: bool) -> list[str]:
    """Names of all crystals, in the order in which a limit draws them."""
    batches = _batches(query.systems, _SYSTEMS_AT_ONCE)
    found: list[str] = []
    with _bar("Looking for crystals", len(query.systems), progress=progress) as bar:
        for number, systems in enumerate(batches):
            path = work / f"systems-{number:04}.json"
            part = _part(path, systems)
            if part is None:
                names = find_crystals(source, systems, max_above_hull=query.max_above_hull)
                part = {"asked": systems, "found": names}
                write_whole(path, json.dumps(part))
            found += part["found"]
            bar.update(len(systems))
    names = sorted(set(found))
    return [names[i] for i in np.random.default_rng(0).permutation(len(names))]


def _read_all(
    source: Connection,
    query: Query,
    crystals: Sequence[str],
    work: Path,
    *,
    limit: int | None,
    progress: bool,
) -> list[dict[str, Any]]:
    """The parts with the crystals' rows, up to the one that fills the limit."""
    batches = _batches(crystals, _CRYSTALS_AT_ONCE)
    paths = [work / f"crystals-{number:04}.json" for number in range(len(batches))]
    known = [_part(path, names) for path, names in zip(paths, batches, strict=True)]
    most = len(crystals) if limit is None else min(limit, len(crystals))

    def size(part: Mapping[str, Any] | None) -> int:
        """What a part adds to the bar: all its crystals, or those that fill the limit."""
        if part is None:
            return 0
        return len(part["asked"]) if limit is None else len(part["rows"])

    done: list[dict[str, Any]] = []
    there = sum(map(size, known))
    with _bar("Fetching crystals", most, progress=progress, initial=min(there, most)) as bar:
        for path, names, part in zip(paths, batches, known, strict=True):
            if limit is not None and sum(map(size, done)) >= limit:
                break
            if part is None:
                documents = read_crystals(source, names, query.label)
                part = {"asked": names, **_rows(documents, query, n_asked=len(names))}
                write_whole(path, json.dumps(part))
                bar.update(min(size(part), most - bar.n))
            done.append(part)
    return done


def _rows(documents: Sequence[Mapping[str, Any]], query: Query, *, n_asked: int) -> dict[str, Any]:
    """Rows of a labelled set, and how many crystals are none, by reason."""
    rows, left_out = [], ["missing"] * (n_asked - len(documents))
    for document in documents:
        row = _row(document, query)
        if isinstance(row, str):
            left_out.append(row)
        else:
            rows.append(row)
    return {"rows": rows, "left_out": dict(Counter(left_out))}


def _row(document: Mapping[str, Any], query: Query) -> dict[str, Any] | str:
    """Name, lattice, label and cell of a crystal, or a key of _LEFT_OUT."""
    label = document.get(query.label)
    if not isinstance(label, int | float) or not math.isfinite(label):
        return "no_label"
    name = str(document["material_id"])
    try:
        given = Structure.from_dict(document["structure"])
        given.properties = {"name": f"{formula(given.composition, reduced=True)} {name}"}
        text = write_structure(given, "poscar")
        (cell,) = read_here(text.encode(), name=name)  # as the set will be read
    except (HeanetError, AttributeError, KeyError, TypeError, ValueError):
        return "unusable"
    symbols = {element.symbol for element in cell.composition}
    if symbols - set(query.elements) or not name.replace("-", "").isalnum():
        return "unusable"
    guess = detect_lattice(cell)
    if guess.lattice is None or guess.confidence <= CLEAR_SHARE:
        return "lattice"
    return {
        "name": name,
        "lattice": guess.lattice,
        PROPERTIES[query.label]: float(label),
        "v0": float(cell.volume) / len(cell),
        "poscar": text,
    }


def _kept(
    parts: Sequence[Mapping[str, Any]], limit: int | None
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The rows by name, and how many crystals were left out, by reason."""
    rows = [row for part in parts for row in part["rows"]][:limit]
    left_out: Counter[str] = Counter()
    for part in parts:
        left_out.update(part["left_out"])
    return sorted(rows, key=lambda row: (len(row["name"]), row["name"])), dict(left_out)


def _write(target: Path, rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> None:
    """Write the set; it takes the place of an older one of its name once all of it is there."""
    names = pd.Index([row["name"] for row in rows], name="name", dtype=str)
    table = pd.DataFrame([dict(row) for row in rows], index=names).reindex(
        columns=list(TABLE_COLUMNS)
    )
    with new_set_folder(target) as folder, TemporaryDirectory() as cells:
        files = {name: Path(cells) / name for name in names}
        for row in rows:
            files[row["name"]].write_text(row["poscar"], encoding="utf-8")
        write_set(
            folder,
            table=table,
            corrections=to_table([]),
            structures=files,
            # The published cuts are of the published alloys; folds and 80/10/10 are for any rows.
            partitions={"Database": tuple(names)},
            source=_record(target.name, facts, len(names)),
        )


def _record(name: str, facts: Mapping[str, Any], n_rows: int) -> dict[str, Any]:
    return {
        "name": name,
        "title": f"Formation energies from the Materials Project, database {facts['database']}",
        "origin": MATERIALS_PROJECT,
        "labels": f"{facts['fetched']['label']} of the summary documents: DFT energies (PBE, "
        "PBE+U, r2SCAN) mixed and corrected by the Materials Project. Not those of HEA-DFT.",
        "licence": "CC BY 4.0",
        "citation": "A. Jain et al., APL Mater. 1, 011002 (2013)",
        "doi": "10.1063/1.4812323",
        "fetched_on": datetime.now(tz=UTC).date().isoformat(),
        "versions": client_version(),
        "n_rows": n_rows,
        **facts,
    }


def _nothing(query: Query, n_found: int, left_out: Mapping[str, int]) -> DataError:
    """No crystal was found, or none can be used."""
    asked = f"crystals of {' '.join(query.elements)} in up to {query.components} components"
    if query.max_above_hull is not None:
        asked += f", up to {query.max_above_hull:g} eV/atom above the hull"
    if not n_found:
        return DataError(
            f"The Materials Project has no {asked}", fix="Take more --elements or --components."
        )
    why = ", ".join(_reasons(query, left_out))
    return DataError(f"None of {n_found:,} {asked} can be used: {why}", fix="Take more --elements.")


def _in_words(
    query: Query, n_found: int, n_read: int, left_out: Mapping[str, int]
) -> Iterator[str]:
    fetched = f", {n_read:,} of them fetched" if n_read < n_found else ""
    yield f"{n_found:,} crystals found in {len(query.systems):,} chemical systems{fetched}"
    if left_out:
        yield f"left out: {', '.join(_reasons(query, left_out))}"


def _reasons(query: Query, left_out: Mapping[str, int]) -> list[str]:
    return [
        f"{left_out[kind]:,} {words.format(label=query.label)}"
        for kind, words in _LEFT_OUT.items()
        if left_out.get(kind)
    ]


def _when(folder: Path) -> str:
    return (
        f"nothing to fetch: it is here since {read_record(folder).get('fetched_on')}; --overwrite "
        "fetches it anew"
    )


def _part(path: Path, asked: Sequence[str]) -> dict[str, Any] | None:
    """A part that is there; None where it is missing, damaged, or of another question."""
    part = read_json(path)
    return part if part is not None and part.get("asked") == list(asked) else None


def _batches(items: Sequence[str], size: int) -> list[list[str]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _bar(words: str, total: int, *, progress: bool, initial: int = 0) -> "tqdm[Any]":
    """A bar with the time left, where there is a terminal."""
    return tqdm(desc=words, total=total, initial=initial, disable=None if progress else True)
