"""The runs of this machine side by side: what compares, the errors, the curves, the settings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from heanet.jobs import queue, watch
from heanet.training.checkpoints import CARD, load_card
from heanet.training.epochs import EPOCHS
from heanet.training.errorcurves import error_curves
from heanet.training.runfolder import PREDICTIONS
from heanet.ui import compare_runs_errors, compare_runs_parity
from heanet.ui.compare_runs_data import Basis, comparable, entries_of, errors_of, leaders
from tests.ui.compare_page import board, figure, numbers, table, text
from tests.ui.some_runs import STOPPED, STOPPED_AFTER, add_run

OpenPage = Callable[..., AppTest]


@pytest.fixture
def page(open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Opens the view by its address; there are no results of a comparison."""
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "none"))

    def start(*names: str, **query: Any) -> AppTest:
        chosen = {"runs": list(names)} if names else {}
        app = open_page("pages/3_Compare.py", view="Your runs", **chosen, **query)
        assert not app.exception
        return app

    return start


def found(*names: str) -> list[watch.Run]:
    known = {run.name: run for run in watch.runs()}
    return [known[name] for name in names]


def mae(folder: Path, task: str, rows: str) -> float:
    """As the card of a run has it."""
    (value,) = [
        line.mae
        for line in load_card(folder).metrics
        if line.task == task and f" {rows}:" in line.rows
    ]
    return value


def test_runs_that_differ_in_the_seed_alone_go_together(runs: Path) -> None:
    some = found("base-1", "other", STOPPED, "base-0")
    together = entries_of(some, together=True)
    assert [[run.name for run in entry.runs] for entry in together] == [
        ["base-0", "base-1"], ["other"], [STOPPED],
    ]  # fmt: skip
    assert [entry.title for entry in together] == ["base-1 and 1 other seed", "other", STOPPED]
    assert [len(entry.runs) for entry in entries_of(some, together=False)] == [1, 1, 1, 1]
    assert runs.is_dir()


@pytest.mark.usefixtures("runs")
def test_two_runs_of_one_title_are_told_apart() -> None:
    for name in ("base-0", "other"):
        queue.describe(name, title="Mine", note="")
    entries = entries_of(found("base-0", "other"), together=True)
    assert [entry.title for entry in entries] == ["Mine (base-0)", "Mine (other)"]


def test_errors_are_those_of_the_cards(runs: Path) -> None:
    entries = entries_of(found("base-0", "base-1", "other"), together=True)
    errors = errors_of(entries)
    assert list(zip(errors["task"], errors["rows"], errors["entry"], strict=True))[:4] == [
        ("eform", "test", 0), ("eform", "test", 1), ("eform", "validation", 0),
        ("eform", "validation", 1),
    ]  # fmt: skip
    assert set(errors["task"]) == {"eform", "ms"}
    first, second = errors.iloc[0], errors.iloc[1]
    pair = [mae(runs / name, "eform", "test") for name in ("base-0", "base-1")]
    assert first["mae"] == pytest.approx(np.mean(pair))
    assert first["mae_spread"] == pytest.approx(np.std(pair, ddof=1))
    assert (first["seeds"], first["n"], first["unit"]) == (2, 4, "eV/atom")
    assert second["mae"] == pytest.approx(mae(runs / "other", "eform", "test"))
    assert np.isnan(second["mae_spread"])
    assert first["which"].startswith("b2 test: 0 of 4 trained on")


def test_only_what_stands_on_the_same_is_ranked(runs: Path) -> None:
    entries = entries_of(found("base-0", "base-1", "other", STOPPED), together=False)
    assert comparable(entries) == [[0, 1, 3], [2]]
    errors = errors_of(entries)
    best = leaders(errors, entries, "mae")
    line = errors[(errors["task"] == "ms") & (errors["rows"] == "test")]
    among = line[line["entry"] != 2]
    expected = int(among.loc[among["mae"].idxmin(), "entry"])
    assert {entry for task, rows, entry in best if (task, rows) == ("ms", "test")} == {expected}
    assert not [entry for *_line, entry in best if entry == 2]
    assert runs.is_dir()


