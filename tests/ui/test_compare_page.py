"""The Compare page without a browser: its numbers are those of the tables and say what they are."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.results import Results, leaderboard, load_results, save_results
from heanet.data.labels import LabelledSet, load_labels
from heanet.figures.predictions import signed
from heanet.properties import TASK_KEYS, TASKS
from heanet.ui import (
    compare_audit,
    compare_curves,
    compare_data,
    compare_heat,
    compare_leaderboard,
    compare_parts,
    compare_published,
    compare_settings,
    compare_split,
    task_words,
)
from heanet.ui import compare_words as words
from tests.results_sample import FINDINGS, N_EPOCHS, write_sample

PAGE = "pages/3_Compare.py"
# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folders of the results and of the HEANET_HOME that holds their labelled set."""
    folder = tmp_path_factory.mktemp("comparison")
    return write_sample(folder, home=folder / "home"), folder / "home"


@pytest.fixture(autouse=True)
def results(sample: tuple[Path, Path], home: Path, monkeypatch: pytest.MonkeyPatch) -> Results:
    """The page stands on the sample; its labelled set is not imported."""
    monkeypatch.setenv("HEANET_RESULTS", str(sample[0]))
    st.cache_resource.clear()
    assert not home.exists()
    return load_results(sample[0])


@pytest.fixture
def labels(
    results: Results, sample: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> LabelledSet:
    """The labelled set of the sample is imported."""
    monkeypatch.setenv("HEANET_HOME", str(sample[1]))
    return load_labels(results.about.data.name)


@pytest.fixture
def view(open_page: OpenPage) -> OpenPage:
    """Opens the page by an address, as from a link."""

    def start(title: str = "", **query: Any) -> AppTest:
        app = open_page(PAGE, **({"view": title} if title else {}), **query)
        assert not app.exception
        return app

    return start


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The one table that has a column."""
    (found,) = [block.value for block in app.dataframe if column in block.value.columns]
    return found


def board(app: AppTest) -> pd.DataFrame:
    """The leaderboard: its columns have two heads."""
    (found,) = [block.value for block in app.dataframe if block.value.columns.nlevels == 2]
    return found


def text(app: AppTest) -> str:
    """All that is written on the page."""
    kinds = (app.main.markdown, app.main.caption, app.info, app.warning, app.error, app.success)
    return " ".join(block.value for blocks in kinds for block in blocks).replace("\\", "")


def address(app: AppTest, key: str) -> list[str]:
    value = app.query_params.get(key, [])
    return value if isinstance(value, list) else [value]


def figure(app: AppTest, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(app.get("plotly_chart")[number].proto.spec)
    return found


def numbers(values: Any) -> list[float]:
    """Of a figure: plotly packs long columns into bytes."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return list(values)


# -- leaderboard


def test_the_leaderboard_shows_means_over_seeds(view: OpenPage, results: Results) -> None:
    shown = board(view())
    expected = leaderboard(results.errors, split="a2")
    rows = list(zip(shown["", "Model"], shown["", "Learnt together"], strict=True))
    assert rows[:3] == [("HEANet", "all six"), ("HEANet", "energies"), ("HEANet", "magnetic")]
    assert rows[-1] == ("Training mean", "each alone")
    for task in TASK_KEYS:
        (head,) = [h for h in shown.columns if h[1].startswith(f"{task} (")]
        one = expected[expected["task"] == task]
        by_row = {words.learnt(m, g) + words.model_title(m): e for m, g, e in
                  zip(one["model"], one["group"], one["mae"], strict=True)}  # fmt: skip
        wanted = [by_row.get(group + model, np.inf) for model, group in rows]
        assert shown[head].tolist() == pytest.approx(wanted)
    seeds = results.errors
    seeds = seeds[
        (seeds["model"] == "heanet") & (seeds["group"] == "all") & (seeds["rows"] == "test")
    ]
    seeds = seeds[(seeds["split"] == "a2") & (seeds["by"] == "all") & (seeds["task"] == "ms")]
    single = seeds[seeds["seed"] != "ensemble"]["mae"]
    assert len(single) == 3
    ms = next(h for h in shown.columns if h[1].startswith("ms ("))
    assert shown.loc[0, ms] == pytest.approx(single.mean())


def test_every_head_says_which_rows_and_how_many(view: OpenPage) -> None:
    heads = board(view(split="b2", rows="training", metric="RMSE")).columns[3:]
    assert [under for _over, under in heads] == [
        f"{task} ({task_words.unit(task)})" for task in TASK_KEYS
    ]
    assert {over for over, _under in heads} == {"RMSE · b2 training rows, n = 12"}


def test_the_best_of_a_column_is_marked_and_spreads_are_shown(results: Results) -> None:
    found = leaderboard(results.errors, split="a2")
    entries = [("heanet", "all"), ("gp", "all"), ("mean", "all")]
    head = ("MAE", "ms (µB/atom)")
    styler = compare_leaderboard._styled(found, entries, ["ms"], [head], "mae")
    html = styler.to_html()
    by_key = found.set_index(["model", "group", "task"])
    line = by_key.loc[("heanet", "all", "ms")]
    best = words.error_text("mae", "ms", line["mae"], line["mae_spread"])
    assert f"★ {best}" in html
    assert " ± " in best
    assert html.count("★") == 1


def test_r2_is_best_where_it_is_largest(results: Results) -> None:
    found = leaderboard(results.errors, split="a2")
    styler = compare_leaderboard._styled(
        found, [("mean", "all"), ("heanet", "all")], ["ms"], [("R²", "ms")], "r2"
    )
    assert styler.to_html().rindex("★") > styler.to_html().rindex("HEANet")


def test_filters_leave_the_baselines_in(view: OpenPage) -> None:
    app = view(groups="energies")
    rows = board(app)
    assert set(rows["", "Learnt together"]) == {"energies", "each alone"}
    assert set(rows["", "Model"]) == {"HEANet", "Gaussian process", "Training mean"}
    assert "SchNet was trained on these groups only: all six." in text(app)


def test_a_leak_is_said_and_its_absence_too(view: OpenPage, results: Results) -> None:
    clean = view(split="a2")
    assert not clean.warning
    assert "Learnt from 12 cells, tested on 12 cells of 6 compositions" in text(clean)
    assert "None of these compositions was learnt from" in text(clean)
    leaking = view(split="b2")
    assert "8 of the 8 compositions tested were also learnt from" in leaking.warning[0].value
    facts = compare_split.split_facts(results.errors, "b2")
    assert facts is not None
    assert (facts.seen, facts.tested, facts.commit) == (16, 8, "0123abc")


def test_of_folds_there_are_held_out_rows_only(view: OpenPage) -> None:
    app = view(split="grouped")
    assert app.segmented_control(key="rows").options == ["test"]
    (head, *_rest) = board(app).columns[3:]
    assert head[0] == "MAE · grouped test rows, n = 24"
    assert "at least 16 cells" in text(app)


def test_seeds_are_dots(view: OpenPage, results: Results) -> None:
    app = view(task="ms")
    chosen = results.errors.query(
        "split == 'a2' and rows == 'test' and by == 'all' and task == 'ms' and fold == ''"
    )
    expected = chosen[chosen["seed"] != "ensemble"]["mae"]
    dots = [x for trace in figure(app)["data"] for x in numbers(trace["x"] or [])]
    assert set(np.round(expected, 6)) <= set(np.round(np.array(dots, dtype=float), 6))
    assert figure(app)["layout"]["xaxis"]["title"]["text"] == "MAE of ms (µB/atom)"
    assert "MAE of ms on a2 test rows, n = 12." in text(app)


# -- parity and the cell behind a point


def test_parity_shows_every_prediction_over_its_label(
    view: OpenPage, results: Results, labels: LabelledSet
) -> None:
    app = view("Parity", model="SchNet", task="eform", lattices="false", seed="seed 1")
    drawn = {t["name"]: t for t in figure(app)["data"] if "n = " in t.get("name", "")}
    assert sorted(drawn) == ["test · n = 12", "training · n = 12"]
    for rows in ("test", "train"):
        trace = drawn["test · n = 12" if rows == "test" else "training · n = 12"]
        chosen = results.predictions.query(
            "model == 'schnet' and group == 'all' and split == 'a2' and seed == '1' "
            f"and rows == '{rows}' and task == 'eform'"
        ).set_index("name")["value"]
        assert numbers(trace["x"]) == pytest.approx(labels.table["eform"][trace["customdata"]])
        assert numbers(trace["y"]) == pytest.approx(chosen[trace["customdata"]])
        assert len(trace["customdata"]) == 12


@pytest.mark.usefixtures("labels")
def test_the_errors_beside_the_plot_are_those_of_the_table(
    view: OpenPage, results: Results
) -> None:
    app = view("Parity", model="HEANet", group="energies", task="etot")
    line = results.errors.query(
        "model == 'heanet' and group == 'energies' and split == 'a2' and seed == '0' "
        "and by == 'all' and task == 'etot'"
    ).set_index("rows")
    shown = table(app, "rmse").set_index("rows")
    assert shown.loc["test", "mae"] == words.error_text("mae", "etot", line.loc["test", "mae"])
    assert shown.loc["training", "r2"] == words.error_text("r2", "etot", line.loc["train", "r2"])
    assert list(shown["n"]) == [12, 12]


@pytest.mark.usefixtures("labels")
def test_the_mean_of_the_seeds_is_the_mean_of_their_predictions(
    view: OpenPage, results: Results
) -> None:
    app = view("Parity", model="HEANet", task="ms", seed="mean of the seeds")
    worst = table(app, "error").iloc[0]
    values = results.predictions.query(
        "model == 'heanet' and group == 'all' and split == 'a2' and rows == 'test' and task == 'ms'"
    )
    mean = values[values["name"] == worst["name"]]["value"].mean()
    assert worst["predicted"] == pytest.approx(mean)
    assert abs(worst["error"]) == pytest.approx(table(app, "error")["error"].abs().max())


def test_an_address_opens_the_same_cell(
    view: OpenPage, results: Results, labels: LabelledSet
) -> None:
    name = "Fe8Ni4Cr4_sqsfcc"
    app = view("Parity", model="SchNet", task="ms", cell=name)
    (value,) = results.predictions.query(
        "model == 'schnet' and group == 'all' and split == 'a2' and seed == '0' "
        f"and task == 'ms' and name == '{name}'"
    )["value"]
    label = labels.table.loc[name, "ms"]
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown == {
        "DFT": task_words.digits("ms", label),
        "Predicted": task_words.digits("ms", value),
        "Error": signed(float(value - label), TASKS["ms"].decimals),
    }
    assert f"{name} · 16 atoms · parent lattice fcc · test" in text(app)
    assert app.subheader[0].value == "CrFe₂Ni"
    rings = [t for t in figure(app)["data"] if t.get("customdata") == [name]]
    assert len(rings) == 1
    assert address(app, "cell") == [name]


@pytest.mark.usefixtures("labels")
def test_a_cell_that_the_set_does_not_have_is_named(view: OpenPage) -> None:
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfc")
    assert "has no cell 'Fe8Ni4Cr4_sqsfc'. Did you mean 'Fe8Ni4Cr4_sqsfcc'?" in text(app)
    assert not app.metric


@pytest.mark.usefixtures("labels")
def test_the_chosen_cell_stays_while_other_views_are_shown(view: OpenPage) -> None:
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfcc", model="SchNet")
    app.segmented_control(key="view").set_value("settings").run()
    assert "cell" not in app.query_params
    app.segmented_control(key="view").set_value("parity").run()
    assert not app.exception
    assert address(app, "cell") == ["Fe8Ni4Cr4_sqsfcc"]
    assert address(app, "model") == ["SchNet"]
    assert len(app.metric) == 3


@pytest.mark.usefixtures("labels")
def test_the_cell_opens_on_the_structure_page(view: OpenPage, open_page: OpenPage) -> None:
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfcc")
    (link,) = [p.proto for p in app.get("page_link") if p.proto.query_string]
    assert link.page == "Structure"
    key, _equals, cell_id = link.query_string.partition("=")
    structure = open_page("pages/1_Structure.py", **{key: cell_id})
    assert not structure.exception
    assert structure.selectbox(key="chosen_cell").options == ["Fe8Ni4Cr4_sqsfcc"]


def test_without_its_labelled_set_parity_says_how_to_get_it(view: OpenPage) -> None:
    app = view("Parity")
    assert "python -m heanet data import FOLDER" in text(app)
    assert list(table(app, "rmse")["rows"]) == ["test", "training"]
    assert not app.get("plotly_chart")


@pytest.mark.usefixtures("labels")
def test_labels_of_another_set_are_told_apart(
    view: OpenPage, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = results.about.data.model_copy(update={"fingerprint": "f" * 64})
    other = replace(results, about=results.about.model_copy(update={"data": card}))
    save_results(other, tmp_path / "other")
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "other"))
    app = view("Parity")
    assert "is not the one that the results are from (ffffffffffff)" in text(app)


