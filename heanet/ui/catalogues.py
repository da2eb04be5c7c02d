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
CORE = "core"  # the comment of an entry that is a text of the core
_PLACE = re.compile(r"\{(\w+)\}")
# What can stand in a place of such a name; in others any text, or none.
_FILLINGS = {
    "n": r"[\d.,]+",
    "k": r"\d+",
    "row": r"\d+",
    "rows": r"rows? .*?",
    "row_set": r"train|validation|test|published|unseen",
    "whose": r"compositions( of the rest)?",
}


@dataclass(frozen=True)
class Template:
    """A sentence of the core with places for what is filled in.

    Attributes:
        pattern: Matches what the core says; a group for each place.
        translation: With the same places.
        names: Places that stand in quotes or are called a name: the user's own words.
        letters: How many there are beside the places; without any it is mere punctuation.
        fragment: The longest piece of it that has no place: a text without it cannot match.
    """

    pattern: re.Pattern[str]
    translation: str
    names: frozenset[str]
    letters: int
    fragment: str


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
        (message.id, message.string, CORE in message.auto_comments)
        for message in entries
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string
    ]
    sources: dict[str, set[str]] = {}
    for text, translation, _is_core in simple:
        sources.setdefault(translation, set()).add(text)
    core = {text: translation for text, translation, is_core in simple if is_core}
    return Catalogue(
        gettext.GNUTranslations(compiled),
        sources,
        {text: translation for text, translation in core.items() if not _PLACE.search(text)},
        tuple(
            _template(text, translation)
            for text, translation in core.items()
            if _PLACE.search(text)
        ),
    )


def _template(text: str, translation: str) -> Template:
    fragment = max(_PLACE.sub("\0", text).split("\0"), key=len)
    return Template(_pattern(text), translation, _names(text), letters_of(text), fragment)


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
            kind = "n" if part.startswith("n_") else part
            parts.append(f"(?P<{part}>{_FILLINGS.get(kind, '.*?')})")
    return re.compile("".join(parts), re.DOTALL)


def _names(text: str) -> frozenset[str]:
    """The places of a template that hold the user's own words."""
    quoted = re.findall(r"['`]\{(\w+)\}", text)
    return frozenset({*quoted, *(it for it in _PLACE.findall(text) if it.startswith("name"))})


def letters_of(text: str) -> int:
    """The number of letters of a text, or of a template beside its places."""
    return sum(map(str.isalpha, _PLACE.sub("", text)))
