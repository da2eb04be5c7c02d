"""Predictions from element graphs: an ensemble and many cells at once, and one by one."""

from collections.abc import Sequence

import numpy as np
import torch
from torch_geometric.data import Data

from benchmarks.profiles import python_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Side, alternate, seconds, two_cores
from heanet.data.dataset import with_lattices
from heanet.data.elementgraph import element_graph
from heanet.data.labels import load_labels
from heanet.nn.model import grid_of
from heanet.prediction import Model, load_model
from heanet.properties import TASKS
from heanet.training.ensemble import Ensemble, Estimates, estimate

LEAST_RATIO, LEAST_PER_SECOND = 30.0, 2000.0
_MODEL = "hea-built"  # five members of one shape


def measure(*, quick: bool) -> Found:
    """Time both ways on one core, and ours on two."""
    torch.set_num_threads(1)
    model = load_model(_MODEL)
    graphs = _graphs(model, 32 if quick else 432)
    few = graphs[:: max(1, len(graphs) // 16)][:16]
    left = iter(())

    def one_by_one() -> None:
        nonlocal left
        graph = next(left, None)
        if graph is None:
            left = iter(few)
            graph = next(left)
        alone(model, graph)

    found = alternate(
        Side(lambda: together(model, graphs)),
        Side(one_by_one, times=len(few)),
        repeats=5 if quick else 9,
    )
    ours = tuple(one / len(graphs) for one in found.ours)
    agreement = _agreement(model, few)
    profile = python_profile(lambda: together(model, graphs))
    curve = _curve(model, graphs, [1, 8, 32] if quick else [1, 8, 64, 432])
    torch.set_num_threads(two_cores())
    many = graphs * 4
    together(model, many)
    speed = tuple(
        len(many) / seconds(Side(lambda: together(model, many)), clock="wall") for _ in range(5)
    )
    return Found(
        sizes={"cells": len(graphs), "members": len(model.ensemble.members), "tasks": 6},
        lines=(
            Line(
                what="five members, six tasks, shares and error bars, one thread",
                ours="all members and cells at once",
                theirs="one member at a time, one cell at a time",
                goal=LEAST_RATIO,
                values=tuple(b / a for a, b in zip(ours, found.theirs, strict=True)),
                cost="ms per cell",
                our_cost=tuple(1e3 * one for one in ours),
                their_cost=tuple(1e3 * one for one in found.theirs),
            ),
            Line(
                what=f"cells in a second, {two_cores()} threads, wall time",
                ours="all members and cells at once",
                goal=LEAST_PER_SECOND,
                unit="cells/s",
                values=speed,
            ),
        ),
        curve=curve,
        profile=profile,
        agreement=agreement,
    )


def together(model: Model, graphs: Sequence[Data]) -> Estimates:
    """Values, shares and error bars of all cells at once."""
    found = estimate(model.ensemble, graphs)
    for group, calibration in model.card.calibration.items():
        calibration.std(found.spread[group])
    return found


def alone(model: Model, graph: Data) -> dict[str, list[float]]:
    """The same of one cell, a member at a time: values of every task by member."""
    values: dict[str, list[float]] = {}
    for member, reference in zip(model.ensemble.members, model.ensemble.references, strict=True):
        single = estimate(Ensemble((member,), (reference,)), [graph])
        for task in single.members:
            values.setdefault(task, []).append(float(single.mean(task)[0]))
    for group, calibration in model.card.calibration.items():
        task = next(task for task in values if TASKS[task].group == group)
        calibration.std(np.std(values[task], keepdims=True))
    return values


def _graphs(model: Model, n: int) -> list[Data]:
    """Element graphs of the project's own labelled set."""
    labels = load_labels("alloys")
    names = [str(name) for name in labels.table.index[:n]]
    graphs = [
        element_graph(labels.read_cell(name), grid=grid_of(model.card.model)) for name in names
    ]
    return with_lattices(graphs, labels.table["lattice"].iloc[:n])


def _agreement(model: Model, graphs: Sequence[Data]) -> dict[str, float]:
    """Largest difference between the two ways by task, over the spread of its values."""
    found = together(model, graphs)
    rows = [alone(model, graph) for graph in graphs]
    worst = {}
    for task in found.members:
        expected = np.array([row[task] for row in rows]).T
        scale = max(float(expected.std()), 10.0 ** -TASKS[task].decimals)
        worst[task] = float(np.abs(found.members[task] - expected).max()) / scale
    return worst


def _curve(model: Model, graphs: list[Data], sizes: list[int]) -> Curve:
    ours, theirs = [], []
    for n in sizes:
        some = graphs[:n]
        ours.append(seconds(Side(lambda some=some: together(model, some))) / n)
        theirs.append(seconds(Side(lambda: alone(model, graphs[0]), times=3)))
    return Curve(
        size="cells at once",
        cost="seconds per cell",
        sizes=tuple(map(float, sizes)),
        ours=tuple(ours),
        theirs=tuple(theirs),
        our_name="all at once",
        their_name="one by one",
    )
