"""Heat map: every model on every split and task, as a ratio to one of them."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.plan import SPLITS
from heanet.comparison.results import Results
from heanet.figures.heatmaps import RatioCell, ratio_heat_map
from heanet.properties import PUBLISHED_TASKS
from heanet.ui import compare_charts, compare_choices, compare_data, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _

FIRST_BASELINE = "gp"
_KEYS = ("model", "group", "split", "task")


def show(results: Results) -> None:
    """The whole view."""
    errors = compare_data.errors_of(results)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline = _choose_baseline(errors)
        metric = compare_choices.choose_metric(("mae", "rmse"))
        models = compare_choices.choose_models(errors["model"])
        groups = compare_choices.choose_groups(errors, key="heat_groups", first=["all"])
    splits = compare_choices.in_order(errors["split"], SPLITS)
    boards = pd.concat(
        [compare_data.board(results, split).assign(split=split) for split in splits],
        ignore_index=True,
    )
    table = ratio_table(boards, metric=metric, baseline=baseline)
    shown = compare_choices.of_groups(table[table["model"].isin(models)], groups)
    if not len(shown):
        st.info(_("Nothing was measured for this choice."), icon=":material/info:")
        return
    name = words.model_title(baseline)
    st.markdown(
        _(
            "Each square: the {metric} on the test rows of a split, divided by that of **{name}** "
            "on the same rows. Below 1, blue: better than it. Above 1, orange: worse."
        ).format(metric=words.metric_title(metric), name=name),
        help=words.metric_meaning(metric) + "\n\n" + words.split_meanings(),
    )
    compare_charts.show_figure(
        ratio_heat_map(
            ratio_cells(shown, splits, metric=metric, baseline=baseline),
            hover="<b>{row}</b><br>"
            + _("{facet}, {column} test rows, n = {n}<br>{error} {unit}, that is {ratio} of")
            + " {baseline} {unit}",
            colour_title=_("ratio to<br>{name}").format(name=name),
        ),
        name=f"ratios-{metric}-{baseline}",
        alt=_("Errors divided by those of {name}, by model, split and property.").format(name=name),
        wide=True,
    )
    compare_charts.show_csv(shown, name=f"ratios-{metric}-{baseline}")


def ratio_table(boards: pd.DataFrame, *, metric: words.Metric, baseline: str) -> pd.DataFrame:
    """Leaderboards of all splits with the baseline's error and the ratio to it.

    A baseline network with several task groups stands with the one that learnt all six.

    Args:
        boards: Leaderboards, with a column ``split``.
        metric: Which error.
        baseline: Key of the model to divide by.
    """
    keys = ["split", "task"]
    base = boards[(boards["model"] == baseline) & (boards["group"] == "all")]
    base = base.set_index(keys)[[metric]].rename(columns={metric: "baseline_error"})
    table = boards.join(base, on=keys)
    table["ratio"] = (table[metric] / table["baseline_error"]).where(table["baseline_error"] > 0)
    columns = ["model", "group", *keys, "unit", "n", metric, "baseline_error", "ratio"]
    return table[[*columns, "labels", "commit"]].assign(baseline=baseline)


def ratio_cells(
    table: pd.DataFrame, splits: Sequence[str], *, metric: words.Metric, baseline: str
) -> list[RatioCell]:
    """Squares for every model, group, split and task; what is missing says why."""
    lines = {tuple(line[key] for key in _KEYS): line for line in table.to_dict("records")}
    found = {key[:2] for key in lines}
    entries = [(m, g) for m in CONTENDERS for g in TASK_GROUPS if (m, g) in found]
    name = words.model_title(baseline)
    return [
        _cell((model, group, split, task), lines, metric=metric, baseline=name)
        for task in PUBLISHED_TASKS
        for model, group in entries
        for split in splits
    ]


def _cell(
    key: tuple[str, str, str, str],
    lines: dict[tuple[Any, ...], dict[Hashable, Any]],
    *,
    metric: words.Metric,
    baseline: str,
) -> RatioCell:
    model, group, split, task = key
    nothing = float("nan")
    line = lines.get(key)
    if task not in TASK_GROUPS.get(group, ()):
        reason = _("{task} is not learnt in this group").format(task=task)
    elif line is None:
        reason = _("not run on this split")
    else:
        reason = _("{name} was not run on this split").format(name=baseline)
    return RatioCell(
        facet=words.with_unit(task, task_words.unit(task)),
        row=words.entry_title(model, group),
        column=split,
        error=nothing if line is None else float(line[metric]),
        baseline=nothing if line is None else float(line["baseline_error"]),
        unit=task_words.unit(task),
        n=0 if line is None else int(line["n"]),
        reason=reason,
    )


def _choose_baseline(errors: pd.DataFrame) -> str:
    known = compare_choices.in_order(errors["model"], CONTENDERS)
    return compare_choices.one_of(
        _("Divide by"),
        known,
        key="baseline",
        first=FIRST_BASELINE,
        title=words.model_title,
        hint=_(
            "The model whose error counts as 1. A network stands here with the one that learnt "
            "all six properties."
        ),
    )
