"""What transfers: errors over the rows of the target that train, and each strategy over scratch."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.findings import DirectionFinding, transfer_arms, transfer_findings
from heanet.comparison.findingwords import (
    STRATEGY_MEANINGS,
    STRATEGY_TITLES,
    rows_text,
    say,
    sentences,
)
from heanet.comparison.plan import DIRECTIONS, N_FOLDS
from heanet.comparison.results import Results
from heanet.comparison.studytables import STUDY_COMMAND
from heanet.comparison.transfer import PERCENTS, STRATEGIES
from heanet.figures.heatmaps import RatioCell, ratio_heat_map
from heanet.figures.transfer import RowsCurve, error_words, rows_figure
from heanet.properties import TASK_KEYS
from heanet.ui import compare_charts, compare_choices, task_words
from heanet.ui import compare_words as words
from heanet.ui.compare_transfer_lines import (
    ALL,
    ENTRIES,
    LOWEST,
    OWN,
    chosen_lines,
    curves_of,
    entry_title,
    ratio_cells,
)
from heanet.ui.language import _

FIRST_TASK = "eform"
_TABLE_ROWS = 14  # more scroll


def show(results: Results) -> None:
    """The whole view."""
    arms = _arms_of(results)
    if not len(arms):
        st.info(
            _(
                "These results hold no study of transfer: it takes about a thousand small fits. "
                "Make it with `{command}`, which goes on where it was stopped, then reload this "
                "page."
            ).format(command=f"python -m {STUDY_COMMAND}"),
            icon=":material/info:",
        )
        return
    direction, task, learnt = _choose(arms)
    arms = arms[arms["direction"] == direction]
    _show_words(_findings_of(results).get(direction))
    _show_curves(_of_task(arms, task), direction, task, learnt)
    _show_ratios(arms, direction, learnt)
    table = _of_task(arms, task)
    _show_table(table, task)
    compare_charts.show_csv(
        results.transfer[results.transfer["direction"] == direction], name=f"transfer-{direction}"
    )


def direction_title(direction: str) -> str:
    """``"2+3 → 4+5"``."""
    return " → ".join(DIRECTIONS[direction])


@lru_cache(maxsize=4)
def _arms_of(results: Results) -> pd.DataFrame:
    """Made once; shared by all sessions, so not to be changed."""
    return transfer_arms(results.transfer)


@lru_cache(maxsize=4)
def _findings_of(results: Results) -> dict[str, DirectionFinding]:
    """By direction, made once."""
    return {found.direction: found for found in transfer_findings(results.transfer)}


def _of_task(arms: pd.DataFrame, task: str) -> pd.DataFrame:
    return arms[arms["task"] == task]


def _choose(arms: pd.DataFrame) -> tuple[str, str, str]:
    """Direction, property, and what is learnt together."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        direction = compare_choices.one_of(
            _("From → to components"),
            compare_choices.in_order(arms["direction"], DIRECTIONS),
            key="direction",
            title=direction_title,
            hint=_(
                "What is known from elsewhere, and what is asked for: alloys of so many elements. "
                "The rows that train and test are those of the target."
            ),
        )
        tasks = compare_choices.in_order(arms["task"], TASK_KEYS)
        task = compare_choices.one_of(
            _("Property"),
            tasks,
            key="task",
            first=FIRST_TASK,
            hint=words.task_meanings(tasks)
            + "\n\n"
            + _("etot, emix and eform share what the network learns, and so one error."),
        )
        titles = {
            LOWEST: _("whichever is lower"),
            ALL: words.group_title("all"),
            OWN: _("own group alone"),
        }
        learnt = compare_choices.one_of(
            _("Learnt together"),
            tuple(titles),
            key="transfer_group",
            title=titles.__getitem__,
            hint=_(
                "All six properties in one network; or the energies, the magnetic ones or the "
                "displacement alone; or for each point whichever has the lower error, as in the "
                "words below."
            ),
        )
    return direction, task, learnt


def _show_words(found: DirectionFinding | None) -> None:
    """What was found in one direction, in sentences."""
    if found is None:
        st.caption(_("Too little of this direction is computed yet to say what helps."))
        return
    first, *others = [say(each, _) for each in sentences(found, task_words.unit)]
    n_tasks = len(found.representatives)
    st.markdown(f"**{first}**")
    st.markdown("\n".join(f"- {line}" for line in others[:n_tasks]))
    st.markdown(" ".join(others[n_tasks:]))


def _show_curves(lines: pd.DataFrame, direction: str, task: str, learnt: str) -> None:
    log_value = st.toggle(
        _("Logarithmic"),
        value=True,
        key="log_transfer",
        bind="query-params",
        help=_("Equal steps upwards are equal factors."),
    )
    curves = curves_of(chosen_lines(lines, task, learnt))
    unit = task_words.unit(task)
    title = _("MAE of {task}").format(task=task)
    rest = "{error} " + unit + "<br>{note}"
    about = _(
        "Mean absolute error over all {n} cells of {target} components, each held out once. "
        "Whiskers and bands: standard deviation over {folds} fits, each with a seed of its own "
        "and a fifth of the compositions to test it. Broken: zero-shot, without any row of the "
        "target. Points of one number of rows stand a little aside from one another."
    ).format(n=int(lines["n"].max()), target=DIRECTIONS[direction][1], folds=N_FOLDS)
    compare_charts.show_figure(
        rows_figure(
            curves,
            log_value=log_value,
            rows_title=_("Rows of the target that train"),
            value_title=words.with_unit(title, unit),
            hover="<b>{title}</b><br>" + _("{rows} rows, {percent} %") + "<br>" + rest,
            level_hover="<b>{title}</b><br>" + _("no row of the target") + "<br>" + rest,
        ),
        name=f"transfer-{direction}-{task}",
        alt=_("{title} over the rows of the target that train. {curves}").format(
            title=title, curves=" ".join(_curve_words(curve) for curve in curves)
        ),
        rows=about,
    )
    st.caption(
        about,
        help="\n".join(
            f"- **{_(STRATEGY_TITLES[s])}**: {_(STRATEGY_MEANINGS[s])}" for s in STRATEGIES
        ),
    )


