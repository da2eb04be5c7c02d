"""Launch trainings: an experiment to start from, data, settings, and what will come of it."""

import streamlit as st

from heanet.config import RunConfig, parse_config
from heanet.data.dataset import Dataset
from heanet.errors import ConfigError
from heanet.jobs.sweep import (
    endings,
    free_name,
    in_name,
    parse_seeds,
    sweep,
    taken_names,
)
from heanet.training.presets import PRESETS, preset_config
from heanet.training.preview import Preview
from heanet.ui import train_launch_data as data
from heanet.ui import train_launch_form as form
from heanet.ui import train_launch_rows, train_launch_start, train_state
from heanet.ui import train_launch_words as words
from heanet.ui.language import _, explained, heed_address, together
from heanet.ui.said import said
from heanet.ui.words import plain

# Keys of widgets, in the address as well.
PRESET, SET, SPLITS, SEEDS = "preset", "set", "splits", "seeds"
_BASE = "train_launch_base"  # RunConfig that the form started from
_FIRST = "six"


def show_launch() -> None:
    """The whole view."""
    _prepare()
    _choose_preset()
    base: RunConfig = st.session_state[_BASE]
    dataset = _choose_data(base)
    if dataset is None:
        return
    rows = st.container()
    form.show_tasks(base)
    form.show_essential(base)
    form.show_others(base)
    form.show_reset(base, _base_title())
    config, reasons = _read(base)
    found: dict[str, Preview] = {}
    if config is not None and st.session_state[SPLITS]:
        found = data.previews(dataset, config, st.session_state[SPLITS])
        with rows:
            train_launch_rows.show_rows(found)
        reasons += train_launch_rows.reasons(found)
    form.remember(PRESET, SET, SPLITS, SEEDS, train_launch_start.NAME)
    with st.container(border=True):
        _show_launch(dataset, config, reasons, found)


def start_from(config: RunConfig, preset: str | None) -> None:
    """Fill the whole form; before its widgets are drawn, or in a callback.

    Args:
        config: The settings.
        preset: The preset that they are; None for others.
    """
    before: RunConfig | None = st.session_state.get(_BASE)
    st.session_state[_BASE] = config
    st.session_state[PRESET] = preset
    st.session_state[SPLITS] = [config.split]
    st.session_state[SEEDS] = str(config.train.seed)
    if config.data:
        st.session_state[SET] = config.data
    elif before is not None and before.data and before.data == st.session_state.get(SET):
        st.session_state[SET] = data.set_choices("")[0]  # the other one was asked for, not chosen
    form.put(config)


def _prepare() -> None:
    """Settings that were asked for, kept ones, or at first those of the address."""
    asked = train_state.take_form()
    form.restore()
    if asked is not None:
        start_from(asked, None)
    elif _BASE not in st.session_state:
        _start_from_address()


def _start_from_address() -> None:
    """At first: what is in the address goes before what the preset says."""
    heed_address(PRESET, list(PRESETS), _preset_title)
    titles = {_preset_title(preset): preset for preset in PRESETS}
    preset = titles.get(st.query_params.get(PRESET, ""), _FIRST)
    given = {key for key in (PRESET, SET, SPLITS, SEEDS) if key in st.query_params}
    start_from(preset_config(preset), preset)
    for key in given:
        st.session_state.pop(key, None)


def _choose_preset() -> None:
    chosen = st.selectbox(
        _("Experiment to start from"),
        list(PRESETS),
        index=None,
        placeholder=_("Settings of another run"),
        format_func=_preset_title,
        key=PRESET,
        bind="query-params",
        on_change=_fill_from_preset,
        help=_presets_meaning(),
        width=520,
    )
    if chosen is None:
        return
    preset = PRESETS[chosen]
    sentences = [_(preset.shows)]
    if preset.against:
        sentences.append(
            _("To be compared with: {title}.").format(title=_(PRESETS[preset.against].title))
        )
    if config_set := preset.changes.get("data"):
        sentences.append(_("Learns from the labelled set {name}.").format(name=plain(config_set)))
    if preset.needs:
        sentences.append(
            _("Needs a finished run of: {title}.").format(title=_(PRESETS[preset.needs].title))
        )
    st.caption(together(sentences))


def _preset_title(preset: str) -> str:
    return _(PRESETS[preset].title)


def _presets_meaning() -> str:
    """A list for the tooltip: what each experiment shows."""
    head = _(
        "Experiments of the published training notes. Choosing one fills in everything below, all "
        "of which can be changed then."
    )
    lines = [f"- {explained(_(it.title), _(it.shows))}" for it in PRESETS.values()]
    return "\n".join([head, *lines])


def _fill_from_preset() -> None:
    if chosen := st.session_state[PRESET]:
        start_from(preset_config(chosen), chosen)


