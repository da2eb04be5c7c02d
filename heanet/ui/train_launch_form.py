"""The settings of a training as widgets, made from the configuration classes themselves.

A field of ``ModelConfig`` or ``TrainConfig`` gets a widget by its type and bounds, with its
description as help: a new one is in the form without a word here.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from heanet.config import Config, RunConfig
from heanet.properties import TASK_KEYS
from heanet.training.registry import available_models
from heanet.ui import compare_words
from heanet.ui import train_launch_words as words
from heanet.ui.language import _, listed, plural
from heanet.ui.words import plain

Field = tuple[str, str]  # part of RunConfig, name of its field
# What most trainings are about; everything else is one click away.
ESSENTIAL: tuple[Field, ...] = (
    ("train", "epochs"),
    ("train", "batch_size"),
    ("train", "lr"),
    ("model", "use_pbc"),
    ("train", "is_validate"),
    ("start", "strategy"),
    ("start", "init"),
)
STRATEGY, INIT = ESSENTIAL[-2:]
TASKS: Field = ("model", "tasks")
SEED: Field = ("train", "seed")  # asked beside the splits: one launch takes several
_WIDTH = 150  # pixels: two in a row on a phone
_KEPT = "train_launch_kept"  # values of the widgets, which are lost while another view is shown


def parts() -> dict[str, type[Config]]:
    """The parts of a RunConfig that are configurations of their own, by their names."""
    return {
        key: field.annotation
        for key, field in RunConfig.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Config)
    }


def fields() -> Iterator[tuple[Field, FieldInfo]]:
    """Every setting of every part, the seed left out."""
    for part, cls in parts().items():
        for name, info in cls.model_fields.items():
            if (part, name) != SEED:
                yield (part, name), info


def state_key(field: Field) -> str:
    """Key of a setting's widget."""
    return f"launch_{field[0]}_{field[1]}"


def put(config: RunConfig) -> None:
    """Show these settings; before the widgets are drawn, or in a callback."""
    for field, _info in fields():
        st.session_state[state_key(field)] = _shown(_value(config, field))


def restore() -> None:
    """Give the widgets back what they showed before another view was shown."""
    for key, value in st.session_state.get(_KEPT, {}).items():
        if key not in st.session_state:
            st.session_state[key] = value


def remember(*more: str) -> None:
    """Keep what the widgets show for ``restore``.

    Args:
        more: Keys of other widgets that are to be kept as well.
    """
    for key in (*(state_key(field) for field, _info in fields()), *more):
        if key in st.session_state:
            keep(key, st.session_state[key])


def keep(key: str, value: object) -> None:
    """Have a widget show this when its view is opened again."""
    st.session_state.setdefault(_KEPT, {})[key] = value


def values() -> dict[str, dict[str, Any]]:
    """What the widgets say, by part and name; not checked."""
    found: dict[str, dict[str, Any]] = {part: {} for part in parts()}
    for field, _info in fields():
        value = st.session_state[state_key(field)]
        found[field[0]][field[1]] = tuple(value) if isinstance(value, list) else value
    if found["start"]["strategy"] == "scratch":
        found["start"]["init"] = ""  # the choice is kept for another strategy, and means nothing
    return found


def changed(base: RunConfig) -> list[Field]:
    """The settings that are not those that the form started from."""
    return [
        field
        for field, _info in fields()
        if st.session_state[state_key(field)] != _shown(_value(base, field))
    ]


def show_tasks(base: RunConfig) -> None:
    """The properties to learn."""
    st.pills(
        words.setting_title(TASKS) + _mark(TASKS, base),
        TASK_KEYS,
        selection_mode="multi",
        key=state_key(TASKS),
        help=compare_words.task_meanings(TASK_KEYS),
        wrap=True,
    )


def show_essential(base: RunConfig) -> None:
    """The few settings that most trainings are about."""
    known = dict(fields())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for field in ESSENTIAL:
            _show(field, known[field], base)


def show_others(base: RunConfig) -> None:
    """All other settings, folded away."""
    others = [(field, info) for field, info in fields() if field not in (*ESSENTIAL, TASKS)]
    n_changed = len([field for field in changed(base) if field in dict(others)])
    label = _("All settings")
    if n_changed:
        label += " " + plural("({n} changed)", "({n} changed)", n_changed)
    with st.expander(label, icon=":material/tune:"):
        for part in parts():
            heading = words.meaning(RunConfig.model_fields[part]) or part
            st.markdown(f"**{heading.rstrip('.。')}**")
            with st.container(horizontal=True, vertical_alignment="bottom"):
                for field, info in others:
                    if field[0] == part:
                        _show(field, info, base)


