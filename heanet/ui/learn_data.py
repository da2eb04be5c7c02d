"""What the lessons stand on: the labelled set and the results that come with the project."""

from threading import Lock

import pandas as pd
import streamlit as st

from heanet.comparison.results import Results
from heanet.data.dataset import Dataset, make_dataset
from heanet.data.elementgraph import DEFAULT_GRID
from heanet.data.labels import PUBLISHED, SHIPPED, LabelledSet, load_labels
from heanet.ui import compare_data
from heanet.ui.language import _

GRID = DEFAULT_GRID
SET = "alloys"
_LOCK = Lock()  # its graphs are made once, however many sessions ask


def labels() -> LabelledSet:
    """The labelled set that comes with the project; seconds less than its element graphs."""
    return _labels()


def dataset() -> Dataset:
    """Its element graphs; the first time takes seconds, which is said."""
    with st.spinner(_("Making the element graphs of the sample alloys, once …"), show_time=True):
        return _dataset()


def fractions() -> pd.DataFrame:
    """Its atomic fractions, a column per element, (n_structures, n_elements)."""
    return dataset().fractions


def results() -> Results | None:
    """The results on the published set; None, with a message in place, where there are none."""
    return compare_data.find_results(PUBLISHED)


@st.cache_resource(show_spinner=False)
def _labels() -> LabelledSet:
    return load_labels(SHIPPED / SET)


@st.cache_resource(show_spinner=False)
def _dataset() -> Dataset:
    with _LOCK:
        return make_dataset(_labels(), grid=GRID, progress=False)
