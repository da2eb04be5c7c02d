"""Launching: names, order, cancelling, resuming, deleting."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from heanet.config import ModelConfig, RunConfig
from heanet.errors import CheckpointError, ConfigError, TrainingError
from heanet.jobs import cluster, queue, watch
from heanet.jobs.launch import Launch, launches, write_launch
from heanet.jobs.work import run, take
from heanet.tracking import train
from heanet.training.checkpoints import WEIGHTS, load_checkpoint
from heanet.training.epochs import EPOCHS, read_epochs
from heanet.training.runfolder import CANCEL, LOG, STOPPED, trained_home
from tests.jobs.conftest import wait_for, wait_until, with_train


def line_up(*names: str, scheduler: str = "one") -> None:
    for place, name in enumerate(names, start=1):
        folder = trained_home() / name
        folder.mkdir(parents=True)
        launch = Launch(state="queued", place=place, ticket=f"t-{name}", scheduler=scheduler)
        write_launch(folder, launch)


def test_any_ticket_takes_who_waits_longest() -> None:
    line_up("a", "b", "c")
    assert [take(ticket, "one") for ticket in ("t-c", "t-a", "t-b")] == [
        trained_home() / name for name in ("a", "b", "c")
    ]
    assert {folder.name: x.ticket for folder, x in launches().items()} == {
        "a": "t-c",
        "b": "t-a",
        "c": "t-b",
    }


def test_a_ticket_whose_worker_was_killed_goes_on_with_its_run() -> None:
    line_up("a", "b")
    assert take("t-b", "one") == take("t-b", "one") == trained_home() / "a"
    assert launches()[trained_home() / "b"].state == "queued"


def test_a_run_that_was_launched_anew_is_not_ended_by_its_old_ticket(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both worked for it for a moment; the old one finds the folder taken."""
    line_up("a")
    folder = take("t-a", "one")
    assert folder is not None
    launch = launches()[folder]
    monkeypatch.setattr("heanet.jobs.work.read_config", lambda _: config)

    def fails(*_: object, **__: object) -> None:
        write_launch(folder, launch.model_copy(update={"ticket": "t-new"}))
        raise CheckpointError("Another process is training")

    monkeypatch.setattr("heanet.jobs.work.train", fails)
    run(folder, "t-a", should_stop=lambda: False)
    assert (launches()[folder].state, launches()[folder].ticket) == ("running", "t-new")
    run(folder, "t-new", should_stop=lambda: False)
    assert launches()[folder].state == "failed"


def test_a_ticket_of_another_scheduler_or_of_a_cancelled_run_takes_nothing() -> None:
    line_up("a")
    assert take("t-a", "two") is None
    queue_state = launches()[trained_home() / "a"]
    write_launch(trained_home() / "a", queue_state.model_copy(update={"state": "cancelled"}))
    assert take("t-a", "one") is None


@pytest.mark.usefixtures("shared")
def test_a_launched_run_gives_what_python_gives(config: RunConfig, tmp_path: Path) -> None:
    """Bit for bit, with everything that belongs to a run."""
    folder = queue.submit(config, "one")
    run = wait_until("one", "finished", "failed")
    assert (run.status, run.message, run.n_done) == ("finished", "", 20)
    card = train(tmp_path / "direct" / "one", config)
    assert card is not None
    expected = (tmp_path / "direct" / "one" / WEIGHTS).read_bytes()
    assert (folder / WEIGHTS).read_bytes() == expected
    assert "Finished; best epoch" in (folder / LOG).read_text()
    assert (folder / "predictions.csv").read_text().count("\n") == 1 + 24 * 2


@pytest.mark.usefixtures("shared")
def test_runs_begin_in_the_order_of_their_launch(config: RunConfig) -> None:
    names = [f"run-{k}" for k in range(6)]
    queue.submit_all(dict.fromkeys(names, config), sweep="six")
    for name in names:
        assert wait_until(name, "finished", "failed").status == "finished"
        assert watch.find(name).about.sweep == "six"
    began = [read_epochs(trained_home() / name / EPOCHS)[0].at for name in names]
    # Two at a time: neighbours may end their first epoch in the other order.
    assert all(early < late for early, late in zip(began, began[2:], strict=False))


@pytest.mark.usefixtures("shared")
def test_a_name_is_given_once(config: RunConfig) -> None:
    queue.submit(config, "one")
    with pytest.raises(CheckpointError, match="There is a run 'one' already"):
        queue.submit(config, "one")
    with pytest.raises(CheckpointError, match="'one' already"):
        queue.submit_all({"two": config, "one": config})
    with pytest.raises(ConfigError, match="letters, digits"):
        queue.submit_all({"two": config, "a b": config})
    with pytest.raises(CheckpointError, match="There is a model 'hea-six' already"):
        queue.submit(config, "hea-six")
    assert [run.name for run in watch.runs()] == ["one"]
    for wrong in ("../one", "", ".one", "a b"):
        with pytest.raises(ConfigError, match="letters, digits"):
            queue.submit(config, wrong)
    wait_until("one", "finished")


def _submit(config: RunConfig, results: "multiprocessing.Queue[str]") -> None:
    try:
        queue.submit(config, "one")
        results.put("launched")
    except CheckpointError as error:
        results.put(error.given)


