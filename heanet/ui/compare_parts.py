"""Where the errors are: by element, by parent lattice, by number of components."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from pymatgen.core import Element

from heanet.comparison.results import Results
from heanet.comparison.tables import ELEMENT, ENSEMBLE, LATTICE, N_ELEMENTS
from heanet.figures.comparison import Part, slice_figure
from heanet.properties import LATTICES
from heanet.ui import compare_charts, compare_choices, compare_data, compare_split, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _, plural, together

KINDS = (ELEMENT, LATTICE, N_ELEMENTS)
FIRST_SPLIT = "grouped"  # every cell is held out once


def show(results: Results) -> None:
    """The whole view."""
    errors = compare_data.errors_of(results)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = compare_choices.choose_split(errors)
        by = _choose_kind()
        metric = compare_choices.choose_metric(("mae", "rmse"))
        models = compare_choices.choose_models(errors["model"])
    table = errors[(errors["split"] == split) & (errors["by"] == by) & (errors["seed"] != ENSEMBLE)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        table = table[table["model"].isin(models)]
        if not len(table):
            st.info(_("Nothing was measured for this choice."), icon=":material/info:")
            return
        group = compare_choices.choose_group(table, compare_choices.first_network(table))
        table = compare_choices.of_groups(table, [group])
        task = compare_choices.choose_task(sorted(set(table["task"])))
        log_value = st.toggle(
            _("Logarithmic"),
            value=True,
            key="log_parts",
            bind="query-params",
            help=_("Equal steps upwards are equal factors; for models far apart."),
        )
    compare_split.show_split(results.errors, split)
    table = table[table["task"] == task]
    shown = [m for m in compare_choices.in_order(table["model"], models) if m in models]
    unit = task_words.unit(task)
    title = _("{metric} of {task}").format(metric=words.metric_title(metric), task=task)
    compare_charts.show_figure(
        slice_figure(
            parts_of(table, by=by, metric=metric),
            models=[words.entry_title(model, group) for model in shown],
            log_value=log_value,
            value_title=words.with_unit(title, unit),
            unit=unit,
            hover="<b>{model}</b><br>" + _("{part}, n = {n}<br>{error} {unit}, runs: {seeds}"),
        ),
        name=f"parts-{by}-{split}-{task}",
        alt=_("{title} by part of the rows, a bar per model.").format(title=title),
        rows=_("Test rows of {split}.").format(split=split),
    )
    st.caption(together([_("Test rows of {split}.").format(split=split), _about(by)]))
    compare_charts.show_csv(table, name=f"parts-{by}-{split}-{task}")


def parts_of(table: pd.DataFrame, *, by: str, metric: words.Metric) -> list[Part]:
    """The parts in their usual order, with the errors of every seed by model.

    Args:
        table: Rows of the table of errors: one split, task, kind of part; one group per model.
        by: Kind of part.
        metric: Which error.
    """
    found = []
    for part in sorted(set(table["part"]), key=lambda name: _order(by, name)):
        rows = table[table["part"] == part]
        errors = {
            words.entry_title(str(model), str(group)): lines.sort_values("seed")[metric].tolist()
            for (model, group), lines in rows.groupby(["model", "group"], sort=False)
        }
        found.append(Part(_part_title(by, part), int(rows["n"].max()), errors))
    return found


def _choose_kind() -> str:
    names = {
        ELEMENT: _("element"),
        LATTICE: _("parent lattice"),
        N_ELEMENTS: _("number of elements"),
    }
    return compare_choices.one_of(
        _("By"),
        KINDS,
        key="by",
        title=lambda kind: names[kind],
        hint=_("What the test cells are told apart by."),
    )


def _order(by: str, part: str) -> tuple[int, str]:
    if by == ELEMENT:
        return int(Element(part).Z), part
    if by == LATTICE:
        known: Sequence[str] = LATTICES
        return known.index(part) if part in known else len(known), part
    return int(part), part


def _part_title(by: str, part: str) -> str:
    return plural("{n} element", "{n} elements", int(part)) if by == N_ELEMENTS else part


def _about(by: str) -> str:
    spread = _("Whiskers: standard deviation over seeds.")
    if by == ELEMENT:
        overlap = _("A cell counts for every element in it, so the parts overlap.")
        return together([overlap, spread])
    return spread
