"""Data of a launch: the splits to choose from, the rows of each, and why some cannot be trained."""

import pandas as pd
import streamlit as st

from heanet.data.dataset import Dataset
from heanet.data.splitnames import parse_split_name
from heanet.errors import ConfigError
from heanet.training.preview import N_FOLDS, Preview, RowFacts, folds, split_choices
from heanet.ui import train_launch_form as form
from heanet.ui import train_launch_words as words
from heanet.ui.language import _, listed, plural
from heanet.ui.said import said
from heanet.ui.words import plain

_VALIDATE = ("train", "is_validate")


def choose_splits(dataset: Dataset, key: str) -> None:
    """Any number of splits, and a button for all folds at once.

    Args:
        dataset: Its splits are offered, and those that were asked for whatever it has.
        key: Of the widget, and in the address.
    """
    known = split_choices(dataset)
    asked = [split for split in st.session_state.get(key, []) if _is_split(split)]
    st.multiselect(
        _("Splits"),
        list(dict.fromkeys([*known, *asked])),
        key=key,
        bind="query-params",
        placeholder=_("Which cells train and which test"),
        help=words.split_meanings(),
        width=360,
    )
    if folds()[0] in known:
        st.button(
            _("All {n} folds").format(n=N_FOLDS),
            icon=":material/view_week:",
            on_click=lambda: st.session_state.update({key: folds()}),
            type="tertiary",
            help=_(
                "Cross-validation: five runs, each tested on the fifth that the others learn from."
            ),
        )


def show_set(dataset: Dataset) -> None:
    """What the chosen set is."""
    source = dataset.source
    parts = [
        plain(said(source.title or source.name)),
        plural("{n} cell", "{n} cells", len(dataset.names)),
        plural("{n} composition", "{n} compositions", len(set(dataset.compositions))),
        _("labels by {method}").format(method=plain(said(source.method))),
        _("corrected") if source.corrected else _("as published"),
    ]
    st.caption(" · ".join(parts))


def show_rows(found: dict[str, Preview]) -> None:
    """A line for each split: how many cells for what, labels that are missing, leaks."""
    known = {split: it.rows for split, it in found.items() if it.rows is not None}
    if not known:
        return
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        rows_table(known),
        hide_index=True,
        column_config={
            "split": text(_("Split"), pinned=True),
            "train": number(_("Train"), help=_("Cells that the network is fitted on.")),
            "validation": number(
                _("Choose the epoch"),
                help=_("Cells whose errors say which epoch is kept. Off: they train too."),
            ),
            "test": number(_("Test"), help=_("Cells that nothing is fitted or chosen on.")),
            "shared": text(
                _("Compositions also learnt"),
                help=_(
                    "Of the compositions tested, those that cells are trained or chosen on as "
                    "well, often bcc here and fcc there. Near-twins: errors on them say how well "
                    "a network remembers, not how well it does on a new alloy."
                ),
            ),
            "labels": text(
                _("Labels"),
                help=_("Of the properties to learn, on the cells that train."),
            ),
            "asks": text(_("What it asks"), width="large"),
        },
        alt=_("Cells of each split."),
    )
    seen = {split: rows.n_seen for split, rows in known.items() if rows.n_seen}
    if seen:
        st.warning(
            _(
                "Cells that test have trained the model that the weights are from: {seen}. Test "
                "errors on them are no test errors."
            ).format(seen=", ".join(f"{plain(split)} {n}" for split, n in seen.items())),
            icon=":material/warning:",
        )
    for sentence in dict.fromkeys(_start_text(it) for it in found.values()):
        if sentence:
            st.caption(sentence)
    if any(rows.leak.n_shared for rows in known.values()):
        st.caption(
            _(
                "Compositions on both sides make test errors look better than they would be on a "
                "new alloy; folds and a1 to a3 keep every composition on one side."
            )
        )


def _start_text(preview: Preview) -> str:
    """What becomes of the weights of a run that starts from a model; empty where all are drawn."""
    report = preview.report
    if report is None:
        return ""
    parts = [
        _("Weights: {n} of {all} tensors are those of {source}.").format(
            n=len(report.loaded), all=report.n_tensors, source=plain(report.source)
        )
    ]
    if report.new_towers:
        parts.append(
            _("The towers of {tasks} begin anew.").format(tasks=", ".join(report.new_towers))
        )
    if preview.new:
        parts.append(
            _("It has never seen {what}: their embeddings begin anew.").format(
                what=", ".join(preview.new)
            )
        )
    if report.fixed:
        parts.append(_("{n} tensors do not train.").format(n=len(report.fixed)))
    return " ".join(parts)


def rows_table(known: dict[str, RowFacts]) -> pd.DataFrame:
    """Rows of each split, in the order of the choice."""
    return pd.DataFrame(
        {
            "split": list(known),
            "train": [rows.n_train for rows in known.values()],
            "validation": [rows.n_validation for rows in known.values()],
            "test": [rows.n_test for rows in known.values()],
            "shared": [
                _("{shared} of {n}").format(shared=rows.leak.n_shared, n=rows.leak.n_groups)
                for rows in known.values()
            ],
            "labels": [_labels_text(rows) for rows in known.values()],
            "asks": [words.split_question(split) for split in known],
        }
    )


def reasons(found: dict[str, Preview]) -> list[str]:
    """Why runs on these splits cannot be launched, in words."""
    lines = []
    lacking = [split for split, it in found.items() if it.lacks_validation]
    if lacking:
        lines.append(
            _(
                "No validation cells on {splits}, so that no best epoch can be chosen. Switch "
                "“{setting}” off, or take other splits."
            ).format(splits=listed(map(plain, lacking)), setting=words.setting_title(_VALIDATE))
        )
    others = {
        said(it.problem)
        for split, it in found.items()
        if it.problem is not None and split not in lacking
    }
    return [*lines, *map(plain, sorted(others))]


def offer_no_validation() -> None:
    """A button that does what is asked for where there are no validation cells."""
    st.button(
        _("Keep the last epoch instead"),
        icon=":material/build:",
        on_click=lambda: st.session_state.update({form.state_key(_VALIDATE): False}),
        help=_("Switches “{setting}” off.").format(setting=words.setting_title(_VALIDATE)),
    )


def _labels_text(rows: RowFacts) -> str:
    lacking = {task: n for task, n in rows.n_labels.items() if n < rows.n_train}
    if not lacking:
        return _("all there")
    return listed(
        [
            _("{task} {n} of {all}").format(task=task, n=n, all=rows.n_train)
            for task, n in lacking.items()
        ]
    )


def _is_split(name: str) -> bool:
    try:
        parse_split_name(name)
    except ConfigError:
        return False
    return True
