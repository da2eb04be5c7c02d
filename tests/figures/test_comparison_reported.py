"""Published figures: three kinds of dots in one row, each with what it is."""

from math import nan

import plotly.graph_objects as go

from heanet.figures.reported import KINDS, Kind, ReportedError, reported_figure

ERRORS = [
    ReportedError("ms", "b2", 0.058, 0.05761, 1.0933, "test", 72, 72, 73),
    ReportedError("ms", "a3", 0.54, nan, nan, "test"),
    ReportedError("etot", "b2 all", nan, 0.123, 1.13, n_same=72, trained_of_same=70, n_unseen=73),
]
HOVERS: dict[Kind, str] = {
    "reported": "{panel}|{row}|{rows}|{value}",
    "same": "{row}|{value}|{trained} of {n_same}",
    "unseen": "{row}|{value}|{n_unseen}",
}


def reported(errors: list[ReportedError]) -> go.Figure:
    return reported_figure(
        errors,
        axis_titles={"etot": "MAE (eV/atom)", "emix": "MAE of emix", "ms": "MAE (µB/atom)"},
        titles={kind: kind.upper() for kind in KINDS},
        hovers=HOVERS,
    )


def test_panels_come_in_the_order_of_their_titles_each_with_its_unit() -> None:
    layout = reported(ERRORS).layout
    assert layout.xaxis.title.text == "MAE (eV/atom)"
    assert layout.xaxis2.title.text == "MAE (µB/atom)"  # nothing of emix: no panel
    assert "xaxis3" not in layout
    assert list(layout.yaxis2.ticktext) == ["b2", "a3"]
    assert layout.xaxis.type == layout.xaxis2.type == "log"


def test_dots_stand_at_their_errors() -> None:
    _line, notes, same, unseen = reported(ERRORS).data[4:]
    assert (list(notes.x), list(notes.y)) == ([0.058, 0.54], [0, 1])
    assert (list(same.x), list(same.y)) == ([0.05761], [0])
    assert (list(unseen.x), list(unseen.y)) == ([1.0933], [0])
    assert len({trace.marker.symbol for trace in (notes, same, unseen)}) == 3


def test_a_line_joins_the_lowest_and_the_highest_of_a_row() -> None:
    line = reported(ERRORS).data[4]
    assert list(line.x) == [0.05761, 1.0933, None]
    assert list(line.y) == [0, 0, None]


def test_hover_says_whether_the_rows_were_trained_on() -> None:
    _line, notes, same, unseen = reported(ERRORS).data[4:]
    assert list(notes.hovertext) == ["ms|b2|test|0.0580", "ms|a3|test|0.540"]
    assert list(same.hovertext) == ["b2|0.0576|72 of 72"]
    assert list(unseen.hovertext) == ["b2|1.09|73"]
    assert list(reported(ERRORS).data[2].hovertext) == ["b2 all|0.123|70 of 72"]


def test_the_legend_names_each_kind_once() -> None:
    shown = [trace.name for trace in reported(ERRORS).data if trace.showlegend]
    assert shown == ["REPORTED", "SAME", "UNSEEN"]


def test_the_legend_is_whole_where_the_first_panel_lacks_a_kind() -> None:
    # A trace without points still has its entry.
    first = reported(ERRORS).data[1]
    assert len(first.x) == 0
    assert first.showlegend


def test_nothing_reported_is_an_empty_plot() -> None:
    assert reported([]).data == ()