def test_a_set_of_the_same_name_with_other_content_does_not_compare() -> None:
    one = Basis("alloys", "abc", "b2", True)
    assert one.compares_with(replace(one, fingerprint=""))
    others = ({"name": "x"}, {"fingerprint": "d"}, {"split": "b1"}, {"corrected": False})
    assert not any(one.compares_with(replace(one, **change)) for change in others)


def test_the_page_shows_errors_with_what_they_stand_on(page: OpenPage, runs: Path) -> None:
    app = page("base-0", "base-1", "other")
    shown = board(app)
    assert [head for head in shown.columns if head[0]] == [
        ("small · b2", "base-0 and 1 other seed"), ("≠ small · a2", "other"),
    ]  # fmt: skip
    assert shown["", "Property"].tolist() == ["eform (eV/atom)"] * 2 + ["ms (µB/atom)"] * 2
    assert shown["", "Rows"].tolist() == ["test", "validation"] * 2
    assert shown["", "n"].tolist() == ["4"] * 4
    expected = mae(runs / "other", "ms", "test")
    assert float(shown["≠ small · a2", "other"][2]) == pytest.approx(expected, rel=0.02)
    assert " ± " in shown["small · b2", "base-0 and 1 other seed"][0]
    assert "Their errors do not compare" in text(app)
    assert "b2 test: 0 of 4 trained on" in text(app)
    app.toggle(key="together").set_value(False).run()
    [best] = [v for v in board(app).iloc[0] if str(v).startswith("★")]
    single = [mae(runs / name, "eform", "test") for name in ("base-0", "base-1")]
    assert float(best.removeprefix("★ ")) == pytest.approx(min(single), rel=0.02)


@pytest.mark.usefixtures("runs")
def test_runs_on_the_same_say_that_they_compare(page: OpenPage) -> None:
    app = page("base-0", STOPPED)
    assert "All stand on small · b2 · corrected labels" in text(app)
    assert not app.warning
    assert [head[0] for head in board(app).columns if head[0]] == ["small · b2"] * 2


def test_validation_curves_lie_over_one_another(page: OpenPage, runs: Path) -> None:
    app = page("base-0", "base-1", STOPPED)
    drawn = {trace["name"]: trace for trace in figure(app)["data"] if trace.get("name")}
    pair = [error_curves(runs / name)["validation.eform"] for name in ("base-0", "base-1")]
    assert numbers(drawn["base-0 and 1 other seed"]["y"]) == pytest.approx(np.mean(pair, axis=0))
    stopped = error_curves(runs / STOPPED)["validation.eform"]
    assert len(stopped) == STOPPED_AFTER
    assert numbers(drawn[STOPPED]["y"]) == pytest.approx(stopped.tolist())
    app.button_group(key="series").set_value("ms").run()
    ms = error_curves(runs / STOPPED)["validation.ms"].tolist()
    (trace,) = [t for t in figure(app)["data"] if t.get("name") == STOPPED]
    assert numbers(trace["y"]) == pytest.approx(ms)


@pytest.mark.usefixtures("runs")
def test_only_settings_that_differ_are_shown(page: OpenPage) -> None:
    app = page("base-0", "other")
    settings = table(app, "setting").set_index("setting")
    assert settings.loc["split"].tolist() == ["b2", "a2"]
    assert set(settings.index) <= {"split", "best_epoch"}
    app.toggle(key="together").set_value(False).run()
    app.multiselect(key="runs").set_value(["base-0", "base-1"]).run()
    assert table(app, "setting").set_index("setting").loc["seed"].tolist() == ["0", "1"]


