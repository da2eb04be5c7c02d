"""Properties, units and numbers as a reader meets them, in the session's language."""

from heanet.figures.predictions import number
from heanet.prediction import Value
from heanet.properties import TASKS, Words
from heanet.training.calibration import Z_90
from heanet.ui.language import DEFAULT, _, current, together

_SIGNS = {"Angstrom^3": "Å³", "Angstrom": "Å", "muB": "µB"}


def label(task: str) -> str:
    """Plain-language name of a task."""
    return _in_language(TASKS[task].label)


def meaning(task: str) -> str:
    """What a task is, in one sentence or two."""
    return _in_language(TASKS[task].meaning)


def described(task: str) -> str:
    """Name and meaning of a task, for tooltips."""
    return _("{label}. {meaning}").format(label=label(task), meaning=meaning(task))


def unit(task: str) -> str:
    """A task's unit with its usual symbols."""
    return unit_words(TASKS[task].unit)


def unit_words(unit: str) -> str:
    """A unit with its usual symbols."""
    for written, shown in _SIGNS.items():
        unit = unit.replace(written, shown)
    return unit


def digits(task: str, value: float) -> str:
    """A value of a task with the digits that are worth showing."""
    return number(value, TASKS[task].decimals)


def half_width(value: Value) -> float | None:
    """Half of the 90 % interval; None without error bars."""
    return None if value.std is None else Z_90 * value.std


def value_text(task: str, value: Value) -> str:
    """A value with its unit, and half of its 90 % interval where there is one."""
    half = half_width(value)
    bar = "" if half is None else f" ± {digits(task, half)}"
    return f"{digits(task, value.value)}{bar} {unit(task)}"


def interval() -> str:
    """What the ± says, in one sentence."""
    return _(
        "± is half of the 90 % interval: for nine of ten cells like those of the training data, "
        "the calculated value lies within it."
    )


def interval_meaning() -> str:
    """What the ± says, and where it comes from."""
    where_from = _(
        "It is 1.645 standard deviations, from the spread of the networks and calibrated on cells "
        "that they were not trained on."
    )
    return together([interval(), where_from])


def reading(task: str, value: Value, n_atoms: int) -> str:
    """What this value says, the sign and its error bar taken into account."""
    says, half = TASKS[task].reading, half_width(value) or 0.0
    words = says.above
    if says.below is not None:
        above, below = value.value - half >= says.limit, value.value + half <= says.limit
        words = says.above if above else says.below if below else says.open or says.below
    return _in_language(words).format(n=n_atoms)


def source(lattice_source: str) -> str:
    """Where a prediction's parent lattice comes from."""
    words = {
        "given": _("chosen by hand"),
        "file name": _("from the file name"),
        "geometry": _("from the geometry"),
        "assumed": _("assumed"),
    }
    return words.get(lattice_source, lattice_source)


def _in_language(words: Words) -> str:
    return words.get(current(), words[DEFAULT])
