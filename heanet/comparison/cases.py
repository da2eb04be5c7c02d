"""One case: fit, predict every row of its split, keep the outcome as a file.

A file is an outcome only for the settings, data and rows that it was made with (``case_key``), so
an interrupted comparison goes on where it was, and a changed one computes what changed.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sklearn
from numpy.typing import NDArray

from heanet.comparison.contenders import (
    START_RATES,
    TASK_GROUPS,
    TEACHER_STEPS,
    VARIANTS,
    Recipe,
    contender_of,
)
from heanet.comparison.inputs import Inputs
from heanet.comparison.plan import SPLITS, TEACHER, Case, case_split
from heanet.comparison.sources import (
    Stores,
    is_source,
    load_source,
    save_source,
    source_key,
    source_of,
)
from heanet.config import ModelConfig, NetworkConfig, StartConfig, TrainConfig
from heanet.data.builtcells import TWIN_VERSION
from heanet.data.dataset import GRAPH_VERSION, Dataset
from heanet.data.home import write_whole
from heanet.data.references import References
from heanet.data.splits import Rows, Split
from heanet.errors import CheckpointError
from heanet.nn.baselines import (
    composition_features,
    composition_gp,
    training_mean,
)
from heanet.nn.networks import StartWeights
from heanet.properties import LATTICES, PUBLISHED_TASKS, TASKS
from heanet.training.fitrows import training_rows
from heanet.training.loop import Fit, fit, run_key
from heanet.training.record import EpochRecord
from heanet.training.resume import remove_resume
from heanet.training.targets import rows_references
from heanet.training.transfer import start_references, start_weights
from heanet.training.values import fit_values, residual_values

Array = NDArray[np.float64]
# Raise it when a case gives other numbers for the same settings.
CASE_VERSION = 1
# The same of a fit that starts from other weights.
STUDY_VERSION = 1
# More than any error has, and files that stay small; single precision holds about as many.
VALUE_DIGITS, CURVE_DIGITS = 7, 5


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a case gave.

    Attributes:
        case: Which one.
        key: Of settings, data and rows.
        commit: Of the code that made it; empty where that is unknown.
        trained: Names of the rows that were fitted on.
        chosen_on: Names of the rows that chose the epoch.
        tested: Names of the test rows.
        values: By task, the value of every row by name, in the task's unit.
        curve: One record per epoch: epoch, train_loss, and the error on the test rows by task in
            the unit of the group's per-atom task.
        seconds: That the fit took.
    """

    case: Case
    key: str
    commit: str
    trained: tuple[str, ...]
    chosen_on: tuple[str, ...]
    tested: tuple[str, ...]
    values: dict[str, dict[str, float]]
    curve: list[dict[str, float]]
    seconds: float


def case_key(dataset: Dataset, case: Case, stores: Stores | None = None) -> str:
    """One SHA-256 over everything that fixes a case's numbers.

    Args:
        dataset: Labelled set.
        case: Which fit.
        stores: Where the weights lie that it starts from; for fits that start from some.
    """
    split, contender = case_split(dataset, case), contender_of(case.model)
    if contender.recipe is None:
        rows = "|".join(str(r.tolist()) for r in (split.train, split.validation, split.test))
        own = f"{case} {sklearn.__version__} {dataset.source.fingerprint} {rows}"
    else:
        train = _train_config(case, split)
        fitted, chosen_on = training_rows(split, is_validate=train.is_validate)
        network = contender.recipe.network(TASK_GROUPS[case.group])
        own = run_key(dataset, network, train, fitted, chosen_on, split.test)
    text = f"{CASE_VERSION} {GRAPH_VERSION} {contender.version} {own}"
    if case.model in VARIANTS:
        text += f" {case.model} {TWIN_VERSION}"
    if (source := source_of(case)) is not None and stores is not None:
        text += f" {case.strategy} {STUDY_VERSION} {source_key(stores.weights(source))}"
    return hashlib.sha256(text.encode()).hexdigest()


def rows_used(case: Case, split: Split) -> tuple[Rows, Rows]:
    """Rows that a case is fitted on, and those that choose its epoch."""
    is_network = contender_of(case.model).recipe is not None
    return training_rows(split, is_validate=is_network and _train_config(case, split).is_validate)


def short(value: float, digits: int) -> float:
    """A number as it is kept: this many digits."""
    return float(f"{value:.{digits}g}")


