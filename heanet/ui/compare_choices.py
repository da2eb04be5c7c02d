"""The choices of the Compare page. Each is in the address, and kept while other views are shown."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd
import streamlit as st

from heanet.comparison.contenders import CONTENDERS, TASK_GROUPS
from heanet.comparison.plan import SPLITS
from heanet.comparison.tables import ENSEMBLE
from heanet.properties import TASK_KEYS
from heanet.ui import compare_words as words
from heanet.ui.language import _, heed_address, together

# From few components to many: what a new alloy asks of a model.
FIRST_SPLIT = "a2"
FIRST_TASK = "etot"


def one_of(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    hint: str,
    first: str = "",
    title: Callable[[str], str] = str,
    labelled: bool = True,
) -> str:
    """A row of buttons, one of them pressed.

    Args:
        label: Above the buttons.
        options: At least one.
        key: In the address.
        hint: Tooltip.
        first: Chosen at first, if it is an option; otherwise the first option.
        title: Words for an option; they stand in the address.
        labelled: Whether the label is seen; otherwise it is for those who hear the page.
    """
    heed_address(key, options, title)
    chosen = st.segmented_control(
        label,
        options,
        default=first if first in options else options[0],
        required=True,
        label_visibility="visible" if labelled else "collapsed",
        format_func=title,
        key=key,
        bind="query-params",
        help=hint,
        wrap=True,
    )
    return chosen or options[0]


def some_of(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    hint: str,
    first: Sequence[str] = (),
    title: Callable[[str], str] = str,
) -> list[str]:
    """Buttons of which any number can be pressed; none pressed means all options.

    Args:
        label: Above the buttons.
        options: What can be chosen.
        key: In the address.
        hint: Tooltip.
        first: Chosen at first.
        title: Words for an option; they stand in the address.
    """
    heed_address(key, options, title)
    chosen = st.pills(
        label,
        options,
        selection_mode="multi",
        default=[option for option in first if option in options],
        format_func=title,
        key=key,
        bind="query-params",
        help=hint,
        wrap=True,
    )
    return list(chosen) or list(options)


def choose_split(table: pd.DataFrame) -> str:
    """One of the splits that a table has results of."""
    return one_of(
        _("Split"),
        in_order(table["split"], SPLITS),
        key="split",
        first=FIRST_SPLIT,
        hint=words.split_meanings(),
    )


def choose_task(tasks: Sequence[str]) -> str:
    """One of some tasks."""
    known = in_order(tasks, TASK_KEYS)
    return one_of(
        _("Property"), known, key="task", first=FIRST_TASK, hint=words.task_meanings(known)
    )


def choose_metric(metrics: Sequence[words.Metric] = words.METRICS) -> words.Metric:
    """How errors are counted."""
    chosen = one_of(
        _("Error"),
        metrics,
        key="metric",
        title=lambda metric: words.metric_title(words.as_metric(metric)),
        hint=words.metric_meanings(),
    )
    return words.as_metric(chosen)


def choose_model(table: pd.DataFrame) -> str:
    """One of the models that a table has results of."""
    known = in_order(table["model"], CONTENDERS)
    return one_of(
        _("Model"),
        known,
        key="model",
        title=words.model_title,
        hint=words.model_meanings(known),
    )


def missing_model(table: pd.DataFrame) -> str:
    """The model that the address or an earlier choice asks for, if a table has none of it; or "".

    To be asked before ``choose_model``, which goes back to its first model then.

    Args:
        table: With a column ``model``.
    """
    heed_address("model", list(CONTENDERS), words.model_title)
    wanted = st.query_params.get("model", "")
    asked = next((m for m in CONTENDERS if words.model_title(m) == wanted), "")
    asked = asked or st.session_state.get("model", "")
    return "" if asked in set(table["model"]) else asked


def choose_group(table: pd.DataFrame, model: str) -> str:
    """What the model learns together; not asked of a model that takes each task alone."""
    groups = in_order(table["group"], TASK_GROUPS)
    if not words.has_network(model):
        return groups[0]
    return one_of(
        _("Learnt together"),
        groups,
        key="group",
        title=words.group_title,
        hint=words.group_meaning(),
    )


def first_network(table: pd.DataFrame) -> str:
    """The first network of a table; where there is none the first model."""
    known = in_order(table["model"], CONTENDERS)
    return next(filter(words.has_network, known), known[0])


def choose_models(
    models: Iterable[str], *, key: str = "models", first: Sequence[str] = ()
) -> list[str]:
    """Some of some models.

    Args:
        models: Their keys, repeats allowed.
        key: In the address.
        first: Chosen at first.
    """
    known = in_order(models, CONTENDERS)
    return some_of(
        _("Models (none lit: all)"),
        known,
        key=key,
        first=first,
        title=words.model_title,
        hint=_("None pressed: all of them.") + "\n\n" + words.model_meanings(known),
    )


def choose_groups(
    table: pd.DataFrame, *, key: str = "groups", first: Sequence[str] = ()
) -> list[str]:
    """Some of the task groups that a table has results of.

    Args:
        table: With a column ``group``.
        key: In the address.
        first: Chosen at first.
    """
    return some_of(
        _("Learnt together (none lit: all)"),
        in_order(table["group"], TASK_GROUPS),
        key=key,
        first=first,
        title=words.group_title,
        hint=together([_("None pressed: all of them."), words.group_meaning()]),
    )


def choose_seed(table: pd.DataFrame) -> str:
    """One seed, or the mean of the predictions of all; not asked where there is one seed."""
    seeds = sorted(set(table["seed"]))
    if len(seeds) == 1:
        return seeds[0]
    return one_of(
        _("Seed"),
        [*seeds, ENSEMBLE],
        key="seed",
        title=words.seed_title,
        hint=_(
            "The same network, trained from other random numbers. The mean of their predictions "
            "is usually better than each of them."
        ),
    )


def choose_looks(*, smoothing: float = 0.0) -> tuple[float, bool]:
    """How curves over epochs are drawn: how smooth, and whether upwards in equal factors.

    Args:
        smoothing: At first.
    """
    chosen = st.slider(
        _("Smoothing"),
        0.0,
        0.98,
        smoothing,
        0.02,
        key="smooth",
        bind="query-params",
        width=240,
        help=_(
            "How much of the epochs before goes into a point; 0 shows the curve as it is. The raw "
            "curve stays visible behind it, faintly."
        ),
    )
    log_value = st.toggle(
        _("Logarithmic"),
        value=True,
        key="log",
        bind="query-params",
        help=_("Equal steps upwards are equal factors."),
    )
    return float(chosen), bool(log_value)


def of_groups(table: pd.DataFrame, groups: Sequence[str]) -> pd.DataFrame:
    """The rows of some task groups, and those of the models without groups."""
    alone = ~table["model"].map(words.has_network).astype(bool)
    return table[table["group"].isin(groups) | alone]


def in_order(values: Iterable[str], order: Iterable[str]) -> list[str]:
    """The distinct values, known ones in their usual order, others after them."""
    # A column of a long table names the same few over and over.
    found = set(values.unique() if isinstance(values, pd.Series) else values)
    return [v for v in order if v in found] + sorted(found.difference(order))
