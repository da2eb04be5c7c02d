"""Text from files and file names, made safe to show."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:^-])")


_MADE_PLAIN = re.compile(r"\\([\\`*_{}\[\]()#+!|<>~$:^-])")


def plain(text: str) -> str:
    """``text`` so that Streamlit's Markdown shows it letter by letter.

    File names are the users' own, and an underscore or a ``$`` would change how a line looks.
    """
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def unformatted(text: str) -> str:
    """What is seen of a text that was made for Markdown: with no marks, and nothing escaped."""
    return _MADE_PLAIN.sub(r"\1", text.replace("**", ""))
