"""The launch view without a browser: its form, what it says before a launch, and the launch."""

import json
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from heanet import tracking
from heanet.cli import main
from heanet.config import ModelConfig, RunConfig, TrainConfig
from heanet.data.labels import MATERIALS_PROJECT, load_labels
from heanet.errors import CheckpointError
from heanet.jobs import cluster, queue, watch
from heanet.training.checkpoints import WEIGHTS
from heanet.training.presets import PRESETS, preset_config
from heanet.training.runfolder import trained_home
from heanet.ui import train_launch_form as form
from heanet.ui import train_launch_start as start
from heanet.ui import train_launch_words as words
from tests.ui.compare_page import table, text

# pymatgen calls spglib in its old way.
pytestmark = pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")
SMALL = RunConfig(
    data="small",
    split="b2",
    model=ModelConfig(
        tasks=("etot", "ms"), hidden_channels=8, n_filters=8, n_interactions=1, n_gaussian=8,
        spacing=0.05, tower_h1=8, tower_h2=8,
    ),
    train=TrainConfig(epochs=3, batch_size=8, is_validate=True, seed=4),
)  # fmt: skip
OpenLaunch = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def small_set(make_published: Callable[..., Path]) -> Path:
    """A set of 24 cells with one published table, imported: the default one."""
    st.cache_resource.clear()
    return load_labels(make_published(folder="small")).folder


@pytest.fixture
def launch(open_page: Callable[..., AppTest]) -> OpenLaunch:
    """Opens the view, on the small set, by an address."""

    def open_it(**query: Any) -> AppTest:
        app = open_page("pages/4_Train.py", **query)
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was handed over, in place of a scheduler."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(
        queue, "submit_all", lambda runs, *, sweep: calls.append({"runs": runs, "sweep": sweep})
    )
    return calls


def commands(app: AppTest) -> list[str]:
    return [line for block in app.code for line in block.value.splitlines()]


def button(app: AppTest, label: str) -> Any:
    (found,) = [b for b in app.button if b.label == label]
    return found


def with_settings(app: AppTest, config: RunConfig) -> AppTest:
    """The view, its form filled as by a run that is duplicated."""
    app.session_state["train_form"] = config
    return app.run()


def test_every_setting_has_a_widget(launch: OpenLaunch) -> None:
    app = launch()
    assert set(form.parts()) >= {"model", "train"}
    shown = {
        widget.key
        for kind in ("number_input", "toggle", "selectbox", "text_input", "button_group")
        for widget in app.get(kind)
    }
    for part, cls in form.parts().items():
        for name in cls.model_fields:
            key = "seeds" if (part, name) == form.SEED else form.state_key((part, name))
            assert key in shown, key
    assert set(form.ESSENTIAL) < {field for field, _info in form.fields()}


def test_a_field_that_nobody_named_gets_a_widget_and_a_title() -> None:
    class More(TrainConfig):
        momentum: float = 0.9
        """A new setting."""

    info = More.model_fields["momentum"]
    assert form._widget_of(info) is form._number
    assert words.setting_title(("train", "momentum")) == "momentum"
    named = [words.setting_title(field) for field, _info in form.fields()]
    assert len(set(named)) == len(named)


def test_bounds_and_help_come_from_the_fields(launch: OpenLaunch) -> None:
    app = launch()
    epochs = app.number_input(key="launch_train_epochs")
    assert (epochs.min, epochs.max, epochs.value) == (1, None, 200)
    dropout = app.number_input(key="launch_model_dropout")
    assert (dropout.min, dropout.max) == (0.0, 1.0)
    assert "500 as in the published notes" in epochs.help
    assert "`--epochs`, by default 500" in epochs.help
    assert app.selectbox(key="launch_train_loss").options == ["huber", "l1"]


def test_a_preset_fills_the_form(launch: OpenLaunch) -> None:
    app = launch()
    assert app.selectbox(key="preset").value == "six"
    app.selectbox(key="preset").select("open-cell").run()
    assert app.multiselect(key="splits").value == ["a3"]
    assert app.toggle(key="launch_model_use_pbc").value is False
    assert "as published" in text(app)
    assert "4+5 components, tested on 2+3" in text(app)
    app.selectbox(key="preset").select("rmsd").run()
    (line,) = commands(app)
    assert line == (
        "python -m heanet train --data small --task rmsd --n_interactions 1 --epochs 200 "
        "--batch_size 32 --is_validate --name rmsd-b2"
    )
    assert app.toggle(key="launch_model_use_pbc").value is True


