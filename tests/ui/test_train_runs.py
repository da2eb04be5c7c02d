"""The runs of the Train page: what they are, how they learn, and what can be done with them."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from heanet.config import RunConfig, TrainConfig
from heanet.errors import TrainingError
from heanet.jobs import queue, watch
from heanet.jobs.about import About, read_about, write_about
from heanet.training.checkpoints import CARD, WEIGHTS, load_card
from heanet.training.epochs import EPOCHS
from heanet.training.errorcurves import error_curves
from heanet.training.registry import models_home
from heanet.training.runfolder import CANCEL, LOCK, LOG
from heanet.ui import train_runs, train_runs_actions, train_runs_list, train_state, train_views
from heanet.ui import train_runs_data as data
from heanet.ui import train_runs_words as words
from tests.ui.compare_page import address, figure, numbers, table, text
from tests.ui.some_runs import MODEL, STOPPED, STOPPED_AFTER, TRAIN, add_run

OpenRuns = Callable[..., AppTest]


@pytest.fixture
def page(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> OpenRuns:
    """Opens the view of the runs by its address; the launch view shows what it is given."""
    shown = {
        train_state.LAUNCH: train_views.View("Launch", "?", _show_form),
        train_state.RUNS: train_views.View("Runs", "?", train_runs.show_runs),
    }
    monkeypatch.setattr(train_views, "views", lambda: shown)

    def start(**query: Any) -> AppTest:
        app = open_page("pages/4_Train.py", tab="Runs", **query)
        assert not app.exception
        return app

    return start


def _show_form() -> None:
    form = train_state.take_form()
    st.markdown(f"form {form.model_dump_json() if form else 'as it was'}")


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that honours every ticket."""
    monkeypatch.setattr(watch, "_alive", lambda found: {x.ticket for x in found if x is not None})


@pytest.fixture
def working(runs: Path) -> Iterator[Path]:
    """A run that a process works at: its folder is locked and has three epochs."""
    folder = runs / "live"
    folder.mkdir()
    for name in ("run.json", "references.json", EPOCHS, LOG):
        (folder / name).write_bytes((runs / STOPPED / name).read_bytes())
    with FileLock(folder / LOCK):
        yield folder


def names(app: AppTest) -> list[str]:
    """Of the runs in the list, from the top."""
    return [b.key.removeprefix("open_") for b in app.button if (b.key or "").startswith("open_")]


def head(app: AppTest) -> str:
    """The run whose detail is shown."""
    return str(app.subheader[0].value).replace("\\", "")


def press(app: AppTest, label: str) -> AppTest:
    """Presses the last button with a label: that of a dialog, where one is open."""
    [*_, button] = [b for b in app.button if b.label == label]
    button.click().run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_without_runs_the_way_to_a_launch_is_shown(page: OpenRuns) -> None:
    app = page()
    assert "No runs yet." in text(app)
    press(app, "Launch a training")
    assert "form as it was" in text(app)


@pytest.mark.usefixtures("runs")
def test_the_list_says_how_every_run_stands(page: OpenRuns) -> None:
    app = page()
    assert names(app) == ["stopped", "other", "base-1", "base-0"]
    assert address(app, "run") == ["stopped"]
    shown = text(app)
    assert "3 of 6 epochs" in app.get("progress")[0].text
    assert "Cancelled" in shown
    assert shown.count("Finished") == 3
    assert "small · a2 · eform ms · seed 0" in shown
    best = data.best_errors(watch.find("base-1"))
    assert best is not None
    assert f"best eform {best.errors['eform']:.4f} eV/atom" in shown


@pytest.mark.usefixtures("runs")
def test_the_list_is_filtered_by_words_and_status(page: OpenRuns) -> None:
    app = page()
    app.text_input(key="find").set_value("BASE seed").run()
    assert names(app) == ["base-1", "base-0"]
    assert "2 of 4 runs" in text(app)
    app.text_input(key="find").set_value("").run()
    app.button_group(key="status").set_value(["cancelled"]).run()
    assert names(app) == ["stopped"]
    app.text_input(key="find").set_value("nowhere").run()
    assert names(app) == []
    assert "None of the 4 runs fits." in text(app)
    assert head(app) == "stopped"