def show_reset(base: RunConfig, where: str) -> None:
    """A button that undoes all changes, where there are any.

    Args:
        base: What the form started from.
        where: What that is called.
    """
    found = changed(base)
    if not found:
        return
    names = listed([words.setting_title(field) for field in found])
    st.button(
        _("Reset to “{start}”").format(start=plain(where)),
        icon=":material/undo:",
        type="tertiary",
        on_click=put,
        args=(base,),
        help=_("Changed: {settings}").format(settings=names),
    )


def _show(field: Field, info: FieldInfo, base: RunConfig) -> None:
    """The widget of a setting, by its type."""
    label = words.setting_title(field) + _mark(field, base)
    widget = _model_choice if field == INIT else _widget_of(info)
    widget(label, field, info)


def _widget_of(info: FieldInfo) -> Callable[[str, Field, FieldInfo], None]:
    kind = info.annotation
    if get_origin(kind) is Literal:
        return _choice
    known: dict[Any, Callable[[str, Field, FieldInfo], None]] = {
        bool: _switch,
        int: _whole_number,
        float: _number,
        str: _text,
    }
    return known[kind]


def _switch(label: str, field: Field, info: FieldInfo) -> None:
    st.toggle(label, key=state_key(field), help=_help(field, info))


def _choice(label: str, field: Field, info: FieldInfo) -> None:
    st.selectbox(
        label,
        get_args(info.annotation),
        key=state_key(field),
        help=_help(field, info),
        width=_WIDTH,
    )


def _model_choice(label: str, field: Field, info: FieldInfo) -> None:
    """Models and finished runs of this machine; one that is asked for and gone stays visible."""
    current = st.session_state[state_key(field)]
    names = ["", *available_models()]
    if current not in names:
        names.append(current)
    st.selectbox(
        label,
        names,
        format_func=lambda name: name or _("none"),
        key=state_key(field),
        disabled=st.session_state[state_key(STRATEGY)] == "scratch",
        help=_help(field, info),
        width=2 * _WIDTH,
    )


def _text(label: str, field: Field, info: FieldInfo) -> None:
    st.text_input(label, key=state_key(field), help=_help(field, info), width=_WIDTH)


def _whole_number(label: str, field: Field, info: FieldInfo) -> None:
    low, high = bounds(info)
    st.number_input(
        label,
        min_value=None if low is None else int(low),
        max_value=None if high is None else int(high),
        step=1,
        key=state_key(field),
        help=_help(field, info),
        width=_WIDTH,
    )


def _number(label: str, field: Field, info: FieldInfo) -> None:
    low, high = bounds(info)
    st.number_input(
        label,
        min_value=low,
        max_value=high,
        step=10.0 ** math.floor(math.log10(info.default)) if info.default else 0.1,
        format="%g",
        key=state_key(field),
        help=_help(field, info),
        width=_WIDTH,
    )


def bounds(info: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest value; one that a field only comes near to is refused on reading."""
    limits = {
        name: limit
        for data in info.metadata
        for name in ("ge", "gt", "le", "lt")
        if (limit := getattr(data, name, None)) is not None
    }
    low, high = limits.get("ge", limits.get("gt")), limits.get("le", limits.get("lt"))
    return (None if low is None else float(low)), (None if high is None else float(high))


def _help(field: Field, info: FieldInfo) -> str:
    return _("{meaning} On the command line `--{option}`, by default {value}.").format(
        meaning=words.meaning(info), option=field[1], value=_text_of(info.default)
    )


def _mark(field: Field, base: RunConfig) -> str:
    """Added to the label of a changed setting: what it was."""
    if field not in changed(base):
        return ""
    return " " + _(":orange-badge[was {value}]").format(value=_text_of(_value(base, field)))


def _text_of(value: object) -> str:
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else plain(str(value)) or "–"


def _value(config: RunConfig, field: Field) -> Any:  # noqa: ANN401 - whatever the field holds
    return getattr(getattr(config, field[0]), field[1])


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    """As the state of a widget has it."""
    return list(value) if isinstance(value, tuple) else value
