"""The number of sessions at work has a limit, and those that have ended count no more."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from heanet.ui import sessions, store
from heanet.ui.sessions import DEFAULT, VARIABLE, Places, limit

OpenPage = Callable[..., AppTest]
PAGES = ["app.py", *(f"pages/{page}.py" for page in ("1_Structure", "2_Predict", "3_Compare",
                                                     "4_Train", "5_Learn"))]  # fmt: skip


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Places:
    """One place, which somebody else has; Streamlit's AppTest takes any session for active."""
    places = Places()
    assert places.take("another", limit=1, is_active=lambda _: True)
    monkeypatch.setattr(sessions, "_PLACES", places)
    monkeypatch.setenv(VARIABLE, "1")
    return places


def test_one_more_than_there_are_places_waits_until_another_has_ended() -> None:
    places, active = Places(), {"a", "b", "c"}
    take = lambda name: places.take(name, limit=2, is_active=active.__contains__)  # noqa: E731
    assert [take(name) for name in ("a", "b", "c", "a", "c")] == [True, True, False, True, False]
    active.remove("a")
    assert [take(name) for name in ("c", "b")] == [True, True]


def test_a_session_finds_its_place_again_when_its_connection_comes_back() -> None:
    places, active = Places(), {"b"}
    assert places.take("a", limit=1, is_active=lambda _: True)
    assert places.take("b", limit=1, is_active=active.__contains__)  # while "a" was away
    active.add("a")
    assert places.take("a", limit=1, is_active=active.__contains__, again=True)
    active.remove("b")
    active.add("c")
    assert not places.take("c", limit=1, is_active=active.__contains__)


@pytest.mark.parametrize(
    ("given", "expected"), [("", DEFAULT), ("7", 7), ("0", DEFAULT), ("many", DEFAULT)]
)
def test_the_limit_is_that_of_the_environment(
    given: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    assert limit() == expected


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_all_places_are_taken_and_runs_nothing(
    page: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "cells", lambda: pytest.fail("the page went on"))
    app = open_page(page)
    assert not app.exception
    assert [title.value for title in app.title] == ["Every place is taken"]
    assert app.info[0].value.startswith("1 session is open here")
    assert not app.error


def test_a_press_on_the_button_lets_in_once_a_place_is_free(
    full: Places, open_page: OpenPage
) -> None:
    app = open_page("app.py")
    app.button(key="try_again").click().run()
    assert app.title[0].value == "Every place is taken"
    full._taken.clear()
    app.button(key="try_again").click().run()
    assert not app.exception
    assert app.title[0].value.startswith("HEANet")