def _base_title() -> str:
    chosen = st.session_state[PRESET]
    return _(PRESETS[chosen].title) if chosen else _("Settings of another run")


def _choose_data(base: RunConfig) -> Dataset | None:
    """Set, splits and seeds; None, with the reason in place, where there is no set to train on."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = data.set_choices(base.data)
        if st.session_state.get(SET) not in names:
            st.session_state.pop(SET, None)
        name = st.selectbox(
            _("Labelled set"),
            names,
            key=SET,
            bind="query-params",
            help=_("The cells and labels to learn from. The first one is the default."),
            width=220,
        )
        corrected = bool(st.session_state[form.state_key(("train", "corrected"))])
        dataset = data.find_dataset(name, corrected=corrected)
        if dataset is None:
            return None
        train_launch_rows.choose_splits(dataset, SPLITS)
        st.text_input(
            _("Seeds"),
            key=SEEDS,
            bind="query-params",
            help=_(
                "Random numbers of the start: one such as 0, or several such as 0, 1, 2 or 0-4, "
                "each a run of its own. How much their errors differ says how sure they are."
            ),
            width=140,
        )
    train_launch_rows.show_set(dataset)
    return dataset


def _read(base: RunConfig) -> tuple[RunConfig | None, list[str]]:
    """The settings as they stand, with the first split and seed; and what is wrong with them."""
    found, wrong = form.values(), []
    if not found["model"]["tasks"]:
        wrong.append(_("No property is chosen: press at least one."))
    if not st.session_state[SPLITS]:
        wrong.append(_("No split is chosen: it says which cells train and which test."))
    try:
        seeds = parse_seeds(st.session_state[SEEDS])
    except ConfigError as error:
        return None, [*wrong, plain(said(error))]
    if not found["model"]["tasks"]:
        return None, wrong
    # What is not in the form stays as it was.
    whole = {**dict(base), "data": st.session_state[SET]}
    for part, settings in found.items():
        whole[part] = {**dict(whole[part]), **settings}
    whole["train"]["seed"] = seeds[0]
    whole["split"] = next(iter(st.session_state[SPLITS]), base.split)
    try:
        return parse_config(RunConfig, whole), wrong
    except ConfigError as error:
        return None, [*wrong, plain(said(error))]


def _show_launch(
    dataset: Dataset, config: RunConfig | None, reasons: list[str], found: dict[str, Preview]
) -> None:
    """Name, time, button and command."""
    runs: dict[str, RunConfig] = {}
    name = _choose_name(config)
    if config is not None and not reasons:
        try:
            runs = sweep(
                config,
                name,
                splits=st.session_state[SPLITS],
                seeds=parse_seeds(st.session_state[SEEDS]),
            )
        except ConfigError as error:
            reasons.append(plain(said(error)))
        reasons += _taken(runs, name)
    train_launch_start.show_start(dataset, runs, name, reasons, n_runs=_n_runs())
    if any(preview.lacks_validation for preview in found.values()):
        train_launch_rows.offer_no_validation()


def _n_runs() -> int:
    """Runs that are asked for, whether or not they can be launched."""
    try:
        return len(endings(st.session_state[SPLITS], parse_seeds(st.session_state[SEEDS])))
    except ConfigError:
        return 0


def _choose_name(config: RunConfig | None) -> str:
    """What is typed, else a free name that says what is trained."""
    proposed = "" if config is None else _proposed_name(config)
    typed = st.text_input(
        _("Name"),
        key=train_launch_start.NAME,
        placeholder=proposed,
        max_chars=80,
        help=_(
            "Of the run and its folder. Empty: the name shown in grey. With several splits or "
            "seeds, each run adds its own to it."
        ),
        width=360,
    )
    return str(typed or "").strip() or proposed


def _proposed_name(config: RunConfig) -> str:
    preset = st.session_state[PRESET]
    unchanged = preset and not form.changed(st.session_state[_BASE])
    what = preset if unchanged else words.tasks_name(config.model.tasks)
    splits: list[str] = st.session_state[SPLITS]
    wanted = sweep_name(what, splits)
    return free_name(wanted, taken_names(), added=_added(splits))


def sweep_name(what: str, splits: list[str]) -> str:
    """What is trained, and on which split if there is one only: the runs add theirs otherwise."""
    return f"{what}-{in_name(splits[0])}" if len(splits) == 1 else what


def _added(splits: list[str]) -> list[str]:
    return endings(splits, parse_seeds(st.session_state[SEEDS])) or [""]


def _taken(runs: dict[str, RunConfig], name: str) -> list[str]:
    """Which names are gone, and one that is not."""
    taken = taken_names()
    gone = [run for run in runs if run in taken]
    if not gone:
        return []
    free = free_name(name, taken, added=_added(st.session_state[SPLITS]))
    return [
        _("There is a run {name} already. Another name would be {free}.").format(
            name=plain(gone[0]), free=plain(free)
        )
    ]
