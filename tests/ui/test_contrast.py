"""Text stands out from its ground in both themes (WCAG 2.2, level AA), by the files alone.

What a browser makes of them is measured in tests/browser/test_accessible.py.
"""

import tomllib
from pathlib import Path
from typing import get_args

import pytest

from heanet.figures.palette import (
    AA,
    CAPTION_OPACITY,
    CHART_INK,
    ON_PRIMARY,
    SERIES,
    Theme,
    blended,
    contrast,
)

CONFIG = tomllib.loads(
    (Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml").read_text()
)["theme"]
THEMES: tuple[Theme, ...] = get_args(Theme)


def grounds(theme: Theme) -> list[str]:
    """Of the page, of its boxes, and of the sidebar."""
    colours = CONFIG[theme]
    return [
        colours["backgroundColor"],
        colours["secondaryBackgroundColor"],
        colours["sidebar"]["backgroundColor"],
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_text_links_and_captions(theme: Theme) -> None:
    colours = CONFIG[theme]
    for ground in grounds(theme):
        faint = blended(colours["textColor"], ground, CAPTION_OPACITY)
        for ink in (colours["textColor"], colours["linkColor"], colours["primaryColor"], faint):
            assert contrast(ink, ground) >= AA, (ink, ground)


@pytest.mark.parametrize("theme", THEMES)
def test_charts_and_primary_buttons(theme: Theme) -> None:
    colours = CONFIG[theme]
    assert contrast(CHART_INK[theme], colours["backgroundColor"]) >= AA
    assert contrast(ON_PRIMARY[theme], colours["primaryColor"]) >= AA


def test_charts_without_colours_of_their_own_take_those_of_the_palette() -> None:
    assert tuple(CONFIG["chartCategoricalColors"]) == SERIES
