"""Short-range order as coloured squares. Words come in as arguments."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from heanet.figures.charts import pair_label
from heanet.figures.predictions import signed
from heanet.figures.series import rows_axis
from heanet.figures.squares import Square, colour_axis, columns_axis, draw_squares

# On a fixed scale a cell that is nearly random looks pale, and an ordered one does not.
_MOST = 1.0
_ROW = 34  # pixels
_HEAD = 34


def order_figure(order: pd.DataFrame, *, shell_titles: Sequence[str], hover: str) -> go.Figure:
    """Warren-Cowley parameters: a row per shell, a column per pair of elements.

    Args:
        order: Columns shell (from 1), pair ("Cr-Fe"), alpha; each shell and pair once.
        shell_titles: Title of each shell, the nearest first.
        hover: Text of a square with ``{pair}``, ``{shell}`` and ``{alpha}`` to fill in.
    """
    pairs = list(dict.fromkeys(order["pair"]))
    labels = {pair: pair_label(tuple(pair.split("-"))) for pair in pairs}
    squares = [
        Square(
            row=shell - 1,
            column=pairs.index(pair),
            value=alpha,
            text=signed(alpha, 2),
            hover=hover.format(pair=labels[pair], shell=shell, alpha=signed(alpha, 3)),
        )
        for shell, pair, alpha in order[["shell", "pair", "alpha"]].itertuples(index=False)
    ]
    figure = go.Figure(
        draw_squares(squares, n_rows=len(shell_titles), n_columns=len(pairs), most=_MOST)
    )
    figure.update_layout(
        height=_HEAD + _ROW * len(shell_titles),
        margin={"l": 8, "r": 8, "t": _HEAD, "b": 0},
        showlegend=False,
        coloraxis=colour_axis(most=_MOST, bar=None),
    )
    figure.update_xaxes({**columns_axis([labels[pair] for pair in pairs]), "side": "top"})
    figure.update_yaxes(rows_axis(shell_titles))
    return figure