def import_mp_set(make_published: Callable[..., Path]) -> None:
    """A set with the name of the one from the Materials Project, and eform alone."""

    def edit(labels: Any) -> None:
        labels[["etot", "emix", "ms", "mb", "rmsd"]] = float("nan")

    path = load_labels(make_published(edit, folder="mp-eform")).folder / "source.json"
    record = json.loads(path.read_text(encoding="utf-8")) | {"origin": MATERIALS_PROJECT}
    path.write_text(json.dumps(record), encoding="utf-8")


def test_a_preset_with_a_set_of_its_own_learns_from_that(
    launch: OpenLaunch, make_published: Callable[..., Path]
) -> None:
    import_mp_set(make_published)
    app = launch()
    assert app.selectbox(key="set").value == "small"
    app.selectbox(key="preset").select("mp-eform").run()
    assert app.selectbox(key="set").value == "mp-eform"
    assert "Learns from the labelled set mp-eform." in text(app).replace("\\", "")
    (line,) = commands(app)
    assert line == (
        "python -m heanet train --data mp-eform --task eform --epochs 200 --batch_size 32 "
        "--is_validate --name mp-eform-b2"
    )
    assert not app.button(key="launch").disabled
    app.selectbox(key="preset").select("energies").run()
    assert app.selectbox(key="set").value == "small"
    # A set that the reader chose stays.
    app.selectbox(key="set").select("mp-eform").run()
    app.selectbox(key="preset").select("eform").run()
    assert app.selectbox(key="set").value == "mp-eform"


def test_a_preset_whose_set_is_not_here_says_how_to_get_it(launch: OpenLaunch) -> None:
    app = launch(preset=PRESETS["mp-eform"].title)
    assert app.selectbox(key="set").value == "mp-eform"
    (info,) = app.info
    assert "mp-eform is not on this machine yet" in info.value.replace("\\", "")
    assert commands(app) == [
        "python -m pip install -r requirements-mp.txt",
        "export MP_API_KEY=...",
        "python -m heanet data fetch mp",
    ]
    assert "launch" not in [b.key for b in app.button]
    # On another set, the preset's settings are still there.
    app.selectbox(key="set").select("small").run()
    assert not app.exception
    (line,) = commands(app)
    assert line.startswith("python -m heanet train --data small --task eform --epochs 200 ")
    assert app.multiselect(key="splits").value == ["b2"]


def test_a_preset_whose_set_is_not_here_leaves_no_trace(launch: OpenLaunch) -> None:
    app = launch()
    app.selectbox(key="preset").select("mp-eform").run()
    assert commands(app)[-1] == "python -m heanet data fetch mp"
    app.selectbox(key="set").select("alloys").run()
    assert not app.exception
    assert "--data alloys --task eform --epochs 200 " in commands(app)[0]
    app.selectbox(key="set").select("mp-eform").run()
    app.selectbox(key="preset").select("rmsd").run()
    assert not app.exception
    assert app.selectbox(key="set").value == "small"
    assert app.selectbox(key="set").options == ["small", "alloys"]
    assert "--task rmsd" in commands(app)[0]


def test_a_preset_whose_source_is_not_trained_yet_names_it(
    launch: OpenLaunch, make_published: Callable[..., Path]
) -> None:
    import_mp_set(make_published)
    title = PRESETS["eform-mp-tl1"].title
    app = launch(preset=title)
    assert "Needs a finished run of: Formation energy on Materials Project data." in text(app)
    app.multiselect(key="splits").set_value(["b2"]).run()  # the small set lacks a0
    assert app.button(key="launch").disabled
    assert "No model 'mp-eform-b2'" in text(app).replace("\\", "")
    assert app.selectbox(key="launch_start_init").value == "mp-eform-b2"


def test_the_address_says_what_is_shown_at_first(launch: OpenLaunch) -> None:
    title = PRESETS["magnetic"].title
    app = launch(preset=title, splits=["b2", "fold 2 of 5"], seeds="1-2")
    assert app.selectbox(key="preset").value == "magnetic"
    assert app.session_state["launch_model_tasks"] == ["ms", "mb"]
    assert app.multiselect(key="splits").value == ["b2", "fold 2 of 5"]
    assert app.text_input(key="seeds").value == "1-2"
    shown = table(app, "shared")["split"].tolist()
    assert shown == ["b2", "fold 2 of 5"]
    assert button(app, "Launch 4 runs").disabled  # no validation cells