@pytest.mark.usefixtures("shared")
def test_of_two_launches_of_one_name_at_once_one_wins(config: RunConfig) -> None:
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    processes = [spawn.Process(target=_submit, args=(config, results)) for _ in range(2)]
    for process in processes:
        process.start()
    told = sorted(results.get(timeout=120) for _ in processes)
    for process in processes:
        process.join(60)
    assert told == ["There is a run 'one' already", "launched"]
    assert wait_until("one", "finished", "failed").status == "finished"


@pytest.mark.usefixtures("shared")
def test_cancel_keeps_the_best_and_resume_ends_like_an_undisturbed_run(
    config: RunConfig, tmp_path: Path
) -> None:
    long = with_train(config, epochs=400)
    folder = queue.submit(long, "one")
    wait_for(lambda: watch.find("one").n_done >= 5)
    queue.cancel("one")
    asked = watch.find("one").n_done
    run = wait_until("one", "cancelled")
    assert asked <= run.n_done <= asked + 20  # an epoch takes milliseconds here
    assert not (folder / CANCEL).exists()
    best, _ = load_checkpoint(folder / STOPPED)
    assert best.best_epochs[0] <= run.n_done
    assert f"stopped after epoch {run.n_done} of 400" in best.limits[-1]
    queue.resume("one")
    assert wait_until("one", "finished", "failed").status == "finished"
    assert not (folder / STOPPED).exists()
    train(tmp_path / "direct" / "one", long)
    expected = (tmp_path / "direct" / "one" / WEIGHTS).read_bytes()
    assert (folder / WEIGHTS).read_bytes() == expected
    epochs = [epoch.record.epoch for epoch in read_epochs(folder / EPOCHS)]
    assert epochs == list(range(1, 401))
    with pytest.raises(CheckpointError, match="nothing to resume"):
        queue.resume("one")


@pytest.mark.usefixtures("shared")
def test_cancel_takes_effect_within_an_epoch(config: RunConfig) -> None:
    """Epochs of half a second."""
    slow = with_train(config, epochs=1000, batch_size=1)
    slow = slow.model_copy(update={"model": ModelConfig(spacing=0.05)})
    folder = queue.submit(slow, "one")
    wait_for(lambda: watch.find("one").n_done >= 2)
    queue.cancel("one")
    asked = watch.find("one").n_done
    assert watch.find("one").stopping
    assert wait_until("one", "cancelled").n_done <= asked + 1
    queue.cancel("one")  # too late to mean anything
    assert not (folder / CANCEL).exists()


@pytest.mark.usefixtures("shared")
def test_a_waiting_run_is_cancelled_at_once(config: RunConfig) -> None:
    long = with_train(config, epochs=100_000)
    queue.submit_all({"a": long, "b": long, "c": config, "d": config})
    wait_for(lambda: watch.find("b").status == "running")
    assert [watch.find(name).ahead for name in ("c", "d")] == [0, 1]
    queue.cancel("c")
    assert watch.find("c").status == "cancelled"
    with pytest.raises(CheckpointError, match="Cancel it first"):
        queue.delete("a")
    queue.cancel("a")
    queue.cancel("b")
    assert wait_until("d", "finished", "failed").status == "finished"
    wait_until("a", "cancelled")
    wait_until("b", "cancelled")
    assert watch.find("c").status == "cancelled"
    assert not (watch.find("c").folder / EPOCHS).exists()
    queue.delete("c")
    with pytest.raises(CheckpointError, match="There is no run 'c'"):
        watch.find("c")


@pytest.mark.usefixtures("shared")
def test_a_failure_says_why(config: RunConfig) -> None:
    queue.submit(with_train(config, lr=1e30, max_gradient_norm=0.0), "one")
    run = wait_until("one", "failed")
    assert "no longer finite" in run.message
    assert "Lower --lr" in run.message
    assert "Traceback" in (run.folder / LOG).read_text()
    queue.submit(config.model_copy(update={"data": "nowhere"}), "two")
    assert "No labelled set 'nowhere'" in wait_until("two", "failed").message


@pytest.mark.usefixtures("shared")
def test_title_and_note_are_kept(config: RunConfig) -> None:
    queue.submit(config, "one")
    queue.describe("one", title=" Energies alone ", note="First try.")
    about = watch.find("one").about
    assert (about.title, about.note) == ("Energies alone", "First try.")
    wait_until("one", "finished")


def test_nobody_answers_at_the_given_scheduler(
    config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_SCHEDULER", "tcp://127.0.0.1:9")
    with pytest.raises(TrainingError, match="No scheduler answers at"):
        queue.submit(config, "one")
    assert watch.runs() == []


def test_a_damaged_folder_takes_nothing_with_it(config: RunConfig) -> None:
    train(trained_home() / "one", config)
    shutil.copytree(trained_home() / "one", trained_home() / "two")
    (trained_home() / "two" / "run.json").write_text("{")
    (trained_home() / "two" / "card.json").unlink()
    assert [(run.name, run.status) for run in watch.runs()] == [("one", "finished")]
    with pytest.raises(CheckpointError, match="does not say what was trained"):
        watch.find("two")
    assert cluster.connect() is None
