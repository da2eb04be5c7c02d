"""A labelled set from the Materials Project, by its real client from a server of our own."""

import copy
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock
from pymatgen.core import Lattice, Structure

from heanet.data import materialsproject, mpset
from heanet.data.labels import LabelledSet, default_set, load_labels
from heanet.data.mpquery import ALLOY_METALS, make_query
from heanet.data.mpset import fetch_crystals
from heanet.errors import ConfigError, DataError, FetchError, HeanetError, InputError
from heanet.properties import PUBLISHED_TASKS
from tests.data.mp_server import KEY, SAMPLE, MaterialsProject

pytest.importorskip("mp_api", reason="mp-api is not installed (requirements-mp.txt)")

FOUR = ("Cr", "Fe", "Co", "Ni")
QUERY = make_query(elements=FOUR)
# Of the sample, made up: by name, formation energy (eV/atom) and lattice.
ROWS = {
    "mp-3300101": (0.0, "fcc"),
    "mp-3300102": (0.0, "bcc"),
    "mp-3300103": (-0.069, "fcc"),
    "mp-3300104": (-0.088, "fcc"),
    "mp-3300105": (-0.061, "bcc"),
    "mp-3300106": (-0.012, "hcp"),
    "mp-3300108": (-0.033, "bcc"),
    "mp-aabaaaab": (0.107, "fcc"),
}
# mp-3300107 is of the A15 kind, mp-3300110 has no formation energy.
ALL = {*ROWS, "mp-3300107", "mp-3300110"}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four questions for systems, five for crystals."""
    monkeypatch.setattr(mpset, "_SYSTEMS_AT_ONCE", 4)
    monkeypatch.setattr(mpset, "_CRYSTALS_AT_ONCE", 2)


def fetch(**options: Any) -> LabelledSet:
    return load_labels(fetch_crystals(QUERY, progress=False, **options).folder)


def hidden(home: Path) -> list[str]:
    return [path.name for path in (home / "data").iterdir() if path.name.startswith(".")]


@pytest.mark.usefixtures("materials_project")
def test_crystals_on_the_three_lattices_become_a_labelled_set(home: Path) -> None:
    fetched = fetch_crystals(QUERY, progress=False)
    assert fetched.folder == home / "data" / "mp-eform"
    assert fetched.notes == (
        "10 crystals found in 15 chemical systems",
        "left out: 1 on no fcc, bcc or hcp lattice, 1 without formation_energy_per_atom",
    )
    found = load_labels("mp-eform")
    assert found.table[["eform", "lattice"]].apply(tuple, axis=1).to_dict() == ROWS
    others = [task for task in PUBLISHED_TASKS if task != "eform"]
    assert found.table[others].isna().all(axis=None)
    assert found.partitions == {"Database": tuple(ROWS)}
    assert (found.method, len(found.corrections)) == ("DFT", 0)
    assert hidden(home) == []
    given = {d["material_id"]: Structure.from_dict(d["structure"]) for d in SAMPLE["data"]}
    for name, cell in found.structures(progress=False).items():
        assert cell.composition == given[name].composition
        assert cell.distance_matrix == pytest.approx(given[name].distance_matrix)
        assert found.table["v0"][name] == pytest.approx(given[name].volume / len(cell))


def test_the_record_says_where_the_labels_come_from(materials_project: MaterialsProject) -> None:
    record = fetch().source
    assert (record["origin"], record["licence"]) == ("Materials Project", "CC BY 4.0")
    assert record["database"] == "2026.10.07"
    assert record["title"] == "Formation energies from the Materials Project, database 2026.10.07"
    assert record["fetched"] == {
        "label": "formation_energy_per_atom",
        "elements": list(FOUR),
        "components": 4,
        "max_above_hull": None,
        "limit": None,
        "version": 1,
    }
    assert (record["n_rows"], record["n_found"], record["n_fetched"]) == (8, 10, 10)
    assert record["left_out"] == {"lattice": 1, "no_label": 1}
    assert record["columns"]["eform"]["unit"] == "eV/atom"
    assert pd.Timestamp(record["fetched_on"]) <= pd.Timestamp.now("UTC").tz_localize(None)
    # Crystals under a licence without commercial use, and deprecated ones, were not asked for.
    assert {asked["batch_id_not_eq"] for asked in materials_project.questions} == {
        "gnome_r2scan_statics"
    }
    assert {asked["deprecated"] for asked in materials_project.questions} == {"False"}


@pytest.mark.usefixtures("small_parts")
def test_the_key_is_kept_nowhere(
    materials_project: MaterialsProject, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    materials_project.answer_with = lambda _: 500 if len(materials_project.questions) > 5 else 200
    with pytest.raises(FetchError) as stopped:
        fetch()
    fetched = [path for path in home.rglob("*") if path.is_file()]
    assert {path.suffix or path.name for path in fetched} == {".json", ".lock"}
    assert [path for path in fetched if KEY in path.read_text(encoding="utf-8")] == []
    assert KEY not in "".join(
        [str(stopped.value), repr(stopped.value.__cause__), *capfd.readouterr()]
    )


@pytest.mark.usefixtures("materials_project")
def test_the_sample_is_what_the_client_reads() -> None:
    """Its own document model accepts every field that the sample has."""
    with materialsproject.connect() as source:
        rester = source.client.materials.summary
        rester._obj.use_document_model = True
        asked = sorted(set(SAMPLE["data"][0]) & set(rester.available_fields))
        documents = rester.search(
            chemsys=QUERY.systems, deprecated=False, fields=asked, all_fields=False
        )
    assert {document.material_id.string for document in documents} == ALL
    assert len(asked) > 20
    energies = {d.material_id.string: d.formation_energy_per_atom for d in documents}
    assert energies["mp-3300104"] == -0.088
    assert energies["mp-3300110"] is None
    assert {type(document.structure) for document in documents} == {Structure}


def test_long_answers_come_in_pages(
    materials_project: MaterialsProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fetch(name="whole")
    assert len(materials_project.questions) == 2
    materials_project.questions.clear()
    monkeypatch.setattr(materialsproject, "PAGE", 3)
    assert fetch(name="paged").fingerprint == whole.fingerprint
    assert len(materials_project.questions) == 8
    assert [asked.get("_skip") for asked in materials_project.questions] == [
        None,
        "3",
        "6",
        "9",
    ] * 2


@pytest.mark.parametrize("failure", [0, -1, 500, 503])
@pytest.mark.usefixtures("small_parts")
def test_an_interrupted_download_goes_on_where_it_stopped(
    materials_project: MaterialsProject, home: Path, failure: int
) -> None:
    """A line that drops before or within an answer, and a server out of order."""
    whole = fetch(name="whole")
    materials_project.questions.clear()
    materials_project.answer_with = lambda _: failure if len(materials_project.read) >= 4 else 200
    with pytest.raises(FetchError, match="goes on where it stopped"):
        fetch()
    with pytest.raises(DataError, match="No labelled set 'mp-eform'"):
        load_labels("mp-eform")
    had, n_systems = materials_project.read[:4], len(materials_project.systems)
    materials_project.answer_with = lambda _: 200
    materials_project.questions.clear()
    assert fetch().fingerprint == whole.fingerprint
    assert n_systems == len(QUERY.systems)
    assert materials_project.systems == []
    assert sorted(materials_project.read) == sorted(ALL - set(had))
    assert hidden(home) == []


@pytest.mark.usefixtures("small_parts")
def test_a_lost_list_of_systems_is_asked_for_once_more(materials_project: MaterialsProject) -> None:
    materials_project.answer_with = lambda _: 0 if len(materials_project.systems) >= 8 else 200
    with pytest.raises(FetchError, match="no connection"):
        fetch()
    had = materials_project.systems
    materials_project.answer_with = lambda _: 200
    materials_project.questions.clear()
    assert len(fetch().table) == len(ROWS)
    assert sorted([*had, *materials_project.systems]) == sorted(QUERY.systems)


@pytest.mark.usefixtures("small_parts")
def test_a_damaged_part_is_fetched_again(materials_project: MaterialsProject, home: Path) -> None:
    materials_project.answer_with = lambda _: 500 if len(materials_project.read) >= 4 else 200
    with pytest.raises(FetchError):
        fetch()
    first, _second = (home / "data" / ".fetch-mp-eform").glob("crystals-*.json")
    names = json.loads(first.read_text())["asked"]
    first.write_text(first.read_text()[:-20])
    materials_project.answer_with = lambda _: 200
    materials_project.questions.clear()
    assert len(fetch().table) == len(ROWS)
    assert set(names) < set(materials_project.read)
    assert len(materials_project.read) == len(ALL) - 2


@pytest.mark.usefixtures("small_parts")
def test_parts_are_not_taken_for_those_of_other_crystals(
    materials_project: MaterialsProject, home: Path
) -> None:
    """One crystal more in the list, and every part begins elsewhere."""
    materials_project.documents = SAMPLE["data"][1:]
    materials_project.answer_with = lambda _: 500 if len(materials_project.read) >= 6 else 200
    with pytest.raises(FetchError):
        fetch()
    for part in (home / "data" / ".fetch-mp-eform").glob("systems-*.json"):
        part.unlink()
    materials_project.documents = SAMPLE["data"]
    materials_project.answer_with = lambda _: 200
    assert list(fetch().table.index) == list(ROWS)


@pytest.mark.usefixtures("small_parts")
def test_a_new_database_begins_the_download_anew(
    materials_project: MaterialsProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    materials_project.answer_with = lambda _: 500 if len(materials_project.read) >= 4 else 200
    with pytest.raises(FetchError):
        fetch()
    materials_project.answer_with = lambda _: 200
    materials_project.questions.clear()
    materials_project.heartbeat["db_version"] = "2026.11.30"
    # The client keeps what an address said of itself, for as long as the process lives.
    monkeypatch.setenv("MP_API_ENDPOINT", materials_project.url.replace("127.0.0.1", "localhost"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    note, *_ = fetch_crystals(QUERY, progress=False).notes
    assert "(2026.10.07 when this download began, 2026.11.30 now): it began anew" in note
    assert set(materials_project.read) == ALL
    assert load_labels("mp-eform").source["database"] == "2026.11.30"


@pytest.mark.usefixtures("small_parts")
def test_a_limit_draws_always_the_same_and_asks_for_no_more(
    materials_project: MaterialsProject,
) -> None:
    some = fetch_crystals(QUERY, name="some", limit=3, progress=False)
    found = load_labels("some").table
    assert len(found) == 3
    assert set(found.index) < set(ROWS)
    assert 3 <= len(materials_project.read) <= 6
    assert f"{len(materials_project.read)} of them fetched" in some.notes[0]
    assert fetch(name="again", limit=3).table.equals(found)
    assert set(fetch(name="more", limit=5).table.index) > set(found.index)
    assert len(fetch(name="plenty", limit=500).table) == len(ROWS)


def test_what_is_here_is_not_fetched_again(
    materials_project: MaterialsProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch()
    materials_project.questions.clear()
    monkeypatch.delenv(materialsproject.KEY)  # nor is a key needed
    again = fetch_crystals(QUERY, progress=False)
    assert again.folder == first.folder
    assert "nothing to fetch" in again.notes[0]
    assert materials_project.questions == []


@pytest.mark.usefixtures("materials_project")
def test_another_choice_replaces_a_set_only_if_asked(make_published: Callable[..., Path]) -> None:
    fetch()
    pair = make_query(elements=("Fe", "Ni"))
    with pytest.raises(DataError, match=r"'mp-eform' already.*--overwrite to replace it"):
        fetch_crystals(pair, progress=False)
    assert len(load_labels("mp-eform").table) == len(ROWS)
    fetch_crystals(pair, overwrite=True, progress=False)
    assert set(load_labels("mp-eform").table.index) == {
        "mp-3300101", "mp-3300102", "mp-3300103", "mp-3300104",
    }  # fmt: skip
    load_labels(make_published(folder="mine"))
    with pytest.raises(DataError, match="'mine' already"):
        fetch_crystals(pair, name="mine", overwrite=True, progress=False)
    with pytest.raises(DataError, match="name 'a/b'"):
        fetch_crystals(pair, name="a/b", progress=False)


def test_one_process_at_a_time(materials_project: MaterialsProject, home: Path) -> None:
    work = home / "data" / ".fetch-mp-eform"
    work.mkdir(parents=True)
    with (
        FileLock(work / ".lock"),
        pytest.raises(DataError, match="Another process is fetching 'mp-eform'"),
    ):
        fetch()
    assert materials_project.questions == []


@pytest.mark.usefixtures("materials_project")
def test_stability_is_asked_of_the_server() -> None:
    query = make_query(elements=FOUR, max_above_hull=0.02)
    found = load_labels(fetch_crystals(query, progress=False).folder).table
    assert set(found.index) == {f"mp-330010{k}" for k in range(1, 7)}


def test_a_lattice_is_what_more_than_half_of_the_atoms_show(
    materials_project: MaterialsProject,
) -> None:
    """Double hcp is fcc and hcp in equal parts; nine layers of them are hcp for two thirds."""
    materials_project.documents = [
        stacked("mp-1", "ABAC"),
        stacked("mp-2", "ABABCBCAC"),
        stacked("mp-3", "ABC"),
    ]
    fetched = fetch_crystals(QUERY, progress=False)
    assert load_labels(fetched.folder).table["lattice"].to_dict() == {"mp-2": "hcp", "mp-3": "fcc"}
    assert fetched.notes[1] == "left out: 1 on no fcc, bcc or hcp lattice"


def stacked(name: str, layers: str) -> dict[str, Any]:
    """A crystal of close-packed layers of cobalt."""
    at = {"A": (0, 0), "B": (1 / 3, 2 / 3), "C": (2 / 3, 1 / 3)}
    n, height = len(layers), (2 / 3) ** 0.5
    cell = Structure(
        Lattice.hexagonal(2.5, 2.5 * height * n),
        ["Co"] * n,
        [(*at[layer], k / n) for k, layer in enumerate(layers)],
    )
    document = copy.deepcopy(SAMPLE["data"][0])
    return {**document, "material_id": name, "structure": cell.as_dict(), "chemsys": "Co"}


@pytest.mark.parametrize(
    "change",
    [
        {"structure": {"lattice": "none"}},
        {"structure": None},
        {"chemsys": "Ni", "structure": SAMPLE["data"][7]["structure"] | {"sites": []}},
    ],
)
def test_a_cell_that_cannot_be_used_takes_no_other_with_it(
    materials_project: MaterialsProject, change: dict[str, Any]
) -> None:
    good, bad = SAMPLE["data"][0], SAMPLE["data"][1]
    materials_project.documents = [good, {**bad, **change}]
    fetched = fetch_crystals(QUERY, progress=False)
    assert list(load_labels(fetched.folder).table.index) == ["mp-3300101"]
    assert fetched.notes[1] == "left out: 1 with a cell that cannot be used"


def test_a_name_that_is_no_file_name_is_not_used() -> None:
    document = SAMPLE["data"][0]
    assert mpset._row(document, QUERY)["name"] == "mp-3300101"
    assert mpset._row({**document, "material_id": "../mp-1"}, QUERY) == "unusable"


def test_a_crystal_that_is_listed_and_not_given_is_counted(
    materials_project: MaterialsProject,
) -> None:
    def forget(asked: dict[str, str]) -> None:
        if "material_ids" in asked:
            materials_project.documents = SAMPLE["data"][:6]

    materials_project.before_answering = forget
    fetched = fetch_crystals(QUERY, progress=False)
    assert len(load_labels(fetched.folder).table) == 6
    assert fetched.notes[1] == "left out: 4 that were listed and not given"


def test_the_default_is_what_high_entropy_alloys_are_made_of() -> None:
    query = make_query()
    assert (
        set(query.elements)
        == set(ALLOY_METALS)
        >= {"Al", "Cr", "Mn", "Fe", "Co", "Ni", "Pd", "Ti", "W"}
    )
    assert (query.label, query.components, query.max_above_hull) == (
        "formation_energy_per_atom", 3, None,
    )  # fmt: skip
    assert len(query.systems) == 28 + 378 + 3276
    assert make_query(elements=("Pd", "Cr", "Fe")).systems == [
        "Cr", "Fe", "Pd", "Cr-Fe", "Cr-Pd", "Fe-Pd", "Cr-Fe-Pd",
    ]  # fmt: skip
    assert make_query(elements=("Cr", "Mn", "Fe", "Co", "Ni", "Pd")).components == 5
    assert make_query(elements=("Cr", "Mn"), components=9).components == 2
    # Any element may be asked for, the heaviest too.
    assert make_query(elements=("H", "Og")).elements == ("H", "Og")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"label": "formation_energy"}, "Unknown property.*Did you mean 'formation_energy_per_a"),
        ({"elements": ("Fe", "Nii")}, "'Nii' is no chemical element.*Did you mean 'Ni'"),
        ({"elements": ("Fe", "D")}, "'D' is no chemical element"),
        ({"elements": ("Fe", "Fe")}, "Elements 'Fe Fe'. Expected each of them once"),
        ({"components": 0}, "0 components"),
        ({"components": 9}, r"28 elements in 9 components are [\d,]+ chemical systems"),
        ({"max_above_hull": -0.1}, "-0.1 eV/atom above the hull"),
    ],
)
def test_a_query_that_means_nothing_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make_query(**options)


@pytest.mark.usefixtures("materials_project")
def test_a_limit_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="A limit of 0 cells"):
        fetch(limit=0)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_from_a_broken_server(
    materials_project: MaterialsProject, status: int
) -> None:
    materials_project.answer_with = lambda _: status
    with pytest.raises(InputError, match=rf"refused the key in MP_API_KEY \({status}\)"):
        fetch()
    assert materials_project.questions == []


@pytest.mark.parametrize(
    ("status", "says"), [(500, "answered 500"), (503, "answered 503 every time")]
)
def test_a_server_out_of_order_says_so(
    materials_project: MaterialsProject, status: int, says: str
) -> None:
    materials_project.answer_with = lambda _: status
    with pytest.raises(FetchError, match=f"{says}.*Try again later"):
        fetch()


def test_a_server_that_stumbles_is_asked_again(materials_project: MaterialsProject) -> None:
    answers = iter([503, 200, 0, 200])
    materials_project.answer_with = lambda _: next(answers)
    assert len(fetch().table) == len(ROWS)


@pytest.mark.usefixtures("materials_project")
def test_keys_are_looked_for_where_users_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(materialsproject.KEY)
    with pytest.raises(InputError, match=r"none here\. Expected it in .* MP_API_KEY\. Log in at"):
        materialsproject.find_key()
    monkeypatch.setattr(materialsproject, "SETTINGS", {"PMG_MAPI_KEY": "s" * 32})
    assert materialsproject.find_key() == "s" * 32
    monkeypatch.setenv("PMG_MAPI_KEY", "p" * 32)
    assert materialsproject.find_key() == "p" * 32
    monkeypatch.setenv(materialsproject.KEY, "m" * 32)
    assert materialsproject.find_key() == "m" * 32
    monkeypatch.setenv(materialsproject.KEY, "m" * 16)  # of the old interface
    with pytest.raises(InputError, match=r"in MP_API_KEY has 16 characters\. Expected 32"):
        materialsproject.find_key()


@pytest.mark.usefixtures("materials_project")
def test_without_a_network_it_says_so() -> None:
    # Port 9 of this machine: nobody listens.
    with pytest.raises(FetchError, match=r"cannot be asked \(no connection\)"):
        fetch(endpoint="http://127.0.0.1:9")


def test_something_else_at_the_address_is_no_answer(materials_project: MaterialsProject) -> None:
    materials_project.heartbeat = {"hello": "world"}
    with pytest.raises(FetchError, match="another form than expected"):
        fetch()


@pytest.mark.usefixtures("materials_project")
def test_without_the_client_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mp_api.client", None)
    with pytest.raises(
        DataError, match=r"not installed.*python -m pip install -r requirements-mp\.txt"
    ):
        fetch()
    assert (Path(__file__).parents[2] / materialsproject.EXTRA_FILE).is_file()


@pytest.mark.parametrize(
    ("elements", "says"),
    [
        (("Ag", "Au"), "The Materials Project has no crystals of Ag Au in up to 2 components"),
        (("Cr", "Co"), "None of 1 crystals of Cr Co .* can be used: 1 without formation_energy"),
    ],
)
@pytest.mark.usefixtures("materials_project")
def test_an_empty_answer_makes_no_set(elements: tuple[str, ...], says: str) -> None:
    with pytest.raises(HeanetError, match=says):
        fetch_crystals(make_query(elements=elements), progress=False)
    with pytest.raises(DataError, match=r"No labelled set 'mp-eform'.*data fetch mp`"):
        load_labels("mp-eform")


@pytest.mark.usefixtures("materials_project")
def test_it_is_no_default_as_long_as_there_is_another_set(
    make_published: Callable[..., Path], home: Path
) -> None:
    fetch(name="a-set")
    assert default_set() == "alloys"
    load_labels(make_published(folder="mine"))
    assert default_set() == "mine"
    shutil.rmtree(home / "data" / "mine")
    assert default_set() == "alloys"
