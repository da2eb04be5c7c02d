import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heanet.data import published
from heanet.data.labels import load_labels
from heanet.data.manifest import hea_dft
from heanet.data.published import import_published
from heanet.data.publishedtables import read_published_table
from heanet.errors import DataError
from tests.data.published_set import make_labels, write_table

Make = Callable[..., Path]


def _with_name(old: str, new: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda labels: labels.rename(index={old: new})


def _with_value(column: str, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def edit(labels: pd.DataFrame) -> pd.DataFrame:
        changed = labels.astype(object)
        changed.loc["Fe8Cr8_sqsfcc", column] = value
        return changed

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_with_value("etot", "-8.1 eV"), r"row 3 \('Fe8Cr8_sqsfcc'\), column 'Etot .*'-8.1 eV'"),
        (_with_value("mb", np.inf), r"row 3 .*column 'mb \(mub/cell\)'"),
        (_with_name("Fe8Cr8_sqsfcc", "Fe8Ni8_sqsfcc"), "row 3.*'Fe8Ni8_sqsfcc' is in row 2"),
        (_with_name("Fe8Cr8_sqsfcc", None), "row 3, column 'structures'"),
        (_with_name("Fe8Cr8_sqsfcc", "../Fe_fcc"), "row 3, column 'structures': '../Fe_fcc'"),
        (_with_name("Fe8Cr8_sqsfcc", "Fe8Cr8"), "row 3.*'Fe8Cr8' does not say its parent lattice"),
        (lambda labels: labels.assign(gap=1.0), "unknown column 'gap'"),
        (lambda labels: labels[[]], "at least one label"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_file_row_and_column(
    make_published: Make, home: Path, edit: Callable, message: str
) -> None:
    with pytest.raises(DataError, match=rf"Database\.xlsx'.*{message}"):
        import_published(make_published(edit))
    assert not list(home.rglob("*.csv"))


def test_a_file_that_is_no_table_is_refused(make_published: Make) -> None:
    folder = make_published()
    (folder / "labels" / "test.xlsx").write_text("name,etot\n")
    with pytest.raises(DataError, match=r"test\.xlsx' cannot be read.*Expected an Excel table"):
        import_published(folder)


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"labels/Database\.xlsx and structures/.*fetch hea-dft"):
        import_published(tmp_path)


def test_labels_without_a_structure_are_refused(make_published: Make) -> None:
    folder = make_published()
    (folder / "structures" / "Fe8Cr8_sqsfcc").unlink()
    with pytest.raises(DataError, match="1 labelled cells: Fe8Cr8_sqsfcc"):
        import_published(folder)


def test_a_structure_without_labels_is_kept(make_published: Make) -> None:
    folder = make_published(lambda labels: labels.iloc[:-1])
    labels = load_labels(folder)
    last = make_labels().index[-1]
    assert last not in labels.table.index
    assert labels.read_cell(last).num_sites == 16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.rename(index={row.index[0]: "Fe16_sqsfcc"}), "'Fe16_sqsfcc' that Data"),
        (lambda row: row.assign(ms=9.0), "differ in 'ms' of 'Fe4Ni12_sqsfcc'"),
    ],
)
def test_a_partition_must_agree_with_the_whole(
    make_published: Make, change: Callable, message: str
) -> None:
    folder = make_published()
    write_table(folder / "labels" / "test.xlsx", change(make_labels().iloc[[3]]))
    with pytest.raises(DataError, match=rf"test\.xlsx'.*{message}"):
        import_published(folder)


def test_the_same_files_are_imported_once(
    make_published: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_published()
    target = import_published(folder)
    monkeypatch.setattr(published, "audit", None)
    assert import_published(folder) == target


def test_a_set_of_an_older_format_is_imported_again(make_published: Make) -> None:
    folder = make_published()
    record_file = import_published(folder) / "source.json"
    record = json.loads(record_file.read_text())
    record_file.write_text(json.dumps(record | {"format": 0}))
    import_published(folder)
    assert json.loads(record_file.read_text()) == record


def test_other_files_do_not_take_the_place_of_a_set(make_published: Make) -> None:
    target = import_published(make_published())
    other = make_published(lambda labels: labels.iloc[1:], folder="other")
    with pytest.raises(
        DataError, match=r"Another labelled set 'alloys'.*Import under another name"
    ):
        import_published(other, name="alloys")
    assert len(load_labels("alloys").table) == len(make_labels())
    assert import_published(other) == target.parent / "other"


def test_an_interrupted_import_leaves_nothing(
    make_published: Make, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_published()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("heanet.data.labelfiles.file_checksums", stop)
        with pytest.raises(KeyboardInterrupt):
            import_published(folder)
    assert list((home / "data").iterdir()) == []
    assert len(load_labels(folder).table) == len(make_labels())


def test_hidden_files_are_no_structures(make_published: Make) -> None:
    folder = make_published()
    (folder / "structures" / "._Fe8Cr8_sqsfcc").write_bytes(b"\x00")
    (folder / "labels" / "~$test.xlsx").write_bytes(b"\x00")
    target = import_published(folder)
    assert len(list((target / "structures").iterdir())) == len(make_labels())


def test_the_published_set_is_read_as_it_is(hea_dft_folder: Path) -> None:
    labels = load_labels(hea_dft_folder, corrected=False)
    assert (labels.name, labels.source["doi"]) == ("hea-dft", "10.1038/s41524-022-00945-x")
    assert labels.table["lattice"].value_counts().to_dict() == {"fcc": 188, "bcc": 176}
    rows = {"Database": 364, "train": 292, "test": 72, "B+T+Qua": 309, "Quinary": 55,
            "B+T": 212, "Qua+Qui": 152, "Binary": 84, "Ternary": 128, "Quaternary": 97}  # fmt: skip
    assert {key: len(names) for key, names in labels.partitions.items()} == rows
    assert labels.partitions["Database"] == tuple(labels.table.index)
    # The first published row, typed from the table by hand.
    first = [-7.53137375, -0.10195, 0.0136, 2.105, 33.686, 0.4047, 11.57]
    assert labels.table.iloc[0, 1:].to_list() == first
    for file in sorted((hea_dft_folder / "structures").iterdir())[::60]:
        assert (labels.folder / "structures" / file.name).read_bytes() == file.read_bytes()


def test_a_download_of_the_repository_is_imported_too(hea_dft_folder: Path, tmp_path: Path) -> None:
    for file in hea_dft().files:
        target = tmp_path / "repository" / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(hea_dft_folder / file.file, target)
    extra = tmp_path / "repository" / "HEA_Data" / "POSCARS" / "CrCoPd_sqshcp"
    extra.write_text("not ours")
    by_data_folder = load_labels(extra.parent.parent)
    assert by_data_folder.fingerprint == load_labels(hea_dft_folder).fingerprint
    (extra.parent / "NiFe_sqsfcc").unlink()
    with pytest.raises(DataError, match="NiFe_sqsfcc' is missing or not as published"):
        import_published(tmp_path / "repository")


def test_an_empty_cell_is_a_missing_label(tmp_path: Path) -> None:
    labels = make_labels()
    labels.loc["Fe8Cr8_sqsfcc", "rmsd"] = np.nan
    write_table(tmp_path / "some.xlsx", labels.drop(columns="mb"))
    table = read_published_table(tmp_path / "some.xlsx")
    assert table["mb"].isna().all()
    assert table.index[table["rmsd"].isna()].to_list() == ["Fe8Cr8_sqsfcc"]
