"""The Learn page without a browser: every lesson, its control moved, its numbers checked."""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from heanet.comparison.results import load_results
from heanet.comparison.studytables import TRANSFER, empty_study
from heanet.data.labels import SHIPPED, load_labels
from heanet.data.relaxedpairs import by_displacement
from heanet.ui import learn, learn_test, store
from heanet.ui.learn_frame import MOST_WORDS

PAGE = "pages/5_Learn.py"
KEYS = ("1", "2", "3", "4", "5", "6")
# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")

OpenLesson = Callable[[str], AppTest]


@pytest.fixture
def lesson(open_page: Callable[..., AppTest]) -> OpenLesson:
    """Opens a lesson by its address."""

    def start(key: str) -> AppTest:
        app = open_page(PAGE, lesson=key)
        assert not app.exception
        return app

    return start


def text(app: AppTest) -> str:
    """All words of the page beside its widgets."""
    return "\n".join(block.value for block in (*app.main.markdown, *app.main.caption))


def number(pattern: str, app: AppTest) -> float:
    """The number that a pattern with one group finds."""
    found = re.search(pattern, text(app))
    assert found, (pattern, text(app))
    return float(found.group(1).replace("−", "-"))


def metric(app: AppTest, place: int) -> float:
    return float(app.metric[place].value.split()[0].replace("−", "-"))


@pytest.mark.parametrize("key", KEYS)
def test_every_lesson_is_short_and_has_question_link_and_control(
    lesson: OpenLesson, key: str
) -> None:
    app = lesson(key)
    (known,) = [one for one in learn.lessons() if one.key == key]
    assert app.title[0].value == known.title
    assert 40 < known.n_words <= MOST_WORDS
    assert all(part in text(app) for part in known.text)
    assert known.question.endswith("?")
    assert known.question in text(app)
    (answer,) = app.main.expander
    assert answer.label == "Answer"
    assert not answer.proto.expanded
    assert known.answer in [block.value for block in answer.markdown]
    assert len(app.main.get("page_link")) == 1
    widgets = [*app.main.slider, *app.main.toggle, *app.main.select_slider, *app.main.selectbox]
    moved = [w for w in (*widgets, *app.main.button_group) if w.key != learn.CHOSEN]
    assert moved, "nothing to move"
    assert app.query_params["lesson"] == key


@pytest.mark.parametrize(
    ("key", "page", "query"),
    [
        ("1", "Structure", {"cell"}),
        ("2", "Structure", {"cell"}),
        ("3", "Compare", {"data=alloys", "view=Label correlation"}),
        ("4", "Compare", {"data=hea-dft", "view=Published figures"}),
        ("5", "Compare", {"data=hea-dft", "view=Leaderboard", "split=a2"}),
        ("6", "Predict", {"cell", "lattice"}),
    ],
)
def test_links_lead_to_the_matching_view(
    lesson: OpenLesson, key: str, page: str, query: set[str]
) -> None:
    (link,) = lesson(key).main.get("page_link")
    assert link.proto.page == page
    found = {name if name in query else f"{name}={value}": value
             for name, value in parse_qsl(link.proto.query_string)}  # fmt: skip
    assert found.keys() == query
    if "cell" in found:
        assert store.memory().get(found["cell"]) is not None
    if "lattice" in found:
        assert found["lattice"] == f"{found['cell']}:bcc"


def test_the_lessons_are_walked_through_and_kept_in_the_address(lesson: OpenLesson) -> None:
    app = lesson("1")
    assert app.button(key="learn_previous").disabled
    app.button(key="learn_next").click().run()
    assert app.query_params["lesson"] == "2"
    assert app.title[0].value == "From atoms to the element graph"
    app.button(key="learn_previous").click().run()
    assert app.title[0].value == "What makes an alloy high-entropy"
    app.button_group(key=learn.CHOSEN).set_value("6").run()
    assert app.query_params["lesson"] == "6"
    assert app.button(key="learn_next").disabled


def test_an_unknown_lesson_is_the_first(open_page: Callable[..., AppTest]) -> None:
    app = open_page(PAGE, lesson="9")
    assert app.title[0].value == "What makes an alloy high-entropy"
    assert app.query_params["lesson"] == "1"


def test_the_entropy_of_five_equal_parts_is_r_ln_5(lesson: OpenLesson) -> None:
    app = lesson("1")
    assert metric(app, 0) == 13.38
    assert "**1.61 R**: high entropy" in text(app)
    for symbol in ("Mn", "Co", "Ni"):
        app.slider(key=f"learn_parts_{symbol}").set_value(0)
    app.run()
    assert metric(app, 0) == 5.76  # Cr and Fe: R ln 2
    assert "**0.69 R**: low entropy" in text(app)
    app.slider(key="learn_parts_Fe").set_value(0)
    app.slider(key="learn_parts_Cr").set_value(0).run()
    assert not app.exception
    assert "at least one element" in app.info[0].value


def test_the_answer_about_ten_parts_of_iron_is_right(lesson: OpenLesson) -> None:
    app = lesson("1")
    for symbol in ("Cr", "Mn", "Co", "Ni"):
        app.slider(key=f"learn_parts_{symbol}").set_value(1)
    app.slider(key="learn_parts_Fe").set_value(10).run()
    assert "**0.99 R**: low entropy" in text(app)


