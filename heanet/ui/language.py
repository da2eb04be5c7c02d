"""The language of the pages: gettext with English as the language of the source.

Every string that a user sees goes through ``_``. Whole sentences only, with named places to fill
in (``_("{n} atoms").format(n=n)``), because word order differs between languages. What the core
says, errors above all, goes through ``heanet.ui.said.said``. Catalogues: ``heanet.ui.catalogues``.

The language is in the address (``?lang=zh``), where every link of ours keeps it. At first it is
that of the browser, and a choice is remembered for the session.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import streamlit as st

from heanet.ui.catalogues import catalogue

T = TypeVar("T")

LANGUAGES: dict[str, str] = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en", "zh": "zh-Hans"}  # as HTML names them
DEFAULT = "en"
STATE_KEY = "language"
ADDRESS = "lang"
_SWITCH = "language_switch"
_SPACES = {"zh": ""}  # between sentences
_COMMAS = {"zh": "、"}  # between words


def current() -> str:
    """Code of the session's language: that of the address, else the chosen, else the browser's."""
    given = st.query_params.get(ADDRESS, "")
    if given in LANGUAGES:
        return given
    chosen = st.session_state.get(STATE_KEY, "")
    return chosen if chosen in LANGUAGES else _of_browser()


def _(text: str) -> str:
    """``text`` in the session's language."""
    return catalogue(current()).translations.gettext(text)


def plural(one: str, many: str, n: int) -> str:
    """``one`` or ``many`` as the session's language counts, with ``{n}`` filled in."""
    return catalogue(current()).translations.ngettext(one, many, n).format(n=f"{n:,}")


def together(sentences: Iterable[str]) -> str:
    """Sentences, one after the other as the session's language sets them."""
    return _SPACES.get(current(), " ").join(filter(None, sentences))


def listed(words: Iterable[str]) -> str:
    """Words, one beside the other as the session's language separates them."""
    return _COMMAS.get(current(), ", ").join(words)


def explained(name: str, meaning: str) -> str:
    """A name in bold with what it is."""
    return _("**{name}**: {meaning}").format(name=name, meaning=meaning)


def settle() -> None:
    """Remembers the language, and puts it into the address where an address without it lies.

    Without it the address speaks the language of the browser; of English, every browser can be
    taken to speak it until another language was chosen.
    """
    language = current()
    st.session_state[STATE_KEY] = language
    is_plain = language == _of_browser() == DEFAULT
    if not is_plain and st.query_params.get(ADDRESS) != language:
        st.query_params[ADDRESS] = language


def show_switch() -> None:
    """The choice of the language, each in its own words."""
    st.session_state[_SWITCH] = current()
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        required=True,
        format_func=LANGUAGES.__getitem__,
        key=_SWITCH,
        on_change=_choose,
        label_visibility="collapsed",
    )


def in_address(**query: str) -> dict[str, str]:
    """The query of a link to another page, in the session's language."""
    kept = {ADDRESS: st.query_params[ADDRESS]} if ADDRESS in st.query_params else {}
    return {**query, **kept}


def heed_address(
    key: str,
    options: Iterable[T],
    title: Callable[[T], str],
    *,
    others: Callable[[T], Iterable[str]] | None = None,
) -> None:
    """Lets an address that was made in another language choose among titled options.

    The titles of options stand in the address (``bind="query-params"``). To be called before the
    widget is drawn.

    Args:
        key: Of the widget, and in the address.
        options: What can be chosen.
        title: Words for an option, in the session's language.
        others: Its words in other languages, where the catalogues do not have them.
    """
    given, options = st.query_params.get_all(key), list(options)
    if set(given) <= {title(option) for option in options}:
        return
    if key in st.session_state:  # the language was changed: Streamlit writes the address anew
        st.session_state[key] = st.session_state[key]
        return
    known: dict[str, T] = {}
    for option in options:
        words = _in_other_languages(title(option)) if others is None else set(others(option))
        known |= dict.fromkeys({title(option), *words}, option)
    found = [title(known[words]) for words in given if words in known]
    if found:
        st.query_params[key] = found
        st.rerun()


def _in_other_languages(title: str) -> set[str]:
    """What the other languages say for words of the session's."""
    sources = catalogue(current()).sources.get(title, {title})
    others = {
        catalogue(language).translations.gettext(text) for language in LANGUAGES for text in sources
    }
    return {*sources, *others}


def _of_browser() -> str:
    """The language of the browser, or the default where the pages do not speak it."""
    code = (st.context.locale or "").partition("-")[0].lower()
    return code if code in LANGUAGES else DEFAULT


def _choose() -> None:
    chosen = st.session_state[_SWITCH] or current()
    st.session_state[STATE_KEY] = st.query_params[ADDRESS] = chosen
