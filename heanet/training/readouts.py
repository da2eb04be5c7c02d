"""Two choices that decide whether alloys of few elements say something of alloys of many.

A linear stand-in for the network, fitted in a moment: every element a of a cell gives

    y_a = w_a + sum_b sum_s w_abs G_ab[s],   G_ab[s] = sum_k hat_s(r_k) g_ab[k]

from the element graph's distributions g_ab, gathered into a few wide hats. The readout is either
the sum of y_a over the elements, which grows with their number, or the mean weighted by
composition; the target is either the raw total energy, or what is left of it over elemental
references, fitted on the training rows. The weights are those of a ridge regression whose penalty
leave-one-out errors on the training rows choose. It has no hidden layer and no message passing, so
that its errors are no network's; both choices act on it as they act on one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch_geometric.data import Data

from heanet.data.dataset import Dataset
from heanet.data.elementgraph import RadialGrid
from heanet.data.leastdeviations import robust_fit
from heanet.data.splits import Rows

Array = NDArray[np.float64]
Readout = Literal["sum", "mean"]
Target = Literal["raw", "residual"]
READOUTS: tuple[Readout, ...] = ("sum", "mean")
TARGETS: tuple[Target, ...] = ("raw", "residual")
# Centres and half width of the hats, Angstrom: the first shells of fcc and bcc lie apart.
CENTRES, HALF_WIDTH = (2.5, 3.0, 3.5, 4.0, 5.0), 0.5
_PENALTIES = np.logspace(-4, 3, 15)
_TASK = "etot"


@dataclass(frozen=True)
class ReadoutError:
    """How one pair of choices does.

    Attributes:
        readout: How the elements' terms become the cell's value.
        target: What is fitted.
        train: Mean absolute error of etot on the training rows, eV/atom.
        test: The same on the test rows.
        n_train: Number of training rows.
        n_test: Number of test rows.
    """

    readout: Readout
    target: Target
    train: float
    test: float
    n_train: int
    n_test: int


def readout_errors(
    dataset: Dataset, train: Rows, test: Rows, *, grid: RadialGrid
) -> list[ReadoutError]:
    """The errors of all four pairs of choices, worst choice of both first.

    Args:
        dataset: Element graphs on ``grid``, and labels.
        train: Rows to fit on.
        test: Rows to judge on.
        grid: Radial grid of the graphs.
    """
    labels = dataset.labels[_TASK].to_numpy(dtype=float)
    train, test = (rows[np.isfinite(labels[rows])] for rows in (train, test))
    shares = dataset.fractions.to_numpy(dtype=float)
    references = {
        "raw": np.zeros(len(labels)),
        "residual": shares @ robust_fit(shares[train], labels[train]),
    }
    found = []
    for readout in READOUTS:
        features = readout_features(dataset, readout, grid=grid)
        for target in TARGETS:
            known = references[target]
            model = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
            model.fit(features[train], (labels - known)[train])
            off = np.abs(model.predict(features) + known - labels)
            errors = float(off[train].mean()), float(off[test].mean())
            found.append(ReadoutError(readout, target, *errors, len(train), len(test)))
    return found


def readout_features(dataset: Dataset, readout: Readout, *, grid: RadialGrid) -> Array:
    """What the weights of all y_a are multiplied with, (n_structures, n_weights).

    Args:
        dataset: Element graphs on ``grid``.
        readout: "sum", or "mean" weighted by composition.
        grid: Radial grid of the graphs.
    """
    hats = np.clip(1 - np.abs(grid.radii[:, None] - np.array(CENTRES)) / HALF_WIDTH, 0, None)
    numbers = sorted({z for graph in dataset.graphs for z in graph.z.tolist()})
    return np.array([_features(g, readout, hats, numbers) for g in dataset.graphs])


def _features(graph: Data, readout: Readout, hats: Array, numbers: list[int]) -> Array:
    """Features of one cell, (n_weights,): a block per element, zero for those it lacks."""
    place = [numbers.index(z) for z in graph.z.tolist()]
    own = np.zeros((len(numbers), 1))
    pairs = np.zeros((len(numbers), len(numbers), hats.shape[1]))
    source, target = (np.array(place)[side] for side in graph.edge_index.numpy())
    own[place] = 1.0
    pairs[target, source] = graph.edge_attr.double().numpy() @ hats
    block = np.concatenate([own, pairs.reshape(len(numbers), -1)], axis=1)
    if readout == "mean":
        block[place] *= graph.fraction.double().numpy()[:, None]
    return block.ravel()