def _curve_words(curve: RowsCurve) -> str:
    """A curve for those who cannot see it."""
    if curve.level:
        point = curve.points[0]
        return _("{title}: {error}.").format(
            title=curve.title, error=error_words(point.error, point.spread)
        )
    points = ", ".join(
        _("{error} with {rows}").format(
            error=error_words(point.error, point.spread), rows=rows_text(point.rows)
        )
        for point in curve.points
    )
    return _("{title}: {points}.").format(title=curve.title, points=points)


def _show_ratios(arms: pd.DataFrame, direction: str, learnt: str) -> None:
    percents = [str(p) for p in PERCENTS if p in set(arms["percent"])]
    if not percents:
        return
    percent = compare_choices.one_of(
        _("Beside scratch, with"),
        percents,
        key="percent",
        title=lambda percent: f"{percent} %",
        hint=_("How many of the target's rows train, in per cent of all of them."),
    )
    (rows,) = arms[arms["percent"] == int(percent)]["n_train"].unique()[:1]
    facet = _("{rows} rows of the target").format(rows=rows_text(rows))
    cells = ratio_cells(arms, percent=int(percent), learnt=learnt, facet=facet)
    st.markdown(
        _(
            "Each square: the MAE of a strategy divided by that from scratch with as many rows. "
            "Below 1, blue: it helps. Above 1, orange: it harms. Both with the tasks "
            "that are learnt together as chosen above."
        )
    )
    compare_charts.show_figure(
        ratio_heat_map(
            cells,
            hover="<b>{row}</b><br>"
            + _("{column}, {facet}, n = {n}<br>{error} {unit}, that is {ratio} of")
            + " {baseline} {unit}",
            colour_title=_("ratio to<br>scratch"),
            across=1,
        ),
        name=f"transfer-ratios-{direction}-{percent}",
        alt=_("Errors over those from scratch, with {facet}. {squares}").format(
            facet=facet, squares=" ".join(_row_words(cells))
        ),
        wide=True,
    )


def _row_words(cells: Sequence[RatioCell]) -> list[str]:
    """The rows of the matrix for those who cannot see it."""
    rows: dict[str, list[str]] = {}
    for cell in cells:
        if math.isfinite(cell.ratio):
            rows.setdefault(cell.row, []).append(f"{cell.column} {cell.ratio:.2f}")
    return [f"{row}: {', '.join(ratios)}." for row, ratios in rows.items()]


def _show_table(arms: pd.DataFrame, task: str) -> None:
    """Every line of one direction and property."""
    order = [(*entry, group) for entry in ENTRIES for group in TASK_GROUPS]
    keys = zip(arms["model"], arms["strategy"], arms["group"], strict=True)
    places = [order.index(key) for key in keys]
    arms = arms.assign(place=places).sort_values(["place", "percent"])
    pairs = list(zip(arms["model"], arms["strategy"], strict=True))
    shown = pd.DataFrame(
        {
            "strategy": [entry_title(model, strategy) for model, strategy in pairs],
            "learnt": list(map(words.learnt, arms["model"], arms["group"])),
            "percent": arms["percent"].tolist(),
            "n_train": arms["n_train"].tolist(),
            "error": _texts(arms, "mae", task),
            "rmse": _texts(arms, "rmse", task),
            "n": arms["n"].tolist(),
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        height=38 + 35 * min(len(shown), _TABLE_ROWS),
        column_config=_columns(task),
        alt=_("Errors of {task} by strategy, tasks learnt together and rows.").format(task=task),
    )


def _texts(arms: pd.DataFrame, metric: words.Metric, task: str) -> list[str]:
    pairs = zip(arms[metric], arms[f"{metric}_spread"], strict=True)
    return [words.error_text(metric, task, error, spread) for error, spread in pairs]


def _columns(task: str) -> dict[str, Any]:
    unit = task_words.unit(task)
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    spread = _("Over all rows of the target; behind it the standard deviation over the fits.")
    return {
        "strategy": text(_("Strategy"), pinned=True, help=_("Where the weights start.")),
        "learnt": text(_("Learnt together"), help=words.group_meaning()),
        "percent": numeric("%", format="%d", help=_("Part of the target's rows that train.")),
        "n_train": numeric(
            _("Rows"), help=_("Rows of the target that train, the mean over the fits.")
        ),
        "error": text(words.with_unit("MAE", unit), alignment="right", help=spread),
        "rmse": text(words.with_unit("RMSE", unit), alignment="right", help=spread),
        "n": numeric(
            "n",
            format="%d",
            help=_(
                "Rows judged. Fewer than those of the target where a fit says nothing of a "
                "cell, because its training rows leave the reference open."
            ),
        ),
    }