def test_changes_are_marked_and_undone(launch: OpenLaunch) -> None:
    app = launch()
    assert not [b for b in app.button if b.label.startswith("Reset")]
    app.number_input(key="launch_train_epochs").set_value(7)
    app.number_input(key="launch_model_cutoff").set_value(5.0).run()
    assert app.number_input(key="launch_train_epochs").label == "Epochs :orange-badge[was 200]"
    assert "All settings (1 changed)" in [e.label for e in app.expander]
    assert "--cutoff 5.0" in commands(app)[0]
    assert "--name six-b2" in commands(app)[0]
    button(app, "Reset to “All six properties together”").click().run()
    assert app.number_input(key="launch_train_epochs").value == 200
    assert app.number_input(key="launch_train_epochs").label == "Epochs"
    assert "--cutoff" not in commands(app)[0]


def test_the_rows_are_those_of_the_run(launch: OpenLaunch) -> None:
    app = launch(splits=["b2", "fold 1 of 5"])
    shown = table(app, "shared").set_index("split")
    assert shown.loc["b2", ["train", "validation", "test"]].tolist() == [19, 2, 3]
    assert shown.loc["fold 1 of 5", "validation"] == 0
    assert shown.loc["fold 1 of 5", "shared"].startswith("0 of ")
    # Every composition of the small set is there on both lattices.
    assert not shown.loc["b2", "shared"].startswith("0 of ")
    app.toggle(key="launch_train_is_validate").set_value(False).run()
    assert table(app, "shared").set_index("split").loc["b2", "train"] == 21


def test_folds_without_validation_cells_are_refused_with_a_way_out(launch: OpenLaunch) -> None:
    app = launch()
    button(app, "All 5 folds").click().run()
    assert app.multiselect(key="splits").value == [f"fold {k} of 5" for k in range(1, 6)]
    assert button(app, "Launch 5 runs").disabled
    assert "No validation cells on fold 1 of 5, fold 2 of 5" in text(app)
    assert commands(app) == []
    button(app, "Keep the last epoch instead").click().run()
    assert not button(app, "Launch 5 runs").disabled
    assert not len(app.warning)
    assert len(commands(app)) == 5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda app: app.multiselect(key="splits").set_value([]), "No split is chosen"),
        (lambda app: app.text_input(key="seeds").set_value("one"), "Seeds 'one'"),
        (lambda app: app.text_input(key="seeds").set_value("0-70"), "at most 64"),
        (lambda app: app.text_input(key="launch_name").set_value("a b"), "name 'a b' of a run"),
        (lambda app: app.number_input(key="launch_train_lr").set_value(0.0), "train.lr"),
        (lambda app: app.selectbox(key="preset").select("few-to-many"), "which this labelled set"),
        (lambda app: app.button_group(key="launch_model_tasks").set_value([]), "No property"),
    ],
)
def test_what_cannot_be_launched_says_why(
    launch: OpenLaunch, change: Callable[[AppTest], Any], reason: str
) -> None:
    app = launch()
    assert not app.button(key="launch").disabled
    change(app)
    app.run()
    assert not app.exception
    assert app.button(key="launch").disabled
    (warning,) = app.warning
    assert reason in warning.value.replace("\\", "")


def test_a_property_without_labels_is_named_before_the_launch(
    launch: OpenLaunch, make_published: Callable[..., Path]
) -> None:
    def edit(labels: Any) -> None:
        labels["rmsd"] = float("nan")

    load_labels(make_published(edit, folder="bare"))
    app = launch(set="bare")
    assert app.selectbox(key="set").value == "bare"
    assert "rmsd 0 of 19" in table(app, "labels")["labels"][0]
    assert "have no label of rmsd" in text(app)
    assert app.button(key="launch").disabled


def test_a_launch_hands_over_every_run_and_shows_the_first(
    launch: OpenLaunch, submitted: list[dict[str, Any]]
) -> None:
    app = with_settings(launch(), SMALL)
    assert app.selectbox(key="preset").value is None
    app.text_input(key="seeds").set_value("4, 5").run()
    button(app, "Launch 2 runs").click().run()
    (call,) = submitted
    assert call["sweep"] == "etot-ms-b2"
    assert call["runs"]["etot-ms-b2-seed4"] == SMALL
    assert list(call["runs"]) == ["etot-ms-b2-seed4", "etot-ms-b2-seed5"]
    assert call["runs"]["etot-ms-b2-seed5"].train.seed == 5
    assert app.session_state["tab"] == "runs"
    assert app.session_state["run"] == "etot-ms-b2-seed4"


