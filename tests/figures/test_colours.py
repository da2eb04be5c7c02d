import numpy as np
import pytest

from heanet.figures.colours import SCHEMES, Scheme, element_colours, value_colours

SIX = ["Cr", "Mn", "Fe", "Co", "Ni", "Pd"]


def test_jmol_and_vesta_are_the_published_colours() -> None:
    assert element_colours(["Fe"], "jmol") == {"Fe": "#e06633"}
    assert element_colours(["Fe"], "vesta") == {"Fe": "#b57100"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_elements_of_the_training_data_differ(scheme: Scheme) -> None:
    colours = element_colours(SIX, scheme)
    assert len(set(colours.values())) == len(SIX)
    assert list(colours) == SIX


def test_okabe_ito_keeps_an_elements_colour_in_every_cell() -> None:
    assert element_colours(["Fe"], "okabe_ito")["Fe"] == "#d55e00"
    assert element_colours(["Fe", "Al", "Cu"], "okabe_ito")["Fe"] == "#d55e00"


def test_okabe_ito_tells_eight_elements_apart_and_survives_more() -> None:
    eight = element_colours([*SIX, "Al", "Cu"], "okabe_ito")
    assert len(set(eight.values())) == 8
    twelve = element_colours([*SIX, "Al", "Cu", "Ti", "V", "Zr", "Nb"], "okabe_ito")
    assert set(twelve.values()) <= set(eight.values())


def test_value_colours_span_the_map_and_stop_at_its_ends() -> None:
    low, middle, high, below, missing = value_colours(
        np.array([1.0, 2.0, 3.0, -5.0, np.nan]), low=1.0, high=3.0
    )
    assert low == below == "#440154"  # the first colour of viridis
    assert high == "#fde725"  # and its last
    assert middle not in {low, high}
    assert missing == "#b0b0b0"


def test_equal_values_get_one_colour() -> None:
    assert len(set(value_colours(np.full(4, 2.5), low=2.5, high=2.5))) == 1
