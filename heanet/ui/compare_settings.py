"""How the models differ: their settings side by side, differences only."""

import pandas as pd
import streamlit as st

from heanet.comparison.results import Results
from heanet.ui import compare_charts, compare_choices
from heanet.ui import compare_words as words
from heanet.ui.language import _, explained
from heanet.ui.said import said
from heanet.ui.words import plain


def show(results: Results) -> None:
    """The whole view."""
    contenders = results.about.contenders
    with st.container(horizontal=True, vertical_alignment="bottom"):
        models = compare_choices.choose_models(
            contenders, key="compared", first=list(filter(words.has_network, contenders))
        )
        everything = st.toggle(
            _("Equal settings too"),
            value=False,
            key="equal",
            bind="query-params",
            help=_("Off: only the settings in which the models differ."),
        )
    st.markdown("\n".join(f"- {words.model_line(model)}" for model in models))
    table = settings_table(contenders, models)
    if not everything:
        table = differences(table)
    if len(table):
        show_table(table)
    else:
        st.info(_("These models have the same settings."), icon=":material/info:")
    compare_charts.show_csv(table.rename_axis("setting").reset_index(), name="settings")
    with st.expander(_("Data, seeds and versions behind the results")):
        _show_about(results)


def settings_table(contenders: dict[str, dict[str, str]], models: list[str]) -> pd.DataFrame:
    """A row per setting, a column per model; empty where a model has no such setting."""
    names = dict.fromkeys(name for model in models for name in contenders[model])
    return pd.DataFrame(
        {model: [contenders[model].get(name, "") for name in names] for model in models},
        index=list(names),
    )


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """The rows in which the models are not all alike; all rows of a single model."""
    return table if table.shape[1] < 2 else table[table.nunique(axis=1) > 1]


def show_table(table: pd.DataFrame) -> None:
    """A row per setting, a column per model or run."""
    text = st.column_config.TextColumn
    st.dataframe(
        table.replace("", "–").map(said).rename_axis("setting").reset_index(),
        hide_index=True,
        height=38 + 35 * len(table),
        column_config={
            "setting": text(_("Setting"), pinned=True, width=160, help=_("Name of the option.")),
            **{
                model: text(
                    words.model_title(model),
                    help=_("–: this model has no such setting."),
                )
                for model in table.columns
            },
        },
        alt=_("Settings, a column per model."),
    )


def _show_about(results: Results) -> None:
    about = results.about
    rows = {
        _("Data"): f"{about.data.name} ({said(about.data.title)})",
        _("Fingerprint"): about.data.fingerprint,
        _("Labels"): _("corrected") if about.data.corrected else _("as published"),
        _("Seeds"): " ".join(map(str, about.seeds)),
        _("Folds"): str(about.n_folds),
        _("Seed of the folds"): str(about.fold_seed),
        _("Commit"): " ".join(sorted(set(" ".join(results.errors["commit"]).split()))),
        **about.versions,
    }
    lines = [f"- {explained(plain(name), plain(value))}" for name, value in rows.items()]
    st.markdown("\n".join(lines))
