"""The home page's content: short, and without numbers that could grow old."""

import streamlit as st

from heanet.ui import samples
from heanet.ui.language import _, in_address
from heanet.ui.page import NAME, pages
from heanet.ui.said import said

_ALLOY = "first_alloy"  # file of a sample; the state of the choice
_ASKED = "first_prediction"  # file of the sample that is predicted


def show_home() -> None:
    """What this is, the ways in, and what it stands on."""
    st.title(_("{name}: a laboratory for high-entropy alloys").format(name=NAME), anchor=False)
    st.markdown(
        _(
            "Open the cell of an alloy, turn it in 3D, and get its properties predicted with "
            "error bars in seconds. Runs on your machine, in your browser."
        )
    )
    _show_first_prediction()
    st.subheader(_("What can be done here"), anchor=False)
    known = pages()
    for column, page in zip(st.columns(len(known), gap="medium"), known, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(
                page.path,
                label=f"**{page.label}**",
                icon=page.icon,
                width="stretch",
                query_params=in_address(),
            )
            st.markdown(page.summary)
    st.subheader(_("What it stands on"), anchor=False)
    st.markdown(
        "\n".join(
            [
                _(
                    "- **Data**: density functional calculations of alloys of Cr, Mn, Fe, Co, Ni "
                    "and Pd on fcc and bcc lattices, published with "
                    "[doi 10.1038/s41524-022-00945-x](https://doi.org/10.1038/s41524-022-00945-x)."
                ),
                _(
                    "- **Method**: a neural network that learns element by element from the "
                    "distances between atoms. It knows the lattices and elements of its data and "
                    "says so when a cell lies outside of them."
                ),
                _(
                    "- **Your files**: they stay in the memory of the server you opened this page "
                    "from, and are gone when it stops."
                ),
            ]
        )
    )


def _show_first_prediction() -> None:
    """One of the sample alloys, one button, and below them what the networks say of it."""
    titles = {it.file: said(it.title) for it in samples.samples()}
    with st.container(border=True, key="first"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.selectbox(
                _("An alloy"),
                list(titles),
                format_func=titles.__getitem__,
                key=_ALLOY,
                width=340,
                help=_("Sample cells that come with the project."),
            )
            st.button(
                _("Predict its properties"),
                type="primary",
                icon=":material/query_stats:",
                on_click=_ask,
            )
        if chosen is not None and st.session_state.get(_ASKED) == chosen:
            with st.spinner(_("The networks wake up …")):
                # The networks take seconds to import: only for those who ask.
                from heanet.ui import first_prediction
            first_prediction.show(chosen)
        else:
            st.caption(_("Energies, magnetisation and lattice distortion, each with an error bar."))


def _ask() -> None:
    """Opens the chosen alloy, so that the other pages have it too."""
    st.session_state[_ASKED] = st.session_state[_ALLOY]
    samples.open_sample(st.session_state[_ALLOY])
