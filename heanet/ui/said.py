"""What the core says, in the session's language.

Errors, warnings and notes are written by the core in plain English. Here such a text is recognised
by the templates of the catalogue, its translation taken, and what was filled in is filled in again.
What is not recognised, such as a message of another library, stays as it is.
"""

import re
from functools import lru_cache

from heanet.ui.catalogues import Catalogue, catalogue
from heanet.ui.language import current

# Texts are put together of others, with these between them. What is joined by a comma or "and" is
# looked into where it was filled in only: sentences have commas of their own.
_BETWEEN_SENTENCES = re.compile(r"((?<=[.?!]) |; |: )")
_BETWEEN_WORDS = re.compile(r"((?<=[.?!]) |; |: |, and |, | and | \()")
_MARKS = {"zh": {" ": "", "; ": "；", ": ": "：", ", ": "、", " and ": "和", ", and ": "和"}}
_STOPS = {"zh": "。"}
_LONGEST = 4_000  # characters; nobody writes longer ones, and other programs' output is not ours
_Found = tuple[str, int]  # a translation, and how many letters of the text the catalogue knew


def said(what: str | BaseException) -> str:
    """A text of the core, or what an error says, in the session's language.

    The result is not yet safe to show (``heanet.ui.words.plain``).
    """
    text, language = str(what), current()
    if len(text) > _LONGEST or not catalogue(language).templates:
        return text
    return _put_together(" ".join(text.split()), language, filled_in=False)[0]


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
    best: list[_Found] = [("", 0)] * (n + 1)  # of the pieces from k on
    for start in reversed(range(n)):
        # A piece that is not known stays as it is, with the mark behind it.
        options = [_then(pieces[2 * start], pieces, start + 1, best, known=0, language=language)]
        for end in range(start + 1, n + 1):
            whole = _whole("".join(pieces[2 * start : 2 * end - 1]), language)
            if whole is not None:
                text_of, known = whole
                options.append(_then(text_of, pieces, end, best, known=known, language=language))
        best[start] = max(options, key=lambda found: found[1])
    return best[0]


def _then(
    first: str, pieces: list[str], end: int, best: list[_Found], *, known: int, language: str
) -> _Found:
    """A translated part, the mark behind it, and the best of the rest."""
    rest, known_of_rest = best[end]
    if 2 * end > len(pieces):
        return first, known
    joint = pieces[2 * end - 1]
    if known or known_of_rest:
        joint = _MARKS.get(language, {}).get(joint, joint)
    return first + joint + rest, known + known_of_rest


def _whole(text: str, language: str) -> _Found | None:
    """The translation of a text that is one of the catalogue's, with or without a full stop."""
    known = catalogue(language)
    found = _phrase(text, known, language)
    if found is None and text.endswith("."):
        bare = _phrase(text[:-1], known, language)
        found = bare and (bare[0] + _STOPS.get(language, "."), bare[1])
    return found


def _phrase(text: str, known: Catalogue, language: str) -> _Found | None:
    """The text itself, or the template that explains most of it."""
    if text in known.phrases:
        return known.phrases[text], len(text)
    options: list[_Found] = []
    for template in known.templates:
        match = template.pattern.fullmatch(text)
        if match is None:
            continue
        places = {
            name: _put_together(value, language, filled_in=True)
            for name, value in match.groupdict().items()
        }
        letters = template.letters + sum(n for _text, n in places.values())
        if template.letters or letters:
            filled = template.translation.format(**{k: it for k, (it, _n) in places.items()})
            options.append((filled, letters))
    return max(options, key=lambda found: found[1], default=None)
