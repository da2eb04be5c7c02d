"""F-strings as templates."""

import ast

import pytest

from heanet.catalogue.expressions import places, templates


def of(source: str) -> list[str]:
    return templates(ast.parse(source, mode="eval").body)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("'at least one'", ["at least one"]),
        ("f\"'{name}' holds {len(cells)} cells\"", ["'{name}' holds {n_cells} cells"]),
        ("f'{100 * x:.1f} % of {error.strerror}'", ["{x} % of {strerror}"]),
        ("f\"one of {', '.join(sorted(known))}\"", ["one of {known}"]),
        ("f\"given {row['unit']}, {kinds[0]}\"", ["given {unit}, {kinds}"]),
        # The same expression is the same place, another one of that name is not.
        ("f'{a.name} and {b.name} and {a.name}'", ["{name} and {name_2} and {name}"]),
        # Words that are chosen between give a template each.
        ("f\"{n} {'fit' if n == 1 else 'fits'} failed\"", ["{n} fit failed", "{n} fits failed"]),
        ("'raw' if raw else 'corrected'", ["raw", "corrected"]),
        ("note or 'as given'", ["as given"]),
        ("'It is ' + what + f', not {other}'", ["It is {what}, not {other}"]),
        ("n + 1", []),
        ("'a {name of} form'", []),
    ],
)
def test_a_text_becomes_templates_with_named_places(source: str, expected: list[str]) -> None:
    assert of(source) == expected


def test_a_text_with_too_many_variants_is_none() -> None:
    choice = "{'a' if x else 'b'}"
    assert len(of(f'f"{choice * 4}"')) == 16
    assert of(f'f"{choice * 5}"') == []


def test_places_are_told_in_their_order() -> None:
    assert places("{b} of {a}, {b}") == ["b", "a", "b"]
