"""The picture of the modules shows the source as it is."""

import importlib.util
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType

import pytest

from tests.documents.fences import ROOT


@pytest.fixture(scope="module")
def picture() -> Iterator[ModuleType]:
    name = "make_architecture"
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


def test_picture_and_table_are_those_of_the_source(picture: ModuleType) -> None:
    found = picture.read_architecture()
    fix = "run `python docs/make_architecture.py`"
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.draw(found), fix
    page = picture.PAGE.read_text(encoding="utf-8")
    assert picture.with_table(page, found) == page, fix


def test_no_import_goes_up(picture: ModuleType) -> None:
    assert picture.read_architecture().upward == []


def test_the_picture_has_a_square_for_an_import_and_says_which_go_up(picture: ModuleType) -> None:
    found = picture.Architecture(
        layers=(("high", "beside"), ("low",)),
        about=dict.fromkeys(("high", "beside", "low"), "A module."),
        imports={
            "high": frozenset({"low", "torch", "json"}),
            "beside": frozenset(),
            "low": frozenset(),
        },
    )
    assert squares(picture.draw(found)) == {"import": ["high: low"], "library": ["high: torch"]}
    wrong = replace(found, imports={**found.imports, "low": frozenset({"beside"})})
    assert wrong.upward == [("low", "beside")]
    assert squares(picture.draw(wrong))["upward"] == ["low: beside"]


def test_real_imports_are_there(picture: ModuleType) -> None:
    imports = picture.read_architecture().imports
    assert {"data", "training", "nn", "torch"} <= imports["prediction"]
    assert "streamlit" in imports["ui"]
    assert "ui" in imports[picture.PAGES]
    assert not {"streamlit", "tqdm"} & imports["nn"]


def squares(svg: str) -> dict[str, list[str]]:
    """What each coloured square says, by its kind."""
    space = "{http://www.w3.org/2000/svg}"
    found: dict[str, list[str]] = {}
    for square in ET.fromstring(svg).iter(f"{space}rect"):  # noqa: S314
        title = square.find(f"{space}title")
        if title is not None and square.get("class") != "self":
            found.setdefault(str(square.get("class")), []).append(str(title.text))
    return found
