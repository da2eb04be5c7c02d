"""Everything that is not words is also said in words, for those who cannot see it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DRAWN = {"plotly_chart", "show_chart", "show_figure", "iframe", "image", "dataframe", "data_editor"}
PAGES = [*sorted((ROOT / "heanet" / "ui").glob("*.py")), *sorted((ROOT / "pages").glob("*.py"))]


def calls(source: str, names: set[str]) -> list[ast.Call]:
    """The calls of functions of these names, whatever they are called on."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Attribute) and node.func.attr in names)
            or (isinstance(node.func, ast.Name) and node.func.id in names)
        )
    ]


def has_words(call: ast.Call) -> bool:
    """Whether it has an ``alt`` that is not empty."""
    alt = next((keyword.value for keyword in call.keywords if keyword.arg == "alt"), None)
    return alt is not None and not (isinstance(alt, ast.Constant) and not alt.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("st.dataframe(table)", False),
        ("show_chart(figure, alt='')", False),
        ("place.image(picture, alt=_('A cell.'))", True),
        ("show_chart(figure, name='x', alt=text)", True),
    ],
)
def test_words_are_told_from_none(source: str, said: bool) -> None:
    (call,) = calls(source, DRAWN)
    assert has_words(call) is said


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_chart_table_and_picture_is_said_in_words(path: Path) -> None:
    silent = [
        call.lineno
        for call in calls(path.read_text(encoding="utf-8"), DRAWN)
        if not has_words(call)
    ]
    assert not silent, f"{path.name}: give alt in the lines {silent}"


def test_charts_and_tables_were_looked_at() -> None:
    found = [len(calls(path.read_text(encoding="utf-8"), DRAWN)) for path in PAGES]
    assert sum(found) > 35


def test_every_chart_is_drawn_where_it_gets_its_button_to_save_it() -> None:
    by_hand = [
        path.name
        for path in PAGES
        if path.name != "chart.py" and calls(path.read_text(encoding="utf-8"), {"plotly_chart"})
    ]
    assert by_hand == []


def test_the_3d_view_says_what_it_shows() -> None:
    source = (ROOT / "heanet" / "ui" / "viewer.js").read_text(encoding="utf-8")
    assert 'stage.setAttribute("aria-label", data.words.alt)' in source
