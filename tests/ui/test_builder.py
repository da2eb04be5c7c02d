import time
from collections.abc import Callable

import pytest
from pymatgen.core import Structure
from streamlit.testing.v1 import AppTest

from heanet.data import alloys, sqs
from heanet.data.sqs import ITERATIONS
from heanet.errors import StructureError
from heanet.ui import builder_search, store
from tests.ui.test_structure_page import metrics, names, upload

PAGE = "pages/1_Structure.py"
CANTOR = "Cr8Mn8Fe8Co8Ni8_sqsfcc"
# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")


@pytest.fixture
def page(open_page: Callable[..., AppTest]) -> AppTest:
    """The Structure page with the builder open."""
    return open_builder(open_page(PAGE))


def open_builder(app: AppTest) -> AppTest:
    app.button(key="build_open").click().run()
    assert not app.exception
    return app


def build(app: AppTest) -> AppTest:
    app.button(key="build").click().run()
    assert not app.exception
    return app


def choose(app: AppTest, key: str, option: object) -> None:
    app.segmented_control(key=key).set_value(option).run()
    assert not app.exception


def is_open(app: AppTest) -> bool:
    return "build" in [button.key for button in app.button]


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.caption, *app.markdown))


def cell(app: AppTest) -> Structure:
    return store.memory().get(app.session_state[store.CHOSEN]).structure


def errors(app: AppTest) -> list[str]:
    return [message.value.replace("\\", "") for message in app.error]


def test_the_first_cell_is_two_clicks_away(page: AppTest) -> None:
    build(page)
    assert not is_open(page)
    assert names(page) == [CANTOR]
    shown = metrics(page)
    assert (shown["Atoms"], shown["Lattice"]) == ("40", "fcc · 100%")
    assert "Built on ideal fcc sites with seed 0, not relaxed." in texts(page)
    assert "neighbours are from random" in texts(page)


def test_sliders_give_per_cents_at_once(page: AppTest) -> None:
    page.multiselect(key="build_elements").set_value(["Fe", "Ni"]).run()
    page.slider(key="build_parts_Fe").set_value(60).run()
    assert "Fe 75.0 · Ni 25.0 at.%" in texts(page)
    assert "**Fe₃₀Ni₁₀**, 40 atoms" in texts(page)
    build(page)
    assert names(page) == ["Fe30Ni10_sqsfcc"]


def test_a_formula_lattice_size_and_seed(page: AppTest) -> None:
    choose(page, "build_kind", "random")
    choose(page, "build_way", "formula")
    page.text_input(key="build_formula").set_value("Cr20Mn20Fe20Co20Ni20").run()
    choose(page, "build_lattice", "bcc")
    page.number_input(key="build_atoms").set_value(38).run()
    page.number_input(key="build_seed").set_value(7).run()
    build(page)
    assert names(page) == ["Cr8Mn8Fe8Co7Ni7_random_bcc"]
    assert metrics(page)["Lattice"] == "bcc · 100%"
    assert "with seed 7" in texts(page)
    assert "nearest composition that 38 atoms can hold" in texts(page)


def test_an_ordered_alloy(page: AppTest) -> None:
    choose(page, "build_kind", "ordered")
    choose(page, "build_prototype", "L1_2")
    page.selectbox(key="build_L1_2_0").set_value("Cr").run()
    page.number_input(key="build_repeats").set_value(3).run()
    assert "**Cr₂₇Ni₈₁**, 108 atoms" in texts(page)
    build(page)
    assert names(page) == ["CrNi3_L1_2_fcc"]
    assert "Built on ideal fcc sites, not relaxed." in texts(page)
    assert "Average distance from 0 in the nearest shell: 0.48" in texts(page)  # (0.33, 1, 0.11)/3


def test_the_same_cell_opens_once_and_another_seed_gives_another(page: AppTest) -> None:
    build(page)
    build(open_builder(page))
    assert names(page) == [CANTOR]
    open_builder(page)
    page.number_input(key="build_seed").set_value(1).run()
    build(page)
    assert names(page) == [CANTOR, f"{CANTOR} (2)"]
    assert cell(page).properties["seed"] == 1


