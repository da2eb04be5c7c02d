"""A user's own set is kept, found, trained on by the ways of every set, and deleted."""

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heanet.data.audit import audit
from heanet.data.dataset import make_dataset
from heanet.data.elementgraph import RadialGrid
from heanet.data.keptsets import (
    check_set_name,
    delete_set,
    import_upload,
    keep_set,
    kept_sets,
    suggest_name,
)
from heanet.data.labels import available_sets, imported_sets, load_labels
from heanet.data.splits import PUBLISHED_SPLITS
from heanet.errors import DataError
from tests.data.own_upload import ZIP, cells_of_labels, csv, join, labels, pack
from tests.data.published_set import make_labels


def test_a_kept_set_is_like_any_other(home: Path) -> None:
    folder = keep_set(join(labels()), name="mine", title="My alloys", method="VASP, PBE")
    assert folder == home / "data" / "mine"
    assert "mine" in available_sets()
    kept = load_labels("mine")
    assert (kept.title, kept.method, len(kept.corrections)) == ("My alloys", "VASP, PBE", 0)
    given = make_labels().sort_index()
    pd.testing.assert_frame_equal(
        kept.table[given.columns], given, check_exact=True, check_names=False
    )
    assert kept.read_cell("FeNi2Cr_sqsbcc").composition.reduced_formula == "CrFeNi2"
    assert len(audit(kept.table, kept.structures(progress=False))) == 0


def test_it_can_be_trained_on_by_every_split_that_it_has_rows_for() -> None:
    keep_set(join(labels()), name="mine")
    dataset = make_dataset(load_labels("mine"), grid=RadialGrid(), progress=False)
    usable = []
    for name in PUBLISHED_SPLITS:
        with suppress(DataError):
            split = dataset.split(name)
            usable.append(name)
            rows = np.concatenate([split.train, split.validation, split.test])
            assert len(set(rows.tolist())) == len(rows) == 24
    assert usable == ["a0", "b1", "b2"]  # binaries and ternaries alone
    with pytest.raises(DataError, match="Split 'a1' leaves no row to test on"):
        dataset.split("a1")


def test_the_same_upload_is_the_same_set_whatever_its_name_and_order() -> None:
    first = load_labels(keep_set(join(labels()), name="first"))
    again = load_labels(keep_set(join(labels().iloc[::-1]), name="again", title="x"))
    assert first.fingerprint == again.fingerprint
    assert first.partitions == again.partitions
    changed = labels().assign(ms=labels()["ms"] + 1e-9)
    assert load_labels(keep_set(join(changed), name="other")).fingerprint != first.fingerprint


def test_the_record_says_where_it_comes_from_and_what_was_left_out() -> None:
    files = cells_of_labels()
    del files["Fe8Ni8_sqsfcc.vasp"]
    folder = keep_set(join(labels(), files), name="mine")
    record = json.loads((folder / "source.json").read_text(encoding="utf-8"))
    assert (record["origin"], record["title"], record["method"]) == ("uploaded", "mine", "as given")
    assert record["n_rows"] == 23
    assert record["files"]["structures"]["file"] == ZIP
    assert record["read_from"]["eform"] == {"column": "eform (eV/atom)", "unit": "eV/atom"}
    assert record["left_out"] == {"no_structure": ["Fe8Ni8_sqsfcc"]}
    assert record["lattices_from"] == {"file name": 23}
    assert load_labels("mine").method == "as given"


@pytest.mark.parametrize(
    "name",
    ["", "../up", "a/b", ".hidden", "with space", "Ünicode", "x" * 61, "-flag", "a\nb"],
)
def test_names_that_are_no_names(name: str, home: Path) -> None:
    with pytest.raises(DataError, match="letters"):
        keep_set(join(labels()), name=name)
    assert not home.exists()


def test_names_that_are_taken() -> None:
    own = join(labels())
    fingerprint = load_labels(keep_set(own, name="mine")).fingerprint
    for name in ("mine", "MINE", " mine "):
        with pytest.raises(DataError, match=r"There is a labelled set '(mine|MINE)' already"):
            keep_set(own, name=name)
    for name in ("alloys", "hea-dft"):
        with pytest.raises(DataError, match=f"'{name}' is the name of a set that the project"):
            keep_set(own, name=name)
    assert load_labels("mine").fingerprint == fingerprint
    assert check_set_name(" other.1_a-b ") == "other.1_a-b"


def test_a_free_name_is_suggested() -> None:
    assert suggest_name("My alloys (2024).ZIP") == "My-alloys-2024"
    assert suggest_name("合金.zip") == "my-alloys"
    keep_set(join(labels()), name="set")
    assert suggest_name("set.zip") == "set-2"


def test_what_must_be_put_right_first_is_not_kept(home: Path) -> None:
    with pytest.raises(DataError, match=r"in rows 5, 26: one cell is meant.*Put that right"):
        keep_set(join(pd.concat([labels(), labels().iloc[[3]]])), name="mine")
    with pytest.raises(DataError, match="No cell has both"):
        keep_set(join(labels(), {"other": cells_of_labels()["Fe8Ni8_sqsfcc.vasp"]}), name="mine")
    assert not home.exists()


def test_sets_are_listed_and_deleted(home: Path) -> None:
    keep_set(join(labels()), name="mine", title="My alloys", method="FHI-aims")
    keep_set(join(labels().head(5)), name="small")
    listed = {it.name: (it.title, it.method, it.n_rows) for it in kept_sets()}
    assert listed == {"mine": ("My alloys", "FHI-aims", 24), "small": ("small", "as given", 5)}
    delete_set("small")
    assert imported_sets() == ["mine"]
    assert sorted(path.name for path in (home / "data").iterdir()) == ["mine"]
    for name in ("small", "alloys", "../data/mine", ""):
        with pytest.raises(DataError, match="No labelled set"):
            delete_set(name)


def test_files_are_imported_with_guessed_columns(tmp_path: Path, home: Path) -> None:
    (tmp_path / ZIP).write_bytes(pack(cells_of_labels()))
    (tmp_path / "labels.csv").write_bytes(csv(labels()))
    folder, own = import_upload(tmp_path / ZIP, tmp_path / "labels.csv", method="GPAW")
    assert folder == home / "data" / "my-alloys"
    assert load_labels("my-alloys").method == "GPAW"
    assert len(own.table) == 24
    with pytest.raises(DataError, match=r"nowhere.zip' cannot be read \(No such file"):
        import_upload(tmp_path / "nowhere.zip", tmp_path / "labels.csv")
