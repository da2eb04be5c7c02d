"""A screening is whole or goes on: stopped, killed, damaged, asked for twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pyarrow.parquet as pq
import pytest
from distributed import LocalCluster
from filelock import FileLock

from heanet.cli import main
from heanet.data.compositiongrid import CompositionGrid
from heanet.errors import InputError, ScreeningError, TrainingError
from heanet.jobs.cluster import disconnect
from heanet.prediction import Model
from heanet.screening import run
from heanet.screening.folder import WorkFolder, work_path
from heanet.screening.run import Screening, check_screening, screen
from heanet.screening.table import predict_table

ROOT = Path(__file__).parents[2]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "grid.parquet"


def check_whole(out: Path, screening: Screening, model: Model) -> None:
    """The file has every row, in order, with the values of the rows done at once."""
    shares = screening.grid.shares(list(screening.grid.rows()))
    n = len(screening.lattices)
    expected = predict_table(
        model,
        screening.grid.elements,
        np.repeat(shares, n, axis=0),
        [*screening.lattices] * len(shares),
    )
    found = pq.read_table(out)
    assert found.schema.remove_metadata().equals(
        expected.schema.remove_metadata(), check_metadata=True
    )
    assert found.schema.metadata.items() >= expected.schema.metadata.items()
    assert found.num_rows == screening.n_rows == 90
    for name in found.column_names:
        if name in ("lattice", "warnings"):
            assert found[name].to_pylist() == expected[name].to_pylist()
        else:
            np.testing.assert_allclose(found[name].to_numpy(), expected[name].to_numpy(), atol=1e-5)
    assert not work_path(out).exists()


def stop_after(n: int) -> Callable[[], bool]:
    """Says to stop when it was asked n times."""
    asked = iter(range(n))
    return lambda: next(asked, None) is None


@pytest.mark.usefixtures("inside")
def test_every_row_is_there_in_order(screening: Screening, out: Path, model: Model) -> None:
    assert screen(screening, out, progress=False)
    check_whole(out, screening, model)


@pytest.mark.usefixtures("inside")
def test_what_is_finished_is_not_done_again(
    screening: Screening, out: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_PER_WORKER", 1)
    assert not screen(screening, out, should_stop=stop_after(4), progress=False)
    assert not out.exists()
    chunks = sorted(work_path(out).glob("chunk-*.parquet"))
    assert 2 <= len(chunks) < screening.n_chunks == 6
    chunks[0].write_bytes(chunks[0].read_bytes()[:100])  # a disk that lost the rest
    pq.write_table(pq.read_table(chunks[1]).slice(0, 3), chunks[1])

    written: list[int] = []
    write = WorkFolder.write

    def noted(work: WorkFolder, index: int, content: bytes) -> None:
        written.append(index)
        write(work, index, content)

    monkeypatch.setattr(WorkFolder, "write", noted)
    assert screen(screening, out, progress=False)
    assert sorted(written) == [0, 1, *range(len(chunks), screening.n_chunks)]
    check_whole(out, screening, model)


@pytest.mark.usefixtures("inside")
def test_another_screening_does_not_go_on_in_its_place(screening: Screening, out: Path) -> None:
    assert not screen(screening, out, should_stop=stop_after(3), progress=False)
    other = replace(screening, grid=screening.grid.model_copy(update={"step": 25.0}))
    with pytest.raises(InputError, match=r"with step 12\.5\. Expected step 25\.0\. .*--overwrite"):
        screen(other, out, progress=False)
    assert screen(other, out, overwrite=True, progress=False)
    assert pq.read_metadata(out).num_rows == 30
    with pytest.raises(InputError, match=r"There is a file '.*grid\.parquet' already"):
        screen(screening, out, progress=False)


@pytest.mark.usefixtures("inside")
def test_killed_after_its_last_write_it_is_found_done(
    screening: Screening, out: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(run, "remove_work", lambda _out: sys.exit("killed"))
        with pytest.raises(SystemExit):
            screen(screening, out, progress=False)
    assert work_path(out).exists()
    written = out.stat().st_mtime_ns
    assert screen(screening, out, progress=False)
    check_whole(out, screening, model)
    assert screen(screening, out, progress=False)
    assert out.stat().st_mtime_ns == written

    other = replace(screening, grid=screening.grid.model_copy(update={"step": 25.0}))
    assert not screen(other, out, overwrite=True, should_stop=lambda: True, progress=False)
    assert screen(screening, out, progress=False)
    assert work_path(out).exists()  # of the other one, which can go on


def test_two_screenings_of_one_file_are_kept_apart(screening: Screening, out: Path) -> None:
    work_path(out).mkdir()
    with (
        FileLock(work_path(out) / ".lock"),
        pytest.raises(InputError, match="Another screening is writing"),
    ):
        screen(screening, out, progress=False)


def is_worker(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:  # it has just ended
        return False


def test_a_killed_worker_costs_no_row(screening: Screening, out: Path, model: Model) -> None:
    killed: list[int] = []

    def kill_once() -> bool:
        workers = [c for c in psutil.Process().children(recursive=True) if is_worker(c)]
        if workers and len(list(work_path(out).glob("chunk-*"))) >= 1 and not killed:
            killed.append(workers[0].pid)
            workers[0].kill()
        return False

    assert screen(screening, out, workers=1, should_stop=kill_once, progress=False)
    assert killed
    check_whole(out, screening, model)


def test_workers_that_do_not_end_in_time_cost_nothing(
    screening: Screening, out: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine that is busy with other things, where Dask gives up waiting for them."""
    leave = LocalCluster.__exit__

    def leave_late(cluster: LocalCluster, *error: object) -> None:
        leave(cluster, *error)
        raise TimeoutError

    monkeypatch.setattr(LocalCluster, "__exit__", leave_late)
    assert screen(screening, out, workers=1, progress=False)
    check_whole(out, screening, model)