def test_hundreds_of_runs_come_page_by_page(page: OpenRuns) -> None:
    for k in range(300):
        add_run(f"run-{k:03}", config=RunConfig(data="small", train=TrainConfig(seed=k)))
    app = page(run="run-123")
    assert len(names(app)) == train_runs_list.PER_PAGE
    assert "300 runs" in text(app)
    assert head(app) == "run-123"
    first = names(app)
    app.get("pagination")[0].set_value(2).run()
    assert len(names(app)) == train_runs_list.PER_PAGE
    assert not set(first) & set(names(app))
    app.text_input(key="find").set_value("run-12").run()
    assert "10 of 300 runs" in text(app)
    assert len(names(app)) == train_runs_list.PER_PAGE  # the first page of two


@pytest.mark.usefixtures("runs")
def test_a_run_is_chosen_by_address_by_button_and_by_the_launch_view(page: OpenRuns) -> None:
    app = page(run="base-1")
    assert head(app) == "base-1"
    app.button(key="open_other").click().run()
    assert (head(app), address(app, "run")) == ("other", ["other"])
    app.session_state[train_state.RUN] = "base-0"  # as train_state.open_run does
    app.run()
    assert (head(app), address(app, "run")) == ("base-0", ["base-0"])
    app.query_params["run"] = "stopped"  # a link in the same session
    app.run()
    assert head(app) == "stopped"


@pytest.mark.usefixtures("runs")
def test_an_address_of_a_run_that_is_gone_says_so(page: OpenRuns) -> None:
    app = page(run="gone_*")
    assert "There is no run “gone_*”" in text(app)
    assert head(app) == "stopped"


def test_a_finished_run_shows_its_errors_its_curves_and_its_settings(
    page: OpenRuns, runs: Path
) -> None:
    app = page(run="base-0")
    card = load_card(runs / "base-0")
    [test, validation, train] = [
        block.value for block in app.dataframe if "mae" in block.value.columns
    ]
    for shown, rows in ((test, "b2 test"), (validation, "b2 validation"), (train, "b2 train")):
        lines = [line for line in card.metrics if line.rows.startswith(rows)]
        assert shown["mae"].astype(float).tolist() == pytest.approx(
            [line.mae for line in lines], abs=6e-4
        )
        assert shown["n"].tolist() == [line.n for line in lines]
    curves = error_curves(runs / "base-0")
    lines_drawn, trained, best = figure(app)["data"]
    assert numbers(lines_drawn["y"]) == pytest.approx(curves["validation.eform"].tolist())
    assert numbers(trained["y"]) == pytest.approx(curves["train.eform"].tolist())
    assert best["x"] == list(card.best_epochs)
    settings = table(app, "setting").set_index("setting")
    assert settings.loc["epochs"].tolist() == ["6", "500"]
    assert "seed" not in settings.index
    app.button_group(key="series").set_value("train_loss").run()
    validation_loss = numbers(figure(app)["data"][0]["y"])
    assert validation_loss == pytest.approx(curves["validation_loss"].tolist())
    assert labels(app).count("Cancel") == labels(app).count("Resume") == 0


def test_only_new_epochs_are_read_and_few_runs_are_kept(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def read(folder: Path, *, after: int = 0) -> pd.DataFrame:
        asked.append(after)
        return error_curves(folder, after=after)

    monkeypatch.setattr(data, "error_curves", read)
    monkeypatch.setattr(data.st, "session_state", {})
    lines = (runs / "base-0" / EPOCHS).read_text().splitlines(keepends=True)
    for n in (2, 2, 5):
        (runs / "base-0" / EPOCHS).write_text("".join(lines[:n]))
        table = data.kept_curves(watch.find("base-0"))
        assert table["epoch"].tolist() == list(range(1, n + 1))
    assert asked == [0, 2]
    (runs / "base-0" / EPOCHS).write_text("".join(lines[:1]))  # trained anew
    assert len(data.kept_curves(watch.find("base-0"))) == 1
    monkeypatch.setattr(data, "_KEPT", 2)
    for name in ("base-1", "other", "base-0"):
        data.kept_curves(watch.find(name))
    assert list(data.st.session_state[data._CURVES]) == ["other", "base-0"]


def test_the_best_epoch_has_the_smallest_validation_loss() -> None:
    curves = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "validation_loss": [0.3, 0.1, 0.1],
            "train.ms": [1.0, 2.0, 3.0],
            "validation.ms": [0.4, 0.2, 0.1],
        }
    )
    best = data.best_of(curves)
    assert best == data.Best(2, {"ms": 0.2})
    assert data.best_of(curves.assign(validation_loss=None)) is None


