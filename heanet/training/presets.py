"""The experiments of the published training notes, as settings to start from.

Every preset is HEANet's recipe of the comparison with some changes; the published settings of the
same experiment (batches of 128, 300 to 500 epochs) belong to the published network and its loss.
The epoch is chosen on the validation rows, as in every published command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heanet.config import RunConfig, parse_config
from heanet.data.labels import MP_SET
from heanet.errors import ConfigError, did_you_mean

Changes = Mapping[str, Any]  # of a RunConfig; what belongs to one of its parts is nested

# HEANet's recipe (heanet.comparison.contenders), with the epoch chosen on validation rows.
RECIPE: Changes = {"train": {"epochs": 200, "batch_size": 32, "is_validate": True}}
_ENERGIES, _MAGNETIC = ("etot", "emix", "eform"), ("ms", "mb")
_OPEN_CELL = {"use_pbc": False}
_SMALL_TOWERS = {"tower_h1": 64, "tower_h2": 64}


@dataclass(frozen=True)
class Preset:
    """Settings of one experiment.

    Attributes:
        key: In addresses and names of runs.
        title: For people.
        shows: What the experiment shows, in one sentence.
        changes: What it has other than the recipe.
        against: Key of the preset that it is to be compared with; empty where there is none.
        needs: Key of the preset whose run it starts from; empty where it starts from scratch.
    """

    key: str
    title: str
    shows: str
    changes: Changes = field(default_factory=dict)
    against: str = ""
    needs: str = ""


_TASKS = (
    Preset(
        "six",
        "All six properties together",
        "One network learns everything at once, from two to five components.",
    ),
    Preset(
        "energies",
        "Energies together",
        "Whether the three energies, which follow from each other, gain by themselves.",
        {"model": {"tasks": _ENERGIES}},
        against="six",
    ),
    Preset(
        "magnetic",
        "Magnetic moments together",
        "Whether ms and mb, one moment per atom and per cell, gain by themselves.",
        {"model": {"tasks": _MAGNETIC}},
        against="six",
    ),
    Preset(
        "rmsd",
        "Displacement alone",
        "rmsd follows from no other property; alone, one convolution does better than three.",
        {"model": {"tasks": ("rmsd",), "n_interactions": 1}},
        against="six",
    ),
    Preset(
        "etot",
        "Total energy alone",
        "What etot loses without the other energies beside it, on a fifth of all cells held out.",
        {"split": "a0", "model": {"tasks": ("etot",)}},
        against="fifth",
    ),
    Preset(
        "eform",
        "Formation energy alone",
        "What eform loses without the other energies beside it, on a fifth of all cells held out.",
        {"split": "a0", "model": {"tasks": ("eform",)}},
        against="fifth",
    ),
)
_ALLOYS = (
    Preset(
        "fifth",
        "A fifth of all cells held out",
        "The usual test: cells drawn at random, most of them with a near-twin in training.",
        {"split": "a0"},
    ),
    Preset(
        "two-three",
        "2+3 components",
        "How well alloys of two and three components are learnt from their own kind.",
        {"split": "b1"},
        against="six",
    ),
    Preset(
        "four-five",
        "4+5 components",
        "How well alloys of four and five components are learnt from their own kind.",
        {"split": "b0"},
        against="six",
    ),
    Preset(
        "to-five",
        "2+3+4 components, tested on 5",
        "Whether what simpler alloys teach holds for five components.",
        {"split": "a1"},
        against="fifth",
    ),
    Preset(
        "few-to-many",
        "2+3 components, tested on 4+5",
        "The hard question: from few components to many, without one example of them.",
        {"split": "a2"},
        against="four-five",
    ),
    Preset(
        "many-to-few",
        "4+5 components, tested on 2+3",
        "The way back: from many components to few, over all compositions.",
        {"split": "a3"},
        against="two-three",
    ),
)
_SETTINGS = (
    Preset(
        "open-cell",
        "Without periodic boundaries",
        "Counts the atoms of the cell alone, as published; the test is that of 4+5 on 2+3.",
        {"split": "a3", "model": _OPEN_CELL},
        against="many-to-few",
    ),
    Preset(
        "small-towers",
        "Small towers",
        "Towers of 64 and 64 in place of 128 and 64: whether the larger ones are worth it.",
        {"model": _SMALL_TOWERS},
        against="six",
    ),
    Preset(
        "longer",
        "Longer training",
        "500 epochs on 4+5 components: whether more of them help.",
        {"split": "b0", "train": {"epochs": 500}},
        against="four-five",
    ),
)
# Weights from the run that another preset proposes, to be launched before. The published runs that
# were called tl1 never loaded theirs.
_TRANSFER = (
    *(
        Preset(
            f"four-five-{strategy}",
            title,
            shows,
            {"split": "b0", "start": {"strategy": strategy, "init": "two-three-b1"}},
            against="four-five",
            needs="two-three",
        )
        for strategy, title, shows in (
            (
                "tl1",
                "From 2+3 to 4+5 components, towers kept",
                "Whether what is learnt from few components helps with many: body and towers go "
                "on.",
            ),
            (
                "tl2",
                "From 2+3 to 4+5 components, fresh towers",
                "The same with the body alone: elements and filters are kept, towers begin anew.",
            ),
            (
                "frozen",
                "From 2+3 to 4+5 components, body fixed",
                "The same with a body that does not train: whether towers alone can adapt.",
            ),
        )
    ),
    Preset(
        "teacher",
        "A teacher's labels",
        "Learns what a universal potential says of alloys, for others to start from its body.",
        {"data": "alloys"},
    ),
    Preset(
        "four-five-teacher",
        "From the teacher to 4+5 components",
        "Whether a body that learnt a universal potential's labels helps with few DFT labels.",
        {"split": "b0", "start": {"strategy": "teacher", "init": "teacher-b2"}},
        against="four-five",
        needs="teacher",
    ),
)
_UNRELAXED = (
    Preset(
        "built",
        "Cells as they were built",
        "What can be said of an alloy before anyone has relaxed it; relaxed cells train along.",
        {"model": {"cells": "built"}, "train": {"twins": True, "epochs": 100}},
        against="six",
    ),
)

# As published: eform alone, learnt from the Materials Project before any alloy. The published
# network was 256 wide there and 128 wide here, so that its weights did not fit; these do.
_PRETRAINING = (
    Preset(
        "mp-eform",
        "Formation energy on Materials Project data",
        "Pre-training: eform alone, from crystals that others computed, of more elements than any "
        "set of alloys has.",
        {"data": MP_SET, "model": {"tasks": ("eform",)}},
    ),
    Preset(
        "eform-mp-tl1",
        "Formation energy, from Materials Project data",
        "Whether the pre-training helps: body and tower go on with the alloys, a fifth held out.",
        {
            "split": "a0",
            "model": {"tasks": ("eform",)},
            "start": {"strategy": "tl1", "init": "mp-eform-b2"},
        },
        against="eform",
        needs="mp-eform",
    ),
)

PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (*_TASKS, *_ALLOYS, *_SETTINGS, *_TRANSFER, *_PRETRAINING, *_UNRELAXED)
}


def preset_config(key: str) -> RunConfig:
    """The settings of a preset, on the default labelled set unless it has one of its own.

    Raises:
        ConfigError: There is no such preset.
    """
    if key not in PRESETS:
        raise ConfigError(
            f"There is no preset '{key}'",
            expected=f"one of {' '.join(PRESETS)}",
            fix=did_you_mean(key, PRESETS),
        )
    return parse_config(RunConfig, _merged(RECIPE, PRESETS[key].changes))


def _merged(first: Changes, then: Changes) -> dict[str, Any]:
    """Both; the second one counts where they differ, part by part."""
    both = {**first, **then}
    for key in first.keys() & then.keys():
        if isinstance(first[key], Mapping):
            both[key] = _merged(first[key], then[key])
    return both
