"""Which language the pages speak: browser, address, choice; and what keeps it."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from heanet.ui import language
from tests.ui.compare_page import address as address_of

ROOT = Path(__file__).resolve().parents[2]
OpenPage = Callable[..., AppTest]
SWITCH = "language_switch"


def start(page: str, *, locale: str | None = None, **query: Any) -> AppTest:
    """The app on a page, as a browser with a language of its own opens it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page(page)
    app.context["locale"] = locale
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def links(app: AppTest) -> list[str]:
    return [link.proto.query_string for link in app.get("page_link")]


@pytest.mark.parametrize(
    ("locale", "query", "title", "address"),
    [
        ("zh-CN", {}, "结构", ["zh"]),
        ("zh-TW", {}, "结构", ["zh"]),
        ("zh-CN", {"lang": "en"}, "Structure", ["en"]),
        ("en-US", {"lang": "zh"}, "结构", ["zh"]),
        ("en-US", {}, "Structure", []),
        ("de-DE", {}, "Structure", []),
        (None, {}, "Structure", []),
        ("zh-CN", {"lang": "xx"}, "结构", ["zh"]),
    ],
)
def test_the_language_is_that_of_the_address_else_of_the_browser(
    locale: str | None, query: dict[str, str], title: str, address: list[str]
) -> None:
    app = start("pages/1_Structure.py", locale=locale, **query)
    assert app.title[0].value == title
    assert address_of(app, "lang") == address
    assert app.segmented_control(key=SWITCH).value == (address or ["en"])[0]


def test_every_link_keeps_the_language() -> None:
    assert set(links(start("app.py", locale="zh-CN"))) == {"lang=zh"}
    assert set(links(start("app.py", locale="en-US"))) == {""}


def test_a_choice_is_in_the_address_and_stays_on_other_pages() -> None:
    app = start("app.py", locale="zh-CN")
    app.segmented_control(key=SWITCH).set_value("en").run()
    assert app.title[0].value.startswith("HEANet: a laboratory")
    assert address_of(app, "lang") == ["en"]
    assert set(links(app)) == {"lang=en"}
    # A link that has lost it.
    app.query_params.clear()
    app.switch_page("pages/3_Compare.py").run()
    assert app.title[0].value == "Compare"
    assert address_of(app, "lang") == ["en"]


def test_choices_stay_while_the_language_changes() -> None:
    app = start("pages/3_Compare.py", locale="en-US", view="Settings")
    app.segmented_control(key=SWITCH).set_value("zh").run()
    assert app.title[0].value == "比较"
    assert app.segmented_control(key="view").value == "settings"


@pytest.mark.parametrize(
    ("page", "query", "key", "value"),
    [
        ("pages/3_Compare.py", {"view": "Settings"}, "view", "settings"),
        ("pages/3_Compare.py", {"view": "设置"}, "view", "settings"),
        ("pages/3_Compare.py", {"view": "nothing"}, "view", "leaderboard"),
        ("pages/4_Train.py", {"tab": "Own data"}, "tab", "data"),
        ("pages/1_Structure.py", {"cell": "FeNi_fcc.vasp", "style": "Spheres"}, "style", "spheres"),
        (
            "pages/2_Predict.py",
            {"cell": "FeNi_fcc.vasp", "property": "Mixing energy"},
            "property",
            "emix",
        ),
    ],
)
@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_an_address_made_in_the_other_language_is_understood(
    page: str, query: dict[str, str], key: str, value: str, spoken: str
) -> None:
    app = start(page, lang=spoken, **query)
    assert app.segmented_control(key=key).value == value


def test_the_experiment_of_an_address_is_understood() -> None:
    app = start("pages/4_Train.py", lang="zh", preset="Displacement alone")
    assert app.selectbox(key="preset").value == "rmsd"
    assert app.pills(key="launch_model_tasks").value == ["rmsd"]


def test_words_are_put_together_as_the_language_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert language.together(["One.", "", "Two."]) == "One. Two."
    assert language.listed(["fcc", "bcc"]) == "fcc, bcc"
    assert language.plural("{n} cell", "{n} cells", 1_000) == "1,000 cells"
    assert language.plural("{n} cell", "{n} cells", 1) == "1 cell"
    assert language.explained("fcc", "a lattice") == "**fcc**: a lattice"
    monkeypatch.setattr(language, "current", lambda: "zh")
    assert language.together(["一。", "", "二。"]) == "一。二。"
    assert language.listed(["fcc", "bcc"]) == "fcc、bcc"
    assert language.plural("{n} cell", "{n} cells", 1_000) == "1,000 个晶胞"
    assert language.explained("fcc", "晶格") == "**fcc**：晶格"
    assert language._("no such text") == "no such text"


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of a function or method in the modules of the pages."""
    for path in [*(ROOT / "heanet" / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                yield f"{path.name}:{node.lineno}", node


def test_links_are_made_with_the_language() -> None:
    found = dict(calls("page_link"))
    assert len(found) > 6
    for place, call in found.items():
        queries = [it.value for it in call.keywords if it.arg == "query_params"]
        assert queries, place
        assert "in_address(" in ast.unparse(queries[0]), place


def test_errors_are_shown_in_the_language() -> None:
    """An error is text for the command line; pages show ``said(error)``, or keep it for later."""
    for kind in ("error", "warning", "info"):
        for place, call in calls(kind):
            assert "str(error)" not in ast.unparse(call), place
    for place, call in calls("plain"):
        assert "str(error)" not in ast.unparse(call), place
