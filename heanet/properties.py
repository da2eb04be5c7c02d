"""The tasks as data: one table feeds labels, columns, units, references, axes and tooltips.

A task is one entry of ``_ALL``; nothing else names it (docs/adding-a-task.md). Meaning and units
are those of the published data set (doi 10.1038/s41524-022-00945-x).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from heanet.errors import ConfigError, did_you_mean

Group = Literal["energy", "magnetic", "geometry"]
Lattice = Literal["fcc", "bcc", "hcp"]
# What composition alone gives to a value: each element's energy in its ground state, what that is
# less its energy on the parent lattice, a share of each element fitted for this task, or nothing.
Reference = Literal["ground", "parent", "elements", "none"]
Words = dict[str, str]  # a text by language code

LATTICES: tuple[Lattice, ...] = ("fcc", "bcc", "hcp")


@dataclass(frozen=True)
class Reading:
    """What a value says to its reader; the sentences may name the number of atoms as ``{n}``.

    Attributes:
        above: Of values above the limit, or of all where nothing else is said of those below.
        below: Of values below the limit.
        open: Where the error bar holds the limit.
        limit: Where the meaning changes, in the task's unit.
    """

    above: Words
    below: Words | None = None
    open: Words | None = None
    limit: float = 0.0


@dataclass(frozen=True)
class Task:
    """One predicted property.

    Attributes:
        key: Name in tables, options and file names.
        label: Plain-language name, by language code.
        unit: Unit of the value.
        extensive: Whether the value is per cell (grows with the number of atoms).
        group: What it is about.
        residual: Name of what a network learns of it, beyond the reference. Tasks with the same
            one follow from each other.
        reference: What composition alone gives to it.
        decimals: Digits after the point that are worth printing.
        meaning: A sentence or two for tooltips, by language code; the sign is told where it has
            one.
        reading: What a single value says.
        headings: What users' tables call it, without signs, spaces, capitals and unit.
        usual: What labels of alloys are like, in ``unit``; beyond, a unit may have been mistaken.
            None where anything is usual.
        published: Whether the published system has it: these are learnt unless others are asked
            for, compared with each other, and have their labels in every set.
        published_column: Column of the published tables; empty where they do not have it.
        kept_column: Column of a labelled set's table; empty: ``key``.
        from_cell: What of a relaxed cell (heanet.data.owncells.OwnCell) is its label where a
            user's table has none; empty where no cell tells it.
    """

    key: str
    label: Words
    unit: str
    extensive: bool
    group: Group
    residual: str
    reference: Reference
    decimals: int
    meaning: Words
    reading: Reading
    headings: str = ""
    usual: tuple[float, float] | None = None
    published: bool = False
    published_column: str = ""
    kept_column: str = ""
    from_cell: str = ""


_SIGN_IS_OPEN = {
    "en": "The interval holds zero: the sign is open.",
    "zh": "区间包含零：符号不定。",
}

_ALL = (
    Task(
        key="etot",
        label={"en": "Total energy", "zh": "总能"},
        unit="eV/atom",
        extensive=False,
        group="energy",
        residual="energy",
        reference="ground",
        decimals=4,
        meaning={
            "en": "Total energy per atom. Only differences between cells computed in "
            "the same way mean something.",
            "zh": "每原子的总能；只有用同一种方法计算的差值才有意义。",
        },
        reading=Reading(
            {
                "en": "Says something only against cells computed alike.",
                "zh": "只有与同样方法计算的晶胞相比才有意义。",
            }
        ),
        headings="etot energy totenergy toten e0 eperatom energyperatom dftenergy 能量",
        published=True,
        published_column="Etot (eV/atom)",
    ),
    Task(
        key="emix",
        label={"en": "Mixing energy", "zh": "混合能"},
        unit="eV/atom",
        extensive=False,
        group="energy",
        residual="energy",
        reference="parent",
        decimals=4,
        meaning={
            "en": "Energy against the pure elements on the same parent lattice. "
            "Negative: mixing on this lattice releases energy.",
            "zh": "相对于同一母晶格上纯元素的能量；负值表示在该晶格上混合放热。",
        },
        reading=Reading(
            above={
                "en": "Positive: mixing on this lattice costs energy.",
                "zh": "正值：在该晶格上混合需要能量。",
            },
            below={
                "en": "Negative: mixing on this lattice releases energy.",
                "zh": "负值：在该晶格上混合放出能量。",
            },
            open=_SIGN_IS_OPEN,
        ),
        headings="emix mixingenergy emixing hmix mixingenthalpy enthalpyofmixing demix deltaemix "
        "dhmix deltahmix",
        usual=(-2.0, 2.0),
        published=True,
        published_column="Emix (eV/atom)",
    ),
    Task(
        key="eform",
        label={"en": "Formation energy", "zh": "形成能"},
        unit="eV/atom",
        extensive=False,
        group="energy",
        residual="energy",
        reference="none",
        decimals=4,
        meaning={
            "en": "Energy against the pure elements in their ground states. "
            "Negative: the alloy is stable against separating into them.",
            "zh": "相对于基态纯元素的能量；负值表示合金相对于分解为纯元素是稳定的。",
        },
        reading=Reading(
            above={
                "en": "Positive: the separate pure elements are lower in energy.",
                "zh": "正值：分离的纯元素能量更低。",
            },
            below={
                "en": "Negative: stable against separating into the pure elements.",
                "zh": "负值：相对于分解为纯元素是稳定的。",
            },
            open=_SIGN_IS_OPEN,
        ),
        headings="eform formationenergy eformation ef hform formationenthalpy enthalpyofformation "
        "hf deform deltaeform dhf deltahf",
        usual=(-2.0, 2.0),
        published=True,
        published_column="Eform (eV/atom)",
    ),
    Task(
        key="ms",
        label={"en": "Saturation magnetisation", "zh": "饱和磁化强度"},
        unit="muB/atom",
        extensive=False,
        group="magnetic",
        residual="magnetic",
        reference="elements",
        decimals=3,
        meaning={
            "en": "Magnetic moment of the cell divided by its number of atoms.",
            "zh": "晶胞磁矩除以原子数。",
        },
        reading=Reading(
            above={
                "en": "The moments of the atoms add up to a net moment.",
                "zh": "各原子磁矩叠加为净磁矩。",
            },
            below={
                "en": "A net moment against the axis chosen in the calculation.",
                "zh": "净磁矩与计算所选的轴反向。",
            },
            open=_SIGN_IS_OPEN,
        ),
        headings="ms saturationmagnetization magnetization magnetisation momentperatom "
        "magneticmomentperatom 磁化强度",
        usual=(-10.0, 10.0),
        published=True,
        published_column="Ms (mub/atom)",
    ),
    Task(
        key="mb",
        label={"en": "Magnetic moment of the cell", "zh": "磁矩"},
        unit="muB/cell",
        extensive=True,
        group="magnetic",
        residual="magnetic",
        reference="elements",
        decimals=2,
        meaning={
            "en": "Total magnetic moment of the cell: ms times the number of atoms. "
            "It doubles when the cell is doubled.",
            "zh": "晶胞总磁矩：ms 乘以原子数；晶胞加倍则加倍。",
        },
        reading=Reading(
            {
                "en": "ms times the {n} atoms of this cell.",
                "zh": "ms 乘以此晶胞的 {n} 个原子。",
            }
        ),
        headings="mb magneticmoment totalmagneticmoment totalmoment moment magmom mtot totmag",
        published=True,
        published_column="mb (mub/cell)",
    ),
    Task(
        key="rmsd",
        label={"en": "Displacement from the lattice sites", "zh": "均方根位移"},
        unit="Angstrom",
        extensive=False,
        group="geometry",
        residual="geometry",
        reference="none",
        decimals=3,
        meaning={
            "en": "Root mean square distance of the relaxed atoms from the sites of the parent "
            "lattice. Above about 0.3 Angstrom the lattice has usually not survived.",
            "zh": "弛豫后原子偏离母晶格格点的均方根距离；大于约 0.3 埃时晶格通常已不再保持。",
        },
        reading=Reading(
            above={
                "en": "Large: the parent lattice has probably not survived.",
                "zh": "较大：母晶格很可能已不再保持。",
            },
            below={
                "en": "Small: the parent lattice has probably survived.",
                "zh": "较小：母晶格很可能仍然保持。",
            },
            open={
                "en": "Around 0.3 Å: whether the parent lattice survived is open.",
                "zh": "约 0.3 Å：母晶格是否保持尚不确定。",
            },
            limit=0.3,
        ),
        headings="rmsd displacement rootmeansquaredisplacement rms 位移",
        usual=(0.0, 3.0),
        published=True,
        published_column="rmsd (\\AA)",  # the unit is spelled in LaTeX
    ),
    Task(
        key="v0",
        label={"en": "Volume per atom", "zh": "每原子体积"},
        unit="Angstrom^3/atom",
        extensive=False,
        group="geometry",
        residual="volume",
        reference="elements",
        decimals=3,
        meaning={
            "en": "Volume of the relaxed cell divided by its number of atoms. Of a cell as it was "
            "built it is the volume that the cell relaxes to. A relaxed cell has that volume "
            "already: there it predicts nothing, and its error means nothing.",
            "zh": "弛豫后晶胞的体积除以原子数。对刚搭建的晶胞，它是弛豫后将达到的体积；"
            "已弛豫的晶胞本身就具有这一体积：此时它没有预测任何东西，其误差也没有意义。",
        },
        reading=Reading(
            {
                "en": "Compare it with the volume of the cell as it was built.",
                "zh": "请与晶胞搭建时的体积相比较。",
            }
        ),
        headings="v0 volume v vol volumeperatom atomicvolume 体积 原子体积",
        usual=(5.0, 60.0),
        published_column="V0 (A3/atom)",
        kept_column="volume",
        from_cell="volume",
    ),
)

TASKS: dict[str, Task] = {task.key: task for task in _ALL}
TASK_KEYS: tuple[str, ...] = tuple(TASKS)
PUBLISHED_TASKS: tuple[str, ...] = tuple(key for key in TASKS if TASKS[key].published)


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


def published_in(group: Group) -> tuple[str, ...]:
    """The published tasks that are about one thing."""
    return tuple(key for key in PUBLISHED_TASKS if TASKS[key].group == group)


def referenced(keys: Collection[str]) -> tuple[str, ...]:
    """The tasks whose references a network of some tasks is given.

    All published ones, whichever of them it learns: what follows from its own is given back too.
    Others only where they are learnt, so that a network without them is the same as before they
    were there.
    """
    learnt = {TASKS[key].residual for key in keys}
    return tuple(key for key in TASKS if TASKS[key].published or TASKS[key].residual in learnt)
