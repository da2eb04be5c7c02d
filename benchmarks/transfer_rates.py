"""How fast kept weights may be changed: errors of fine-tuning by learning rate and epochs.

    python benchmarks/transfer_rates.py [--data hea-dft] [--percent 10]

From 2+3 components to 4+5, all six tasks, mean over three folds that no result is from (repeat 1;
the study of transfer stands on repeat 2). What docs/decisions/007-transfer.md quotes.
"""

from itertools import product

import numpy as np
import tyro

from heanet.config import ModelConfig, Strategy, TrainConfig
from heanet.data.dataset import Dataset
from heanet.data.splits import Rows
from heanet.training.inputs import dataset_for
from heanet.training.loop import Fit, fit
from heanet.training.transfer import Source, start_references, start_weights
from heanet.training.values import fit_values

FOLDS = (1, 2, 3)
TASKS = ("eform", "ms", "rmsd")
MODEL = ModelConfig()
RECIPE = TrainConfig(epochs=200, batch_size=32, lr=2e-3)
TRIALS: tuple[tuple[Strategy, float, int], ...] = (
    ("scratch", 2e-3, 200),
    ("scratch", 2e-3, 1000),
    ("tl1", 2e-3, 200),
    ("tl1", 5e-4, 200),
    ("tl1", 2e-4, 100),
    ("tl1", 1e-4, 100),
    ("tl2", 2e-3, 200),
    ("tl2", 5e-4, 200),
    ("frozen", 2e-3, 200),
    ("frozen", 5e-4, 200),
    ("frozen", 1e-4, 100),
)


def main(data: str = "hea-dft", percent: int = 10) -> None:
    """Fit and print.

    Args:
        data: Labelled set.
        percent: Of the 4+5-component rows, how many train.
    """
    dataset = dataset_for(data, MODEL, corrected=True)
    first = fit(dataset, dataset.split("2+3 components"), MODEL, RECIPE, progress=False)
    splits = [dataset.split(f"4+5 components, fold {k} of 5, {percent} %") for k in FOLDS]
    show("zero-shot", [errors(first, dataset, split.test) for split in splits])
    source = source_of(first, dataset)
    for (strategy, lr, epochs), carried in product(TRIALS, (True, False)):
        if strategy == "scratch" and not carried:
            continue
        train = RECIPE.model_copy(update={"lr": lr, "epochs": epochs})
        found = [
            tuned(dataset, f"4+5 components, fold {k} of 5, {percent} %", strategy, train, source,
                  carried=carried)
            for k in FOLDS
        ]  # fmt: skip
        kept = "" if strategy == "scratch" else (", references kept" if carried else ", fitted")
        show(f"{strategy}, rate {lr:g}, {epochs} epochs{kept}", found)


def source_of(found: Fit, dataset: Dataset) -> Source:
    """The first network as a source."""
    if found.references is None:
        raise TypeError("HEANet learns residuals over references")
    tensors = found.model.state_dict()
    elements = tuple(dataset.fractions.columns)
    return Source("2+3", MODEL, tensors, found.references, elements, ("fcc", "bcc"))


def tuned(
    dataset: Dataset,
    name: str,
    strategy: Strategy,
    train: TrainConfig,
    source: Source,
    *,
    carried: bool,
) -> dict[str, float]:
    """Errors of one fit on the rows that its split tests."""
    split = dataset.split(name)
    if strategy == "scratch":
        return errors(fit(dataset, split, MODEL, train, progress=False), dataset, split.test)
    weights, _ = start_weights(strategy, MODEL, source)
    kept = start_references(source.references, dataset, split.train, transform=True)
    found = fit(
        dataset,
        split,
        MODEL,
        train,
        start=weights,
        references=kept if carried else None,
        progress=False,
    )
    return errors(found, dataset, split.test)


def errors(found: Fit, dataset: Dataset, rows: Rows) -> dict[str, float]:
    """Mean absolute error by task."""
    values = fit_values(found, dataset, rows)
    return {
        task: float(np.abs(values[task] - dataset.labels[task].to_numpy()[rows]).mean())
        for task in TASKS
    }


def show(title: str, found: list[dict[str, float]]) -> None:
    """One line of the table."""
    means = {task: np.mean([one[task] for one in found]) for task in TASKS}
    print(f"{title:48}", *(f"{task} {mean:.4f}" for task, mean in means.items()), flush=True)


if __name__ == "__main__":
    tyro.cli(main)
