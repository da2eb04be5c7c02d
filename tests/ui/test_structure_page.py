import gzip
import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from pymatgen.core import Composition, Structure
from streamlit.testing.v1 import AppTest

from heanet.data.structures import write_structure
from heanet.ui import sample_index, store, uploads
from heanet.ui.page import ROOT

PAGE = "pages/1_Structure.py"
# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")


@pytest.fixture
def page(open_page: Callable[..., AppTest]) -> AppTest:
    app = open_page(PAGE)
    assert not app.exception
    return app


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    typed = [(name, data, "application/octet-stream") for name, data in files]
    app.file_uploader[0].set_value(typed).run()
    assert not app.exception
    return app


def test_reading_that_takes_longer_says_how_far_it_is(
    page: AppTest, poscar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(page, ("one.vasp", poscar))
    assert not page.toast  # nobody has time to read it
    monkeypatch.setattr(uploads, "_SHORT", -1.0)
    upload(page, *((f"cell-{k}.vasp", poscar) for k in range(3)))
    assert [toast.value for toast in page.toast] == ["3 files read"]
    assert len(names(page)) == 4


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def names(app: AppTest) -> list[str]:
    return list(app.selectbox(key=store.CHOSEN).options)


def view(app: AppTest) -> SimpleNamespace:
    """What was handed to the 3D view."""
    (component,) = app.get("bidi_component")
    return SimpleNamespace(**json.loads(component.proto.json))


def test_a_cold_start_offers_samples(page: AppTest) -> None:
    assert page.title[0].value == "Structure"
    assert [b.label for b in page.button if b.key.startswith("sample_")] == ["FeNi", "FeNi again"]
    assert "20 MB" in page.caption[-1].value + page.main.caption[0].value
    assert not page.metric


def test_an_uploaded_cell_gets_its_numbers(page: AppTest, poscar: bytes) -> None:
    upload(page, ("FeNi_fcc", poscar))
    shown = metrics(page)
    assert shown["Atoms"] == "4"
    # 2 * (55.845 + 58.693) u in 3.6^3 cubic Angstrom
    assert shown["Density"] == "8.15 g/cm³"
    assert shown["Volume per atom"] == "11.66 Å³"
    assert shown["Lattice"] == "fcc · 100%"
    assert shown["a"] == "3.600 Å"
    assert shown["γ"] == "90.00°"
    assert any("P4/mmm" in text.value for text in page.markdown)  # L1_0
    assert page.subheader[0].value == "FeNi"


def test_every_number_says_what_it_means(page: AppTest, poscar: bytes) -> None:
    upload(page, ("FeNi_fcc", poscar))
    assert [metric.label for metric in page.metric if not metric.help] == []


def test_a_bad_file_takes_nothing_else_with_it(page: AppTest, poscar: bytes) -> None:
    upload(
        page,
        ("empty.vasp", b""),
        ("good_one.vasp", poscar),
        ("picture.cif", bytes(range(256))),
        ("good_two.gz", gzip.compress(poscar)),
    )
    assert names(page) == ["good_one", "good_two"]
    messages = [message.value.replace("\\", "") for message in page.error]
    assert len(messages) == 2
    assert "empty.vasp" in messages[0]
    assert "picture.cif" in messages[1]


def test_one_name_twice_gives_two_cells(page: AppTest, poscar: bytes) -> None:
    upload(page, ("FeNi", poscar), ("FeNi", poscar))
    upload(page, ("FeNi", poscar))
    assert names(page) == ["FeNi", "FeNi (2)", "FeNi (3)"]
    assert len(set(page.session_state[store._OPEN])) == 3


def test_names_are_shown_letter_by_letter(page: AppTest) -> None:
    upload(page, ("*Fe*_$x$_<b>.vasp", b""))
    assert r"\*Fe\*\_\$x\$\_\<b\>" in page.error[0].value


def test_partial_occupancies_are_ordered_with_a_seed_that_can_be_changed(
    page: AppTest, feni: Structure
) -> None:
    mixed = feni.copy()
    for site in range(4):
        mixed.replace(site, Composition({"Fe": 0.5, "Ni": 0.5}))
    upload(page, ("mixed.cif", mixed.to(fmt="cif").encode()))
    assert not page.metric
    page.number_input(key="seed_0_mixed.cif").set_value(7).run()
    page.button(key="order_0").click().run()
    assert not page.exception
    assert metrics(page)["Atoms"] == "4"
    cell = store.memory().get(page.session_state[store.CHOSEN])
    assert cell.structure.properties["ordering_seed"] == 7
    assert cell.structure.composition.get_el_amt_dict() == {"Fe": 2, "Ni": 2}

    page.number_input(key=f"seed_of_{cell.id}").set_value(8).run()
    next(button for button in page.button if button.label == "Order again").click().run()
    assert not page.exception
    again = store.memory().get(page.session_state[store.CHOSEN])
    assert again.structure.properties["ordering_seed"] == 8
    assert names(page) == ["mixed"]


def test_a_sample_opens_by_one_click_and_once(page: AppTest) -> None:
    page.button(key="sample_FeNi_fcc.vasp").click().run()
    page.button(key="sample_again.vasp").click().run()
    page.button(key="sample_FeNi_fcc.vasp").click().run()
    assert not page.exception
    assert names(page) == ["FeNi_fcc", "again"]
    assert page.session_state[store.CHOSEN] == "FeNi_fcc.vasp"


def test_the_samples_of_the_project_are_offered(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_index, "FOLDER", ROOT / "sample_data" / "structures")
    assert len(sample_index.samples()) >= 12
    app = open_page(PAGE, cell="CrMnFeCoNi_fcc.vasp")
    assert not app.exception
    assert metrics(app)["Lattice"] == "fcc · 100%"


def test_an_address_restores_a_sample_and_the_view(open_page: Callable[..., AppTest]) -> None:
    app = open_page(PAGE, cell="again.vasp", na="2", style="Spheres", hide="Ni", scheme="VESTA")
    assert not app.exception
    assert app.session_state[store.CHOSEN] == "again.vasp"
    shown = view(app)
    assert shown.scene["repeats"] == [2, 1, 1]
    assert shown.scene["symbols"] == ["Fe"]
    assert shown.scene["radii"] == [1.26]
    assert shown.siteColours[0] == "#b57100"


def test_an_address_with_an_unknown_cell_says_so_kindly(open_page: Callable[..., AppTest]) -> None:
    app = open_page(PAGE, cell="0123456789abcdef")
    assert not app.exception
    assert "open the file again" in app.info[0].value
    assert not app.metric


def test_a_reload_finds_an_uploaded_cell_again(
    page: AppTest, poscar: bytes, open_page: Callable[..., AppTest]
) -> None:
    upload(page, ("FeNi", poscar))
    again = open_page(PAGE, cell=page.session_state[store.CHOSEN])
    assert names(again) == ["FeNi"]
    assert metrics(again)["Atoms"] == "4"


@pytest.mark.parametrize(
    ("colour", "title", "low", "high"),
    [
        ("Nearest neighbour (Å)", "Nearest neighbour (Å)", "2.546", "2.546"),
        ("Neighbours in the first shell", "Neighbours in the first shell", "12", "12"),
        ("Distance from an atom (Å)", "Distance from an atom (Å)", "0.000", "2.546"),
    ],
)
def test_atoms_are_coloured_by_values(
    open_page: Callable[..., AppTest], colour: str, title: str, low: str, high: str
) -> None:
    app = open_page(PAGE, cell="FeNi_fcc.vasp", colour=colour)
    scale = view(app).scale
    assert (scale["title"], scale["low"], scale["high"]) == (title, low, high)


def test_atoms_are_coloured_by_a_value_of_the_file(page: AppTest, feni: Structure) -> None:
    feni.add_site_property("magmom", [2.5, 2.0, 0.6, 0.5])
    upload(page, ("moments.json", write_structure(feni, "json").encode()))
    page.selectbox(key="colour").select("file:magmom").run()
    assert not page.exception
    assert view(page).scale["high"] == "2.500"


def test_local_lattices_are_counted_in_the_legend(open_page: Callable[..., AppTest]) -> None:
    app = open_page(PAGE, cell="FeNi_fcc.vasp", colour="Local lattice")
    assert [(entry["text"], entry["count"]) for entry in view(app).legend] == [("fcc", "4")]


def test_closing_every_cell_leads_back_to_the_samples(page: AppTest, poscar: bytes) -> None:
    upload(page, ("one", poscar), ("two", poscar))
    next(button for button in page.button if button.label == "Close all").click().run()
    assert not page.exception
    assert not page.metric
    assert "cell" not in page.query_params
    assert page.button(key="sample_FeNi_fcc.vasp")


def test_cells_stay_open_on_other_pages(page: AppTest, poscar: bytes) -> None:
    upload(page, ("one", poscar))
    page.switch_page("app.py").run()
    assert page.sidebar.caption[0].value == "1 cell open"
    page.switch_page(PAGE).run()
    assert not page.exception
    assert names(page) == ["one"]


def test_a_full_memory_closes_the_oldest_cell_and_names_it(
    page: AppTest, poscar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = store.CellStore(max_bytes=3 * 4 * store._BYTES_PER_ATOM)
    monkeypatch.setattr(store, "memory", lambda: memory)
    upload(page, *[(f"cell{number}", poscar) for number in range(4)])
    assert names(page) == ["cell1", "cell2", "cell3"]
    assert "cell0" in page.warning[0].value
