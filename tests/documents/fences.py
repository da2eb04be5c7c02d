"""Code in the documents: which commands and lines of Python they show, and what is not run.

A document marks its code like this::

    ```bash                 commands; every one of them is run
    ```bash no-run: hours   commands that are not run, with the reason, one of REASONS
    ```bash fails           commands whose last one must end with an error
    ```python               code; run with what earlier code of the document defined
    ```python file: F       a new file of the project, made in a copy of it
    ```diff F               lines of a file that go (-), stay ( ) and come (+), in such a copy
    ```text                 directly below: what the code above prints; "..." stands for anything
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Why a command is not run: it takes too long, needs what is not here, does not end by itself, or
# would write into the project that is tested.
REASONS = ("hours", "a cluster", "a server", "a key", "the internet", "stays open",
           "the whole suite", "changes the project")  # fmt: skip
# Documents whose code another test runs.
OWN_TESTS = {"docs/adding-a-task.md": "tests/test_adding_a_task.py"}
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```[ ]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A block of code of a document.

    Attributes:
        document: From the project root.
        line: Of its first line of code.
        language: "bash", "python", "text", "diff" or empty.
        tag: What stands behind the language.
        text: The code.
        output: Text of the block directly below that says what it prints; None without one.
    """

    document: str
    line: int
    language: str
    tag: str
    text: str
    output: str | None = None

    @property
    def reason(self) -> str:
        """Why it is not run; empty where it is."""
        found = re.fullmatch(r"no-run: (.+)", self.tag)
        return found[1] if found else ""

    @property
    def file(self) -> str:
        """The file of the project that it changes; empty where it changes none."""
        return self.tag if self.language == "diff" else self.tag.partition("file: ")[2]

    def commands(self) -> list[str]:
        """The commands of a bash block, comments and continuations taken away."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line.strip() for line in lines if shlex.split(line, comments=True)]


def documents() -> list[str]:
    """All documents for people whose code counts; those made from tables have none."""
    found = [*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def english() -> list[str]:
    """The documents whose code is run; their Chinese twins have the same code."""
    return [name for name in documents() if not name.endswith(".zh.md")]


def read(document: str) -> str:
    """The text of a document."""
    return (ROOT / document).read_text(encoding="utf-8")


def fences(document: str) -> list[Fence]:
    """The blocks of a document in order, outputs joined with the code above them."""
    found: list[Fence] = []
    text, end = read(document), 0
    for match in _FENCE.finditer(text):
        language, _, tag = match["info"].strip().partition(" ")
        line = text.count("\n", 0, match.start()) + 2
        follows = bool(found) and not text[end : match.start()].strip()
        if language == "text" and follows and found[-1].output is None:
            found[-1] = _printing(found[-1], match["text"])
        else:
            found.append(Fence(document, line, language, tag.strip(), match["text"]))
        end = match.end()
    return found


def _printing(fence: Fence, output: str) -> Fence:
    return Fence(fence.document, fence.line, fence.language, fence.tag, fence.text, output)


def heanet_arguments(command: str) -> list[str] | None:
    """The arguments of ``python -m heanet ...``; None where the command is another one."""
    words = shlex.split(command, comments=True)
    if words[1:3] == ["-m", "heanet"] and words[0].endswith("python"):
        return words[3:]
    return None


def not_run() -> Iterator[Fence]:
    """All blocks that are not run."""
    for document in english():
        yield from (fence for fence in fences(document) if fence.reason)