@pytest.mark.parametrize(
    ("formula", "n_atoms", "message"),
    [
        ("Fe0.5Ni0.4", 40, "The fractions sum to 0.9"),
        ("Xx3Ni", 40, "'Xx', which is no chemical element"),
        ("CrMnFeCoNi", 4, "5 elements in a cell of 4 atoms"),
        ("Fe98Ni2", 10, "2 % Ni are less than one atom of 10"),
        ("FeOg", 10, "The volume of Og in a metal is not known"),
    ],
)
def test_bad_input_is_said_in_place_and_loses_nothing(
    open_page: Callable[..., AppTest], poscar: bytes, formula: str, n_atoms: int, message: str
) -> None:
    page = open_page(PAGE)
    upload(page, ("mine", poscar))
    open_builder(page)
    choose(page, "build_way", "formula")
    page.text_input(key="build_formula").set_value(formula).run()
    page.number_input(key="build_atoms").set_value(n_atoms).run()
    build(page)
    assert is_open(page)
    assert len(errors(page)) == 1
    assert message in errors(page)[0]
    assert names(page) == ["mine"]


def test_no_element_is_no_alloy(page: AppTest) -> None:
    page.multiselect(key="build_elements").set_value([]).run()
    build(page)
    assert errors(page) == ["No element is chosen. Expected at least one."]


def test_a_search_of_hours_is_refused(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqs, "MAX_SECONDS", 1.0)
    choose(page, "build_effort", 10 * ITERATIONS)
    build(page)
    assert "A search among 1,000,000 arrangements" in errors(page)[0]
    assert is_open(page)


def test_choices_are_still_there_when_the_builder_opens_again(page: AppTest) -> None:
    choose(page, "build_lattice", "hcp")
    page.number_input(key="build_seed").set_value(5).run()
    build(page)
    page.switch_page("app.py").run()
    page.switch_page(PAGE).run()
    open_builder(page)
    assert page.number_input(key="build_seed").value == 5
    assert page.segmented_control(key="build_lattice").value == "hcp"


def test_predict_takes_the_lattice_from_the_built_name(page: AppTest) -> None:
    choose(page, "build_lattice", "bcc")
    build(page)
    page.switch_page("pages/2_Predict.py").run()
    assert not page.exception
    assert "parent lattice bcc, from the file name" in texts(page)
    assert len(page.metric) == 6


def test_files_have_no_order_of_their_own(open_page: Callable[..., AppTest], poscar: bytes) -> None:
    page = upload(open_page(PAGE), ("mine", poscar))
    assert "from random" not in texts(page)
    assert "Built on" not in texts(page)


class _Ended(BaseException):
    """As Streamlit ends a run."""


def test_an_ended_search_stops_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: object) -> None:
        raise _Ended

    def until_stopped(
        alloy: alloys.Alloy, *, should_stop: Callable[[], bool], **_: object
    ) -> Structure:
        for _look in range(300):
            if should_stop():
                return alloys.build_alloy(alloy)
            time.sleep(0.01)
        raise StructureError("The search was not stopped")

    monkeypatch.setattr(builder_search.st, "session_state", {})
    monkeypatch.setattr(builder_search, "_show_until_done", end)
    monkeypatch.setattr(builder_search, "build_alloy", until_stopped)
    with pytest.raises(_Ended):
        builder_search.search(alloys.Alloy({"Fe": 0.5, "Ni": 0.5}, "fcc", 8))
    best = builder_search.take_best()
    assert best is not None
    assert best.composition.get_el_amt_dict() == {"Fe": 4, "Ni": 4}
    assert builder_search.take_best() is None


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.02, "1 s"), (1.4, "1 s"), (99, "99 s"), (130, "3 min")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert builder_search.duration(seconds) == text