def test_nothing_changes_when_the_cell_is_doubled_and_shuffled(lesson: OpenLesson) -> None:
    app = lesson("2")
    pattern = r"two element graphs: \*\*([\d.]+) atoms"
    assert "has 32 atoms; it began with 32" in text(app)
    app.button(key="learn_double").click().run()
    assert "has 64 atoms; it began with 32" in text(app)
    assert number(pattern, app) < 1e-6
    app.button(key="learn_shuffle").click().run()
    app.button(key="learn_double").click().run()
    assert "has 128 atoms; it began with 32" in text(app)
    assert number(pattern, app) < 1e-6
    app.selectbox(key="learn_pair").set_value("Ni-Fe").run()
    assert not app.exception
    app.button(key="learn_again").click().run()
    assert "has 32 atoms" in text(app)


def test_etot_becomes_eform_when_the_elements_are_taken_off(lesson: OpenLesson) -> None:
    app = lesson("3")
    pattern = r"with eform: \*\*([-−\d.]+)\*\*"
    table = load_labels(SHIPPED / "alloys").table
    assert number(pattern, app) == pytest.approx(table["etot"].corr(table["eform"]), abs=6e-4)
    app.slider(key="learn_share").set_value(100).run()
    assert number(pattern, app) == 1.0
    assert number(r"on any row is ([\d.]+) eV/atom", app) < 1e-5
    shown = app.main.table[0].value
    assert [row.split()[0] for row in shown.index] == ["etot", "emix", "eform", "ms", "mb", "rmsd"]
    assert shown.iloc[5, 2] == "alone is better"


def test_the_published_test_rows_had_trained(lesson: OpenLesson) -> None:
    app = lesson("4")
    shown = app.main.table[0].value
    assert shown.iloc[0].tolist()[:3] == ["0.1220", "0.1220", "37 / 37"]
    assert float(shown.iloc[0, 4]) > 11
    app.button_group(key="learn_split").set_value("b0").run()
    assert app.main.table[0].value.iloc[0, 2] == "16 / 16"


def test_the_readers_own_training_is_judged_twice(
    lesson: OpenLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn_test, "EPOCHS", 12)
    app = lesson("4")
    assert not app.metric
    app.button_group(key="learn_split").set_value("b1").run()
    app.button(key="learn_train").click().run(timeout=120)
    assert not app.exception
    assert [m.label for m in app.metric] == [
        "“Test” on 22 rows that trained it",
        "Test on 44 rows it never saw",
    ]
    first = [m.value for m in app.metric]
    assert 0 < metric(app, 0) < metric(app, 1)
    app.button(key="learn_next").click().run()
    app.button(key="learn_previous").click().run()
    assert [m.value for m in app.metric] == first, "kept in the session"
    app.button_group(key="learn_split").set_value("b0").run()
    assert not app.metric, "another split is another training"


def test_both_switches_together_mend_the_transfer(
    lesson: OpenLesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = replace(load_results(), transfer=empty_study(TRANSFER))
    monkeypatch.setattr("heanet.ui.learn_data.results", lambda: results)
    app = lesson("5")
    worst = metric(app, 0)
    app.toggle(key="learn_mean").set_value(True).run()
    weighted = metric(app, 0)
    app.toggle(key="learn_residual").set_value(True).run()
    both = metric(app, 0)
    app.toggle(key="learn_mean").set_value(False).run()
    residual = metric(app, 0)
    assert both < weighted < residual < worst
    # What the answer says.
    assert [worst, weighted, residual, both] == pytest.approx([0.067, 0.010, 0.02, 0.007], abs=6e-4)
    shown = app.main.table[0].value
    assert shown.index[0] == "Published recipe, as reported"
    assert float(shown.iloc[0, 0]) == pytest.approx(3.6189, abs=1e-4)
    assert shown.index[-1] == "HEANet"


def test_the_study_of_transfer_is_drawn_where_it_is_there(lesson: OpenLesson) -> None:
    app = lesson("5")
    assert not app.main.table
    figures = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert any("2+3 alone (zero-shot)" in spec for spec in figures)


def test_displacement_and_survival_are_two_things(lesson: OpenLesson) -> None:
    app = lesson("6")
    slider = app.select_slider(key="learn_cell")
    labels = load_labels(SHIPPED / "alloys")
    table = labels.table
    names = table["rmsd"].sort_values(kind="stable").index
    slider.set_value(names[0]).run()
    # What the question says of it.
    assert "**The lattice did not survive:** 0% of the atoms" in text(app)
    assert "most of them show fcc" in text(app)
    assert number(r"sites of \w+: \*\*([\d.]+) Å", app) == 0.006
    slider = app.select_slider(key="learn_cell")
    slider.set_value(by_displacement(labels, 25)[1]).run()
    assert "**The lattice survived:** 100%" in text(app)
    shown = app.main.table[0].value
    assert list(shown.columns) == ["Given fcc", "Given bcc", "Label (CHGNet)"]
    assert shown.iloc[1, 0] != shown.iloc[1, 1]
    app.select_slider(key="learn_cell").set_value(names[-1]).run()
    assert "**The lattice survived:** 85% of the atoms have the surroundings of bcc" in text(app)
    assert number(r"sites of \w+: \*\*([\d.]+) Å", app) == pytest.approx(
        table["rmsd"].max(), abs=6e-4
    )
