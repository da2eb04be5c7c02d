"""Grids of compositions: the formula counts what the generator gives."""

from itertools import product
from math import comb

import numpy as np
import pytest

from heanet.config import parse_config
from heanet.data.compositiongrid import CompositionGrid
from heanet.data.elements import SYMBOLS
from heanet.errors import HeanetError

FIVE = ("Cr", "Mn", "Fe", "Co", "Ni")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"step": 10, "most": 40},
        {"step": 10, "least": 20},
        {"step": 12.5, "least": 10, "most": 60, "components": (2, 3)},
        {"step": 25, "components": (5, 5)},
        {"components": (3, 3), "least": 5, "most": 35},
    ],
)
def test_every_composition_once_and_as_many_as_the_formula_says(options: dict[str, object]) -> None:
    grid = CompositionGrid(elements=("Fe", "Co", "Ni", "Cr"), **options)
    found = list(grid.rows())
    low, high = grid.least / grid.step, grid.most / grid.step
    expected = {
        row
        for row in product(range(grid.n_steps + 1), repeat=4)
        if sum(row) == grid.n_steps
        and all(low <= part <= high for part in row if part)
        and grid.components[0] <= sum(part > 0 for part in row) <= grid.components[1]
    }
    assert set(found) == expected
    assert len(found) == len(expected) == grid.n_compositions


def test_known_numbers() -> None:
    # Stars and bars: 20 steps on 5 elements.
    assert CompositionGrid(elements=FIVE).n_compositions == 10_626
    # Principal elements of high-entropy alloys: 5 to 35 at.%, all five of them.
    principal = CompositionGrid(elements=FIVE, least=5, most=35, components=(5, 5))
    assert principal.n_compositions == len(list(principal.rows()))
    assert CompositionGrid(elements=FIVE, least=30, components=(5, 5)).n_compositions == 0
    # No machine counts these one by one.
    periodic = CompositionGrid(elements=SYMBOLS[:100], step=1)
    assert periodic.n_compositions == comb(199, 99)
    shares = principal.shares(list(principal.rows()))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares.min(), shares.max()) == (0.05, 0.35)


def test_few_components_come_first() -> None:
    grid = CompositionGrid(elements=("Fe", "Ni"), step=50)
    assert list(grid.rows()) == [(2, 0), (0, 2), (1, 1)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"elements": ("Fe", "Fe")}, "each once"),
        ({"elements": ()}, "each once"),
        ({"elements": ("Fe",), "step": 7}, "divide 100"),
        ({"elements": ("Fe",), "components": (3, 2)}, "smallest and a largest"),
        ({"elements": ("Fe", "Nj")}, "Nj"),
    ],
)
def test_what_is_no_grid_is_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(HeanetError, match=says):
        parse_config(CompositionGrid, values)