# -- the other views


def test_the_heat_map_divides_by_the_baseline(view: OpenPage, results: Results) -> None:
    boards = pd.concat(
        leaderboard(results.errors, split=split).assign(split=split) for split in ("a2", "b2")
    )
    ratios = compare_heat.ratio_table(boards, metric="mae", baseline="gp")
    assert set(ratios[ratios["model"] == "gp"]["ratio"].dropna()) == {1.0}
    key = {"model": "heanet", "group": "energies", "split": "b2", "task": "emix"}
    both = boards.query("split == 'b2' and task == 'emix'").set_index(["model", "group"])["mae"]
    found = ratios.loc[(ratios[list(key)] == pd.Series(key)).all(axis=1), "ratio"]
    assert found.tolist() == pytest.approx([both["heanet", "energies"] / both["gp", "all"]])
    cells = compare_heat.ratio_cells(ratios, ["a2", "b2"], metric="mae", baseline="gp")
    reasons = {(c.row, c.facet.split()[0]): c.reason for c in cells if np.isnan(c.error)}
    assert reasons["HEANet · magnetic", "etot"] == "etot is not learnt in this group"
    app = view("Heat map", baseline="SchNet")
    assert "divided by that of **SchNet**" in text(app)
    assert app.get("plotly_chart")


