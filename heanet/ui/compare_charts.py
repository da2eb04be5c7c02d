"""Figures and tables of the Compare page with their downloads."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from heanet.figures.series import download_config
from heanet.report import formula_free_table
from heanet.ui import compare_choices
from heanet.ui.language import _

_FORMAT = "pictures"  # in the address
_FORMATS = ("PNG", "SVG")


def choose_format() -> None:
    """How figures are saved; to be asked before a figure is drawn."""
    label = _("Save figures as")
    hint = _(
        "What the camera in a figure's upper right corner saves: PNG has pixels, twice those of "
        "the screen; SVG has lines and can be enlarged and edited."
    )
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.caption(label, help=hint, width="content")
        compare_choices.one_of(label, _FORMATS, key=_FORMAT, hint=hint, labelled=False)


def show_figure(
    figure: go.Figure,
    *,
    name: str,
    alt: str,
    on_click: Callable[[str], None] | None = None,
    wide: bool = False,
) -> None:
    """Draws a figure that can be saved.

    Args:
        figure: The figure.
        name: Of the saved file, without its ending.
        alt: What the figure shows, for those who cannot see it.
        on_click: Gets the ``customdata`` of a clicked point.
        wide: Keeps its width on a small screen, where it is moved sideways.
    """
    key = f"figure_{name}"
    if on_click is None:
        place = st.container(key="wide") if wide else st.container()
        place.plotly_chart(figure, key=key, config=_config(name), alt=alt)
        return
    st.plotly_chart(
        figure,
        key=key,
        config=_config(name),
        alt=alt,
        selection_mode="points",
        on_select=partial(_pass_on, key, on_click),
    )


def show_csv(table: pd.DataFrame, *, name: str) -> None:
    """A button that saves a table with all its digits."""
    st.download_button(
        _("CSV"),
        data=lambda: formula_free_table(table).to_csv(index=False),  # written when it is asked for
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"csv_{name}",
        help=_("The numbers of this view in full, a row each, with split, rows, n and unit."),
        on_click="ignore",
        icon=":material/download:",
    )


def _config(name: str) -> dict[str, Any]:
    svg = st.session_state.get(_FORMAT) == "SVG"
    return download_config(f"heanet-{name}", "svg" if svg else "png")


def _pass_on(key: str, on_click: Callable[[str], None]) -> None:
    """Hands the clicked point on; a click beside all points changes nothing."""
    for point in st.session_state[key]["selection"]["points"]:
        found = point.get("customdata")
        text = found[0] if isinstance(found, list) else found
        if text:
            on_click(str(text))
            return
