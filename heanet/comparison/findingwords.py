"""What the study of transfer found, in whole sentences: for the report, and for the page.

A sentence is a template with named places, so that the page can say it in another language; words
in its places are sentences of their own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from heanet.comparison.findings import Arm, DirectionFinding, Reach, TaskFinding
from heanet.comparison.plan import N_FOLDS, SCRATCH, TEACHER, TOGETHER
from heanet.comparison.ranking import Standing
from heanet.comparison.transfer import ZERO_SHOT
from heanet.properties import TASKS

Translate = Callable[[str], str]
Unit = Callable[[str], str]  # of a task, as written
_SAME = 0.02  # parts by which errors of the energies differ that are one residual's

STRATEGY_TITLES: dict[str, str] = {
    SCRATCH: "from scratch",
    ZERO_SHOT: "zero-shot",
    TOGETHER: "both together",
    "tl1": "tl1",
    "tl2": "tl2",
    "frozen": "frozen",
    TEACHER: "teacher",
}
STRATEGY_MEANINGS: dict[str, str] = {
    SCRATCH: "Only rows of the target train.",
    ZERO_SHOT: "All rows of the other kind train, and none of the target.",
    TOGETHER: "All rows of the other kind and those of the target train at once.",
    "tl1": "Starts from the weights of the other kind; all of them train on.",
    "tl2": "Starts from the weights of the other kind, but with new towers.",
    "frozen": "Starts from the weights of the other kind; only the towers train on.",
    TEACHER: "Starts from weights that learnt what a universal potential says of other cells.",
}
GROUP_TITLES: dict[str, str] = {
    "all": "all six tasks",
    "energies": "the energies alone",
    "magnetic": "the magnetic tasks alone",
    "rmsd": "rmsd alone",
}


@dataclass(frozen=True)
class Sentence:
    """Words with named places.

    Attributes:
        template: In English, as catalogues know it.
        places: What fills them: words that are the same in every language, or sentences.
    """

    template: str
    places: Mapping[str, "str | Sentence"] = field(default_factory=dict)


def say(sentence: Sentence, translate: Translate = str) -> str:
    """The sentence in the language of a translation."""
    filled = {
        name: say(part, translate) if isinstance(part, Sentence) else part
        for name, part in sentence.places.items()
    }
    return translate(sentence.template).format(**filled)


def task_unit(task: str) -> str:
    """The unit of a task as tables have it."""
    return TASKS[task].unit


def sentences(found: DirectionFinding, unit: Unit = task_unit) -> list[Sentence]:
    """What was found in one direction, in the order of a paragraph."""
    return [
        *_halving(found),
        *(_task(task, unit) for task in found.representatives),
        *_zero_shot(found.representatives, unit),
        *_beyond_zero_shot(found.representatives),
        *_parity(found.representatives),
        *_questioned(found.representatives),
        *_gaussian_process(found.representatives, unit),
        *_references(found),
    ]


def words(found: DirectionFinding) -> str:
    """What was found in one direction, as a paragraph in English."""
    return " ".join(map(say, sentences(found)))


def rows_text(rows: float) -> str:
    """A number of rows; a mean over fits, which few readers want a decimal of: ``"170"``."""
    return f"{rows:.0f}"


def _halving(found: DirectionFinding) -> Iterator[Sentence]:
    scratch = found.tasks[0].scratch
    places = {
        "source": found.source,
        "target": found.target,
        "percent": str(scratch.percent),
        "rows": rows_text(scratch.n_train),
        "k": str(len(found.halved)),
        "n": str(len(found.tasks)),
        "tasks": ", ".join(found.halved),
    }
    if found.halved:
        yield Sentence(
            "From {source} to {target} components, with {percent} % of the target's rows "
            "({rows} cells): the best strategy that knows more than these rows at least halves the "
            "error of training from scratch in {k} of {n} tasks ({tasks}).",
            places,
        )
    else:
        yield Sentence(
            "From {source} to {target} components, with {percent} % of the target's rows "
            "({rows} cells): no strategy that knows more than these rows halves the error of "
            "training from scratch, in none of {n} tasks.",
            places,
        )


def _task(found: TaskFinding, unit: Unit) -> Sentence:
    places: dict[str, str | Sentence] = {
        "task": found.task,
        "unit": unit(found.task),
        "scratch": _error(found.task, found.scratch),
        "best": _error(found.task, found.best),
        "strategy": Sentence(STRATEGY_TITLES[found.best.strategy]),
        "group": Sentence(GROUP_TITLES[found.best.group]),
        "ratio": f"{found.ratio:.2f}",
        "k": str(found.lower_in),
        "n": str(N_FOLDS),
    }
    return Sentence(_TASK[found.standing], places)


_TASK: dict[Standing, str] = {
    "lower": "{task}: {scratch} {unit} from scratch, {best} {unit} at best ({strategy}, {group}), "
    "{ratio} times as much, and lower in {k} of {n} fits.",
    "tie": "{task}: {scratch} {unit} from scratch, {best} {unit} at best ({strategy}, {group}); "
    "the two are no farther apart than their spread over the fits, so this is a tie, lower in {k} "
    "of {n} fits.",
    "higher": "{task}: {scratch} {unit} from scratch, and nothing comes near it: {best} {unit} at "
    "best ({strategy}, {group}), {ratio} times as much, lower in {k} of {n} fits.",
}


def _zero_shot(found: Iterable[TaskFinding], unit: Unit) -> Iterator[Sentence]:
    reaches = [
        (each, each.matches_zero_shot) for each in found if each.matches_zero_shot is not None
    ]
    for reach, listed in _by_reach(reaches):
        places = {
            "rows": rows_text(reach.rows),
            "tasks": ", ".join(
                f"{each.task} ({_error(each.task, each.zero_shot)} {unit(each.task)})"
                for each in listed
                if each.zero_shot is not None
            ),
        }
        if reach.percent is None:
            yield Sentence(
                "Zero-shot errors that training from scratch does not reach with {rows} rows of "
                "the target: {tasks}.",
                places,
            )
        else:
            yield Sentence(
                "Zero-shot errors that training from scratch reaches with {rows} rows of the "
                "target: {tasks}.",
                places,
            )


def _beyond_zero_shot(found: Sequence[TaskFinding]) -> Iterator[Sentence]:
    known = [each for each in found if each.beats_zero_shot is not None]
    if not known:
        return
    better = [each.task for each in known if each.beats_zero_shot == "lower"]
    rest = [each.task for each in known if each.beats_zero_shot != "lower"]
    places = {"rows": rows_text(known[0].best.n_train)}
    if better:
        yield Sentence(
            "Against zero-shot, {rows} rows of the target lower the error by more than the spread "
            "for {tasks}.",
            {**places, "tasks": ", ".join(better)},
        )
    if rest:
        yield Sentence(
            "Against zero-shot, {rows} rows of the target do not lower the error by more than the "
            "spread for {tasks}.",
            {**places, "tasks": ", ".join(rest)},
        )


def _parity(found: Sequence[TaskFinding]) -> Iterator[Sentence]:
    for reach, listed in _by_reach([(each, each.parity) for each in found]):
        places = {
            "rows": rows_text(reach.rows),
            "tasks": ", ".join(each.task for each in listed),
        }
        if reach.percent is None:
            yield Sentence(
                "With {rows} rows training from scratch still has the higher error for {tasks}.",
                places,
            )
        else:
            yield Sentence(
                "From {rows} rows on training from scratch is as good as the best strategy, within "
                "the spread, for {tasks}.",
                places,
            )


def _questioned(found: Sequence[TaskFinding]) -> Iterator[Sentence]:
    for strategy in found[0].questioned if found else ():
        counts: dict[Standing, int] = {
            each: sum(task.questioned[strategy].get(each, 0) for task in found)
            for each in ("lower", "tie", "higher")
        }
        if not sum(counts.values()):
            continue
        places: dict[str, str | Sentence] = {
            "strategy": Sentence(STRATEGY_TITLES[strategy]),
            "lower": str(counts["lower"]),
            "tie": str(counts["tie"]),
            "higher": str(counts["higher"]),
            "n": str(sum(counts.values())),
        }
        if counts["lower"]:
            yield Sentence(
                "Strategy {strategy} beside training from scratch: lower by more than the spread "
                "in {lower} of {n} comparisons of a task with a number of rows, a tie in {tie}, "
                "higher in {higher}.",
                places,
            )
        else:
            yield Sentence(
                "Strategy {strategy} does not help: in none of {n} comparisons of a task with a "
                "number of rows is it lower than training from scratch by more than the spread, in "
                "{higher} it is higher.",
                places,
            )


_GP: dict[Standing, str] = {
    "lower": "The Gaussian process with as many rows has a lower error than the best of these "
    "networks for {tasks}.",
    "tie": "The Gaussian process with as many rows ties with the best of these networks for "
    "{tasks}.",
    "higher": "The Gaussian process with as many rows has a higher error than the best of these "
    "networks for {tasks}.",
}


def _gaussian_process(found: Sequence[TaskFinding], unit: Unit) -> Iterator[Sentence]:
    for kind, template in _GP.items():
        listed = [
            f"{each.task} ({_error(each.task, each.gp)} {unit(each.task)})"
            for each in found
            if each.gp is not None and each.gp_standing == kind
        ]
        if listed:
            yield Sentence(template, {"tasks": ", ".join(listed)})


def _references(found: DirectionFinding) -> Iterator[Sentence]:
    """Where emix from scratch is not eform from scratch, few rows leave its reference open."""
    scratch = {each.task: each.scratch for each in found.tasks}
    emix, eform = scratch.get("emix"), scratch.get("eform")
    if emix is None or eform is None:
        return
    if emix.n < eform.n or abs(emix.mae - eform.mae) > _SAME * eform.mae:
        yield Sentence(
            "From scratch, emix is off by {emix} eV/atom where eform is by {eform}: so few rows do "
            "not fix the energies of all elements on every parent lattice, and {missing} of {n} "
            "cells get no emix at all.",
            {
                "emix": _error("emix", emix),
                "eform": _error("eform", eform),
                "missing": str(max(0, eform.n - emix.n)),
                "n": str(eform.n),
            },
        )


def _by_reach(
    found: Sequence[tuple[TaskFinding, Reach]],
) -> list[tuple[Reach, list[TaskFinding]]]:
    """Tasks of one reach together, those that need fewest rows first, those out of reach last."""
    reaches: dict[Reach, list[TaskFinding]] = {}
    for task, reach in found:
        reaches.setdefault(reach, []).append(task)
    return sorted(reaches.items(), key=lambda item: (item[0].percent is None, item[0].rows))


def _error(task: str, arm: Arm | None) -> str:
    return "" if arm is None else f"{arm.mae:.{TASKS[task].decimals}f}"
