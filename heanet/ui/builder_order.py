"""What is left of order in a built cell, in numbers and in words."""

import pandas as pd
import streamlit as st

from heanet.data.shortrangeorder import short_range_order
from heanet.figures.predictions import number
from heanet.figures.shortrange import order_figure
from heanet.ui.chart import show_chart
from heanet.ui.language import _
from heanet.ui.store import Cell

_SQUARE_WIDTH = 60  # pixels
_TITLES_WIDTH = 140
_FEW_PAIRS = 6  # of three elements; they fit on a phone


@st.cache_data(max_entries=128, show_spinner=False, hash_funcs={Cell: lambda cell: cell.id})
def remaining_order(cell: Cell) -> pd.DataFrame:
    """Short-range order by shell and pair; once per cell."""
    return short_range_order(cell.structure)


def show_order(cell: Cell) -> None:
    """The short-range order of a built cell; nothing for cells of one element, or from files.

    Cells from files are left out because relaxed atoms have no sharp shells.
    """
    if not cell.built or len(cell.structure.composition) < 2:
        return
    order = remaining_order(cell)
    shells = order.drop_duplicates("shell")
    st.markdown(
        _("**How far the neighbours are from random**"),
        help=_(
            "Warren-Cowley short-range order α = 1 − N(ab) / (N c(a) c(b)) for each shell of "
            "neighbours and pair of elements: N(ab) of the shell's N pairs are of a and b, and "
            "c(a) and c(b) are their atomic fractions."
        ),
    )
    st.caption(
        _(
            "0: the two elements are neighbours as often as chance has it. Negative: they seek "
            "each other. Positive: they avoid each other. Average distance from 0 in the nearest "
            "shell: {mean}."
        ).format(mean=number(float(order.loc[order["shell"] == 1, "alpha"].abs().mean()), 2))
    )
    n_pairs = order["pair"].nunique()
    many = n_pairs > _FEW_PAIRS
    with st.container(key="wide" if many else "short_range_order_box"):
        show_chart(
            order_figure(
                order,
                shell_titles=[
                    _("Shell {n} · {radius} Å").format(n=n, radius=f"{radius:.2f}")
                    for n, radius in shells[["shell", "radius"]].itertuples(index=False)
                ],
                hover=_("{pair}, shell {shell}: α = {alpha}"),
            ),
            width="stretch" if many else _TITLES_WIDTH + _SQUARE_WIDTH * n_pairs,
            name="short-range-order",
            alt=_("Short-range order of each pair of elements by shell of neighbours."),
        )
