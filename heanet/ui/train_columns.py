"""Which column of a table holds what, and in which unit: guessed, shown, and put right by hand."""

from dataclasses import dataclass

import streamlit as st

from heanet.data.labelcolumns import FIELDS, Column, guess_columns, guess_unit
from heanet.data.labeltables import LabelTable
from heanet.properties import TASKS
from heanet.ui import task_words
from heanet.ui.language import _
from heanet.ui.words import plain
from heanet.units import units_of

_MEMORY = "own_columns"
_PER_ROW = 3
_NOWHERE = ""
Chosen = dict[str, Column]


@dataclass(frozen=True)
class _Memory:
    """The last choice, so that a table that was put right and uploaded again keeps it."""

    columns: tuple[str, ...]
    chosen: Chosen


def choose_columns(table: LabelTable) -> Chosen:
    """Ask for the column and the unit of each field; the headings' guesses stand there at first.

    Args:
        table: The uploaded table.
    """
    st.markdown(
        _("**Columns**"),
        help=_(
            "Guessed from the headings. Values are converted to the unit that the set keeps; "
            "a unit that heading or cells state is preselected."
        ),
    )
    first = _first_choice(table)
    chosen: Chosen = {}
    for start in range(0, len(FIELDS), _PER_ROW):
        places = st.columns(_PER_ROW, gap="medium")
        for place, field in zip(places, FIELDS[start : start + _PER_ROW], strict=True):
            with place:
                column = _choose_column(table, field, first.get(field))
            if column:
                chosen[field] = column
    used = {column.heading for column in chosen.values()}
    unused = [heading for heading in table.columns if heading not in used]
    if unused:
        st.caption(_("Not used: {columns}").format(columns=plain(", ".join(unused))))
    st.session_state[_MEMORY] = _Memory(table.columns, chosen)
    return chosen


def field_title(field: str) -> str:
    """A field's name for people."""
    if field in TASKS:
        return f"{task_words.label(field)} · {field}"
    return {
        "name": _("File name"),
        "lattice": _("Parent lattice"),
    }[field]


def _first_choice(table: LabelTable) -> Chosen:
    """The last choice as far as it fits this table, else the guess."""
    memory = st.session_state.get(_MEMORY)
    if memory is None:
        return guess_columns(table)
    if memory.columns == table.columns:
        return dict(memory.chosen)
    known = {f: column for f, column in memory.chosen.items() if column.heading in table.columns}
    taken = {column.heading for column in known.values()}
    guessed = {f: it for f, it in guess_columns(table).items() if it.heading not in taken}
    return guessed | known


def _choose_column(table: LabelTable, field: str, first: Column | None) -> Column | None:
    # A widget keeps its value as long as its key: another table gets widgets of its own.
    stamp = f"{field}_{table.sha256[:12]}_{table.sheet}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        options = [_NOWHERE, *table.columns]
        heading = st.selectbox(
            field_title(field),
            options,
            index=options.index(first.heading) if first else 0,
            format_func=lambda it: it or _nowhere(field),
            key=f"own_column_{stamp}",
            help=_meaning(field),
        )
        if not heading or field not in TASKS:
            return Column(heading) if heading else None
        same = first is not None and first.heading == heading
        units = [unit.key for unit in units_of(field)]
        unit = st.selectbox(
            _("Unit of {field}").format(field=field_title(field)),
            units,
            index=units.index(first.unit if same and first else guess_unit(table, heading, field)),
            format_func=task_words.unit_words,
            key=f"own_unit_{stamp}_{heading}",
            label_visibility="collapsed",
            disabled=len(units) == 1,
            width=125,
        )
    return Column(heading, unit)


def _nowhere(field: str) -> str:
    """What it means that a field has no column."""
    if field in TASKS:
        return _("from the cell") if TASKS[field].from_cell else _("not in the table")
    return {"name": _("choose one"), "lattice": _("from name or geometry")}[field]


def _meaning(field: str) -> str:
    if field in TASKS:
        kept = task_words.unit(field)
        return _("{meaning} Kept in {unit}.").format(meaning=task_words.meaning(field), unit=kept)
    return {
        "name": _("The file in the zip that a row belongs to, with or without its extension."),
        "lattice": _(
            "fcc, bcc or hcp: the lattice that the cell was built on. Without a column it is taken "
            "from the file name, else guessed from the geometry."
        ),
    }[field]