def test_learning_curves_are_those_of_the_chosen_runs(view: OpenPage, results: Results) -> None:
    app = view("Learning curves", splits=["a2", "grouped"], models="HEANet", series="ms")
    names = [t["name"] for t in figure(app)["data"] if t.get("showlegend", True)]
    assert [n for n in names if n] == ["HEANet · all six · a2", "HEANet · all six · grouped"]
    curves = results.curves.query("model == 'heanet' and split == 'a2' and group == 'all'")
    (curve,) = compare_curves.curves_of(curves, "ms")
    assert curve.values.shape == (3, N_EPOCHS)
    first = curves.query("seed == '1' and series == 'ms' and epoch == 5")["value"]
    assert curve.values[1, 4] == pytest.approx(first.item())
    assert "It was watched only" in text(app)


@pytest.mark.parametrize(
    ("by", "titles", "counts"),
    [
        ("lattice", ["fcc", "bcc"], [12, 12]),
        ("n_elements", ["2 elements", "3 elements"], [12, 12]),
        ("element", ["Cr", "Fe", "Ni"], [20, 20, 20]),
    ],
)
def test_parts_come_in_order_with_the_errors_of_every_seed(
    results: Results, by: str, titles: list[str], counts: list[int]
) -> None:
    chosen = results.errors[
        (results.errors["split"] == "grouped")
        & (results.errors["by"] == by)
        & (results.errors["task"] == "ms")
        & (results.errors["group"] == "all")
        & (results.errors["fold"] == "pooled")
        & (results.errors["seed"] != "ensemble")
    ]
    parts = compare_parts.parts_of(chosen, by=by, metric="rmse")
    assert [part.title for part in parts] == titles
    assert [part.n for part in parts] == counts
    expected = chosen[(chosen["model"] == "schnet") & (chosen["part"] == chosen["part"].iloc[0])]
    name = {"fcc": "fcc", "bcc": "bcc"}.get(str(chosen["part"].iloc[0]), titles[0])
    (part,) = [p for p in parts if p.title == name]
    assert part.errors["SchNet · all six"] == pytest.approx(expected["rmse"].tolist())


