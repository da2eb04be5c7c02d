"""What a user's own set will be: counts, first rows, and all that is the matter."""

from collections import Counter
from itertools import groupby

import pandas as pd
import streamlit as st

from heanet.data.ownset import OwnSet
from heanet.data.setproblems import BLOCKING, LEFT_OUT, Kind, Problem, problem_table
from heanet.properties import LATTICES, TASK_KEYS
from heanet.report import formula_free_table
from heanet.ui import task_words
from heanet.ui.language import _, listed, plural
from heanet.ui.said import said
from heanet.ui.train_columns import field_title
from heanet.ui.words import plain

_FIRST_ROWS = 8
_SHOWN = 5  # problems of a kind


def show_preview(own: OwnSet, *, n_rows: int, n_files: int) -> None:
    """Counts, labels by task, the first rows as they will be kept, and the problems.

    Args:
        own: The set.
        n_rows: Rows of the table.
        n_files: Cells of the zip.
    """
    st.markdown(
        _("**{cells}** with labels, from {rows} and {files}").format(
            cells=plural("{n} cell", "{n} cells", len(own.cells)),
            rows=plural("{n} row", "{n} rows", n_rows),
            files=plural("{n} readable file", "{n} readable files", n_files),
        )
    )
    _show_problems(own.problems)
    if not own.cells:
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _show_counts(own)
    with right:
        _show_tasks(own)
    _show_rows(own)


def _show_counts(own: OwnSet) -> None:
    lattices = Counter(own.table["lattice"])
    sources = Counter(own.lattice_sources.values())
    sizes = Counter(own.n_components.values())
    told = {
        "table": _("{n} from the table"),
        "file name": _("{n} from the file name"),
        "geometry": _("{n} guessed from the geometry"),
    }
    st.markdown(
        "\n".join(
            [
                _("- Parent lattice: {counts}").format(
                    counts=listed([f"{lattices[it]} {it}" for it in LATTICES if lattices[it]])
                ),
                _("- Lattice known: {sources}").format(
                    sources=listed(
                        [
                            text.format(n=f"{sources[it]:,}")
                            for it, text in told.items()
                            if sources[it]
                        ]
                    )
                ),
                _("- Elements per cell: {counts}").format(
                    counts=listed(
                        [
                            _("{n} with {size}").format(n=f"{n:,}", size=size)
                            for size, n in sorted(sizes.items())
                        ]
                    )
                ),
                *(f"- {plain(said(note[:1].upper() + note[1:] + '.'))}" for note in own.notes),
            ]
        )
    )


def _show_tasks(own: OwnSet) -> None:
    """How many labels each task has, and from where to where they go: a wrong unit shows there."""
    rows = []
    for task, n in own.n_labels.items():
        values = own.table[task]
        low, high = (task_words.digits(task, float(it)) for it in (values.min(), values.max()))
        rows.append((field_title(task), n, low, high, task_words.unit(task)))
    st.dataframe(
        pd.DataFrame(rows, columns=["task", "n", "low", "high", "unit"]),
        hide_index=True,
        column_config={
            "task": _("Label"),
            "n": _("Cells"),
            "low": st.column_config.TextColumn(_("Lowest"), alignment="right"),
            "high": st.column_config.TextColumn(_("Highest"), alignment="right"),
            "unit": _("Unit"),
        },
        alt=_("Number and range of the labels of each task."),
    )
    missing = [task for task in TASK_KEYS if task not in own.n_labels]
    if missing:
        st.caption(_("Without labels: {tasks}").format(tasks=listed(missing)))


def _show_rows(own: OwnSet) -> None:
    shown = own.table.head(_FIRST_ROWS).reset_index()
    st.caption(
        plural(
            "The only row, as it will be kept:", "The first of {n} rows, as kept:", len(own.cells)
        )
    )
    st.dataframe(
        formula_free_table(shown.dropna(axis="columns", how="all")),
        hide_index=True,
        column_config={
            "name": _("Cell"),
            "lattice": _("Lattice"),
            **{task: f"{task} ({task_words.unit(task)})" for task in TASK_KEYS},
        },
        alt=_("The first rows of the set in the units in which it is kept."),
    )


def _show_problems(problems: tuple[Problem, ...]) -> None:
    """Each kind with its first few; all of them can be saved."""
    if not problems:
        st.success(
            _("Every row has its cell and every cell its row."), icon=":material/check_circle:"
        )
        return
    titles = _titles()
    order = list(titles)
    ranked = sorted(problems, key=lambda it: order.index(it.kind))
    for kind, found in groupby(ranked, key=lambda it: it.kind):
        own = list(found)
        lines = [f"- {plain(said(it.message))}" for it in own[:_SHOWN]]
        if len(own) > _SHOWN:
            lines.append("- " + _("and {n} more").format(n=f"{len(own) - _SHOWN:,}"))
        text = "\n".join([f"**{titles[kind]}** ({len(own):,})", "", *lines])
        if kind in BLOCKING:
            st.error(text, icon=":material/error:")
        elif kind in LEFT_OUT:
            st.warning(text, icon=":material/warning:")
        else:
            st.info(text, icon=":material/info:")
    st.download_button(
        _("All of them as CSV"),
        data=lambda: formula_free_table(problem_table(ranked)).to_csv(index=False),
        file_name="problems.csv",
        mime="text/csv",
        key="own_problems",
        on_click="ignore",
        icon=":material/download:",
    )


def _titles() -> dict[Kind, str]:
    """What each kind of problem is called, those that must be put right first."""
    return {
        "text": _("Put right first: no numbers"),
        "units": _("Put right first: units and commas"),
        "duplicate": _("Put right first: one name for several"),
        "unreadable": _("Left out: files that cannot be read"),
        "disordered": _("Left out: cells with partially occupied sites"),
        "no_structure": _("Left out: labels without a structure"),
        "no_label": _("Left out: files without a label"),
        "unnamed": _("Left out: rows without a name"),
        "no_values": _("Left out: rows without any label"),
        "lattice": _("Left out: parent lattice unknown"),
        "empty_task": _("Kept without this label"),
        "weak_lattice": _("Kept, but look: lattice is a weak guess"),
        "volume": _("Kept, but look: the label's volume is not the cell's"),
        "unusual": _("Kept, but look: unusual values"),
    }
