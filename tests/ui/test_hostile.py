"""What a hostile file says or is called is shown letter by letter, and stays in memory."""

import re
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from heanet.data.home import heanet_home
from tests.data.make_zoo import LINK, SCRIPT, poscar


def test_a_script_in_a_name_is_shown_letter_by_letter(
    open_page: Callable[..., AppTest],
) -> None:
    """Wherever Markdown is shown, a name's brackets and stars are escaped."""
    name = f"<img src=x onerror=alert(1)> **{SCRIPT.replace('/', '')}** [a](javascript:b).vasp"
    app = open_page("pages/1_Structure.py")
    good = (name, poscar(comment=SCRIPT).encode(), "text/plain")
    bad = (f"bad {name}", b"<script>", "text/plain")
    app.file_uploader[0].set_value([good, bad]).run()
    assert not app.exception
    kinds = ("markdown", "caption", "error", "info", "warning", "success", "header", "subheader")
    shown = [it.value for kind in kinds for it in getattr(app, kind)]
    with_name = [text for text in shown if "onerror" in text]
    assert with_name
    for text in shown:
        assert not re.search(r"(?<!\\)(<img|<script|\[a|\*\*\\?<)", text), text
    assert all(r"\<img" in text for text in with_name)


def test_uploads_are_kept_in_memory_alone(open_page: Callable[..., AppTest]) -> None:
    app = open_page("pages/1_Structure.py")
    files = [("a.vasp", poscar().encode(), "text/plain"), ("b.vasp", b"bad", "text/plain")]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    assert [it.value for it in app.metric if it.label == "Atoms"] == ["4"]
    assert not heanet_home().exists()


def test_a_table_of_cells_holds_no_formula(open_page: Callable[..., AppTest]) -> None:
    """What the browser saves of a table that it shows is what is in it."""
    app = open_page("pages/1_Structure.py")
    names = (f"{LINK[:11]}.vasp", "b.vasp")
    files = [(name, poscar().encode(), "text/plain") for name in names]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    (table,) = [it.value for it in app.dataframe if "formula" in it.value.columns]
    assert table["name"].tolist() == [f"'{LINK[:11]}", "b"]