def test_parts_are_drawn(view: OpenPage) -> None:
    app = view("Where errors are", split="grouped", by="parent lattice", models="HEANet")
    assert figure(app)["layout"]["xaxis"]["ticktext"][0].startswith("fcc")
    assert figure(app)["layout"]["yaxis"]["title"]["text"] == "MAE of etot (eV/atom)"
    assert "Test rows of grouped." in text(app)


def test_label_correlation_needs_no_results(
    view: OpenPage, labels: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_RESULTS", "/nowhere")
    app = view("Label correlation")
    assert app.get("plotly_chart")
    assert not app.info
    value = labels.table["etot"].corr(labels.table["eform"])
    written = next(t for t in figure(app)["data"] if t.get("mode") == "text")
    places = zip(numbers(written["x"]), numbers(written["y"]), written["text"], strict=True)
    (square,) = [shown for x, y, shown in places if (x, y) == (0, 1)]  # etot below, eform beside
    assert square == f"{value:+.2f}".replace("-", "−")


def test_published_figures_stand_beside_their_networks(view: OpenPage) -> None:
    app = view("Published figures")
    rows = table(app, "same_rows")
    assert list(rows["task"]) == ["ms", "mb"]
    assert list(rows["reported"]) == ["0.0576", "0.386"]
    assert list(rows["same_rows"]) == ["0.05761", "0.38561"]
    assert list(rows["unseen"]) == ["1.0933", "16.826"]
    assert list(rows["trained"]) == [37, 37]
    assert "Of the 37 rows" in text(app)
    assert "**37 had trained that network**" in text(app)
    assert "2 of 2 errors change, the most by a factor of 1.4" in text(app)
    assert "doi 10.1038/s41524-022-00945-x" in text(app)
    assert "labels as published" in text(app)
    app.toggle(key="unsaved").set_value(True).run()
    assert list(table(app, "same_rows")["checkpoint"])[-1] == "–"


def test_the_verdict_counts_rows_once_per_network(results: Results) -> None:
    known = results.published[results.published["checkpoint"] != ""]
    twice = pd.concat([known, known.assign(rows="train", n_same=291.0, trained_of_same=100.0)])
    assert "Of the 328 rows" in compare_published.verdict(twice)
    assert "**137 had" in compare_published.verdict(twice)
    factor = (known["unseen"] / known["same_rows"]).median()
    assert f"{factor:.1f} times as large" in compare_published.verdict(known)


def test_settings_show_differences_only(view: OpenPage, results: Results) -> None:
    app = view("Settings", compared=["HEANet", "SchNet"])
    assert list(table(app, "setting")["setting"]) == ["network", "graphs"]
    app.toggle(key="equal").set_value(True).run()
    shown = table(app, "setting").set_index("setting")
    assert list(shown.index) == ["network", "graphs", "epochs", "lr"]
    assert shown.loc["epochs"].tolist() == ["200", "200"]
    assert results.about.data.fingerprint in text(app)


def test_a_single_model_shows_all_of_its_settings() -> None:
    alone = compare_settings.settings_table({"a": {"x": "1", "y": "2"}}, ["a"])
    assert len(compare_settings.differences(alone)) == 2


@pytest.mark.usefixtures("labels")
def test_the_audit_names_every_finding(view: OpenPage) -> None:
    app = view("Label audit", cell="Fe8Ni4Cr4_sqsbcc")
    rows = table(app, "reason")
    wrong = ["elements" if field == "structure" else field for _name, field in FINDINGS]
    assert sorted(zip(rows["name"], rows["field"], strict=True)) == sorted(
        (name, field) for (name, _), field in zip(FINDINGS, wrong, strict=True)
    )
    by_field = rows.set_index("field")
    assert by_field.loc["ms", ["given", "expected", "off"]].tolist() == ["2.0", "1.5000", "+0.500"]
    assert by_field.loc["emix", "off"] == "+0.3000"
    assert "**3 entries** of 3 cells" in text(app)
    assert "given Fe8 Ni4 Mn4, expected Fe8 Ni4 Cr4" in text(app)
    assert app.subheader[0].value == "CrFe₂Ni"


def test_corrections_can_be_seen_raw(view: OpenPage, labels: LabelledSet) -> None:
    app = view("Label audit", cell="Fe8Ni4Cr4_sqsbcc", raw="true")
    assert app.subheader[0].value == "MnFe₂Ni"
    raw = load_labels(labels.name, corrected=False)
    assert f"labels as published · fingerprint {raw.fingerprint[:12]}" in text(app)


def test_a_set_without_findings_says_so() -> None:
    empty = compare_audit.audit_table(
        pd.DataFrame(columns=["name", "field", "given", "corrected", "reason"], dtype=str)
    )
    assert empty.empty


# -- what is missing or damaged


@pytest.mark.usefixtures("labels")
def test_without_results_the_page_says_so_and_the_audit_works(
    view: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_RESULTS", "/nowhere")
    app = view()
    assert "There is no 'errors.csv' in '/nowhere'" in app.info[0].value.replace("\\", "")
    assert not app.dataframe
    app.segmented_control(key="view").set_value("audit").run()
    assert not app.exception
    assert len(table(app, "reason")) == len(FINDINGS)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("errors.csv", b"model,group\n", "'errors.csv' lacks"),
        ("predictions.parquet", b"no table", "'predictions.parquet' cannot be read"),
        ("about.json", b"{", "'about.json' cannot be read"),
    ],
)
def test_damaged_results_are_named(
    view: OpenPage,
    results: Results,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    content: bytes,
    message: str,
) -> None:
    save_results(results, tmp_path / "damaged")
    (tmp_path / "damaged" / file).write_bytes(content)
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "damaged"))
    app = view()
    assert message in text(app)


