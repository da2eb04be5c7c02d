"""Properties, units and numbers as a reader meets them, in the session's language."""

from heanet.figures.predictions import number
from heanet.prediction import Value
from heanet.properties import TASKS
from heanet.training.calibration import Z_90
from heanet.ui.language import DEFAULT, _, current, together

_UNITS = {"muB/atom": "µB/atom", "muB/cell": "µB/cell", "Angstrom": "Å"}
# Above this the parent lattice has usually not survived (Task.meaning of rmsd), Angstrom.
_LATTICE_LOST = 0.3


def label(task: str) -> str:
    """Plain-language name of a task."""
    names = TASKS[task].label
    return names.get(current(), names[DEFAULT])


def meaning(task: str) -> str:
    """What a task is, in one sentence or two."""
    meanings = TASKS[task].meaning
    return meanings.get(current(), meanings[DEFAULT])


def described(task: str) -> str:
    """Name and meaning of a task, for tooltips."""
    return _("{label}. {meaning}").format(label=label(task), meaning=meaning(task))


def unit(task: str) -> str:
    """A task's unit with its usual symbols."""
    return _UNITS.get(TASKS[task].unit, TASKS[task].unit)


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
    half = half_width(value) or 0.0
    match task:
        case "etot":
            return _("Says something only against cells computed alike.")
        case "mb":
            return _("ms times the {n} atoms of this cell.").format(n=n_atoms)
        case "rmsd":
            return _displacement(value.value, half)
        case _ if abs(value.value) < half:
            return _("The interval holds zero: the sign is open.")
        case "ms" if value.value > 0:
            return _("The moments of the atoms add up to a net moment.")
        case "ms":
            return _("A net moment against the axis chosen in the calculation.")
        case "emix" if value.value < 0:
            return _("Negative: mixing on this lattice releases energy.")
        case "emix":
            return _("Positive: mixing on this lattice costs energy.")
        case "eform" if value.value < 0:
            return _("Negative: stable against separating into the pure elements.")
        case _:
            return _("Positive: the separate pure elements are lower in energy.")


def source(lattice_source: str) -> str:
    """Where a prediction's parent lattice comes from."""
    words = {
        "given": _("chosen by hand"),
        "file name": _("from the file name"),
        "geometry": _("from the geometry"),
        "assumed": _("assumed"),
    }
    return words.get(lattice_source, lattice_source)


def _displacement(value: float, half: float) -> str:
    if value - half > _LATTICE_LOST:
        return _("Large: the parent lattice has probably not survived.")
    if value + half < _LATTICE_LOST:
        return _("Small: the parent lattice has probably survived.")
    return _("Around 0.3 Å: whether the parent lattice survived is open.")
