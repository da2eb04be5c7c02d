"""Which row of a user's table belongs to which structure file, by name."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from heanet.data.labeltables import is_missing, rows_in_words
from heanet.data.owncells import OwnCells
from heanet.data.setproblems import Problem
from heanet.data.structures import file_stem

_MAX_NAME_BYTES = 200


@dataclass(frozen=True)
class MatchedRows:
    """The rows that have a structure.

    Attributes:
        names: Name of each row's cell, made safe as a file name.
        files: File name of each row's structure.
        problems: Rows and files that are left over, and names that fit several.
    """

    names: dict[int, str]
    files: dict[int, str]
    problems: tuple[Problem, ...]


def match_rows(named: Mapping[int, str], cells: OwnCells) -> MatchedRows:
    """Match the names in a table with files, with or without the extension of either.

    Args:
        named: What the table says, by row number; folders before a name do not count.
        cells: The files.
    """
    given = {row: _base(text) for row, text in named.items() if not is_missing(text)}
    names = {row: safe_name(text) for row, text in given.items()}
    every_file = [*cells.cells, *cells.unusable]
    candidates = _candidates(given, every_file)
    files = {row: found[0] for row, found in candidates.items() if len(found) == 1}
    claimed = {file for found in candidates.values() for file in found}
    problems = [
        *_unnamed([row for row in named if row not in given]),
        *_repeats(given, names, files),
        *_ambiguous(given, candidates),
        *(
            Problem("no_structure", given[row], f"Row {row}, '{given[row]}': no file of that name.")
            for row, found in candidates.items()
            if not found
        ),
        *(it for file, it in cells.unusable.items() if file in claimed),
        *(
            Problem("no_label", file, f"'{file}': no row of that name.")
            for file in every_file
            if file not in claimed
        ),
    ]
    usable = {row: file for row, file in files.items() if file in cells.cells}
    return MatchedRows({row: names[row] for row in usable}, usable, tuple(problems))


def safe_name(text: str) -> str:
    """A name that can be a file's on every system: letters, digits and ``. + - _``."""
    name = re.sub(r"[^\w.+-]+", "_", text).strip(".")
    # Tables of labels are read with "null" and its like as missing.
    return f"_{name}" if is_missing(name) else name


def _base(text: str) -> str:
    """A name without folders, its accents written in the one way."""
    parts = [part for part in re.split(r"[/\\]", text) if part.strip()]
    return unicodedata.normalize("NFC", parts[-1].strip() if parts else text)


def _candidates(given: Mapping[int, str], files: Iterable[str]) -> dict[int, list[str]]:
    """The files that each name may mean: the one of that name, else those of its stem."""
    exact = set(files)
    by_stem: dict[str, list[str]] = defaultdict(list)
    for file in exact:
        by_stem[file_stem(file)].append(file)
    found = {}
    for row, name in given.items():
        if name in exact:
            found[row] = [name]
        elif file_stem(name) in exact:
            found[row] = [file_stem(name)]
        else:
            found[row] = sorted(by_stem.get(name, []))
    return found


def _unnamed(rows: list[int]) -> Iterator[Problem]:
    if rows:
        where = rows_in_words(rows)
        yield Problem("unnamed", where, f"No name in {where}.")


def _repeats(
    given: Mapping[int, str], names: Mapping[int, str], files: Mapping[int, str]
) -> Iterator[Problem]:
    """Rows of one name, of one file, or of names that would become one, and endless names."""
    rows_of: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, name in names.items():
        rows_of["name", name.casefold()].append(row)
    named_twice = {row for rows in rows_of.values() if len(rows) > 1 for row in rows}
    for row, file in files.items():
        if row not in named_twice:
            rows_of["file", file].append(row)
    for rows in rows_of.values():
        if len(rows) > 1:
            shown = " and ".join(f"'{text}'" for text in dict.fromkeys(given[row] for row in rows))
            yield Problem(
                "duplicate", given[rows[0]], f"{shown} in {rows_in_words(rows)}: one cell is meant."
            )
    for row, name in names.items():
        if len(name.encode()) > _MAX_NAME_BYTES:
            yield Problem("duplicate", given[row][:40], f"Row {row}: the name is too long.")


def _ambiguous(given: Mapping[int, str], candidates: Mapping[int, list[str]]) -> Iterator[Problem]:
    for row, found in candidates.items():
        if len(found) > 1:
            files = ", ".join(f"'{file}'" for file in found)
            yield Problem(
                "duplicate", given[row], f"Row {row}, '{given[row]}': may be any of {files}."
            )