def test_without_anything_every_view_is_friendly(
    view: OpenPage, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_RESULTS", str(home / "nowhere"))
    app = view()
    for key in app.segmented_control(key="view").options:
        again = view(key)
        assert again.info, key


def test_results_are_read_once_until_they_change(
    view: OpenPage, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "changing"
    save_results(results, folder)
    monkeypatch.setenv("HEANET_RESULTS", str(folder))
    read: list[Path] = []

    def counting(path: Path) -> Results:
        read.append(path)
        return load_results(path)

    monkeypatch.setattr(compare_data, "load_results", counting)
    app = view()
    app.segmented_control(key="split").set_value("b2").run()
    assert len(read) == 1
    only = results.errors[results.errors["model"] == "gp"]
    save_results(replace(results, errors=only), folder)
    app.run()
    assert len(read) == 2
    assert set(board(app)["", "Model"]) == {"Gaussian process"}


@pytest.mark.usefixtures("labels")
def test_every_number_has_a_tooltip(view: OpenPage) -> None:
    app = view()
    (found,) = [b for b in app.dataframe if b.value.columns.nlevels == 2]
    columns = json.loads(found.proto.columns)
    for position, task in enumerate(TASK_KEYS, start=4):
        assert TASKS[task].meaning["en"] in columns[f"_pos:{position}"]["help"]
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfcc")
    assert all(metric.help for metric in app.metric)


def test_models_are_named_as_in_the_comparison(view: OpenPage) -> None:
    assert view().pills(key="models").options == [c.title for c in CONTENDERS.values()]
