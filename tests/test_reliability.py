"""docs/reliability.md is what its sections say, and its sections are whole."""

import json
from pathlib import Path

import pytest

from tests import reliability
from tests.fuzz.formats import FORMATS
from tests.reliability import PAGE, SECTIONS, page, write_section

NONE = "no long runs are kept (make fuzz)"


@pytest.mark.skipif(not SECTIONS.exists(), reason=NONE)
def test_the_page_is_that_of_its_sections() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.skipif(not (SECTIONS / "fuzz.json").exists(), reason=NONE)
def test_the_fuzzing_tried_every_format_and_found_nothing_that_is_still_there() -> None:
    section = json.loads((SECTIONS / "fuzz.json").read_text(encoding="utf-8"))
    rows = [dict(zip(section["heads"], row, strict=True)) for row in section["rows"]]
    assert [row["format"] for row in rows] == list(FORMATS)
    for row in rows:
        assert row["failures"] == 0
        assert row["damaged at random"] + row["led by coverage"] >= 100_000
        assert row["read"] + row["refused"] == row["damaged at random"]
        assert row["read"] > 0
    assert "commit" in section["made"]
    assert not section["made"].endswith("+")


@pytest.mark.skipif(
    not (SECTIONS / "faults.json").exists(), reason="no kills are kept (make faults)"
)
def test_the_kills_met_every_operation_and_nothing_was_lost() -> None:
    section = json.loads((SECTIONS / "faults.json").read_text(encoding="utf-8"))
    rows = [dict(zip(section["heads"], row, strict=True)) for row in section["rows"]]
    assert [row["operation"] for row in rows] == [
        "training", "import", "generation", "screening", "registration",
    ]  # fmt: skip
    for row in rows:
        assert row["kills"] >= 50
        assert row["done before a kill"] > 0
        assert row["lost"] == 0
    assert not section["made"].endswith("+")


@pytest.mark.skipif(not (SECTIONS / "soak.json").exists(), reason="no soak is kept (make soak)")
def test_the_soak_was_of_many_sessions_and_without_errors() -> None:
    section = json.loads((SECTIONS / "soak.json").read_text(encoding="utf-8"))
    text = " ".join(section["text"])
    assert "25 sessions at a time for 10 minutes" in text
    assert "; 0 errors" in text
    assert "no process, thread or open file; 0 WebGL contexts, 0 bytes of uploaded files" in text
    assert not section["made"].endswith("+")


def test_a_section_becomes_a_heading_a_command_and_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reliability, "SECTIONS", tmp_path / "sections")
    monkeypatch.setattr(reliability, "PAGE", tmp_path / "page.md")
    shared = {"command": "make x", "text": ["Why."], "heads": ["what", "n"], "made": "today"}
    write_section("b", {"title": "Second", "rows": [["x", 1200]], **shared})
    write_section("a", {"title": "First", "rows": [["y", "0.50"]], **shared})
    said = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert said.index("## First") < said.index("## Second")
    assert "`make x` (today)\n\nWhy.\n\n| what | n |\n| --- | --- |\n| y | 0.50 |\n" in said
    assert "| x | 1,200 |" in said
