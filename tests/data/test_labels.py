import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heanet.data import labels as labels_module
from heanet.data.labels import (
    available_sets,
    default_set,
    import_set,
    imported_sets,
    is_shipped,
    load_labels,
    set_folder,
)
from heanet.errors import DataError
from heanet.properties import TASK_KEYS
from tests.data.published_set import make_labels

Make = Callable[..., Path]


def test_labels_come_back_as_they_were_published(make_published: Make) -> None:
    labels = load_labels(make_published(), corrected=False)
    assert list(labels.table.columns) == ["lattice", *TASK_KEYS]
    given = make_labels()
    assert labels.table.index.to_list() == given.index.to_list()
    # Bit for bit: nothing is rounded on the way.
    pd.testing.assert_frame_equal(
        labels.table[given.columns], given, check_names=False, check_exact=True
    )
    assert labels.table.loc["FeNi2Cr_sqsbcc", "lattice"] == "bcc"
    assert labels.partitions["test"] == tuple(given.index[[3, 1]])
    assert labels.partitions["Database"] == tuple(given.index)


def test_a_missing_label_stays_missing(make_published: Make) -> None:
    def blank(labels: pd.DataFrame) -> None:
        labels.loc["Fe8Ni8_sqsfcc", ["etot", "ms"]] = np.nan

    labels = load_labels(make_published(blank))
    assert labels.table.loc["Fe8Ni8_sqsfcc"].isna().to_list() == [
        key in ("etot", "ms") for key in labels.table.columns
    ]
    assert labels.table.isna().sum().sum() == 2


def test_the_overlay_can_be_switched_off(make_published: Make) -> None:
    def spoil(labels: pd.DataFrame) -> None:
        labels.loc["Fe8Ni8_sqsfcc", "emix"] += 0.3

    folder = make_published(spoil, files={"FeNi2Cr_sqsbcc": "Fe4Ni8Mn4"})
    corrected, raw = load_labels(folder), load_labels(folder, corrected=False)
    shift = raw.table["emix"] - corrected.table["emix"]
    assert shift["Fe8Ni8_sqsfcc"] == pytest.approx(0.3, abs=2e-5)
    assert (shift.drop("Fe8Ni8_sqsfcc") == 0).all()
    assert corrected.read_cell("FeNi2Cr_sqsbcc").composition.formula == "Cr4 Fe4 Ni8"
    assert raw.read_cell("FeNi2Cr_sqsbcc").composition.formula == "Mn4 Fe4 Ni8"
    assert corrected.fingerprint != raw.fingerprint
    assert len(corrected.corrections) == len(raw.corrections) == 2


def test_an_imported_set_is_found_by_name_and_by_folder(make_published: Make, home: Path) -> None:
    published = load_labels(make_published())
    assert imported_sets() == ["alloys"]
    for source in ("alloys", home / "data" / "alloys"):
        again = load_labels(source)
        assert again.fingerprint == published.fingerprint
        assert again.folder == home / "data" / "alloys"
    assert list(again.structures(progress=False)) == list(again.table.index)


def test_an_unknown_set_says_what_is_there_and_how_to_get_one(make_published: Make) -> None:
    load_labels(make_published())
    with pytest.raises(DataError, match=r"'hea-dft'.*\(alloys.*\).*data import.*fetch hea-dft"):
        load_labels("hea-dft")


def test_without_an_import_the_shipped_set_is_meant(
    make_published: Make, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own, then what the user imported, then the published one."""
    shipped = home.parent / "shipped"
    monkeypatch.setattr(labels_module, "SHIPPED", shipped)
    with pytest.raises(DataError, match="none yet"):
        default_set()
    made = load_labels(make_published(folder="ours"), home=shipped)
    made.folder.parent.rename(shipped / "sets")
    monkeypatch.setattr(labels_module, "SHIPPED", shipped / "sets")
    assert (available_sets(), imported_sets(), default_set()) == (["ours"], [], "ours")
    assert load_labels("ours").fingerprint == made.fingerprint
    assert set_folder("ours") == shipped / "sets" / "ours"
    assert is_shipped("ours")
    assert not is_shipped("mine")
    load_labels(make_published(folder="mine"))
    assert (available_sets(), default_set()) == (["mine", "ours"], "mine")
    load_labels(make_published(folder="hea-dft"))
    assert default_set() == "hea-dft"


def test_a_generated_set_is_imported_by_its_folder(
    make_published: Make, home: Path, tmp_path: Path
) -> None:
    made = load_labels(make_published(folder="mine"), home=tmp_path / "elsewhere")
    for _ in range(2):  # the second time there is nothing to do
        assert import_set(made.folder) == home / "data" / "mine"
    assert imported_sets() == ["mine"]
    assert load_labels("mine").fingerprint == made.fingerprint

    def shifted(labels: pd.DataFrame) -> None:
        labels["rmsd"] += 0.01

    other = load_labels(make_published(shifted, folder="two/mine"), home=tmp_path / "third")
    with pytest.raises(DataError, match="Another labelled set 'mine'"):
        import_set(other.folder)
    (made.folder / "labels.csv").write_text("nonsense")
    with pytest.raises(DataError, match="changed after its import"):
        import_set(made.folder)
    with pytest.raises(DataError):
        import_set(tmp_path)


def test_a_name_that_is_also_a_folder_here_is_not_guessed(
    make_published: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_labels(make_published())
    made = load_labels(make_published(folder="other"), home=tmp_path / "elsewhere")
    work = tmp_path / "work"
    work.mkdir()
    made.folder.rename(work / "alloys")
    monkeypatch.chdir(work)
    with pytest.raises(DataError, match=r"Write ./alloys for the folder"):
        load_labels("alloys")
    assert load_labels("./alloys").folder == Path("alloys")


def test_an_imported_set_goes_before_a_shipped_one_of_its_name(
    make_published: Make, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_module, "SHIPPED", home / "data")
    load_labels(make_published())
    assert set_folder("alloys") == home / "data" / "alloys"
    assert not is_shipped("alloys")


@pytest.mark.parametrize("file", ["labels.csv", "corrections.csv", "structures/Fe8Ni8_sqsfcc"])
def test_a_set_that_was_changed_by_hand_is_refused(make_published: Make, file: str) -> None:
    folder = load_labels(make_published()).folder
    with (folder / file).open("a") as stream:
        stream.write("\n")
    with pytest.raises(DataError, match=f"changed after its import: {file}.*import the data again"):
        load_labels("alloys")


def test_a_set_of_another_format_is_refused(make_published: Make) -> None:
    folder = load_labels(make_published()).folder
    record = json.loads((folder / "source.json").read_text())
    (folder / "source.json").write_text(json.dumps(record | {"format": 0}))
    with pytest.raises(DataError, match="import the data again"):
        load_labels("alloys")


def test_the_record_states_units_and_origin(make_published: Make) -> None:
    folder = make_published()
    labels = load_labels(folder)
    assert labels.source["columns"]["mb"]["unit"] == "muB/cell"
    assert labels.source["imported_from"] == str(folder)
    assert "licence" not in labels.source


@pytest.mark.parametrize("name", ["Fe8Ni9_sqsfcc", "../labels.csv", ""])
def test_a_cell_that_is_not_there_is_refused(make_published: Make, name: str) -> None:
    with pytest.raises(DataError, match="has no cell"):
        load_labels(make_published()).read_cell(name)
