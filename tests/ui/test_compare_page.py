"""The Compare page without a browser: its numbers are those of the tables and say what they are."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.results import Results, leaderboard, load_results, save_results
from heanet.data import labels as labels_module
from heanet.data.labels import LabelledSet
from heanet.figures.predictions import signed
from heanet.properties import PUBLISHED_TASKS, TASKS
from heanet.ui import (
    compare_data,
    compare_leaderboard,
    compare_split,
    task_words,
)
from heanet.ui import compare_words as words
from tests.results_sample import FINDINGS
from tests.ui.compare_page import OpenPage, address, board, figure, numbers, table, text

# pymatgen calls spglib in its old way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning"),
    pytest.mark.usefixtures("results"),
]


def test_the_leaderboard_shows_means_over_seeds(view: OpenPage, results: Results) -> None:
    shown = board(view())
    expected = leaderboard(results.errors, split="a2")
    rows = list(zip(shown["", "Model"], shown["", "Learnt together"], strict=True))
    assert rows[:3] == [("HEANet", "all six"), ("HEANet", "energies"), ("HEANet", "magnetic")]
    assert rows[-1] == ("Training mean", "each alone")
    for task in PUBLISHED_TASKS:
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
    shown = board(view(split="b2", rows="training", metric="RMSE"))
    assert list(shown.columns[-1:]) == [("", "Seeds")]
    heads = shown.columns[2:-1]
    assert [under for _over, under in heads] == [
        f"{task} ({task_words.unit(task)})" for task in PUBLISHED_TASKS
    ]
    assert {over for over, _under in heads} == {"RMSE · b2 training rows, n = 12"}


def test_models_that_train_on_other_rows_say_how_many(
    view: OpenPage, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published recipe keeps some cells to choose its epoch on; the others train on them."""
    errors = results.errors.copy()
    own = (errors["model"] == "published") & (errors["split"] == "a2") & (errors["rows"] == "train")
    errors.loc[own, "n"] -= 2
    chose = errors[own].assign(rows="validation", n=2, compositions=1, shared=1)
    save_results(replace(results, errors=pd.concat([errors, chose])), tmp_path / "other")
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "other"))
    app = view(rows="training")
    shown = board(app)
    assert {over for over, _under in shown.columns[2:-2]} == {"MAE · a2 training rows, n = 10–12"}
    n = dict(zip(shown["", "Model"], shown["", "n"], strict=True))
    assert (n["Published recipe"], n["SchNet"], n["Training mean"]) == ("10", "12", "12")
    assert "Learnt from 12 cells" in text(app)
    assert "Published recipe trains on 10 of them and chooses its epoch on 2 (10 + 2)." in text(app)
    assert "n = 10–12. Dots" in text(app)
    assert ("", "n") not in board(view()).columns


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


def test_a_tie_has_no_winner(results: Results) -> None:
    found = leaderboard(results.errors, split="a2")
    ms = found["task"] == "ms"
    best = found.loc[ms & (found["model"] == "heanet") & (found["group"] == "all")].iloc[0]
    schnet = ms & (found["model"] == "schnet")
    entries = [("heanet", "all"), ("schnet", "all"), ("mean", "all")]
    stars = []
    for spreads in (0.9, 1.1):
        found.loc[schnet, "mae"] = best["mae"] + spreads * best["mae_spread"]
        found.loc[schnet, "mae_spread"] = 0.5 * best["mae_spread"]
        styler = compare_leaderboard._styled(found, entries, ["ms"], [("MAE", "ms")], "mae")
        stars.append(styler.to_html().count("★"))
    assert stars == [2, 1]


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
    (head, *_rest) = board(app).columns[2:]
    assert head[0] == "MAE · grouped test rows, n = 24"
    assert "at least 18 cells" in text(app)


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
        "Calculated": task_words.digits("ms", label),
        "Predicted": task_words.digits("ms", value),
        "Error": signed(float(value - label), TASKS["ms"].decimals),
    }
    assert f"{name} · 16 atoms · parent lattice fcc · test" in text(app)
    assert app.subheader[0].value == "CrFe₂Ni"
    rings = [t for t in figure(app)["data"] if t.get("customdata") == [name]]
    assert len(rings) == 1
    assert address(app, "cell") == [name]


