"""Sign-in is asked where the secrets say so, on every page, and nowhere else."""

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from heanet.ui import store

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["app.py", *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("pages/*.py"))]
AUTH = {
    "redirect_uri": "https://heanet.example.org/oauth2callback",
    "cookie_secret": "x" * 32,
    "client_id": "heanet",
    "client_secret": "y",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}


def opened(page: str, *, auth: dict[str, Any] | None, user: dict[str, Any] | None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if auth is not None:
        app.secrets["auth"] = auth
    if user is not None:
        app.user = user
    app.switch_page(page)
    return app.run()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_asks_first_and_runs_nothing(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "cells", lambda: pytest.fail("the page went on"))
    app = opened(page, auth=AUTH, user={"is_logged_in": False})
    assert not app.exception
    assert [title.value for title in app.title] == ["Sign in"]
    assert [button.label for button in app.button] == ["Sign in"]


def test_who_is_signed_in_sees_the_page_and_his_name() -> None:
    user = {"is_logged_in": True, "email": "ada_l@example.org", "name": "Ada *L*"}
    app = opened("pages/1_Structure.py", auth=AUTH, user=user)
    assert not app.exception
    assert app.title[0].value == "Structure"
    assert any(r"Ada \*L\*" in caption.value for caption in app.sidebar.caption)
    assert "Sign out" in [button.label for button in app.sidebar.button]


def test_each_provider_has_a_button() -> None:
    shared = {name: AUTH[name] for name in ("redirect_uri", "cookie_secret")}
    auth = {**shared, "google": AUTH, "university": AUTH}
    app = opened("app.py", auth=auth, user={"is_logged_in": False})
    assert [b.label for b in app.button] == ["Sign in with google", "Sign in with university"]


def test_without_auth_nothing_changes() -> None:
    app = opened("app.py", auth=None, user=None)
    assert not app.exception
    assert app.title[0].value.startswith("HEANet")
    assert "Sign out" not in [button.label for button in app.sidebar.button]


def test_secrets_that_cannot_be_read_keep_everybody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[auth\nclient_id = ")
    whole = st.get_option
    monkeypatch.setattr(
        st, "get_option", lambda name: [str(file)] if name == "secrets.files" else whole(name)
    )
    app = opened("app.py", auth=None, user=None)
    assert not app.exception
    assert app.title[0].value == "Sign in"
    assert "nobody is let in" in app.error[0].value
