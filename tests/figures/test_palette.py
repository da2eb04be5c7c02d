"""Contrast as WCAG 2 defines it, and colours that lie over a ground."""

import pytest

from heanet.figures.palette import blended, contrast, luminance, text_on


def test_contrast_runs_from_one_to_twenty_one() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#4cb3cc", "#4cb3cc") == 1


@pytest.mark.parametrize(
    ("colour", "on_white"), [("#767676", 4.54), ("#777777", 4.48), ("#ff0000", 4.00)]
)
def test_contrast_of_known_colours(colour: str, on_white: float) -> None:
    assert contrast(colour, "#ffffff") == pytest.approx(on_white, abs=0.005)


def test_luminance_weighs_green_most() -> None:
    assert luminance("#00ff00") == pytest.approx(0.7152)
    assert luminance("#0000ff") == pytest.approx(0.0722)


def test_a_colour_over_a_ground() -> None:
    assert blended("#000000", "#ffffff", 0.6) == "#666666"
    assert blended("#123456", "#ffffff", 1.0) == "#123456"


def test_text_is_black_or_white() -> None:
    assert [text_on(colour) for colour in ("#0072b2", "#f0e442")] == ["#ffffff", "#000000"]
