"""The colours that plots, 3D views and pages share, and how far text stands out from its ground.

Nothing heavy is imported here: every page sets its words by these before it draws anything else.
What Streamlit takes from a file is in .streamlit/config.toml; the tests hold both together.
"""

from typing import Literal

Theme = Literal["light", "dark"]

# The palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), whose colours stay apart for all
# common kinds of colour blindness.
OKABE_ITO = {
    "blue": "#0072b2",
    "vermilion": "#d55e00",
    "green": "#009e73",
    "purple": "#cc79a7",
    "orange": "#e69f00",
    "sky": "#56b4e9",
    "yellow": "#f0e442",
}
# Of series, in this order: those that read on a light and on a dark ground, then others that stay
# apart from them.
SERIES = (
    *(OKABE_ITO[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky")),
    *("#aa4499", "#999933", "#7a68b8", "#44aa99"),
)
NEUTRAL = "#8a979e"  # of sums, means and error bars: reads on light and on dark
# Words of charts. No one grey stands out enough from both grounds.
CHART_INK: dict[Theme, str] = {"light": "#56636b", "dark": "#e6eaf1"}
# Words on buttons and labels filled with the primary colour of the theme.
ON_PRIMARY: dict[Theme, str] = {"light": "#ffffff", "dark": "#0b1316"}
# Of captions against the text; Streamlit's own 0.6 is too faint on white.
CAPTION_OPACITY = 0.78
# Least contrast of text with its ground (WCAG 2.2, level AA).
AA = 4.5


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2): 0 is black, 1 is white."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours ``#rrggbb`` (WCAG 2): from 1, no difference, to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def blended(colour: str, ground: str, opacity: float) -> str:
    """What ``colour`` looks like on ``ground`` when so much of it covers."""
    pairs = [(int(colour[k : k + 2], 16), int(ground[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(opacity * c + (1 - opacity) * g):02x}" for c, g in pairs)


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on ``#rrggbb``."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, colour))
