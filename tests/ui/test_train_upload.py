"""A user's own set through the page: files, columns, preview, keeping, deleting."""

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from heanet.data.keptsets import keep_set
from heanet.data.labels import imported_sets, load_labels
from tests.data.own_upload import ZIP, cells_of_labels, csv, join, labels, pack
from tests.data.published_set import make_labels
from tests.ui.compare_page import table, text

FileOf = tuple[str, bytes, str]


def page() -> None:
    import streamlit as st

    from heanet.ui.train_upload import show_upload

    with st.expander("Your own data", expanded=True):
        show_upload()


@pytest.fixture
def app() -> AppTest:
    st.cache_data.clear()
    started = AppTest.from_function(page, default_timeout=60).run()
    assert not started.exception
    return started


def upload(app: AppTest, *, cells: bytes | None = None, rows: bytes | None = None) -> AppTest:
    """Put files into the uploaders; what is None stays as it is."""
    for place, (name, data) in enumerate(((ZIP, cells), ("labels.csv", rows))):
        if data is not None:
            app.file_uploader[place].set_value([(name, data, "application/octet-stream")])
    app.run()
    assert not app.exception
    return app


def choose(app: AppTest, field: str, heading: str) -> None:
    (box,) = [it for it in app.selectbox if (it.key or "").startswith(f"own_column_{field}_")]
    box.set_value(heading).run()


def chosen(app: AppTest, kind: str) -> dict[str, str]:
    """Column ("column") or unit ("unit") of each field."""
    keys = [(it.key or "", it.value) for it in app.selectbox]
    return {key.split("_")[2]: str(value) for key, value in keys if key.startswith(f"own_{kind}_")}


def keep(app: AppTest) -> AppTest:
    app.button(key="own_keep").click().run()
    assert not app.exception
    return app


def all_cells() -> bytes:
    return pack(cells_of_labels())


def test_the_limits_stand_there_before_anything_is_uploaded(app: AppTest) -> None:
    said = text(app)
    assert "Up to 20 MB, 200 MB unpacked, 20,000 files" in said
    assert "Up to 10 MB and 20,000 rows" in said
    assert not app.button


def test_files_columns_preview_and_keeping(app: AppTest) -> None:
    given = labels().rename(columns={"eform (eV/atom)": "eform (meV/atom)"})
    given["eform (meV/atom)"] *= 1000
    upload(app, rows=csv(given))
    assert chosen(app, "column")["name"] == "structure"
    assert chosen(app, "unit")["eform"] == "meV/atom"
    assert "Add the zip" in text(app)
    upload(app, cells=all_cells())
    said = text(app)
    assert "24 cells with labels, from 24 rows and 24 readable files" in said.replace("*", "")
    assert "Every row has its cell" in said
    assert "Parent lattice: 12 fcc, 12 bcc" in said
    assert "24 from the file name" in said
    assert "Elements per cell: 12 with 2, 12 with 3" in said
    counts = table(app, "low")
    assert counts["n"].tolist() == [24] * 7
    assert counts["task"][2] == "Formation energy · eform"
    assert f"{make_labels()['eform'].max():.4f}" == counts["high"][2]
    rows = table(app, "v0")
    assert rows["eform"].to_numpy() == pytest.approx(make_labels().sort_index()["eform"].head(8))

    assert app.text_input[0].value == "my-alloys"
    app.text_input[1].set_value("My *alloys*")
    app.text_input[2].set_value("VASP, PBE")
    keep(app)
    assert "Kept my-alloys with 24 cells. It can be chosen as data" in app.success[0].value.replace(
        "*", ""
    ).replace("\\", "")
    kept = load_labels("my-alloys")
    assert (kept.title, kept.method) == ("My *alloys*", "VASP, PBE")
    np.testing.assert_allclose(kept.table["eform"], make_labels().sort_index()["eform"], rtol=1e-12)
    assert "my-alloys · My *alloys* · 24 cells · labels: VASP, PBE" in text(app).replace(
        "**my-alloys**", "my-alloys"
    )


