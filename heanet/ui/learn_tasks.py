"""Lesson 3: several tasks at once."""

import pandas as pd
import streamlit as st

from heanet.comparison.results import Results
from heanet.comparison.together import Beside, beside
from heanet.data.elementalpart import ElementalPart, elemental_part, without_elements
from heanet.figures.heatmaps import correlation_figure
from heanet.figures.lessons import relation_figure
from heanet.properties import PUBLISHED_TASKS
from heanet.ui import compare_data, compare_views, learn_data, task_words
from heanet.ui import compare_words as words
from heanet.ui.chart import show_chart
from heanet.ui.language import _
from heanet.ui.learn_frame import Lesson, Link

SHARE = "learn_share"
_FIGURE = 285  # pixels
_SPLIT = "grouped"  # every row held out once, with its composition


def lesson() -> Lesson:
    """The lesson in the session's language."""
    return Lesson(
        key="3",
        short=_("Several tasks"),
        title=_("Several tasks at once"),
        text=(
            _(
                "One network learns six labels. Its body is shared; each task has a **tower** of "
                "its own on top. Sharing pays where labels have something in common."
            ),
            _(
                "etot is dominated by the energies of the elements themselves, "
                "$\\sum_a c_a E_a$. Take that part off with the slider: what is left *is* eform, "
                "row by row. emix differs from it by another linear function of composition. The "
                "three energies are one."
            ),
            _(
                "The moments are one as well: mb is ms times the number of atoms of the cell. So "
                "HEANet learns three residuals, one for energies, moments and displacement each, "
                "and gives six values that agree."
            ),
        ),
        question=_("Below 100 %, why do etot and eform hardly go together, though they are one?"),
        answer=_(
            "The elements' energies spread over four eV/atom, eform over a tenth of one. What is "
            "left of the large part hides the small one, from a network as well: learning raw "
            "etot, it spends itself on a sum that composition gives exactly. See lesson 5."
        ),
        choose=_choose,
        draw=_draw,
    )


def _choose() -> int:
    return int(
        st.slider(
            _("Elements' energies taken off etot (%)"),
            0,
            100,
            0,
            5,
            key=SHARE,
            persist_state="session",
        )
    )


def _draw(percent: int) -> Link:
    labels, part = learn_data.labels(), _part()
    changed = without_elements(labels.table, part, share=percent / 100)
    left, right = st.columns(2, gap="small")
    with left:
        _show_rows(changed)
    with right:
        _show_correlation(changed)
    st.caption(
        _(
            "{n} sample alloys (CHGNet labels). Correlation of etot, less {percent} % of the "
            "elements' energies, with eform: **{correlation}**. The largest deviation of etot − "
            "eform from $\\sum_a c_a E_a$ on any row is {rest} eV/atom."
        ).format(
            n=part.n,
            percent=percent,
            correlation=f"{changed['etot'].corr(changed['eform']):.3f}",
            rest=f"{part.largest_rest:.7f}",
        )
    )
    results = learn_data.results()
    if results is not None:
        _show_errors(results)
    return Link(
        "pages/3_Compare.py",
        _("All correlations on the Compare page"),
        ":material/leaderboard:",
        {
            compare_data.DATA: learn_data.SET,
            compare_views.VIEW: compare_views.views()["correlation"].title,
        },
    )


def _show_rows(table: pd.DataFrame) -> None:
    unit = task_words.unit("eform")
    figure = relation_figure(
        table["eform"].to_numpy(),
        table["etot"].to_numpy(),
        [str(name) for name in table.index],
        axes=(
            _("eform ({unit})").format(unit=unit),
            _("etot less the elements' part ({unit})").format(unit=unit),
        ),
        unit=unit,
    )
    figure.update_layout(height=_FIGURE)
    show_chart(
        figure,
        name="learn-relation",
        alt=_(
            "Each row's etot, less the chosen part of its elements' energies, over its eform; at "
            "100 % all lie on the line of equal values."
        ),
    )


def _show_correlation(table: pd.DataFrame) -> None:
    figure = correlation_figure(
        table[list(PUBLISHED_TASKS)],
        titles={task: task for task in PUBLISHED_TASKS},
        method="pearson",
        hover=_("{first} and {second}: {value} (n = {n})"),
        missing=_("{first} and {second}: cannot be told from {n} cells"),
    )
    figure.update_layout(height=_FIGURE, margin={"t": 8})
    show_chart(
        figure,
        name="learn-correlation",
        alt=_("Correlation of every pair of labels, with etot as the slider leaves it."),
    )


def _show_errors(results: Results) -> None:
    """What learning together gives, on the DFT set."""
    found = beside(compare_data.board(results, _SPLIT), "heanet")
    if not found:
        return
    st.markdown(
        _(
            "**Errors of HEANet on {n} DFT cells, each held out once with its composition** (MAE, "
            "± standard deviation over seeds)"
        ).format(n=found[0].n)
    )
    verdicts = {
        "lower": _("together is better"),
        "tie": _("no difference beyond the seeds"),
        "higher": _("alone is better"),
    }
    st.table(
        pd.DataFrame(
            {
                _("Task"): [words.with_unit(b.task, task_words.unit(b.task)) for b in found],
                _("All six together"): [_error(b, b.together) for b in found],
                _("Its group alone"): [_error(b, b.alone) for b in found],
                _("Which is better"): [verdicts[b.standing] for b in found],
            }
        ).set_index(_("Task"))
    )


def _error(line: Beside, error: tuple[float, float]) -> str:
    return words.error_text("mae", line.task, *error)


@st.cache_resource(show_spinner=False)
def _part() -> ElementalPart:
    table = learn_data.labels().table
    return elemental_part(table, learn_data.fractions())
