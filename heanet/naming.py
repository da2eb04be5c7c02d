"""Names of checkpoints: the published rule, parsed and written.

mtl_{number of tasks}[_{task names}]_HEA_{epochs}_{split}[_best][_tl1|_tl2]
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from heanet.config import SplitName
from heanet.errors import ConfigError
from heanet.properties import PUBLISHED_TASKS, check_tasks, published_in

# What a name without a task list means: all published tasks, or those of one group.
_IMPLIED = {
    len(tasks): tasks
    for tasks in (
        PUBLISHED_TASKS,
        published_in("energy"),
        published_in("magnetic"),
        published_in("geometry"),
    )
}
_OLD_SPELLING = {"ef": "eform"}
_RULE = re.compile(
    r"mtl_(?P<n>[1-9][0-9]*)(?:_(?P<words>[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*))?"
    r"_HEA_(?P<epochs>[1-9][0-9]*)_(?P<split>[ab][0-9])"
    r"(?P<best>_best)?(?:_(?P<transfer>tl[12]))?"
)
_FORM = "mtl_{number of tasks}[_{task names}]_HEA_{epochs}_{split}[_best][_tl1|_tl2]"


@dataclass(frozen=True)
class CheckpointName:
    """What a checkpoint's name says.

    Attributes:
        tasks: Canonical task keys, in the order of the network's outputs.
        epochs: Training epochs.
        split: a0-a3 or b0-b2.
        best: Whether it is the best epoch on the validation rows.
        transfer: "tl1", "tl2" or empty.
        words: Task names as written; empty where the count alone implies them.
    """

    tasks: tuple[str, ...]
    epochs: int
    split: str
    best: bool = False
    transfer: str = ""
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = ["mtl", str(len(self.tasks)), *self.words, "HEA", str(self.epochs), self.split]
        return "_".join(parts + ["best"] * self.best + [self.transfer] * bool(self.transfer))


def checkpoint_name(
    tasks: tuple[str, ...],
    *,
    epochs: int,
    split: str,
    best: bool,
    transfer: Literal["", "tl1", "tl2"] = "",
) -> CheckpointName:
    """The name of a new checkpoint; its tasks are always written out.

    Raises:
        ConfigError: A task or the split is unknown.
    """
    check_tasks(tasks)
    check_split(split)
    return CheckpointName(tasks, epochs, split, best, transfer, words=tasks)


def parse_checkpoint_name(name: str) -> CheckpointName:
    """Read a name (no folder; ``.pt`` is allowed).

    Raises:
        ConfigError: The name does not follow the rule, or names split b3.
    """
    match = _RULE.fullmatch(name.removesuffix(".pt"))
    if match is None:
        raise ConfigError(f"Checkpoint name '{name}'", expected=f"the form {_FORM}")
    check_split(match["split"])
    words = tuple(match["words"].split("_")) if match["words"] else ()
    tasks = tuple(_OLD_SPELLING.get(word, word) for word in words) or _implied(name, match["n"])
    check_tasks(tasks)
    if len(tasks) != int(match["n"]):
        raise ConfigError(
            f"Checkpoint name '{name}' lists {len(tasks)} tasks", expected=f"{match['n']} of them"
        )
    return CheckpointName(
        tasks,
        int(match["epochs"]),
        match["split"],
        match["best"] is not None,
        match["transfer"] or "",
        words,
    )


def _implied(name: str, n: str) -> tuple[str, ...]:
    if int(n) not in _IMPLIED:
        raise ConfigError(
            f"Checkpoint name '{name}' lists no tasks and {n} implies none",
            expected=f"a count of {', '.join(map(str, _IMPLIED))}, or a list of tasks",
        )
    return _IMPLIED[int(n)]


def check_split(split: str) -> None:
    """Refuse a split that is not published, with the reason.

    Raises:
        ConfigError: There is no such split.
    """
    splits = get_args(SplitName)
    if split not in splits:
        undefined = "Split b3 is named in the published rule but defined nowhere"
        given = undefined if split == "b3" else f"Split '{split}'"
        raise ConfigError(given, expected=f"one of {' '.join(splits)}")
