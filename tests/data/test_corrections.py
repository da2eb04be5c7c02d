from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from heanet.data.corrections import (
    Correction,
    correct_table,
    from_table,
    relabel_species,
    species_runs,
    to_table,
)
from heanet.errors import DataError

SYMBOLS = st.lists(st.sampled_from(["Cr", "Mn", "Fe", "Co"]), min_size=1, max_size=12)


def _cell(symbols: list[str]) -> Structure:
    coords = [[0.05 * i, 0.3, 0.7] for i in range(len(symbols))]
    return Structure(Lattice.cubic(30), symbols, coords)


@given(SYMBOLS, st.randoms(use_true_random=False))
def test_species_laid_on_a_cell_are_read_back_and_no_site_moves(
    symbols: list[str], random: Random
) -> None:
    before = _cell(symbols)
    shuffled = random.sample(symbols, len(symbols))
    after = relabel_species(before, species_runs(_cell(shuffled)))
    assert [site.specie.symbol for site in after] == shuffled
    assert [site.specie.symbol for site in before] == symbols
    np.testing.assert_array_equal(after.frac_coords, before.frac_coords)


def test_runs_follow_the_sites() -> None:
    assert species_runs(_cell(["Fe", "Fe", "Mn", "Fe"])) == "Fe2 Mn1 Fe1"


@pytest.mark.parametrize("runs", ["Fe1 Mn1", "Fe3 Mn1", "Fe2 Mn", "", "3Fe"])
def test_runs_that_do_not_fit_the_cell_are_refused(runs: str) -> None:
    with pytest.raises(DataError, match="3 sites"):
        relabel_species(_cell(["Fe", "Fe", "Mn"]), runs)


def test_a_correction_changes_one_value_of_a_copy() -> None:
    table = pd.DataFrame({"etot": [1.0, 2.0], "ms": [np.nan, 4.0]}, index=["a", "b"])
    overlay = to_table([Correction("b", "etot", "2.0", "2.5", "why"),
                        Correction("a", "structure", "Fe1", "Mn1", "why")])  # fmt: skip
    corrected = correct_table(table, overlay)
    assert corrected["etot"].to_list() == [1.0, 2.5]
    assert table["etot"].to_list() == [1.0, 2.0]
    assert np.isnan(corrected.loc["a", "ms"])
    assert from_table(overlay)[1].corrected == "Mn1"


@pytest.mark.parametrize(
    "correction",
    [
        Correction("c", "etot", "2.0", "2.5", ""),
        Correction("a", "energy", "2.0", "2.5", ""),
        Correction("a", "etot", "2.0", "two", ""),
    ],
)
def test_a_correction_that_fits_nothing_is_refused(correction: Correction) -> None:
    with pytest.raises(DataError, match=r"'c'|'energy'|'two'"):
        correct_table(pd.DataFrame({"etot": [1.0]}, index=["a"]), to_table([correction]))
