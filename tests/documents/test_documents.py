"""What the documents show is what happens: their commands, their Python, their links."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from heanet.catalogue.sources import page_texts
from heanet.catalogue.update import read_catalogue
from heanet.cli import _parse
from heanet.errors import HeanetError
from tests.documents.fences import (
    OWN_TESTS,
    REASONS,
    ROOT,
    documents,
    english,
    fences,
    heanet_arguments,
    not_run,
    read,
)
from tests.documents.running import Reader, alike

LANGUAGES = {"bash", "python", "text"}
# How many blocks are not run, by document and reason: a new one is a decision.
NOT_RUN = {
    ("README.md", "stays open"): 1,
    ("README.md", "the whole suite"): 1,
    ("docs/architecture.md", "changes the project"): 1,
    ("docs/cluster.md", "a cluster"): 4,
    ("docs/deploy.md", "a server"): 4,
    ("docs/first-hour.md", "stays open"): 1,
    ("docs/training.md", "a key"): 1,
    ("docs/training.md", "hours"): 3,
    ("docs/training.md", "the internet"): 1,
}
# Files that a command writes from what others say; their links are those of the others.
MADE = {"docs/messages.md"}
# Names of pages, views and buttons.
_NAMED = re.compile(r"(?i:pages?|view|press|open) \*(?!\*)([^*]+)\*")
_NAMED_ZH = re.compile(r"(?:(?<=点击 )|(?=\*[^*]+\* (?:页|视图)))\*([^*]+)\*")
# Of commands that are not run, those that are none of ours.
SHELL = {"export", "for", "done", ".venv/bin/python", ".venv/bin/dask"}
# Of a server's administrator.
SHELL |= {"useradd", "install", "git", "chown", "su", "systemctl", "journalctl", "apt-get", "nginx",
          "/srv/heanet/app/.venv/bin/python", "tar", "sqlite3"}  # fmt: skip
_LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")


# Its chapters are followed one by one, each in a copy of the project (test_extending.py).
EXTENDING = "docs/extending.md"


def own_code() -> list[str]:
    """Documents whose code is run here."""
    others = {EXTENDING, *OWN_TESTS}
    return [name for name in english() if name not in others and fences(name)]


@pytest.mark.parametrize("document", own_code())
def test_the_code_runs_and_prints_what_is_said(
    document: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Reader(project, monkeypatch) as reader:
        for fence in fences(document):
            if not fence.reason and fence.language in ("bash", "python"):
                reader.follow(fence)


def test_every_block_says_what_it_is() -> None:
    """In a language that is known, run or with a reason that counts."""
    found = [fence for name in english() if name not in OWN_TESTS for fence in fences(name)]
    tags = {"", "fails", *(f"no-run: {reason}" for reason in REASONS)}
    found = [it for it in found if not (it.document == EXTENDING and it.file)]
    wrong = [(it.document, it.line) for it in found if it.language not in LANGUAGES]
    assert wrong == []
    assert [(it.document, it.line) for it in found if it.tag not in tags] == []
    alone = [(it.document, it.line) for it in found if it.language == "text"]
    assert alone == []  # a text that no code prints


def test_what_is_not_run_is_listed() -> None:
    found = Counter((fence.document, fence.reason) for fence in not_run())
    assert dict(found) == NOT_RUN


def test_code_that_is_not_run_is_code() -> None:
    for fence in not_run():
        if fence.language == "python":
            compile(fence.text, fence.document, "exec")


def test_commands_that_are_not_run_are_understood() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for fence in not_run():
        for command in fence.commands() if fence.language == "bash" else ():
            if arguments := heanet_arguments(command):
                assert callable(_parse(arguments)), command
            elif command.startswith("make "):
                assert command.split()[1] in targets
            else:
                assert command.split()[0] in SHELL, command


@pytest.mark.parametrize("document", sorted(OWN_TESTS))
def test_a_document_with_a_test_of_its_own_has_it(document: str) -> None:
    assert Path(document).name in (ROOT / OWN_TESTS[document]).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", [name for name in documents() if name not in MADE])
def test_links_lead_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    found = list(_LINK.finditer(read(document)))
    lost = [it[0] for it in found if it["target"] and not (folder / it["target"]).exists()]
    assert lost == []
    for it in found:
        if it["anchor"] and it["target"].endswith((".md", "")):
            target = folder / it["target"] if it["target"] else ROOT / document
            assert it["anchor"] in anchors(target.read_text(encoding="utf-8")), it[0]


def anchors(text: str) -> set[str]:
    """The anchors of headings, as they are made of their words."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}


