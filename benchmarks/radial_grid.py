"""How exact is the sum on the radial grid? Run `python benchmarks/radial_grid.py`.

Prints the table of docs/decisions/001-radial-grid.md: the largest error, over random smooth
filters and four cells, of linear and cubic hats against the sum over all edges, in units of the
filter's typical value times the number of neighbours.
"""

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from heanet.data.elementgraph import STENCIL, RadialGrid
from heanet.data.neighbours import neighbour_pairs

CUTOFF = 6.0
WIDTHS = (0.2, 0.3, 0.5)
SPACINGS = (0.1, 0.05, 0.025, 0.015, 0.01)
N_FILTERS = 200
Array = NDArray[np.float64]


def cells() -> list[Array]:
    """Distances in fcc and bcc, ideal and with every atom off its site by 0.1 Angstrom."""
    found = []
    sites = {
        3.6: [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
        2.85: [[0, 0, 0], [0.5, 0.5, 0.5]],
    }
    for a, positions in sites.items():
        cell = Structure(Lattice.cubic(a), ["Fe"] * len(positions), positions) * 2
        noise = np.random.default_rng(0).normal(scale=0.1, size=(len(cell), 3))
        moved = Structure(
            cell.lattice, cell.species, cell.cart_coords + noise, coords_are_cartesian=True
        )
        found += [neighbour_pairs(each, CUTOFF).distances for each in (cell, moved)]
    return found


def errors(distances: Array, *, width: float, spacing: float) -> tuple[float, float]:
    """Largest error of linear and of cubic hats over random filters of one width."""
    grid = RadialGrid(CUTOFF, spacing)
    centres = np.linspace(0, CUTOFF, round(CUTOFF / width) + 1)
    weights = np.random.default_rng(1).normal(size=(len(centres), N_FILTERS))

    def filters(r: Array) -> Array:
        return np.exp(-0.5 * ((r[..., None] - centres) / width) ** 2) @ weights

    values = filters(grid.radii)
    exact = filters(distances).sum(axis=0)
    scale = len(distances) * np.sqrt((filters(np.linspace(0, CUTOFF, 1000)) ** 2).mean(axis=0))
    first, hats = grid.weights(distances)
    cubic = (values[first[:, None] + np.arange(STENCIL)] * hats[..., None]).sum(axis=(0, 1))
    low = np.minimum(np.floor(distances / spacing).astype(int), grid.n_bins - 2)
    t = (distances / spacing - low)[:, None]
    linear = (values[low] * (1 - t) + values[low + 1] * t).sum(axis=0)
    return tuple(float((np.abs(sums - exact) / scale).max()) for sums in (linear, cubic))


def main() -> None:
    """Print the table."""
    distances = cells()
    print("| filter width (A) | spacing (A) | nodes | linear hats | cubic hats |")
    print("|---|---|---|---|---|")
    for width in WIDTHS:
        for spacing in SPACINGS:
            worst = np.max([errors(d, width=width, spacing=spacing) for d in distances], axis=0)
            nodes = RadialGrid(CUTOFF, spacing).n_bins
            print(f"| {width} | {spacing} | {nodes} | {worst[0]:.1e} | {worst[1]:.1e} |")


if __name__ == "__main__":
    main()
