"""How time and memory of an element graph grow with the cell: 10,000 and 100,000 atoms."""

import torch
from pymatgen.core import Structure

from benchmarks.cells import alloy_cell
from benchmarks.profiles import python_profile
from benchmarks.results import Curve, Found, Line
from benchmarks.timing import Side, alternate, in_child, peak_memory, reset_peak, seconds
from heanet.data.elementgraph import element_graph

GIB = 2**30
# Numbers of cubic cells with four atoms each.
_FULL = ((3, 4, 9), (10, 10, 10), (10, 25, 10), (25, 25, 40))
_QUICK = ((3, 4, 9), (5, 5, 10), (10, 25, 10))


def measure(*, quick: bool) -> Found:
    """Time two cells, one with ten times the atoms, and weigh the larger one."""
    torch.set_num_threads(1)
    cells = [alloy_cell(repeats, seed=0) for repeats in (_QUICK if quick else _FULL)]
    small, large = cells[-2], cells[-1]
    found = alternate(
        Side(lambda: element_graph(large)), Side(lambda: element_graph(small)), repeats=5
    )
    grown = len(large) / len(small)
    memory = tuple(in_child(lambda: _memory_of(large)) / GIB for _ in range(5))
    costs = tuple(seconds(Side(lambda cell=cell: element_graph(cell))) for cell in cells)
    return Found(
        sizes={"atoms of the small cell": len(small), "atoms of the large cell": len(large)},
        lines=(
            Line(
                what=f"time for {grown:g} times the atoms",
                ours=f"{len(large):,} atoms",
                theirs=f"{len(small):,} atoms",
                goal=1.2 * grown,
                better="at most",
                values=tuple(1 / ratio for ratio in found.ratios),
                our_cost=found.ours,
                their_cost=found.theirs,
            ),
            Line(
                what=f"memory of the whole process at most, {len(large):,} atoms",
                ours="libraries, cell, neighbours and graph",
                goal=2.0,
                better="at most",
                unit="GiB",
                values=memory,
            ),
        ),
        curve=Curve(
            size="atoms",
            cost="seconds to the element graph",
            sizes=tuple(float(len(cell)) for cell in cells),
            ours=costs,
            our_name="element graph",
        ),
        profile=python_profile(lambda: element_graph(large)),
    )


def _memory_of(cell: Structure) -> float:
    """Highest memory of this process while it makes a graph, bytes."""
    reset_peak()
    element_graph(cell)
    return peak_memory()