def run_case(
    inputs: Inputs,
    case: Case,
    *,
    work: Path,
    commit: str,
    teacher: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome | None:
    """Fit and predict, going on where an earlier attempt was interrupted.

    The weights of a fit that others start from are kept beside its outcome.

    Args:
        inputs: The labelled set.
        case: What to fit.
        work: Folder for the state of an unfinished fit (``resume_path``), which stays there: it is
            worthless only once the outcome is saved.
        commit: Of the code.
        teacher: Folder of the outcomes on a teacher's set, for fits that start from those.
        should_stop: Asked after every epoch.

    Returns:
        None if the fit was stopped; the next call goes on with it.

    Raises:
        TrainingError: The loss is not finite any more.
    """
    split = case_split(inputs.element, case)
    rows = np.concatenate([split.train, split.validation, split.test])
    fitted, chosen_on = rows_used(case, split)
    stores = Stores(work, teacher)
    key = case_key(inputs.element, case, stores)
    if contender_of(case.model).recipe is None:
        answer: _Answer | None = _without_network(inputs.element, case, fitted, rows)
    else:
        answer = _fit_network(inputs, case, split, rows, stores, should_stop)
    if answer is None:
        return None
    if is_source(case) and answer.found is not None:
        _keep(inputs.element, answer.found, key, fitted, stores.weights(case))
    names = inputs.element.names
    return Outcome(
        case=case,
        key=key,
        commit=commit,
        trained=_of(names, fitted),
        chosen_on=_of(names, chosen_on),
        tested=_of(names, split.test),
        values=_by_name(_of(names, rows), answer.values),
        curve=answer.curve,
        seconds=answer.seconds,
    )


def resume_path(work: Path, case: Case) -> Path:
    """Where the state of an unfinished fit lies."""
    return work / f"{case}.safetensors"


def save_outcome(outcome: Outcome, path: Path) -> None:
    """Write an outcome."""
    record = {**outcome.__dict__, "case": outcome.case.__dict__}
    write_whole(path, json.dumps(record))


def load_outcome(path: Path) -> Outcome | None:
    """An outcome; None where the file is missing or damaged: it is made again."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        names = {key: tuple(record[key]) for key in ("trained", "chosen_on", "tested")}
        return Outcome(**{**record, **names, "case": Case(**record["case"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


class _Answer(NamedTuple):
    """What a model says of all rows of a split; the rest as in Outcome."""

    values: dict[str, Array]
    curve: list[dict[str, float]]
    seconds: float
    found: Fit | None = None


def _keep(dataset: Dataset, found: Fit, key: str, fitted: Rows, path: Path) -> None:
    """Keep the weights of a source, with the elements and lattices that they know."""
    alloys = (dataset.compositions[i] for i in fitted)
    save_source(
        path,
        found,
        key,
        elements=sorted({symbol for alloy in alloys for symbol, _ in alloy}),
        lattices=sorted({dataset.lattices[i] for i in fitted}),
    )


def _recipe(case: Case) -> Recipe:
    recipe = contender_of(case.model).recipe
    if recipe is None:
        raise TypeError(f"'{case.model}' has no network")
    return recipe


def _train_config(case: Case, split: Split) -> TrainConfig:
    train = _recipe(case).train
    validates = train.is_validate and len(split.validation) > 0
    changes: dict[str, float] = {"seed": case.seed, "is_validate": validates}
    if case.split == TEACHER:
        epochs = max(1, round(TEACHER_STEPS * train.batch_size / len(split.train)))
        changes["epochs"] = min(train.epochs, epochs)
    if case.strategy in START_RATES:
        changes["lr"] = START_RATES[case.strategy]
    return train.model_copy(update=changes)


def _fit_network(
    inputs: Inputs,
    case: Case,
    split: Split,
    rows: Rows,
    stores: Stores,
    should_stop: Callable[[], bool],
) -> _Answer | None:
    """Fit, and predict some rows; None if the fit was stopped."""
    recipe, train = _recipe(case), _train_config(case, split)
    dataset = inputs.of(recipe.graphs)
    network = recipe.network(TASK_GROUPS[case.group])
    resume = resume_path(stores.own, case)
    start, references = _start(dataset, case, split, network, train, stores)
    go_on = partial(
        fit,
        dataset,
        split,
        network,
        train,
        # Learning curves of hundreds of small fits would be looked at by nobody.
        watch=split.test if case.split in SPLITS else None,
        start=start,
        references=references,
        resume=resume,
        should_stop=should_stop,
        progress=False,
    )
    try:
        found = go_on()
    except CheckpointError:
        # The state is damaged, or of a fit with other settings: nothing to go on from.
        remove_resume(resume)
        found = go_on()
    if not found.finished:
        return None
    watched = found.history if case.split in SPLITS else []
    curve = [_curve_point(record, _unit(found)) for record in watched]
    return _Answer(fit_values(found, dataset, rows), curve, found.history[-1].seconds, found)


def _start(
    dataset: Dataset,
    case: Case,
    split: Split,
    network: NetworkConfig,
    train: TrainConfig,
    stores: Stores,
) -> tuple[StartWeights | None, References | None]:
    """What a fit takes from its source; nothing without one."""
    case_of_source = source_of(case)
    if case_of_source is None or not isinstance(network, ModelConfig):
        return None, None
    source = load_source(stores.weights(case_of_source))
    strategy = StartConfig(strategy=case.strategy, init=source.name).strategy
    weights, _ = start_weights(strategy, network, source)
    fitted, _ = training_rows(split, is_validate=train.is_validate)
    kept = start_references(source.references, dataset, fitted, transform=train.transform)
    return weights, kept


def _without_network(dataset: Dataset, case: Case, fitted: Rows, rows: Rows) -> _Answer:
    """Predict some rows; there is nothing to watch."""
    return _Answer(WITHOUT_NETWORK[case.model](dataset, fitted, rows), [], 0.0)


def gp_values(dataset: Dataset, fitted: Rows, rows: Rows) -> dict[str, Array]:
    """What a Gaussian process on composition and lattice says, by task, in the task's unit.

    One process per residual that HEANet learns of the published tasks.

    Args:
        dataset: Labelled set.
        fitted: Rows to learn from.
        rows: Rows to predict, (n_structures,).
    """
    references = rows_references(dataset, fitted)
    codes = np.array([LATTICES.index(lattice) for lattice in dataset.lattices])
    features = composition_features(dataset.fractions.to_numpy(), codes)
    fractions = dataset.fractions.reindex(columns=list(references.elements)).to_numpy()
    lattices = [dataset.lattices[i] for i in fitted]
    residuals = {}
    # The last per-atom task of a residual is the one that needs least of a reference.
    stand = {TASKS[task].residual: task for task in PUBLISHED_TASKS if not TASKS[task].extensive}
    for residual, task in stand.items():
        labels = dataset.labels[task].to_numpy()[fitted]
        scaled = references.to_residual(
            task, labels, fractions[fitted], lattices, dataset.n_atoms[fitted]
        )
        residuals[residual] = composition_gp(features[fitted], scaled, features[rows])
    return residual_values(references, residuals, dataset, rows, PUBLISHED_TASKS)


def _mean_values(dataset: Dataset, fitted: Rows, rows: Rows) -> dict[str, Array]:
    """Means per atom, so that a larger cell gets a larger moment."""
    values = {}
    for task in PUBLISHED_TASKS:
        weight = dataset.n_atoms if TASKS[task].extensive else np.ones(len(dataset.names))
        labels = dataset.labels[task].to_numpy() / weight
        values[task] = training_mean(labels[fitted], len(rows)) * weight[rows]
    return values


# What stands for a network: labelled set, rows to learn from, rows to predict -> values by task.
WITHOUT_NETWORK: dict[str, Callable[[Dataset, Rows, Rows], dict[str, Array]]] = {
    "gp": gp_values,
    "mean": _mean_values,
}


def _of(names: Sequence[str], rows: Rows) -> tuple[str, ...]:
    return tuple(names[i] for i in rows)


def _by_name(names: Sequence[str], values: dict[str, Array]) -> dict[str, dict[str, float]]:
    return {
        task: {
            name: short(value, VALUE_DIGITS)
            for name, value in zip(names, found, strict=True)
            if np.isfinite(value)
        }
        for task, found in values.items()
    }


def _unit(found: Fit) -> dict[str, float]:
    """What one of the network's own units is in the unit of the group's per-atom task, by task."""
    if found.references is None:
        return dict.fromkeys(PUBLISHED_TASKS, 1.0)
    return {task: found.references.spread[TASKS[task].residual] for task in PUBLISHED_TASKS}


def _curve_point(record: EpochRecord, unit: dict[str, float]) -> dict[str, float]:
    watched = {task: mae * unit[task] for task, mae in record.watched_mae.items()}
    point = {"epoch": float(record.epoch), "train_loss": record.train_loss, **watched}
    return {key: short(value, CURVE_DIGITS) for key, value in point.items()}
