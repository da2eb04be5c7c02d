"""POSCAR text to element graph, beside pymatgen's way to a neighbour list and a bare search.

All of them read in the calling process. What it costs beside that to read in a process that can be
killed, as files of others are, is a line of its own.
"""

import torch
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar
from vesin import NeighborList

from benchmarks.cells import poscars
from benchmarks.profiles import python_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Pairs, Side, alternate, seconds
from heanet.data.elementgraph import DEFAULT_GRID, element_graph
from heanet.data.structure_parsers import PARSERS
from heanet.data.structure_reading import read_here
from heanet.data.structures import read_structures

CUTOFF = DEFAULT_GRID.cutoff
_SIZES = {16: (1, 2, 2), 64: (2, 2, 4), 256: (4, 4, 4), 1024: (4, 8, 8)}


def ours(text: bytes) -> None:
    """Bytes of a file to an element graph: format found, cell checked, distances shared out."""
    (structure,) = read_here(text, name="cell.vasp")
    element_graph(structure)


def apart(text: bytes) -> None:
    """The same, read in a process that is killed when it takes too long."""
    (structure,) = read_structures(text, name="cell.vasp")
    element_graph(structure)


def pymatgen_sites(text: bytes) -> None:
    """Pymatgen's parser and its list of neighbours as sites."""
    _parsed(text).get_all_neighbors(CUTOFF)


def pymatgen_arrays(text: bytes) -> None:
    """Pymatgen's parser and its list of neighbours as arrays, which its documents leave aside."""
    _parsed(text).get_neighbor_list(CUTOFF)


def bare(text: bytes) -> None:
    """Our parser and vesin's search for every neighbour of every atom: no checks and no graph."""
    ((structure, _),) = PARSERS["poscar"](text.decode(), name="cell.vasp")
    search = NeighborList(cutoff=CUTOFF, full_list=True)
    search.compute(structure.cart_coords, structure.lattice.matrix, True, quantities="ijd")


def measure(*, quick: bool) -> Found:
    """Time the four ways on one core."""
    torch.set_num_threads(1)
    texts = poscars(20 if quick else 200)

    def against(theirs: object) -> Pairs:
        return alternate(_over(ours, texts), _over(theirs, texts), repeats=5 if quick else 9)

    rows = (
        ("pymatgen's parser and neighbours (get_all_neighbors)", pymatgen_sites, 5.0, "at least"),
        ("pymatgen's parser and arrays (get_neighbor_list)", pymatgen_arrays, None, "at least"),
    )
    lines = []
    for name, theirs, goal, better in rows:
        found = against(theirs)
        lines.append(_line(f"against {name}", name, found, found.ratios, goal, better))
    found = against(bare)
    slower = tuple(1 / ratio for ratio in found.ratios)
    name = "our parser and vesin's search alone"
    lines.append(_line(f"time over {name}", name, found, slower, 2.0, "at most"))
    found = alternate(_over(apart, texts), _over(ours, texts), repeats=5 if quick else 9)
    slower = tuple(1 / ratio for ratio in found.ratios)
    what = "processor time when read in a process of its own, over reading in the calling one"
    lines.append(_line(what, "read in the calling process", found, slower, None, "at most"))
    sizes = [16, 64] if quick else list(_SIZES)
    return Found(
        sizes={"atoms per cell": 64, "cells": len(texts)},
        lines=tuple(lines),
        curve=_curve(sizes),
        profile=python_profile(lambda: [ours(text) for text in texts]),
    )


def _parsed(text: bytes) -> Structure:
    return Poscar.from_str(text.decode()).structure


def _over(way: object, texts: list[bytes]) -> Side:
    """A way applied to all texts, timed for one."""
    left = iter(())

    def run() -> None:
        nonlocal left
        text = next(left, None)
        if text is None:
            left = iter(texts)
            text = next(left)
        way(text)  # type: ignore[operator]

    return Side(run, times=len(texts))


def _line(
    what: str,
    name: str,
    found: Pairs,
    values: tuple[float, ...],
    goal: float | None,
    better: str,
) -> Line:
    return Line(
        what=what,
        ours="POSCAR text to element graph, checked",
        theirs=name,
        goal=goal,
        better=better,  # type: ignore[arg-type]
        values=values,
        cost="ms",
        our_cost=tuple(1e3 * one for one in found.ours),
        their_cost=tuple(1e3 * one for one in found.theirs),
    )


def _curve(sizes: list[int]) -> Curve:
    costs = []
    for n in sizes:
        texts = poscars(3, _SIZES[n])
        ours(texts[0]), pymatgen_sites(texts[0])
        costs.append((seconds(_over(ours, texts)), seconds(_over(pymatgen_sites, texts))))
    mine, theirs = zip(*costs, strict=True)
    return Curve(
        size="atoms per cell",
        cost="seconds per cell",
        sizes=tuple(map(float, sizes)),
        ours=mine,
        theirs=theirs,
        our_name="text to element graph",
        their_name="pymatgen: text to neighbours",
    )
