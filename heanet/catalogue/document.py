"""``docs/messages.md``: every message that a user can meet, in every language of the pages."""

import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from heanet import errors as classes
from heanet.catalogue.sources import ROOT, Said, core_texts, errors
from heanet.catalogue.update import read_catalogue

DOCUMENT = ROOT / "docs" / "messages.md"
_LANGUAGE = "zh"
_HEAD = """\
# Messages

Every message of the core that a user can meet, in English and in Chinese; `{names}` in braces are
filled in. Pages show them in the reader's language, the command line in English. This file is made
from the source and the catalogue by `make messages`.

## Errors
What was found; what was expected; what to do. Exit codes are those of the command line.
"""
_OTHERS = """
## Other texts
Warnings, notes, reasons, titles and the words that messages are filled with, by the file that they
are from.
"""
_TABLE = "| English | 中文 |\n|---|---|\n"
Translate = Callable[[str], str]


def document() -> str:
    """The whole text."""
    catalogue = read_catalogue(_LANGUAGE)

    def translate(text: str) -> str:
        message = catalogue.get(text.strip(" ;,"))
        return str(message.string) if message and message.string else text

    found = errors()
    in_errors = {text for it in found for text in it.texts()}
    parts = [_HEAD, *_errors(found, translate), _OTHERS, *_others(in_errors, translate)]
    return "\n".join(parts)


def write_document(path: Path = DOCUMENT) -> None:
    """Writes the file."""
    path.write_text(document(), encoding="utf-8")


def _errors(found: list[Said], translate: Translate) -> Iterator[str]:
    """A table for every class, the text of the class above it."""
    for kind in sorted({it.kind for it in found}):
        cls = getattr(classes, kind)
        rows = dict.fromkeys(row for it in found if it.kind == kind for row in _rows(it, translate))
        about = (cls.__doc__ or "").partition("\n")[0]
        yield f"### {kind}\n{about} Exit code {cls.exit_code}.\n\n{_TABLE}" + "".join(rows)


def _rows(said: Said, translate: Translate) -> Iterator[str]:
    """A row for each variant of what an error says."""
    for given, expected, fix in product(said.given, said.expected or ("",), said.fix or ("",)):
        english = [
            _stopped(given, "."),
            f"Expected {_stopped(expected, '.')}" if expected else "",
            _stopped(fix, "."),
        ]
        wanted = translate("Expected {expected}").format(expected=translate(expected))
        chinese = [
            _stopped(translate(given), "。"),
            _stopped(wanted, "。") if expected else "",
            _stopped(translate(fix), "。") if fix else "",
        ]
        yield _row(" ".join(filter(None, english)), "".join(chinese))


def _others(in_errors: set[str], translate: Translate) -> Iterator[str]:
    by_file: dict[str, list[str]] = {}
    for text, files in core_texts().items():
        if text not in in_errors:
            by_file.setdefault(min(files), []).append(text)
    for file in sorted(by_file):
        rows = "".join(_row(text, translate(text)) for text in by_file[file])
        yield f"### {file}\n{_TABLE}{rows}"


def _stopped(text: str, stop: str) -> str:
    return text if not text or text.endswith((".", "?", "!", "。", "？", "！")) else f"{text}{stop}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(re.sub(r'[|<]', _escaped, cell) for cell in cells)} |\n"


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found.group()}"