@pytest.mark.usefixtures("labels")
def test_a_model_that_was_not_run_there_is_named(
    view: OpenPage, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = results.errors
    without = errors[(errors["model"] != "schnet") | (errors["split"] != "b2")]
    save_results(replace(results, errors=without), tmp_path / "without")
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "without"))
    app = view("Parity", model="SchNet", split="b2")
    assert "SchNet was not run on b2. Here is HEANet instead." in text(app)
    assert "was not run" not in text(view("Parity", model="SchNet", split="a2"))
    there = view("Parity", model="SchNet", split="a2")
    there.segmented_control(key="split").set_value("b2").run()
    assert "SchNet was not run on b2. Here is HEANet instead." in text(there)


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


@pytest.mark.usefixtures("labels")
def test_the_way_to_the_structure_page_leads_to_an_open_cell_too(
    view: OpenPage, open_page: OpenPage
) -> None:
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfcc")
    (link,) = [p.proto for p in app.get("page_link") if p.proto.query_string]
    cell_id = link.query_string.partition("=")[2]
    structure = open_page("pages/1_Structure.py", cell=cell_id)
    structure.query_params["cell"] = "again.vasp"
    structure.run()
    assert structure.selectbox(key="chosen_cell").value == "again.vasp"
    structure.query_params["cell"] = cell_id  # both are open now
    structure.run()
    assert structure.selectbox(key="chosen_cell").value == cell_id


def test_without_its_labelled_set_parity_says_how_to_get_it(view: OpenPage) -> None:
    app = view("Parity")
    assert "python -m heanet data import FOLDER" in text(app)
    assert list(table(app, "rmse")["rows"]) == ["test", "training"]
    assert not app.get("plotly_chart")


@pytest.mark.usefixtures("labels")
def test_predictions_without_a_label_are_counted(
    view: OpenPage, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = results.predictions
    renamed = table["name"].replace("Fe8Ni4Cr4_sqsfcc", "Fe9Ni4Cr3_sqsfcc")
    save_results(replace(results, predictions=table.assign(name=renamed)), tmp_path / "other")
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "other"))
    app = view("Parity")
    assert "1 predicted cell has no label here" in text(app)
    assert sum(len(trace.get("customdata", [])) for trace in figure(app)["data"]) == 23


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


def test_unfinished_splits_are_left_out_and_said_so(
    view: OpenPage, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "9 of 466 planned fits, the others are missing below" in text(view())
    errors = results.errors
    save_results(replace(results, errors=errors[errors["fold"] != "pooled"]), tmp_path / "part")
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "part"))
    for title in ("Leaderboard", "Parity", "Where errors are"):
        assert view(title).segmented_control(key="split").options == ["a2", "b2"]
    save_results(replace(results, errors=errors[errors["fold"] == "1"]), tmp_path / "none")
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "none"))
    assert "No split is finished yet" in text(view())


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
    monkeypatch.setattr(labels_module, "SHIPPED", home / "nowhere")
    for key in app.segmented_control(key="view").options:
        again = view(key)
        assert again.info or again.warning, key


def test_the_view_is_of_the_set_whose_cells_are_here(
    view: OpenPage,
    results: Results,
    labels: LabelledSet,
    sample: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Results on two sets: the imported one comes first, the other one is a click away."""
    monkeypatch.delenv("HEANET_RESULTS")
    home = tmp_path / "own"
    shutil.copytree(sample[1], home)
    monkeypatch.setenv("HEANET_HOME", str(home))
    monkeypatch.setattr(labels_module, "SHIPPED", tmp_path / "nowhere")
    save_results(results, home / "results" / "cells" / "results")
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfcc")
    assert app.segmented_control(key="data").options == ["hea-dft", "cells"]
    assert app.segmented_control(key="data").value == "cells"
    assert f"Results on {labels.title}" in text(app)
    assert address(app, "cell") == ["Fe8Ni4Cr4_sqsfcc"]
    app.segmented_control(key="data").set_value("hea-dft").run()
    assert not app.exception
    assert "Results on HEA-DFT" in text(app)
    assert "cell" not in app.query_params


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
    for position, task in enumerate(PUBLISHED_TASKS, start=3):
        assert TASKS[task].meaning["en"] in columns[f"_pos:{position}"]["help"]
    app = view("Parity", cell="Fe8Ni4Cr4_sqsfcc")
    assert all(metric.help for metric in app.metric)


def test_models_are_named_as_in_the_comparison(view: OpenPage) -> None:
    assert view().pills(key="models").options == [c.title for c in CONTENDERS.values()]
