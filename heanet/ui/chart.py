"""How every chart of the pages is drawn: with words for who cannot see it, and to be saved."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st

from heanet.figures.paper import TEMPLATE
from heanet.ui import pictures
from heanet.ui.language import together

_WIDE = 864  # pixels: of figures of many parts, as in the pages' style
_NO_BAR = {"displayModeBar": False}


def show_chart(
    figure: go.Figure,
    *,
    name: str,
    alt: str,
    stands_on: str = "",
    on_click: Callable[[str], None] | None = None,
    wide: bool = False,
    zoom: bool = False,
    width: int | Literal["stretch"] = "stretch",
    saved: bool = True,
) -> None:
    """Draws a figure, and below it the button that saves it.

    Args:
        figure: The figure.
        name: Of the saved file, without its ending; once on a page.
        alt: What the figure shows, for those who cannot see it, in sentences; begins its caption.
        stands_on: Data, split, number of cells and model behind it, in sentences; goes on with it.
        on_click: Gets the ``customdata`` of a clicked point.
        wide: Keeps its width on a small screen, where it is moved sideways.
        zoom: Whether it has the bar that enlarges parts of it.
        width: On the page, in pixels.
        saved: Whether it can be saved.
    """
    figure.update_layout(template=TEMPLATE)
    key = f"figure_{name}"
    selecting: dict[str, Any] = {}
    if on_click is not None:
        selecting = {"selection_mode": "points", "on_select": partial(_pass_on, key, on_click)}
    place = st.container(key="wide") if wide else st.container()
    place.plotly_chart(
        figure, key=key, config=_bar() if zoom else _NO_BAR, alt=alt, width=width, **selecting
    )
    if saved:
        pictures.show_saving(
            figure,
            name=name,
            about=together([alt, stands_on]),
            least_width=_WIDE if wide else 0,
        )


def _bar() -> dict[str, Any]:
    """Plotly's ``config`` with a bar that enlarges; figures are saved by a button of their own."""
    removed = ["select2d", "lasso2d", "autoScale2d", "toImage"]
    return {"displaylogo": False, "displayModeBar": True, "modeBarButtonsToRemove": removed}


def _pass_on(key: str, on_click: Callable[[str], None]) -> None:
    """Hands the clicked point on; a click beside all points changes nothing."""
    for point in st.session_state[key]["selection"]["points"]:
        found = point.get("customdata")
        text = found[0] if isinstance(found, list) else found
        if text:
            on_click(str(text))
            return
