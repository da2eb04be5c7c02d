"""Learning curves of several runs, laid over one another."""

import numpy as np
import pandas as pd
import streamlit as st

from heanet.comparison.plan import SPLITS
from heanet.comparison.results import Results
from heanet.figures.curves import Curve, curve_figure
from heanet.properties import TASK_KEYS, TASKS
from heanet.ui import compare_charts, compare_choices, task_words
from heanet.ui import compare_words as words
from heanet.ui.language import _

LOSS = "train_loss"
ALL_SEEDS = "all"
MOST = 12  # curves that can be told apart


def show(results: Results) -> None:
    """The whole view."""
    curves = results.curves
    if not len(curves):
        st.info(_("These results hold no learning curves."), icon=":material/info:")
        return
    chosen, series = _choose(curves)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        smoothing, log_value = compare_choices.choose_looks(smoothing=0.6)
    found = curves_of(chosen, series)
    if not found:
        st.info(_("No run of this choice has such a curve."), icon=":material/info:")
        return
    if len(found) > MOST:
        st.info(
            _(
                "{n} curves fit this choice; the first {most} are drawn. Choose fewer splits, "
                "models or groups to see the others."
            ).format(n=len(found), most=MOST),
            icon=":material/info:",
        )
    st.caption(_about(series))
    unit = "" if series == LOSS else task_words.unit(series)
    title = _("Training loss") if series == LOSS else _("MAE of {task}").format(task=series)
    compare_charts.show_figure(
        curve_figure(
            found[:MOST],
            strength=smoothing,
            log_value=log_value,
            epoch_title=_("Epoch"),
            value_title=words.with_unit(title, unit),
            unit=unit,
        ),
        name=f"curves-{series}",
        alt=_("{series} over epochs: {curves}.").format(
            series=title, curves="; ".join(curve.title for curve in found[:MOST])
        ),
    )
    compare_charts.show_csv(chosen[chosen["series"] == series], name=f"curves-{series}")


def curves_of(table: pd.DataFrame, series: str) -> list[Curve]:
    """A curve per model, group and split; its seeds and folds are its runs.

    Args:
        table: Points of curves, with CURVE_COLUMNS.
        series: "train_loss" or a task.
    """
    found = []
    chosen = table[table["series"] == series]
    for (model, group, split), part in chosen.groupby(["model", "group", "split"], sort=False):
        runs = part.pivot(index=["fold", "seed"], columns="epoch", values="value")
        title = f"{words.entry_title(str(model), str(group))} · {split}"
        found.append(
            Curve(title, runs.columns.to_numpy(dtype=np.int64), runs.to_numpy(dtype=np.float64))
        )
    return found


def _choose(curves: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The chosen runs, and which of their series."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        splits = compare_choices.some_of(
            _("Splits (none lit: all)"),
            compare_choices.in_order(curves["split"], SPLITS),
            key="splits",
            first=[compare_choices.FIRST_SPLIT],
            hint=_("None pressed: all of them.") + "\n\n" + words.split_meanings(),
        )
        models = compare_choices.choose_models(curves["model"])
        groups = compare_choices.choose_groups(curves, key="curve_groups", first=["all"])
        seed = _choose_seed(curves)
    chosen = curves[
        curves["split"].isin(splits) & curves["model"].isin(models) & curves["group"].isin(groups)
    ]
    if seed != ALL_SEEDS:
        chosen = chosen[chosen["seed"] == seed]
    known = compare_choices.in_order(curves["series"], (*TASK_KEYS, LOSS))
    series = compare_choices.one_of(
        _("Curve of"),
        known,
        key="series",
        first="eform",
        title=lambda name: _("training loss") if name == LOSS else name,
        hint=words.task_meanings([name for name in known if name in TASKS]),
    )
    return chosen, series


def _choose_seed(curves: pd.DataFrame) -> str:
    return compare_choices.one_of(
        _("Seeds"),
        [ALL_SEEDS, *sorted(set(curves["seed"]))],
        key="curve_seed",
        title=lambda seed: _("all") if seed == ALL_SEEDS else seed,
        hint=_(
            "All: the mean of all runs, with a band from the lowest to the highest of them. Folds "
            "of cross-validation are runs too."
        ),
    )


def _about(series: str) -> str:
    if series == LOSS:
        return _(
            "The loss of the training rows that each network was fitted with. Networks have losses "
            "of their own kind: compare shapes, not heights."
        )
    return _(
        "Error on the test rows after every epoch. It was watched only: no epoch was chosen by it."
    )
