"""The label audit: every suspicious row, the identity that it breaks, and its cell."""

import re

import pandas as pd
import streamlit as st

from heanet.comparison.results import Results
from heanet.data.corrections import STRUCTURE_FIELD
from heanet.data.labels import UPLOADED, LabelledSet
from heanet.properties import TASK_KEYS, TASKS
from heanet.ui import compare_cell, compare_charts, compare_correlation, compare_data, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _, plural
from heanet.ui.said import said
from heanet.ui.words import plain

_TABLE = "audit_table"
_TABLE_ROWS = 20  # more scroll


def show(results: Results | None) -> None:
    """The whole view."""
    raw = compare_correlation.choose_raw()
    labels = compare_data.find_labels(results, corrected=not raw)
    if labels is None:
        return
    compare_data.show_set(labels)
    found = labels.corrections
    if labels.source.get("origin") == UPLOADED:
        st.info(
            _(
                "The labels of this set are kept as they were given. "
                "`python -m heanet data audit {name}` lists those that contradict each other."
            ).format(name=labels.name),
            icon=":material/info:",
        )
        return
    if not len(found):
        st.success(
            _("No label of this set contradicts another one."), icon=":material/check_circle:"
        )
        return
    _explain(found)
    # All of the width is the table's until a cell asks for some of it.
    left, right = st.container(), None
    if compare_cell.chosen():
        left, right = st.columns([15, 7], gap="medium")
    with left:
        _show_table(audit_table(found))
        compare_charts.show_csv(found, name="label-audit")
    if right is not None:
        with right:
            _show_chosen(labels)


def audit_table(corrections: pd.DataFrame) -> pd.DataFrame:
    """Cell, field, given and expected value, their difference, and the identity that is broken.

    Args:
        corrections: The overlay, all text: name, field, given, corrected, reason.
    """
    values = corrections["field"] != STRUCTURE_FIELD
    given = pd.to_numeric(corrections["given"].where(values))
    expected = pd.to_numeric(corrections["corrected"].where(values))
    return pd.DataFrame(
        {
            "name": corrections["name"],
            "field": [
                _("elements") if field == STRUCTURE_FIELD else field
                for field in corrections["field"]
            ],
            "given": corrections["given"],
            "expected": corrections["corrected"],
            "off": [
                "–" if pd.isna(gap) else f"{gap:+.{TASKS[field].decimals}f}".replace("-", "−")
                for field, gap in zip(corrections["field"], given - expected, strict=True)
            ],
            "reason": [
                _("elements ≠ name") if field == STRUCTURE_FIELD else identity(reason)
                for field, reason in zip(corrections["field"], corrections["reason"], strict=True)
            ],
        }
    )


def identity(reason: str) -> str:
    """The identity that a reason names, without the rest of it."""
    short = re.split("[:;]", reason, maxsplit=1)[0]
    for written, shown in (("!=", "≠"), ("sum_a c_a E_a", "Σ c·E"), (" - ", " − "), (" state", "")):
        short = short.replace(written, shown)
    return short


def field_title(field: str) -> str:
    """A label with its unit, or the species of the cell."""
    if field == STRUCTURE_FIELD:
        return _("elements of the cell")
    return f"{field} ({task_words.unit(field)})" if field in TASKS else field


def _explain(found: pd.DataFrame) -> None:
    cells = plural("{n} cell", "{n} cells", found["name"].nunique())
    entries = plural("{n} entry", "{n} entries", len(found))
    st.markdown(
        _(
            "{entries} of {cells} contradict the other labels of the same cell. These identities "
            "hold for every cell, so that the wrong one of them can be told and put right:"
        ).format(entries=f"**{entries}**", cells=cells)
    )
    st.markdown(
        "\n".join(
            [
                _("- emix = etot − Σ c_a · E_a, with E_a of the pure element on the same lattice"),
                _("- eform = etot − Σ c_a · E_a, with E_a of the pure element's ground state"),
                _("- mb = number of atoms · ms"),
                _("- the elements of the cell are those that its name states"),
            ]
        ),
        help=_(
            "The E_a are not given: they follow from the labels of all cells together, by a fit "
            "that a few wrong rows do not move."
        ),
    )


def _show_table(table: pd.DataFrame) -> None:
    names = table["name"].tolist()
    text = st.column_config.TextColumn
    st.dataframe(
        table,
        hide_index=True,
        height=38 + 35 * min(len(table), _TABLE_ROWS),
        key=_TABLE,
        on_select=lambda: _choose_row(names),
        selection_mode="single-row",
        column_config={
            "name": text(_("Cell"), help=_("Its name in the labelled set.")),
            "field": text(
                _("Wrong"),
                width=72,
                help=_("The label that is wrong, or the elements of the cell.")
                + "\n\n"
                + words.task_meanings(TASK_KEYS),
            ),
            "given": text(_("Given"), help=_("As published.")),
            "expected": text(
                _("Expected"),
                help=_("What the identity asks for, in the same unit."),
            ),
            "off": text(_("Off by"), width=70, alignment="right", help=_("Given minus expected.")),
            "reason": text(
                _("Identity that it breaks"),
                help=_("≠: should be equal, and is not. Tick the row to read all of the reason."),
            ),
        },
        alt=_("Suspicious rows with given and expected value."),
    )
    st.caption(_("Tick a row to see its cell."))


def _choose_row(names: list[str]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        compare_cell.choose(names[rows[0]])


def _show_chosen(labels: LabelledSet) -> None:
    name = compare_cell.chosen()
    cell = compare_cell.find_cell(labels, name)
    if cell is None:
        return
    lattice = labels.table["lattice"].get(name, "–")
    notes = _("parent lattice {lattice} · {version}").format(
        lattice=lattice, version=_("corrected") if labels.corrected else _("as published")
    )
    compare_cell.show_cell(cell, notes=plain(notes), numbers=lambda: _show_reasons(labels, name))


def _show_reasons(labels: LabelledSet, name: str) -> None:
    """What is wrong with the chosen cell, and all its labels."""
    own = labels.corrections[labels.corrections["name"] == name]
    for row in own.itertuples(index=False):
        st.markdown(
            _("**{field}**: given {given}, expected {expected}. {reason}.").format(
                field=field_title(str(row.field)),
                given=plain(str(row.given)),
                expected=plain(str(row.corrected)),
                reason=plain(said(str(row.reason))),
            )
        )
    if not len(own):
        st.markdown(_("Nothing about this cell is suspicious."))
    if name not in labels.table.index:
        return
    values = labels.table.loc[name]
    shown = ", ".join(
        f"{task} {'–' if pd.isna(values[task]) else task_words.digits(task, values[task])} "
        f"{task_words.unit(task)}"
        for task in TASK_KEYS
    )
    st.caption(
        _("All labels, {version}: {values}").format(
            version=_("corrected") if labels.corrected else _("as published"), values=plain(shown)
        )
    )