def test_a_running_run_is_followed_until_it_ends(
    page: OpenRuns, working: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragment, every = st.fragment, []

    def make(func: Callable[..., None], *, run_every: float | None) -> Callable[..., None]:
        every.append(run_every)
        return fragment(func, run_every=run_every)

    monkeypatch.setattr(train_runs.st, "fragment", make)
    app = page(run="live")
    assert every[-1] == 2.0
    assert "Running" in text(app)
    bars = [bar.text for bar in app.get("progress")]
    assert bars[0] == "3 of 6 epochs · less than a minute left"
    assert len(numbers(figure(app)["data"][0]["y"])) == STOPPED_AFTER
    assert {"Delete", "Resume"}.isdisjoint(labels(app))
    press(app, "Cancel")
    assert (working / CANCEL).exists()
    assert "Stopping" in text(app)
    [button] = [b for b in app.button if b.label == "Stopping"]
    assert button.disabled
    (working / CARD).write_bytes((working.parent / "base-0" / CARD).read_bytes())
    app.run()
    assert every[-1] is None
    assert "Running" not in text(app)


@pytest.mark.usefixtures("alive")
def test_runs_in_line_say_how_many_are_before_them(page: OpenRuns) -> None:
    for k in (1, 2, 3):
        add_run(f"q{k}", state="queued", place=k)
    app = page(run="q3")
    shown = text(app)
    assert "Next in line" in shown
    assert "1 before it" in shown
    assert "2 before it" in shown
    press(app, "Cancel")
    assert watch.find("q3").status == "cancelled"
    assert "It was cancelled before it began." in text(app)
    assert "Resume" in labels(app)


def test_what_happened_to_a_run_is_said_with_what_to_do(page: OpenRuns) -> None:
    add_run("bad", state="failed", message="No *set* of that name")
    add_run("lost", state="running")
    app = page(run="bad")
    [error] = app.error
    assert error.value.startswith(r"It failed before it began: No \*set\* of that name. Once")
    app.button(key="open_lost").click().run()
    [warning] = app.warning
    assert warning.value.startswith("It was interrupted before it began: its process is gone")
    assert "Interrupted" in text(app)


def test_a_stopped_run_keeps_what_it_has_learnt(page: OpenRuns, runs: Path) -> None:
    app = page(run=STOPPED)
    [warning] = app.warning
    assert "It was stopped after 3 of 6 epochs." in warning.value
    assert "register its best weights" in warning.value
    card = load_card(runs / STOPPED / "stopped")
    assert card.limits[-1] in text(app)
    press(app, "Register as a model")
    app.text_input[1].set_value("half-done")
    press(app, "Register")
    assert load_card(models_home() / "half-done").best_epochs == card.best_epochs


def test_a_refused_action_says_why_in_place(
    page: OpenRuns, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise TrainingError(f"No scheduler for {name}", fix="Start *it*.")

    monkeypatch.setattr(queue, "resume", refuse)
    app = page(run=STOPPED)
    press(app, "Resume")
    assert [error.value for error in app.error] == [r"No scheduler for stopped. Start \*it\*."]
    app.button(key="open_other").click().run()
    assert not app.error
    assert runs.is_dir()


def test_a_run_is_deleted_only_after_the_question(page: OpenRuns, runs: Path) -> None:
    app = page(run="base-1")
    press(app, "Delete")
    assert (runs / "base-1").is_dir()
    press(app, "Keep it")
    assert "Keep it" not in labels(app)
    assert (runs / "base-1").is_dir()
    press(app, "Delete")
    press(app, "Delete")
    assert not (runs / "base-1").exists()
    assert names(app) == ["stopped", "other", "base-0"]
    assert head(app) == "stopped"


def test_title_and_note_are_shown_and_kept(page: OpenRuns, runs: Path) -> None:
    app = page(run="base-1")
    press(app, "Title and note")
    title = next(field for field in app.text_input if field.label == "Title")
    title.set_value("My *best*")
    app.text_area[0].set_value("One $x$\nTwo")
    press(app, "Save")
    assert read_about(runs / "base-1") == About(title="My *best*", note="One $x$\nTwo")
    assert app.subheader[0].value == r"My \*best\*"
    assert "One $x$  \nTwo" in text(app)
    assert "`base-1`" in text(app)
    app.text_input(key="find").set_value("best").run()
    assert names(app) == ["base-1"]


def test_a_run_is_registered_and_the_model_deleted(page: OpenRuns, runs: Path) -> None:
    app = page(run="base-0")
    press(app, "Register as a model")
    fields = {field.label: field for field in app.text_input}
    assert fields["Name"].value == "base-0-model"
    fields["Name"].set_value("base-1")
    press(app, "Register")
    assert "There is a model 'base-1' already" in text(app)
    fields = {field.label: field for field in app.text_input}
    fields["Name"].set_value("mine")
    fields["Title"].set_value("Of mine")
    app.text_area[0].set_value("For fcc only.")
    press(app, "Register")
    card = load_card(models_home() / "mine")
    assert (card.title["en"], card.limits[-1]) == ("Of mine", "For fcc only.")
    assert "**mine** · Of mine · trained on b2 of small" in text(app)
    app.button(key="unregister_mine").click().run()
    press(app, "Delete")
    assert not (models_home() / "mine").exists()
    assert (runs / "base-0" / CARD).exists()


@pytest.mark.usefixtures("runs")
def test_a_run_is_duplicated_into_the_form(page: OpenRuns) -> None:
    app = press(page(run="base-1"), "Duplicate")
    config = RunConfig(
        data="small", split="b2", model=MODEL, train=TRAIN.model_copy(update={"seed": 1})
    )
    assert f"form {config.model_dump_json()}" in text(app)


@pytest.mark.usefixtures("runs")
def test_links_lead_to_the_pages_that_use_a_run(page: OpenRuns) -> None:
    app = page(run="base-1")
    links = {link.proto.label: link.proto for link in app.main.get("page_link")}
    assert links["Predict with it"].query_string == "model=base-1"
    assert links["Compare it"].query_string == "view=Your+runs&runs=base-1"
    app.button(key=f"open_{STOPPED}").click().run()
    links = {link.proto.label for link in app.main.get("page_link")}
    assert links == {"Compare it"}


def test_a_checkpoint_is_saved_as_one_file(runs: Path) -> None:
    content = train_runs_actions.checkpoint_zip(runs / "base-0")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [CARD, WEIGHTS]
        assert archive.read(WEIGHTS) == (runs / "base-0" / WEIGHTS).read_bytes()
        assert json.loads(archive.read(CARD))["name"] == "base-0"


def test_the_log_is_shown_as_it_is_and_its_end_only(page: OpenRuns, runs: Path) -> None:
    (runs / "base-0" / LOG).write_text("".join(f"line {k} <b>*x*\n" for k in range(1000)))
    app = page(run="base-0")
    lines = app.code[0].value.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (200, "line 800 <b>*x*", "line 999 <b>*x*")
    assert app.code[0].language in ("", "plaintext")


def test_damaged_epochs_are_said_in_place(page: OpenRuns, runs: Path) -> None:
    (runs / "base-0" / EPOCHS).write_text("nonsense\n")
    app = page(run="base-0")
    assert any("is damaged" in error.value for error in app.error)
    assert names(app)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (20, "less than a minute left"),
        (61, "about 1 minute left"),
        (600, "about 10 minutes left"),
        (3 * 3600 + 125, "about 3 h 2 min left"),
        (7199, "about 2 h 0 min left"),
    ],
)
def test_time_left_in_words(seconds: float, expected: str) -> None:
    assert words.time_left(seconds) == expected


def test_when_in_words() -> None:
    now = time.time()
    assert [words.when(now - past) for past in (5, 150, 7300)] == [
        "just now",
        "2 min ago",
        "2 h ago",
    ]
    day = time.strftime("%Y-%m-%d", time.localtime(now - 4e5))
    assert words.when(now - 4e5).startswith(day)


def test_errors_over_epochs_of_a_cell_property_are_per_atom() -> None:
    assert data.curve_unit("mb") == "µB/atom"
    assert data.curve_unit("eform") == "eV/atom"


def test_settings_that_differ_are_told_with_their_defaults() -> None:
    config = RunConfig(train=TrainConfig(epochs=7, is_validate=True), split="a1")
    assert data.differing(config) == {
        "split": ("a1", "b2"),
        "epochs": ("7", "500"),
        "is_validate": ("True", "False"),
    }
    assert data.differing(RunConfig()) == {}


def test_about_of_a_sweep_is_found_and_shown(page: OpenRuns) -> None:
    write_about(add_run("s1"), About(sweep="my sweep"))
    add_run("s2")
    app = page(run="s1")
    assert "my sweep" in text(app)
    app.text_input(key="find").set_value("sweep").run()
    assert names(app) == ["s1"]
