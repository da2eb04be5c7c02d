"""The language of the pages: gettext with English as the language of the source.

Every string that a user sees goes through ``_``. Whole sentences only, with named places to fill
in (``_("{n} atoms").format(n=n)``), because word order differs between languages. A catalogue is
``locale/LANGUAGE/LC_MESSAGES/heanet.mo``; where one is missing, the English text is shown.
"""

import gettext
from functools import cache
from pathlib import Path

import streamlit as st

LANGUAGES: dict[str, str] = {"en": "English"}
DEFAULT = "en"
STATE_KEY = "language"
_DOMAIN = "heanet"
_LOCALE = Path(__file__).parent / "locale"


def current() -> str:
    """Code of the session's language."""
    chosen = st.session_state.get(STATE_KEY, DEFAULT)
    return chosen if chosen in LANGUAGES else DEFAULT


def _(text: str) -> str:
    """``text`` in the session's language."""
    return _catalogue(current()).gettext(text)


def plural(one: str, many: str, n: int) -> str:
    """``one`` or ``many`` as the session's language counts, with ``{n}`` filled in."""
    return _catalogue(current()).ngettext(one, many, n).format(n=f"{n:,}")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(_DOMAIN, str(_LOCALE), languages=[language], fallback=True)
