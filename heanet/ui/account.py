"""Sign-in, where whoever runs the app asks for it: an ``[auth]`` in .streamlit/secrets.toml.

Streamlit speaks with the provider (OpenID Connect) and keeps who somebody is in a signed cookie.
Without ``[auth]`` nothing changes; a file of secrets that cannot be read keeps everybody out, as it
may have asked for a sign-in. docs/deploy.md says how it is set up.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from heanet.ui import language
from heanet.ui.language import _
from heanet.ui.words import plain

AUTH = "auth"  # of secrets.toml


def ask_sign_in() -> None:
    """Lets the session go on, or asks its user to sign in and ends its run."""
    asked = _asked()
    if asked is None or (asked and st.user.get("is_logged_in")):
        return
    with st.sidebar:
        language.show_switch()
    st.title(_("Sign in"), anchor=False)
    if asked:
        st.markdown(_("Only people whom whoever runs this app knows may work here."))
        for provider in _providers(asked):
            st.button(
                _("Sign in with {name}").format(name=plain(provider)) if provider else _("Sign in"),
                type="primary",
                icon=":material/login:",
                key=f"sign_in_{provider}",
                on_click=st.login,
                args=(provider or None,),
            )
    else:
        st.error(
            _(
                "The settings of the sign-in cannot be read, so nobody is let in. Whoever runs "
                "this app finds the reason in its log."
            ),
            icon=":material/error:",
        )
    st.stop()


def show_account() -> None:
    """Who is signed in, with a button that ends it; nothing where no sign-in is asked."""
    if not _asked():
        return
    name = st.user.get("name") or st.user.get("email") or st.user.get("sub") or ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/person: {plain(str(name))}")
        st.button(_("Sign out"), key="sign_out", type="tertiary", on_click=st.logout)


def _asked() -> Mapping[str, Any] | None:
    """What the secrets say of sign-in; None without any, empty where that cannot be read."""
    if st.secrets.load_if_toml_exists():
        auth: Mapping[str, Any] | None = st.secrets.get(AUTH)
        return auth
    there = any(Path(file).exists() for file in st.get_option("secrets.files"))
    return {} if there else None


def _providers(auth: Mapping[str, Any]) -> list[str]:
    """Names of the providers; the one without a name is empty."""
    named = [name for name, value in auth.items() if isinstance(value, Mapping)]
    return [""] * ("client_id" in auth) + named