def test_problems_are_grouped_and_a_blocking_one_stops_the_button(app: AppTest) -> None:
    given = labels().astype(str)
    given.loc[3, "ms"] = "high"
    files = cells_of_labels() | {f"extra{i}": b"" for i in range(7)}
    upload(app, cells=pack(files), rows=csv(given))
    (error,) = app.error
    assert "no numbers** (1)" in error.value
    assert "in row 5: 'high'" in error.value.replace("\\", "")
    (warning,) = app.warning
    assert "files without a label** (7)" in warning.value
    assert "and 2 more" in warning.value
    assert app.button(key="own_keep").disabled
    upload(app, rows=csv(labels()))
    assert not app.error
    assert not app.button(key="own_keep").disabled


def test_a_mapping_survives_bad_input(app: AppTest) -> None:
    given = labels().rename(columns={"emix": "column x", "ms": "moment of mine"})
    upload(app, cells=all_cells(), rows=csv(given))
    assert chosen(app, "column")["emix"] == ""
    assert "Not used: column x, moment of mine" in text(app)
    choose(app, "emix", "column x")
    choose(app, "rmsd", "")
    (unit,) = [it for it in app.selectbox if (it.key or "").startswith("own_unit_emix_")]
    unit.set_value("meV/atom").run()
    for bad in (b"", b"name,etot\na,1,2\n", b"\xd0\xcf\x11\xe0"):
        upload(app, rows=bad)
        assert len(app.error) == 1
        assert not [it for it in app.selectbox if it.key]
    upload(app, cells=b"no zip", rows=csv(given.iloc[::-1]))
    assert "cannot be unpacked" in app.error[0].value
    assert (chosen(app, "column")["emix"], chosen(app, "unit")["emix"]) == ("column x", "meV/atom")
    assert chosen(app, "column")["rmsd"] == ""
    # Another table keeps what it has too, and the rest is guessed again.
    other = given.rename(columns={"mb": "moment"})
    upload(app, cells=all_cells(), rows=csv(other))
    assert (chosen(app, "column")["emix"], chosen(app, "column")["mb"]) == ("column x", "moment")


def test_one_column_for_two_things_is_said_in_place(app: AppTest) -> None:
    upload(app, cells=all_cells(), rows=csv(labels()))
    choose(app, "emix", "etot")
    assert "Column 'etot' is read as etot and as emix" in app.error[0].value.replace("\\", "")
    assert not app.button
    choose(app, "emix", "emix")
    assert app.button(key="own_keep")


def test_a_taken_name_is_refused_and_nothing_typed_is_lost(app: AppTest) -> None:
    keep_set(join(labels().head(4)), name="mine")
    upload(app, cells=all_cells(), rows=csv(labels()))
    app.text_input[0].set_value("mine")
    app.text_input[1].set_value("My title")
    keep(app)
    assert "There is a labelled set 'mine' already" in app.error[0].value.replace("\\", "")
    assert app.text_input[1].value == "My title"
    assert len(load_labels("mine").table) == 4


def test_a_set_is_deleted_once_that_is_confirmed(app: AppTest) -> None:
    keep_set(join(labels().head(4)), name="mine")
    keep_set(join(labels().head(5)), name="other", title="Another one")
    app.run()
    assert "other** · Another one · 5 cells · labels: as given" in text(app)
    app.button(key="own_delete_mine").click().run()
    assert "Deleted **mine**" in app.success[0].value
    assert imported_sets() == ["other"]
    assert [it.key for it in app.button] == ["own_delete_other"]


def test_sheets_of_a_workbook_are_asked_for(app: AppTest, tmp_path) -> None:  # noqa: ANN001
    path = tmp_path / "labels.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["nothing"], "b": [1]}).to_excel(book, sheet_name="read me")
        labels().to_excel(book, sheet_name="labels", index=False)
    upload(app, cells=all_cells(), rows=path.read_bytes())
    assert "No column of 'labels.csv' is chosen" in app.error[0].value.replace("\\", "")
    app.selectbox[0].set_value("labels").run()
    assert not app.error
    assert app.button(key="own_keep")