def test_workers_that_do_not_start_in_time_are_named(
    screening: Screening, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_late(*_args: object, **_options: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(LocalCluster, "__init__", start_late)
    with pytest.raises(ScreeningError, match="2 worker processes did not start in time"):
        screen(screening, out, workers=2, progress=False)


def test_a_cluster_does_the_work(
    screening: Screening, out: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LocalCluster(
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        n_workers=1,
        threads_per_worker=1,
        dashboard_address=run._LOCAL,
        worker_dashboard_address=run._LOCAL,
    ) as there:
        monkeypatch.setenv("HEANET_SCHEDULER", there.scheduler_address)
        assert screen(screening, out, progress=False)
        served = [key for key in there.scheduler.transition_log if "serve" in str(key[0])]
        disconnect()
    assert served
    check_whole(out, screening, model)
    monkeypatch.setenv("HEANET_SCHEDULER", "tcp://127.0.0.1:9")
    with pytest.raises(TrainingError, match=r"No scheduler answers at tcp://127\.0\.0\.1:9"):
        screen(screening, out, overwrite=True, progress=False)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"step": 1.0}, r"are 193,121,292 rows\. Expected at most 10,000,000\. --step 2"),
        ({"least": 40.0, "components": (3, 5)}, "Widen --least, --most or --components"),
    ],
)
def test_a_grid_that_cannot_be_screened_is_refused(options: dict[str, object], says: str) -> None:
    elements = ("Cr", "Mn", "Fe", "Co", "Ni", "Pd")
    with pytest.raises(InputError, match=says):
        check_screening(Screening(CompositionGrid(elements=elements, **options), ("fcc", "bcc")))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--elements", "Fe", "Ni", "--out", "a.csv"], "Expected .parquet"),
        (["--elements", "Fe", "Ni", "--out", "a.parquet", "--step", "7"], "step must divide 100"),
        (["--elements", "Fe", "Nj", "--out", "a.parquet"], "Nj"),
        (["--elements", "Fe", "--out", "a.parquet", "--workers", "-1"], "Option --workers is -1"),
        (["--elements", "Fe", "--out", "a.parquet", "--lattice", "fcc", "fcc"], "each once"),
        (["--elements", "Fe", "--out", "a.parquet", "--model", "hea-sixx"], "Did you mean"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    args: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["screen", *args]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_leaves_a_screening_that_goes_on(
    model_folder: Path, out: Path, tmp_path: Path
) -> None:
    """In a terminal every process gets the signal, the workers too."""
    command = [sys.executable, "-m", "heanet", "screen", "--elements", "Cr", "Fe", "Ni",
               "--step", "0.5", "--model", str(model_folder), "--workers", "1",
               "--out", str(out)]  # fmt: skip
    environment = {**os.environ, "HEANET_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 180
        while not list(work_path(out).glob("chunk-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    assert f"Stopped; the same command goes on with {out}" in err
    assert "Traceback" not in err
    assert 0 < len(list(work_path(out).glob("chunk-*"))) < 41
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert pq.read_metadata(out).num_rows == 2 * 20_301
    assert not work_path(out).exists()
