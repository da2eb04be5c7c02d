"""The leaderboard: every model on the same rows, mean and spread over seeds."""

import copy
import math
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.ranking import leading
from heanet.comparison.results import Results
from heanet.properties import TASK_KEYS
from heanet.ui import (
    compare_charts,
    compare_choices,
    compare_data,
    compare_seeds,
    compare_split,
    task_words,
)
from heanet.ui import compare_words as words
from heanet.ui.language import _, current, listed, together

_TABLE = "leaderboard"
_BEST = "★ "
_TABLE_ROWS = 16  # more scroll
_ERROR_WIDTH = 124  # pixels: of "★ 0.0083 ± 0.0010" in bold; left to itself it is cut
Entry = tuple[str, str]  # model, group


class Choice(NamedTuple):
    """What the table shows: lines of the leaderboard of a split."""

    split: str
    rows: str
    metric: words.Metric
    models: tuple[str, ...]
    groups: tuple[str, ...]


class Table(NamedTuple):
    """The table, and what its rows and columns of errors are of."""

    styler: Styler
    entries: list[Entry]
    tasks: list[str]


def show(results: Results) -> None:
    """The whole view."""
    errors = compare_data.errors_of(results)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = compare_choices.choose_split(errors)
        rows = _choose_rows(errors, split)
        metric = compare_choices.choose_metric()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        models = compare_choices.choose_models(errors["model"])
        groups = compare_choices.choose_groups(errors)
    compare_split.show_split(results.errors, split)
    choice = Choice(split, rows, metric, tuple(models), tuple(groups))
    board = _board(results, choice)
    if not len(board):
        st.info(_("Nothing was measured for this choice."), icon=":material/info:")
        return
    # What a callback sets reaches the address only where it had a value before.
    st.session_state.setdefault("model", board["model"].iloc[0])
    st.session_state.setdefault("group", board["group"].iloc[0])
    _show_table(results, board, choice)
    for reason in missing_reasons(compare_data.board(results, split, rows), models, groups):
        st.caption(reason)
    compare_seeds.show_seeds(errors, board, metric, split=split, rows=rows)