def test_the_predictions_of_a_run_are_drawn_and_the_worst_named(page: OpenPage, runs: Path) -> None:
    app = page("other")
    written = pd.read_csv(runs / "other" / PREDICTIONS)
    tested = written[(written["task"] == "eform") & (written["rows"] == "test")]
    parity = figure(app, 1)["data"]
    (drawn,) = [trace for trace in parity if trace["name"].startswith("test")]
    assert numbers(drawn["x"]) == pytest.approx(tested["label"].tolist())
    assert numbers(drawn["y"]) == pytest.approx(tested["predicted"].tolist())
    worst = table(app, "error")
    off = (tested["predicted"] - tested["label"]).abs()
    assert worst["error"].abs().tolist() == pytest.approx(sorted(off, reverse=True))
    assert worst["name"].tolist()[0] == tested["name"][off.idxmax()]
    (runs / "other" / PREDICTIONS).write_text("nothing\n")
    app.run()
    assert "The predictions of other cannot be read." in text(app)


def test_without_a_choice_the_latest_finished_runs_are_shown(page: OpenPage, runs: Path) -> None:
    assert page().multiselect(key="runs").value == ["other", "base-1", "base-0"]
    for name in ("other", "base-1", "base-0"):
        (runs / name / CARD).unlink()
    assert page().multiselect(key="runs").value[0] == STOPPED


def test_without_any_run_the_way_to_a_launch_is_shown(page: OpenPage) -> None:
    add_run("new")
    app = page()
    assert "No run of this machine has learnt anything yet." in text(app)
    assert [link.proto.label for link in app.main.get("page_link")] == ["Launch a training"]


@pytest.mark.usefixtures("runs")
def test_runs_that_are_gone_are_named(page: OpenPage) -> None:
    app = page("base-0", "gone")
    assert "Not here, or nothing learnt yet: gone." in text(app)


def test_a_run_without_a_checkpoint_has_its_curve_alone(page: OpenPage, runs: Path) -> None:
    for name in ("run.json", "references.json", EPOCHS):
        (runs / "young").mkdir(exist_ok=True)
        (runs / "young" / name).write_bytes((runs / STOPPED / name).read_bytes())
    app = page("young")
    assert "None of these runs has errors yet" in text(app)
    assert len(numbers(figure(app)["data"][0]["y"])) == STOPPED_AFTER
    app = page("base-0", "young")
    assert board(app)["small · b2", "young"].tolist() == ["–"] * 4


@pytest.mark.usefixtures("runs")
def test_a_link_without_a_view_opens_this_one_and_lets_it_be_left(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_RESULTS", str(tmp_path / "none"))
    app = open_page("pages/3_Compare.py", runs=["base-0"])
    assert app.multiselect(key="runs").value == ["base-0"]
    app.button_group(key="view").set_value("leaderboard").run()
    assert app.session_state["view"] == "leaderboard"
    app.run()
    assert app.session_state["view"] == "leaderboard"


@pytest.mark.usefixtures("runs")
def test_the_csv_of_errors_says_what_they_stand_on(
    page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: dict[str, pd.DataFrame] = {}
    charts = compare_runs_errors.compare_charts
    monkeypatch.setattr(charts, "show_csv", lambda table, *, name: saved.update({name: table}))
    page("base-0", "other")
    errors = saved["runs-errors"]
    assert set(zip(errors["run"], errors["split"], strict=True)) == {
        ("base-0", "b2"), ("other", "a2"),
    }  # fmt: skip
    assert set(errors["fingerprint"]) == {"small 24"}
    assert set(errors["rows"]) == {"test", "validation", "train"}


def test_worst_cells_are_test_cells_with_a_label() -> None:
    points = pd.DataFrame(
        {
            "name": ["a", "b", "c", "d"],
            "rows": ["test", "test", "train", "test"],
            "label": [1.0, 2.0, 3.0, np.nan],
            "predicted": [1.1, 1.5, 9.0, 5.0],
        }
    )
    worst = compare_runs_parity.worst_of(points)
    assert worst["name"].tolist() == ["b", "a"]
    assert worst["error"].tolist() == pytest.approx([-0.5, 0.1])