def test_a_name_that_is_gone_is_not_proposed_again(launch: OpenLaunch) -> None:
    (trained_home() / "six-b2").mkdir(parents=True)
    app = launch()
    assert app.text_input(key="launch_name").placeholder == "six-b2-2"
    app.text_input(key="launch_name").set_value("six-b2").run()
    assert app.button(key="launch").disabled
    assert "There is a run six-b2 already. Another name would be six-b2-2." in text(app)


def test_a_refused_launch_is_said_in_place_and_keeps_the_form(
    launch: OpenLaunch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise CheckpointError("There is a run 'x' already", fix="Choose another name.")

    monkeypatch.setattr(queue, "submit_all", refuse)
    app = launch()
    app.number_input(key="launch_train_epochs").set_value(9).run()
    app.button(key="launch").click().run()
    (error,) = app.error
    assert "There is a run 'x' already. Choose another name" in error.value.replace("\\", "")
    assert app.number_input(key="launch_train_epochs").value == 9
    assert "run" not in app.session_state


def test_the_form_survives_another_view(launch: OpenLaunch) -> None:
    app = launch()
    app.number_input(key="launch_train_epochs").set_value(9)
    app.text_input(key="seeds").set_value("3").run()
    app.button_group(key="tab").set_value("runs").run()
    assert not app.number_input
    app.button_group(key="tab").set_value("launch").run()
    assert app.number_input(key="launch_train_epochs").value == 9
    assert app.text_input(key="seeds").value == "3"
    assert app.selectbox(key="preset").value == "six"


def test_the_time_is_measured_when_it_is_asked_for(launch: OpenLaunch) -> None:
    app = with_settings(launch(), SMALL)
    assert "Takes" not in text(app)
    button(app, "How long will it take?").click().run()
    assert not app.exception
    assert "Takes about " in text(app)
    app.number_input(key="launch_train_epochs").set_value(4).run()
    assert "Takes about " in text(app)  # an epoch is an epoch
    app.number_input(key="launch_train_batch_size").set_value(4).run()
    assert "Takes" not in text(app)


def test_times_are_in_words() -> None:
    assert words.duration(0.2) == "about a second"
    assert words.duration(8.4) == "about 8 seconds"
    assert words.duration(43.0) == "about 45 seconds"
    assert words.duration(119.0) == "about 2 minutes"
    assert words.duration(61.0) == "about 1 minute"
    assert words.duration(55 * 60) == "about 55 minutes"
    assert words.duration(59 * 60) == "about 1 hour"
    assert words.duration(7900.0) == "about 2 h 10 min"
    assert start.time_text([120.0], slots=4) == "Takes about 2 minutes."
    assert start.time_text([120.0] * 6, slots=2) == (
        "6 runs, 2 at a time: about 6 minutes in all, about 2 minutes each."
    )
    assert "one at a time" in start.time_text([9.0, 9.0], slots=1)


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One worker of this test's own, ended with it."""
    monkeypatch.setenv(cluster.SLOTS_VARIABLE, "1")
    monkeypatch.delenv(cluster.SCHEDULER_VARIABLE, raising=False)
    yield
    cluster.shut_down()


@pytest.mark.slow
@pytest.mark.usefixtures("scheduler")
def test_page_command_line_and_python_give_equal_weights(
    launch: OpenLaunch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = with_settings(launch(), SMALL)
    (line,) = commands(app)
    app.button(key="launch").click().run(timeout=120)
    assert not app.exception
    name = app.session_state["run"]
    deadline = 300
    while not watch.find(name).at_rest and deadline:
        time.sleep(0.5)
        deadline -= 1
    assert watch.find(name).status == "finished", watch.find(name).message
    # The worker may still write its record.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'own.db'}")
    assert main([*shlex.split(line)[3:], "--out", str(tmp_path)]) == 0
    tracking.train(tmp_path / "python", SMALL, progress=False)
    weights = [
        (folder / WEIGHTS).read_bytes()
        for folder in (trained_home() / name, tmp_path / name, tmp_path / "python")
    ]
    assert weights[0] == weights[1] == weights[2]
    other = SMALL.model_copy(update={"train": SMALL.train.model_copy(update={"seed": 5})})
    tracking.train(tmp_path / "other", other, progress=False)
    assert (tmp_path / "other" / WEIGHTS).read_bytes() != weights[0]


def test_a_preset_is_launched_as_it_is(launch: OpenLaunch, submitted: list[dict[str, Any]]) -> None:
    app = launch(preset=PRESETS["energies"].title)
    app.button(key="launch").click().run()
    expected = preset_config("energies").model_copy(update={"data": "small"})
    assert submitted == [{"runs": {"energies-b2": expected}, "sweep": ""}]
