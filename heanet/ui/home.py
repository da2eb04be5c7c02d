"""The home page's content: short, and without numbers that could grow old.

What predicts is imported when a prediction is asked for, so that the page is there at once.
"""

import streamlit as st

from heanet.ui import heavy, sample_index
from heanet.ui.language import _, in_address
from heanet.ui.page import NAME, pages
from heanet.ui.said import said
from heanet.ui.words import plain

# Few, and far apart: five elements, another fifth element, three magnets, an ordered compound.
FIRST_ALLOYS = (
    "CrMnFeCoNi_fcc.vasp",
    "CrFeCoNiPd_fcc.extxyz",
    "FeCoNi_fcc.json",
    "FeCo_B2_bcc.json",
)
ALLOY = "home_alloy"  # file of the chosen sample; also the key of the widget
_ASKED = "home_asked"  # whether a prediction was asked for: from then on each choice is predicted


def show_home() -> None:
    """What this is, a first prediction, the ways in, and what it stands on."""
    st.title(_("{name}: a laboratory for high-entropy alloys").format(name=NAME), anchor=False)
    st.markdown(
        _(
            "Open the cell of an alloy, turn it in 3D, and get its properties predicted with "
            "error bars in seconds. Runs on your machine, in your browser."
        )
    )
    _show_first_prediction()
    _show_ways()
    _show_grounds()


def _show_first_prediction() -> None:
    """One of a few sample alloys, and what the model says of it after one click."""
    known = {sample.file: sample for sample in sample_index.samples()}
    files = [file for file in FIRST_ALLOYS if file in known]
    if not files:
        return
    with st.container(border=True, key="first_prediction"):
        st.subheader(_("A first prediction"), anchor=False)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            file: str = st.segmented_control(
                _("Alloy"),
                files,
                default=files[0],
                required=True,
                format_func=lambda name: said(known[name].title),
                key=ALLOY,
                persist_state="session",
                wrap=True,
            )
            st.button(
                _("Predict"),
                icon=":material/query_stats:",
                type="primary",
                key="home_predict",
                on_click=lambda: st.session_state.update({_ASKED: True}),
            )
        st.caption(plain(known[file].description))
        if st.session_state.get(_ASKED):
            _predict(file)


def _predict(file: str) -> None:
    with st.spinner(_("Loading the model and predicting …")):
        home_prediction = heavy.load("home_prediction")
        result = home_prediction.predict_sample(file)
    home_prediction.show_result(result)


def _show_ways() -> None:
    known = pages()
    for column, page in zip(st.columns(len(known), gap="small"), known, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(
                page.path,
                label=f"**{page.label}**",
                icon=page.icon,
                width="stretch",
                query_params=in_address(),
            )
            st.markdown(page.summary)


def _show_grounds() -> None:
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
