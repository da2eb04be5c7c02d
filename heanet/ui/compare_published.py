"""The published system's figures beside its own saved networks, evaluated again."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.results import Results
from heanet.figures.reported import Kind, ReportedError, reported_figure
from heanet.properties import PUBLISHED_TASKS, TASK_KEYS
from heanet.ui import compare_charts, compare_choices, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _

_TABLE_ROWS = 14  # more scroll
_SAME = 1e-3  # errors that differ by less, as a part of them, are the same


def show(results: Results) -> None:
    """The whole view."""
    table = results.published
    if not len(table):
        st.info(
            _(
                "These results hold no published figures: those are of HEA-DFT, where `python -m "
                "heanet compare --rebuild --published FOLDER` reads them from the folder of the "
                "published system."
            ),
            icon=":material/info:",
        )
        return
    _explain()
    table = _choose(table)
    known = table[table["checkpoint"] != ""]
    if len(known):
        st.markdown(verdict(known))
        _show_figure(known)
    _show_table(table)
    compare_charts.show_csv(table.assign(labels="raw"), name="published")


def verdict(table: pd.DataFrame) -> str:
    """How many of the rows behind the figures were training rows, in one sentence.

    Args:
        table: Figures with a saved network, with PUBLISHED_COLUMNS.
    """
    networks = table.drop_duplicates(["checkpoint", "rows"])
    rows, trained = int(networks["n_same"].sum()), int(networks["trained_of_same"].sum())
    worse = (table["unseen"] / table["same_rows"]).median()
    changed = table["shuffled"] / table["same_rows"]
    return _(
        "Of the {rows} rows behind these figures, counted once per network, **{trained} had "
        "trained that network**. On rows that it never saw, its error is {factor} times as large "
        "in the median. With the atoms of every cell in another order, {n_changed} of {n} errors "
        "change, the most by a factor of {most}."
    ).format(
        rows=f"{rows:,}",
        trained=f"{trained:,}",
        factor=f"{worse:.1f}",
        n_changed=int(((changed - 1).abs() > _SAME).sum()),
        n=len(table),
        most=f"{changed.max():.1f}",
    )


def _explain() -> None:
    st.markdown(
        _(
            "The system that this project re-implements "
            "([doi {doi}](https://doi.org/{doi})) reported errors in its training notes, one run "
            "each, and left some of its networks. Here each of them is evaluated again: on the "
            "same rows, on the same rows with the atoms of every cell in another order, and on "
            "rows that it never saw. Labels as published."
        ).format(doi=words.SOURCE)
    )
    with st.expander(_("Why “test” errors of the b splits are training errors")):
        st.markdown(
            _(
                "- **Rows.** Its data loader turned each shuffled list of row numbers into "
                "0, 1, 2, …, so it read the first rows of a file whichever rows the split had "
                "named. In b0, b1 and b2 the “validation” and “test” rows therefore lie inside "
                "the training rows, and the last fifth of each file was never used. In a0 to a3 "
                "the test rows are a file of their own and are genuine.\n"
                "- **Order of atoms.** It counts no periodic images, and keeps only the first 32 "
                "or so neighbours of an atom in the order of the file. So the same cell with its "
                "atoms written in another order gets another answer; small cells are not affected."
            )
        )


def _choose(table: pd.DataFrame) -> pd.DataFrame:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rows = compare_choices.one_of(
            _("Rows, as the notes call them"),
            compare_choices.in_order(table["rows"], ("test", "train")),
            key="notes_rows",
            title=words.rows_title,
            hint=_("What the notes call test rows had often trained the network; see above."),
        )
        everything = st.toggle(
            _("Figures without a saved network too"),
            value=True,
            key="unsaved",
            bind="query-params",
            help=_("Most networks of the notes were not published: their figures stand alone."),
        )
    chosen = table[table["rows"] == rows]
    return chosen if everything else chosen[chosen["checkpoint"] != ""]


def _show_figure(known: pd.DataFrame) -> None:
    tasks = compare_choices.in_order(known["task"], TASK_KEYS)
    errors = [
        ReportedError(
            panel=str(row["task"]),
            row=run_title(row),
            reported=float(row["reported"]),
            same=float(row["same_rows"]),
            unseen=float(row["unseen"]),
            rows=words.rows_title(str(row["rows"])),
            n_same=int(row["n_same"]),
            trained_of_same=int(row["trained_of_same"]),
            n_unseen=int(row["n_unseen"]),
        )
        for _index, row in known.iterrows()
    ]
    head = "<b>{row}</b> · {panel}<br>"
    titles: dict[Kind, str] = {
        "reported": _("reported"),
        "same": _("same rows, evaluated again"),
        "unseen": _("rows never seen"),
    }
    hovers: dict[Kind, str] = {
        "reported": head + _("reported for {rows} rows: {value}"),
        "same": head
        + _("evaluated again on these {n_same} rows: {value}<br>{trained} of them trained it"),
        "unseen": head + _("on {n_unseen} rows that it never saw: {value}"),
    }
    compare_charts.show_figure(
        reported_figure(
            errors,
            axis_titles={
                task: words.with_unit(_("MAE of {task}").format(task=task), task_words.unit(task))
                for task in tasks
            },
            titles=titles,
            hovers=hovers,
        ),
        name="published",
        alt=_("Reported errors, the same networks evaluated again, and on rows never seen."),
        wide=True,
    )


def run_title(row: pd.Series) -> str:
    """A run on one line: split, what it learnt together, where its weights started."""
    tasks = tuple(str(row["group"]).split())
    group = next((key for key, known in TASK_GROUPS.items() if known == tasks), "")
    starts = {"scratch": _("from scratch"), "tl1": "tl1", "tl2": "tl2"}
    parts = [
        str(row["split"]) or _("split ?"),
        words.group_title(group) if group else " ".join(tasks),
        starts.get(str(row["strategy"]), str(row["strategy"])),
    ]
    return " · ".join(parts)


def _show_table(table: pd.DataFrame) -> None:
    shown = pd.DataFrame(
        {
            "run": [run_title(row) for _index, row in table.iterrows()],
            "task": table["task"].tolist(),
            "unit": [task_words.unit(task) for task in table["task"]],
            "reported": [_text(error, reported=True) for error in table["reported"]],
            "same_rows": list(map(_text, table["same_rows"])),
            "n_same": table["n_same"].tolist(),
            "trained": table["trained_of_same"].tolist(),
            "shuffled": list(map(_text, table["shuffled"])),
            "unseen": list(map(_text, table["unseen"])),
            "n_unseen": table["n_unseen"].tolist(),
            "checkpoint": [name or "–" for name in table["checkpoint"]],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        height=38 + 35 * min(len(shown), _TABLE_ROWS),
        placeholder="–",
        column_config=_columns(),
        alt=_("Reported errors beside the same networks evaluated again."),
    )


def _text(error: float, *, reported: bool = False) -> str:
    """Five digits, as far as the notes go at most; reported errors as they were reported."""
    if pd.isna(error):
        return "–"
    if reported or error <= 0:
        return f"{error:g}"
    return f"{error:.{max(0, min(5, 4 - math.floor(math.log10(error))))}f}"


def _columns() -> dict[str, Any]:
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        "run": text(
            _("Run"),
            pinned=True,
            width=200,
            help=_(
                "Split (?: the notes do not say it), what was learnt together, and where the "
                "weights started: from scratch, tl1 (all weights kept) or tl2 (towers new)."
            ),
        ),
        "task": text(_("Property"), help=words.task_meanings(PUBLISHED_TASKS)),
        "unit": text(_("Unit"), help=_("Of all errors of the line.")),
        "reported": text(
            _("Reported MAE"), alignment="right", help=_("As the training notes have it, one run.")
        ),
        "same_rows": text(
            _("Same rows, again"),
            alignment="right",
            help=_("MAE of the saved network on the rows that the figure is from."),
        ),
        "n_same": numeric("n", format="%d", help=_("Number of those rows.")),
        "trained": numeric(
            _("of them trained on"), format="%d", help=_("Rows that had trained this network.")
        ),
        "shuffled": text(
            _("Atoms shuffled"),
            alignment="right",
            help=_(
                "MAE on the same rows, with the atoms of every cell in another order. The cells "
                "are the same; a network that sees what is there gives the same error."
            ),
        ),
        "unseen": text(
            _("Never seen"),
            alignment="right",
            help=_("MAE on the rows of the data that never trained this network."),
        ),
        "n_unseen": numeric(_("n never seen"), format="%d", help=_("Number of those rows.")),
        "checkpoint": text(_("Saved network"), help=_("Its file.")),
    }
