"""What the core says, in the session's language.

Errors, warnings and notes are written by the core in plain English. Here such a text is recognised
by the templates of the catalogue, its translation taken, and what was filled in is filled in again.
What is not recognised, such as a message of another library, stays as it is.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from heanet.ui.catalogues import Catalogue, Template, catalogue, letters_of
from heanet.ui.language import current

# Texts are put together of others, with these between them. What is joined by a comma or "and" is
# looked into where it was filled in only: sentences have commas of their own.
_BETWEEN_SENTENCES = re.compile(r"((?<=[.?!]) |; |: )")
_BETWEEN_WORDS = re.compile(r"((?<=[.?!]) |; |: |, and |, | and )")
_MARKS = {"zh": {" ": "", "; ": "；", ": ": "：", ", ": "、", " and ": "和", ", and ": "和"}}
_STOPS = {"zh": "。"}
_LONGEST = 4_000  # characters; nobody writes longer ones, and other programs' output is not ours
# Units of values, which the core writes in plain letters.
_SIGNS = {"Angstrom": "Å", "muB": "µB"}
_UNIT = re.compile(r"(?<=\d )(?:Angstrom|muB)")
_ENOUGH = 0.5  # of a text's letters: with less it may be a list


class _Found(NamedTuple):
    """A translation, and how much of the text the catalogue knew.

    Attributes:
        text: The translation.
        known: Letters that were known, less one for each text of the catalogue: few that explain
            much go before many that explain little.
    """

    text: str
    known: int


def said(what: str | BaseException) -> str:
    """A text of the core, or what an error says, in the session's language.

    The result is not yet safe to show (``heanet.ui.words.plain``).
    """
    text, language = str(what), current()
    line = " ".join(text.split())
    # A single word is a name or a key.
    if " " not in line or len(line) > _LONGEST or not catalogue(language).templates:
        return text
    found = _put_together(line, language, filled_in=False)
    if found.known < _ENOUGH * letters_of(line):
        found = max(_put_together(line, language, filled_in=True), found, key=_known)
    return _UNIT.sub(lambda unit: _SIGNS[unit.group()], found.text) if found.known > 0 else text


@lru_cache(maxsize=4096)
def _put_together(text: str, language: str, *, filled_in: bool) -> _Found:
    """The translation of a text that may be several put together: as much of it as is known.

    Args:
        text: The text.
        language: Code of the language.
        filled_in: Whether it stands in a place of another text.
    """
    joints = _BETWEEN_WORDS if filled_in else _BETWEEN_SENTENCES
    pieces = joints.split(text)  # text, joint, text, ..., text
    n = len(pieces) // 2 + 1
    best = [_Found("", 0)] * (n + 1)  # of the pieces from k on
    for start in reversed(range(n)):
        # A piece that is not known stays as it is.
        first = _Found(pieces[2 * start], 0)
        options = [_followed(first, pieces, start + 1, best, language)]
        for end in range(start + 1, n + 1):
            whole = _whole("".join(pieces[2 * start : 2 * end - 1]), language)
            if whole is not None:
                options.append(_followed(whole, pieces, end, best, language))
        best[start] = max(options, key=_known)
    return best[0]


def _known(found: _Found) -> int:
    return found.known


def _followed(
    first: _Found, pieces: list[str], end: int, best: list[_Found], language: str
) -> _Found:
    """A part, the mark behind it, and the best of the rest."""
    if 2 * end > len(pieces):
        return first
    rest, joint = best[end], pieces[2 * end - 1]
    if first.known and (rest.known or joint != " "):
        joint = _MARKS.get(language, {}).get(joint, joint)
    return _Found(first.text + joint + rest.text, first.known + rest.known)


def _whole(text: str, language: str) -> _Found | None:
    """The translation of a text that is one of the catalogue's, with or without a full stop."""
    known = catalogue(language)
    options = []
    if text.endswith(".") and (bare := _phrase(text[:-1], known, language)):
        options.append(_Found(bare.text + _STOPS.get(language, "."), bare.known))
    if full := _phrase(text, known, language):
        options.append(full)
    return max(options, key=_known, default=None)


def _phrase(text: str, known: Catalogue, language: str) -> _Found | None:
    """The text itself, or the template that explains most of it."""
    if text in known.phrases:
        return _Found(known.phrases[text], letters_of(text) - 1)
    options = [
        _filled(template, match.groupdict(), language)
        for template in known.templates
        if template.fragment in text and (match := template.pattern.fullmatch(text))
    ]
    found = max(options, key=_known, default=None)
    return found if found and found.known > 0 else None


def _filled(template: Template, values: dict[str, str], language: str) -> _Found:
    """A template's translation with what was filled in, itself translated where it is no name."""
    places = {
        name: _Found(value, 0)
        if name in template.names
        else _put_together(value.strip(), language, filled_in=True)
        for name, value in values.items()
    }
    text = template.translation.format(**{name: found.text for name, found in places.items()})
    return _Found(text, template.letters - 1 + sum(map(_known, places.values())))
