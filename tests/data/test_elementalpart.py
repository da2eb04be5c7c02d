import numpy as np
import pandas as pd
import pytest

from heanet.data.elementalpart import elemental_part, without_elements
from heanet.errors import DataError
from tests.alloys import GROUND, small_dataset

DATASET = small_dataset()


def test_the_elements_energies_come_out_of_the_rows() -> None:
    part = elemental_part(DATASET.labels, DATASET.fractions)
    assert part.energies == pytest.approx(GROUND, abs=1e-5)  # fractions are of 32 bits
    assert part.largest_rest < 1e-5
    assert part.n == len(DATASET.names)


def test_all_of_it_taken_off_leaves_eform() -> None:
    part = elemental_part(DATASET.labels, DATASET.fractions)
    rest = without_elements(DATASET.labels, part, share=1.0)
    assert np.allclose(rest["etot"], DATASET.labels["eform"], atol=1e-5)
    half = without_elements(DATASET.labels, part, share=0.5)
    assert half["etot"].to_numpy() == pytest.approx(
        (DATASET.labels["etot"] + rest["etot"]).to_numpy() / 2
    )
    assert not np.allclose(DATASET.labels["etot"], DATASET.labels["eform"], atol=1)


def test_a_wrong_label_shows_and_a_missing_one_does_not_count() -> None:
    labels: pd.DataFrame = DATASET.labels.copy()
    labels.iloc[0, labels.columns.get_loc("etot")] += 0.5
    labels.iloc[1, labels.columns.get_loc("eform")] = np.nan
    part = elemental_part(labels, DATASET.fractions)
    assert part.largest_rest > 0.2
    assert part.n == len(labels) - 1
    with pytest.raises(DataError, match="0 rows have both"):
        elemental_part(labels.assign(eform=np.nan), DATASET.fractions)
