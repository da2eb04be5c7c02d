"""The translations of a language, read from its ``locale/LANGUAGE/LC_MESSAGES/heanet.po``.

The file that people edit is the one that is read, so there is nothing to compile after a change.
Two kinds of texts are in it: those that the pages mark with ``_``, and sentences that the core
writes, with names for what is filled in (``heanet.catalogue`` finds them in the source). The latter
are kept apart as templates, to be recognised in what the core says.
"""

import gettext
import io
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
_PAGES = ("app.py", "pages/", "heanet/ui/")  # texts from elsewhere are the core's
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Template:
    """A sentence of the core with places for what is filled in.

    Attributes:
        pattern: Matches what the core says; a group for each place.
        translation: With the same places.
        letters: How many there are beside the places; without any it is mere punctuation.
    """

    pattern: re.Pattern[str]
    translation: str
    letters: int


@dataclass(frozen=True)
class Catalogue:
    """All translations of a language.

    Attributes:
        translations: As gettext has them.
        sources: The texts of the source that have a translation, by it.
        phrases: Texts of the core that have no places.
        templates: Those that have some.
    """

    translations: gettext.NullTranslations
    sources: dict[str, set[str]]
    phrases: dict[str, str]
    templates: tuple[Template, ...]


@cache
def catalogue(language: str) -> Catalogue:
    """The translations of a language; none where it has no file, as the source's own."""
    path = LOCALE / language / "LC_MESSAGES" / "heanet.po"
    if not path.exists():
        return Catalogue(gettext.NullTranslations(), {}, {}, ())
    # Only where another language is spoken: Babel takes its time.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        entries = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, entries)
    compiled.seek(0)
    simple = [
        (message.id, message.string, message.locations)
        for message in entries
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string
    ]
    sources: dict[str, set[str]] = {}
    for text, translation, _files in simple:
        sources.setdefault(translation, set()).add(text)
    core = {
        text: translation
        for text, translation, files in simple
        if not all(name.startswith(_PAGES) for name, _line in files)
    }
    return Catalogue(
        gettext.GNUTranslations(compiled),
        sources,
        {text: translation for text, translation in core.items() if not _PLACE.search(text)},
        tuple(
            Template(_pattern(text), translation, _letters(text))
            for text, translation in core.items()
            if _PLACE.search(text)
        ),
    )


def _pattern(text: str) -> re.Pattern[str]:
    """A pattern for a template; a place that comes twice says the same twice."""
    parts: list[str] = []
    seen: set[str] = set()
    for k, part in enumerate(_PLACE.split(text)):
        if k % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(f"(?P<{part}>.+?)")
    return re.compile("".join(parts), re.DOTALL)


def _letters(text: str) -> int:
    """Letters of a template that are not in its places."""
    return sum(map(str.isalpha, _PLACE.sub("", text)))
