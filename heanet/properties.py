"""The six tasks as data: one table feeds columns, axes, metrics and tooltips.

Meaning and units are those of the published data set (doi 10.1038/s41524-022-00945-x).
"""

from dataclasses import dataclass
from typing import Literal

from heanet.errors import ConfigError, did_you_mean

Group = Literal["energy", "magnetic", "geometry"]
Lattice = Literal["fcc", "bcc", "hcp"]

GROUPS: tuple[Group, ...] = ("energy", "magnetic", "geometry")
LATTICES: tuple[Lattice, ...] = ("fcc", "bcc", "hcp")


@dataclass(frozen=True)
class Task:
    """One predicted property.

    Attributes:
        key: Name in tables, options and file names.
        label: Plain-language name, by language code.
        unit: Unit of the value.
        extensive: Whether the value is per cell (grows with the number of atoms).
        group: Tasks of one group follow from each other, or stand alone.
        decimals: Digits after the point that are worth printing.
        meaning: One sentence for tooltips, by language code.
    """

    key: str
    label: dict[str, str]
    unit: str
    extensive: bool
    group: Group
    decimals: int
    meaning: dict[str, str]


_ALL = (
    Task(
        "etot",
        {"en": "Total energy", "zh": "总能"},
        "eV/atom",
        False,
        "energy",
        4,
        {
            "en": "Total energy per atom. Only differences between cells computed in "
            "the same way mean something.",
            "zh": "每原子的总能；只有用同一种方法计算的差值才有意义。",
        },
    ),
    Task(
        "emix",
        {"en": "Mixing energy", "zh": "混合能"},
        "eV/atom",
        False,
        "energy",
        4,
        {
            "en": "Energy against the pure elements on the same parent lattice. "
            "Negative: mixing on this lattice releases energy.",
            "zh": "相对于同一母晶格上纯元素的能量；负值表示在该晶格上混合放热。",
        },
    ),
    Task(
        "eform",
        {"en": "Formation energy", "zh": "形成能"},
        "eV/atom",
        False,
        "energy",
        4,
        {
            "en": "Energy against the pure elements in their ground states. "
            "Negative: the alloy is stable against separating into them.",
            "zh": "相对于基态纯元素的能量；负值表示合金相对于分解为纯元素是稳定的。",
        },
    ),
    Task(
        "ms",
        {"en": "Saturation magnetisation", "zh": "饱和磁化强度"},
        "muB/atom",
        False,
        "magnetic",
        3,
        {
            "en": "Magnetic moment of the cell divided by its number of atoms.",
            "zh": "晶胞磁矩除以原子数。",
        },
    ),
    Task(
        "mb",
        {"en": "Magnetic moment of the cell", "zh": "磁矩"},
        "muB/cell",
        True,
        "magnetic",
        2,
        {
            "en": "Total magnetic moment of the cell: ms times the number of atoms. "
            "It doubles when the cell is doubled.",
            "zh": "晶胞总磁矩：ms 乘以原子数；晶胞加倍则加倍。",
        },
    ),
    Task(
        "rmsd",
        {"en": "Displacement from the lattice sites", "zh": "均方根位移"},
        "Angstrom",
        False,
        "geometry",
        3,
        {
            "en": "Root mean square distance of the relaxed atoms from the sites of the parent "
            "lattice. Above about 0.3 Angstrom the lattice has usually not survived.",
            "zh": "弛豫后原子偏离母晶格格点的均方根距离；大于约 0.3 埃时晶格通常已不再保持。",
        },
    ),
)

TASKS: dict[str, Task] = {task.key: task for task in _ALL}
TASK_KEYS: tuple[str, ...] = tuple(TASKS)


def check_tasks(keys: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """The tasks in their canonical order.

    Raises:
        ConfigError: A name is unknown, repeated, or none is given.
    """
    for key in keys:
        if key not in TASKS:
            raise ConfigError(
                f"Unknown task '{key}'",
                expected=f"some of {' '.join(TASK_KEYS)}",
                fix=did_you_mean(key, TASK_KEYS),
            )
    if not keys or len(set(keys)) != len(keys):
        raise ConfigError(f"Tasks '{' '.join(keys)}'", expected="at least one task, each once")
    return tuple(key for key in TASK_KEYS if key in keys)
