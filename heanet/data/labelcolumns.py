"""Which column of a user's table means what, and what its cells say.

Meanings and units are guessed from the headings and can be overruled. A cell that is no number, two
units in one column, a comma that may separate thousands or decimals: each is a problem with its
rows, never a guess.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from heanet.data.labeltables import LabelTable, is_missing, rows_in_words
from heanet.data.setproblems import Problem
from heanet.errors import DataError, did_you_mean
from heanet.properties import LATTICES, TASK_KEYS, TASKS
from heanet.units import Unit, find_unit, kept_unit, units_named, units_of

FIELDS = ("name", "lattice", *TASK_KEYS)

# Headings by field, without signs, spaces and capitals; units apart.
_HEADINGS = {
    "name": "structures structure name names file files filename filenames cell cells id "
    "structurefile structurename poscar 结构 结构名 结构文件 名称 文件 文件名",
    "lattice": "lattice parentlattice latticetype crystallattice crystalstructure phase prototype "
    "晶格 母晶格 晶格类型",
    **{key: task.headings for key, task in TASKS.items()},
}
_BRACKETS = re.compile(r"^(?P<stem>.*?)\s*[(\[（【](?P<unit>[^()\[\]（）【】]*)[)\]）】]\s*$")
_BOUNDARY = re.compile(r"[\s_,;:/]+")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_COMMA_NUMBER = r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?"
_CELL = re.compile(rf"(?P<number>{_COMMA_NUMBER}|{_NUMBER})\s*(?P<unit>[^\d\s.,+-].*)?")
# 1,234 may be a thousand or one and a bit; 12,34 and 0,123 and 1,2345 are decimals.
_MAYBE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_LATTICE_NAMES = {lattice: lattice for lattice in LATTICES} | {
    "facecenteredcubic": "fcc",
    "facecentredcubic": "fcc",
    "bodycenteredcubic": "bcc",
    "bodycentredcubic": "bcc",
    "hexagonalclosepacked": "hcp",
    "面心立方": "fcc",
    "体心立方": "bcc",
    "密排六方": "hcp",
}


@dataclass(frozen=True)
class Column:
    """What a field is read from.

    Attributes:
        heading: Of the column.
        unit: A key of ``heanet.units``; empty for names and lattices.
    """

    heading: str
    unit: str = ""


Mapped = Mapping[str, Column]


def split_heading(heading: str) -> tuple[str, str]:
    """A heading without its unit, and the text of the unit; empty where there is none.

    Reads ``eform (meV/atom)``, ``E / eV`` and ``etot_eV_per_atom``. What stands in brackets is
    taken for a unit whether it is one or not.
    """
    if found := _BRACKETS.match(heading):
        return found["stem"], found["unit"].strip()
    for boundary in _BOUNDARY.finditer(heading):
        unit = heading[boundary.end() :]
        if boundary.start() and any(units_named(unit, units_of(task)) for task in TASKS):
            return heading[: boundary.start()], unit
    return heading, ""


def guess_columns(table: LabelTable) -> dict[str, Column]:
    """The columns that the headings speak of, by field; a field that none speaks of is not there.

    A heading with a unit that a field cannot have is not taken for it: magnetisation in emu/g is
    no magnetic moment. Of several headings, one that states its unit in full goes before.
    """
    ranked: dict[str, list[tuple[int, int, Column]]] = defaultdict(list)
    for heading in table.columns:
        field, place = _meaning(split_heading(heading)[0], list(table.column(heading).values()))
        if field and field not in TASKS:
            ranked[field].append((0, place, Column(heading)))
            continue
        stated, named = _stated_units(table, heading, field) if field else ("", ())
        if field and (named or not stated):
            column = Column(heading, guess_unit(table, heading, field))
            ranked[field].append((len(named) or 2, place, column))
    return {
        field: min(ranked[field], key=lambda it: it[:2])[2] for field in FIELDS if field in ranked
    }


def guess_unit(table: LabelTable, heading: str, field: str) -> str:
    """The unit that a column's heading or cells state, as far as the field can have it.

    The unit that is kept where none is stated, or where the kept one may be meant too.
    """
    _, named = _stated_units(table, heading, field)
    kept = kept_unit(field)
    return kept.key if kept in named or not named else named[0].key


def check_mapped(table: LabelTable, mapped: Mapped) -> None:
    """Refuse a mapping that no table could be read with.

    Raises:
        ConfigError: A unit does not fit its field.
        DataError: A field or a column is unknown, two fields share a column, or there is no
            column of names or no label at all.
    """
    for field, column in mapped.items():
        if field not in FIELDS:
            raise DataError(
                f"Unknown field '{field}'", expected=f"some of {' '.join(FIELDS)}",
                fix=did_you_mean(field, FIELDS),
            )  # fmt: skip
        if column.heading not in table.columns:
            raise DataError(
                f"'{table.name}' has no column '{column.heading}' for '{field}'",
                expected=f"one of {', '.join(table.columns)}",
                fix=did_you_mean(column.heading, table.columns),
            )
        if field in TASKS:
            find_unit(field, column.unit)
    used = Counter(column.heading for column in mapped.values())
    heading, times = used.most_common(1)[0] if used else ("", 0)
    if times > 1:
        fields = [field for field, column in mapped.items() if column.heading == heading]
        raise DataError(
            f"Column '{heading}' is read as {' and as '.join(fields)}",
            expected="each column for one thing",
        )
    for field, needed in (("name", "name" in mapped), ("label", bool(set(mapped) & set(TASKS)))):
        if not needed:
            raise DataError(
                f"No column of '{table.name}' is chosen for the {field}s",
                expected=f"one of {', '.join(table.columns)}",
                fix="Say which column holds the structures' file names, and which at least one "
                f"of {' '.join(TASK_KEYS)}.",
            )


def read_numbers(
    table: LabelTable, column: Column, field: str
) -> tuple[pd.Series, list[Problem], list[str]]:
    """The numbers of a column in its unit, with what is wrong with it and what was understood.

    Args:
        table: The table.
        column: Which column, and its unit.
        field: What it is read as; a task.

    Returns:
        Numbers by row, NaN where missing or wrong; blocking problems; notes for people.
    """
    cells = table.column(column.heading)
    filled = {row: text for row, text in cells.items() if not is_missing(text)}
    read = {row: found for row, text in filled.items() if (found := _parts(text))}
    numbers = {row: number for row, (number, _) in read.items()}
    problems = [
        *_text_problems(column, {row: text for row, text in filled.items() if row not in read}),
        *_unit_problems(column, field, {row: unit for row, (_, unit) in read.items()}),
        *_comma_problems(column, numbers),
    ]
    notes = list(_unit_notes(column, field, _unit_in_cells(list(filled.values()))))
    if any("," in number for number in numbers.values()):
        notes.append(f"column '{column.heading}': decimal commas read as points")
    values = {row: float(number.replace(",", ".")) for row, number in numbers.items()}
    return pd.Series(values, index=list(cells), dtype=float), problems, notes


def read_lattices(cells: Sequence[str]) -> list[str]:
    """Parent lattices that cells of a table state: fcc, bcc, hcp, or the text if it is another.

    Empty where a cell is.
    """
    stated = []
    for text in cells:
        word = re.sub(r"^sqs|[\s_-]", "", text.casefold())
        lattice = _LATTICE_NAMES.get(word, text)
        stated.append("" if is_missing(text) else lattice)
    return stated


def _stated_units(table: LabelTable, heading: str, field: str) -> tuple[str, tuple[Unit, ...]]:
    """What heading or cells say of the unit, and the units that it may mean."""
    cells = list(table.column(heading).values())
    text = split_heading(heading)[1] or _unit_in_cells(cells)
    return text, units_named(text, units_of(field))


def _meaning(stem: str, cells: Sequence[str]) -> tuple[str, int]:
    """The field that a heading without its unit speaks of, and how far down its list it stands.

    An empty field where it speaks of none.
    """
    word = _letters(stem.replace("Δ", "delta"))
    for field, headings in _HEADINGS.items():
        known = [*headings.split(), *_labels_of(field)]
        if word in known:
            # "structure" is the file to some and the lattice to others; its cells tell.
            is_lattice = field == "name" and set(read_lattices(cells)) <= {*LATTICES, ""}
            return ("lattice" if is_lattice else field), known.index(word)
    return "", 0


def _labels_of(field: str) -> list[str]:
    """The plain-language names of a task, as headings."""
    return [_letters(label) for label in TASKS[field].label.values()] if field in TASKS else []


def _letters(text: str) -> str:
    """A heading without signs, spaces and capitals."""
    return re.sub(r"[\W_]", "", text.casefold())


def _parts(text: str) -> tuple[str, str] | None:
    """Number and unit of a cell as they are written; None where it is no finite number."""
    plain = text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")
    found = _CELL.fullmatch(plain)
    if not found or not math.isfinite(float(found["number"].replace(",", "."))):
        return None
    return found["number"], found["unit"] or ""


def _unit_in_cells(cells: Sequence[str]) -> str:
    """The unit behind the first number of a column."""
    parts = next((_parts(text) for text in cells if not is_missing(text)), None)
    return parts[1] if parts else ""


def _text_problems(column: Column, wrong: Mapping[int, str]) -> Iterator[Problem]:
    """Cells that are no numbers; "inf" is none either."""
    if wrong:
        shown = ", ".join(f"'{text[:30]}'" for text in list(dict.fromkeys(wrong.values()))[:3])
        yield Problem(
            "text",
            column.heading,
            f"Column '{column.heading}' holds text where a number belongs, in "
            f"{rows_in_words(list(wrong))}: {shown}.",
        )


def _unit_problems(column: Column, field: str, suffixes: Mapping[int, str]) -> Iterator[Problem]:
    """Units behind the numbers that are several, unknown, or not the one that was chosen."""
    by_unit: dict[tuple[Unit, ...], list[int]] = defaultdict(list)
    unknown: dict[int, str] = {}
    for row, text in suffixes.items():
        named = units_named(text, units_of(field)) if text else ()
        if text and not named:
            unknown[row] = text
        else:
            by_unit[named].append(row)
    yield from _text_problems(column, unknown)
    if len(by_unit) > 1:
        parts = [
            f"{suffixes[rows[0]] or 'no unit'} in {rows_in_words(rows)}"
            for rows in by_unit.values()
        ]
        yield Problem(
            "units",
            column.heading,
            f"Column '{column.heading}' holds several units: {'; '.join(parts)}.",
        )
        return
    for named, rows in by_unit.items():
        if named and find_unit(field, column.unit) not in named:
            yield Problem(
                "units",
                column.heading,
                f"The cells of column '{column.heading}' say {suffixes[rows[0]]}, and "
                f"{column.unit} is chosen.",
            )


def _comma_problems(column: Column, numbers: Mapping[int, str]) -> Iterator[Problem]:
    """Commas of which it cannot be told whether they are decimal."""
    commas = {row: text for row, text in numbers.items() if "," in text}
    where = rows_in_words(list(commas))
    if any("." in text for text in numbers.values()) and commas:
        what = f"both decimal points and commas, commas in {where}"
    elif commas and all(_MAYBE_THOUSANDS.fullmatch(text) for text in commas.values()):
        first = next(iter(commas.values()))
        what = f"commas that may separate thousands or decimals, such as {first}, in {where}"
    else:
        return
    message = f"Column '{column.heading}' holds {what}. Write decimal points."
    yield Problem("units", column.heading, message)


def _unit_notes(column: Column, field: str, in_cells: str) -> Iterator[str]:
    """Where heading or cells do not say the unit that the column is read in, or not in full."""
    _, in_heading = split_heading(column.heading)
    chosen, named = find_unit(field, column.unit), units_named(in_cells, units_of(field))
    if in_heading and chosen not in units_named(in_heading, units_of(field)):
        yield f"column '{column.heading}': read as {column.unit}, whatever its heading says"
    if not in_cells:
        named = units_named(in_heading, units_of(field))
    if chosen in named and len(named) > 1:
        yield (
            f"column '{column.heading}': '{in_cells or in_heading}' does not say of how many "
            f"atoms; read as {column.unit}"
        )
