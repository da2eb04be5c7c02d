"""Settings of HEANet for rmsd alone, compared on the folds of seed 0 (docs/decisions/004).

    python benchmarks/rmsd_settings.py [FOLDER OF THE DFT SET]

Mean absolute error over all rows, each tested once in five folds grouped by composition, for the
seeds 0, 1 and 2. The folds of the reported table are shuffled with another seed.
"""

import sys

import numpy as np
import torch

from heanet.config import ModelConfig, TrainConfig
from heanet.data.dataset import make_dataset
from heanet.data.labels import load_labels
from heanet.data.splits import grouped_folds
from heanet.nn.model import grid_of
from heanet.training import targets
from heanet.training.loop import fit
from heanet.training.values import fit_values

SEEDS = (0, 1, 2)
SETTINGS: dict[str, tuple[dict[str, int], float]] = {
    "defaults (three convolutions)": ({}, 0.1),
    "two convolutions": ({"n_interactions": 2}, 0.1),
    "one convolution": ({"n_interactions": 1}, 0.1),
    "Huber loss linear beyond 0.3 spreads": ({}, 0.3),
}


def main(data: str = "hea-dft") -> None:
    """Print the table."""
    torch.set_num_threads(1)
    dataset = make_dataset(load_labels(data), grid=grid_of(ModelConfig()))
    labels = dataset.labels["rmsd"].to_numpy()
    for name, (changes, delta) in SETTINGS.items():
        targets.HUBER_DELTA = delta
        model = ModelConfig(tasks=("rmsd",)).model_copy(update=changes)
        errors = []
        for seed in SEEDS:
            train = TrainConfig(epochs=200, batch_size=32, lr=2e-3, seed=seed)
            off = []
            for split in grouped_folds(dataset.compositions, n_folds=5, seed=0):
                found = fit(dataset, split, model, train)
                off += np.abs(
                    fit_values(found, dataset, split.test)["rmsd"] - labels[split.test]
                ).tolist()
            errors.append(float(np.nanmean(off)))
        by_seed = " ".join(f"{error:.4f}" for error in errors)
        print(f"| {name} | {np.mean(errors):.4f} | {by_seed} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
