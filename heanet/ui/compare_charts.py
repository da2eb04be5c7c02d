"""Figures and tables of the Compare page with their downloads."""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from heanet.report import formula_free_table
from heanet.ui.chart import show_chart
from heanet.ui.language import _, together

_DATA = "figure_data"  # sentence


def stand_on(data: str) -> None:
    """Says which data the figures drawn next stand on, for their captions; "" where each says it.

    Args:
        data: A sentence.
    """
    st.session_state[_DATA] = data


def show_figure(
    figure: go.Figure,
    *,
    name: str,
    alt: str,
    rows: str = "",
    on_click: Callable[[str], None] | None = None,
    wide: bool = False,
) -> None:
    """Draws a figure that can be saved; its caption says the data as well.

    Args:
        figure: The figure.
        name: Of the saved file, without its ending.
        alt: What the figure shows, in sentences.
        rows: Which split and rows it is of, and how many, in sentences.
        on_click: Gets the ``customdata`` of a clicked point.
        wide: Keeps its width on a small screen, where it is moved sideways.
    """
    show_chart(
        figure,
        name=name,
        alt=alt,
        stands_on=together([rows, st.session_state.get(_DATA, "")]),
        on_click=on_click,
        wide=wide,
        zoom=True,
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