def missing_reasons(board: pd.DataFrame, models: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Why a model has no line for a task group, in sentences.

    Args:
        board: Leaderboard of all models and groups.
        models: Those asked for.
        groups: Those asked for.
    """
    reasons = []
    for model in filter(words.has_network, models):
        there = compare_choices.in_order(board[board["model"] == model]["group"], TASK_GROUPS)
        if there and not set(groups) <= set(there):
            names = listed([words.group_title(group) for group in there])
            text = _("{model} was trained on these groups only: {groups}.")
            reasons.append(text.format(model=words.model_title(model), groups=names))
        elif not there:
            text = _("{model} was not run on this split, or not on these rows.")
            reasons.append(text.format(model=words.model_title(model)))
    return reasons


def _choose_rows(errors: pd.DataFrame, split: str) -> str:
    """Of cross-validation there are held-out rows only: each row is in four of five trainings."""
    known = compare_choices.in_order(
        errors.loc[errors["split"] == split, "rows"], ("test", "train", "validation")
    )
    return compare_choices.one_of(
        _("Rows"), known, key="rows", title=words.rows_title, hint=words.rows_meaning()
    )


def _board(results: Results, choice: Choice) -> pd.DataFrame:
    board = compare_data.board(results, choice.split, choice.rows)
    return compare_choices.of_groups(board[board["model"].isin(choice.models)], choice.groups)


@lru_cache(maxsize=16)
def _table_of(results: Results, choice: Choice, language: str) -> Table:  # noqa: ARG001 - of its words
    """Made once for all sessions, as it takes longest of the page; not to be changed."""
    board, metric = _board(results, choice), choice.metric
    entries = list(dict.fromkeys(zip(board["model"], board["group"], strict=True)))
    tasks = [task for task in TASK_KEYS if task in set(board["task"])]
    heads = [_head(board, task, metric, split=choice.split, rows=choice.rows) for task in tasks]
    return Table(_styled(board, entries, tasks, heads, metric), entries, tasks)


def _show_table(results: Results, board: pd.DataFrame, choice: Choice) -> None:
    split, rows, metric = choice.split, choice.rows, choice.metric
    styler, entries, tasks = _table_of(results, choice, current())
    st.dataframe(
        copy.deepcopy(styler),  # several sessions at once compute in it what they draw
        hide_index=True,
        height=74 + 35 * min(len(entries), _TABLE_ROWS),
        key=_TABLE,
        on_select=lambda: _open_parity(entries),
        selection_mode="single-row",
        placeholder="–",
        column_config=_columns(tasks, metric, counted=len(styler.columns) > len(tasks) + 3),
        alt=_("{metric} of every model, a column per property.").format(
            metric=words.metric_title(metric)
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        compare_charts.show_csv(
            board.assign(split=split, rows=rows), name=f"leaderboard-{split}-{rows}"
        )
        st.caption(
            _(
                "{best}best of a column; several where they are no farther apart than seeds are: "
                "a tie. ± standard deviation over seeds. – not learnt in this group. Click a head "
                "to sort; tick a row to see its predictions cell by cell."
            ).format(best=_BEST)
        )


def _head(
    board: pd.DataFrame, task: str, metric: words.Metric, *, split: str, rows: str
) -> tuple[str, str]:
    """Two lines above a column: error, rows and their number; task and unit."""
    n = words.count_text(board.loc[board["task"] == task, "n"])
    over = _("{metric} · {split} {rows} rows, n = {n}").format(
        metric=words.metric_title(metric), split=split, rows=words.rows_title(rows), n=n
    )
    return over, words.with_unit(task, words.metric_unit(metric, task))


def _styled(
    board: pd.DataFrame,
    entries: Sequence[Entry],
    tasks: Sequence[str],
    heads: Sequence[tuple[str, str]],
    metric: words.Metric,
) -> Styler:
    """Numbers, so that they sort; shown with their spread, the best of each column marked.

    Rows that trained can differ between models: then a column counts them.
    """
    errors, spreads = _by_key(board, metric), _by_key(board, f"{metric}_spread")
    table = _table(board, entries, dict(zip(tasks, heads, strict=True)), metric)
    styler = table.style.format("{:.0f}", subset=[("", _("Seeds"))], na_rep="–")
    for task, head in zip(tasks, heads, strict=True):
        lines = board[board["task"] == task]
        best = frozenset(lines.loc[leading(lines, metric=metric), metric].astype(float))
        # By value: a call per cell would take longer than everything else on the page.
        texts = {
            value: words.error_text(metric, task, value, spreads[key])
            for key, value in errors.items()
            if key[2] == task
        }
        styler = styler.format(partial(_shown, texts, best), subset=[head])
        styler = styler.map(partial(_looks, best), subset=[head])
    return styler


def _table(
    board: pd.DataFrame,
    entries: Sequence[Entry],
    heads: Mapping[str, tuple[str, str]],
    metric: words.Metric,
) -> pd.DataFrame:
    """Model, what it learns together, an error per task, seeds; and n where it differs."""
    errors = _by_key(board, metric)
    # What was not learnt sorts behind what was, whose best comes first.
    last = -math.inf if metric == "r2" else math.inf
    seeds = {key[:2]: n for key, n in _by_key(board, "seeds").items() if words.has_network(key[0])}
    table = pd.DataFrame(
        {
            ("", _("Model")): [words.model_title(model) for model, _group in entries],
            ("", _("Learnt together")): [words.learnt(*entry) for entry in entries],
            **{
                head: [errors.get((*entry, task), last) for entry in entries]
                for task, head in heads.items()
            },
            ("", _("Seeds")): [seeds.get(entry) for entry in entries],
        }
    )
    if (board.groupby("task")["n"].nunique() > 1).any():
        counts = board.groupby(["model", "group"])["n"].agg(words.count_text)
        table["", "n"] = [counts[entry] for entry in entries]
    return table


def _by_key(board: pd.DataFrame, column: str) -> dict[tuple[str, str, str], float]:
    """Numbers of one column by model, group and task."""
    keys = zip(board["model"], board["group"], board["task"], strict=True)
    return dict(zip(keys, board[column].astype(float).tolist(), strict=True))


def _shown(texts: Mapping[float, str], best: Container[float], value: float) -> str:
    return f"{_BEST if value in best else ''}{texts.get(value, '–')}"


def _looks(best: Container[float], value: float) -> str:
    if math.isinf(value):
        return "color: #808080"
    return "font-weight: bold" if value in best else ""


def _columns(tasks: Sequence[str], metric: words.Metric, *, counted: bool) -> dict[Any, Any]:
    """By position; the hidden index is the first. ``counted``: the last column counts rows."""
    text, numeric = st.column_config.TextColumn, st.column_config.NumberColumn
    known = list(CONTENDERS)
    columns: dict[Any, Any] = {
        1: text(_("Model"), pinned=True, width=120, help=words.model_meanings(known)),
        2: text(_("Learnt together"), width=106, help=words.group_meaning()),
    }
    for position, task in enumerate(tasks, start=len(columns) + 1):
        columns[position] = numeric(
            width=_ERROR_WIDTH,
            help=together(
                [
                    task_words.described(task),
                    words.metric_meaning(metric),
                    _("Mean over seeds ± their standard deviation."),
                ]
            ),
        )
    columns[len(columns) + 1] = numeric(
        _("Seeds"),
        help=_(
            "How often the network was trained, from other random numbers each time. A model "
            "without a network gives the same every time and has none."
        ),
    )
    if counted:
        columns[len(columns) + 1] = text(
            "n",
            help=_(
                "Number of rows of this line. A model that chooses its epoch on the validation "
                "rows does not train on them."
            ),
        )
    return columns


def _open_parity(entries: Sequence[Entry]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        model, group = entries[rows[0]]
        st.session_state.update(view="parity", model=model, group=group)