@pytest.mark.parametrize("document", [it for it in documents() if it.endswith(".zh.md")])
def test_the_chinese_twin_says_the_same(document: str) -> None:
    """Its code, the number of its headings and rows, its links, options and file names."""
    twin = document.replace(".zh.md", ".md")
    ours, theirs = read(document), read(twin)
    assert [f.text for f in fences(document)] == [f.text for f in fences(twin)]
    assert [f.output for f in fences(document)] == [f.output for f in fences(twin)]
    ours, theirs = (re.sub(r"```.*?```", "", text, flags=re.DOTALL) for text in (ours, theirs))
    for pattern in (r"^#+ ", r"^\|", r"^[-*] ", r"^\d\. "):
        assert len(re.findall(pattern, ours, re.M)) == len(re.findall(pattern, theirs, re.M))
    links = [
        sorted(
            re.sub(r"\.zh(\.md)|-zh(\.png)", _english, it["target"]) for it in _LINK.finditer(text)
        )
        for text in (ours, theirs)
    ]
    assert links[0] == links[1]
    code = [sorted(set(re.findall(r"`([^`]+)`", " ".join(t.split())))) for t in (ours, theirs)]
    assert code[0] == code[1]
    numbers = [Counter(re.findall(r"\d+(?:\.\d+)?", plain(text))) for text in (ours, theirs)]
    assert numbers[0] == numbers[1]


def _english(end: re.Match[str]) -> str:
    """How a document or a picture ends whose Chinese twin ends like this."""
    return ".md" if end[1] else "-en.png"


@pytest.mark.parametrize("document", [name for name in documents() if name not in MADE])
def test_words_on_buttons_are_those_of_the_pages(document: str) -> None:
    """Where a page, a view or a button is named, a reader finds it under that name."""
    chinese = document.endswith(".zh.md")
    text = " ".join(re.sub(r"```.*?```", "", read(document), flags=re.DOTALL).split())
    named = re.findall(_NAMED_ZH if chinese else _NAMED, text)
    known = {re.sub(r"\{\w+\}", "", it) for it in page_words(chinese=chinese)}
    assert [it for it in named if re.sub(r"\d+", "", it) not in known] == []


def page_words(*, chinese: bool) -> Iterator[str]:
    """The strings of the pages in a language."""
    catalogue = read_catalogue("zh")
    for text, _ in page_texts():
        for one in [text] if isinstance(text, str) else text:
            found = catalogue.get(one)
            yield str(found.string) if chinese and found else one


def test_names_of_buttons_are_looked_for() -> None:
    assert re.findall(_NAMED, "Page *Train*, view *Own data*; press *Build*") == [
        "Train", "Own data", "Build",
    ]  # fmt: skip
    assert re.findall(_NAMED_ZH, "***训练* 页**的 *自有数据* 视图，点击 *构建*") == [
        "训练", "自有数据", "构建",
    ]  # fmt: skip


def plain(text: str) -> str:
    """A text without links' targets, code, and commas in numbers; 3D is no number."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", re.sub(r"\]\([^)]*\)|`[^`]*`|3D", " ", text))


def test_what_is_printed_is_compared() -> None:
    said = "a  1.50 of 12 cells\n...\nin /home/.../runs: 3.0e-2"
    assert alike(said, "a 1.51 of 12 cells\nb\nc\nin /home/me/runs: 3.0e-2\n")
    assert not alike(said, "a 1.60 of 12 cells\nb\nc\nin /home/me/runs: 3.0e-2\n")
    assert not alike(said, "a 1.50 of 13 cells\nb\nc\nin /home/me/runs: 3.0e-2\n")
    assert not alike(said, "a 1.50 of 12 cells\nb\nc\nin /home/me/walks: 3.0e-2\n")


def test_a_wrong_option_is_found() -> None:
    with pytest.raises(HeanetError):
        _parse(["predict", "--modle", "hea-six"])
