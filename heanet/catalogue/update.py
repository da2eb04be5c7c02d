"""The catalogues of ``heanet/ui/locale`` and the source, brought together by Babel.

A catalogue is a ``heanet.po``: for every text of the source its translation, with the files that
the text is from. Entries that the core writes have a comment that says so: they are recognised in
what it says (``heanet.ui.said``).
"""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from heanet.catalogue.expressions import places
from heanet.catalogue.sources import core_texts, page_texts
from heanet.ui.catalogues import CORE, LOCALE

FILE = Path("LC_MESSAGES") / "heanet.po"
HEADER = """\
# What HEANet says, in another language. `make messages` adds what is new in the source and drops
# what is gone; write the translations by hand, keeping every {place} and the Markdown."""
_WIDTH = 100
# Versions, dates and addresses in the head of a file would change with every update.
_HEADERS_THAT_AGE = re.compile(
    r'^"(Project|Report|POT|PO-|Last|Language-Team|Generated)[^\n]*\n', re.MULTILINE
)


def source_catalogue() -> Catalog:
    """All texts of the source, without translations."""
    catalogue = _empty("")
    for message, file in page_texts():
        catalogue.add(message, locations=[(file, 0)])
    for text, files in core_texts().items():
        files_of = [(file, 0) for file in sorted(files)]
        catalogue.add(text, locations=files_of, auto_comments=[CORE])
    return catalogue


def catalogue_path(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return LOCALE / language / FILE


def read_catalogue(language: str) -> Catalog:
    """The catalogue of a language; an empty one where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="heanet")


def updated(language: str) -> str:
    """The catalogue of a language as it should stand in its file: every text of the source."""
    catalogue = read_catalogue(language)
    # A guess at a translation would be taken for one: what is new stands empty.
    catalogue.update(source_catalogue(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.header_comment = HEADER
    for message in catalogue:
        message.locations = sorted({(file, 0) for file, _line in message.locations})
        message.flags.discard("python-format")  # a per cent sign is one: places are {named}
    target = io.BytesIO()
    write_po(
        target,
        catalogue,
        width=_WIDTH,
        sort_by_file=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return _HEADERS_THAT_AGE.sub("", target.getvalue().decode("utf-8"))


def faults(catalogue: Catalog) -> list[str]:
    """What is wrong with translations: missing, unsure, or with other places than their text."""
    found = []
    for message in catalogue:
        text = message.id if isinstance(message.id, str) else " | ".join(message.id)
        if text and (fault := _fault(message, text)):
            found.append(f"{text}: {fault}")
    return found


def _fault(message: Message, text: str) -> str:
    translations = message.string if isinstance(message.string, tuple) else (message.string,)
    if not all(translations):
        return "not translated"
    if message.fuzzy:
        return "marked as fuzzy"
    for translation in translations:
        if set(places(str(translation))) != set(places(text)):
            return f"other places in '{translation}'"
    return ""


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language or None,
        domain="heanet",
        header_comment=HEADER,
        fuzzy=False,
    )
