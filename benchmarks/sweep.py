"""Two workers against one on a sweep of eight trainings.

The same trainings (own labelled set, seeds 0 to 7) go through a scheduler with one worker and
through one with two; timed is from the launch to the last checkpoint, with the workers up and warm.
"""

import os
import tempfile
import time

from benchmarks.results import Curve, Found, Line
from benchmarks.timing import CLOCKS
from heanet.config import RunConfig, TrainConfig
from heanet.data.home import HOME_VARIABLE
from heanet.errors import TrainingError
from heanet.jobs import cluster, queue, watch

N_RUNS = 8
_ROUNDS = 5
_LOOK = 0.2  # seconds between looks at the runs
_END = 3.0  # seconds: workers end after their scheduler, and still write until then


def measure(*, quick: bool) -> Found:
    """Time both numbers of workers in alternation."""
    n_runs, epochs = (2, 5) if quick else (N_RUNS, 60)
    pairs = [[_sweep(n, n_runs, epochs) for n in (1, 2)] for _ in range(_ROUNDS)]
    one, two = zip(*pairs, strict=True)
    half = max(1, n_runs // 2)
    smaller = [_sweep(n, half, epochs) for n in (1, 2)]
    return Found(
        sizes={"trainings": n_runs, "epochs of each": epochs},
        lines=(
            Line(
                what="two workers over one, launch to last checkpoint, wall time",
                ours="two workers",
                theirs="one worker",
                goal=None,
                values=tuple(a / b for a, b in pairs),
                our_cost=two,
                their_cost=one,
            ),
        ),
        curve=Curve(
            size="trainings",
            cost="seconds, launch to last checkpoint",
            sizes=(float(half), float(n_runs)),
            ours=(smaller[1], min(two)),
            theirs=(smaller[0], min(one)),
            our_name="two workers",
            their_name="one worker",
        ),
    )


def _sweep(n_workers: int, n_runs: int, epochs: int) -> float:
    """Wall-clock seconds of a sweep on so many workers, in a home of its own."""
    before = {key: os.environ.get(key) for key in (cluster.SLOTS_VARIABLE, HOME_VARIABLE)}
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {cluster.SLOTS_VARIABLE: str(n_workers), HOME_VARIABLE: home}
        try:
            client = cluster.connect_or_start()
            client.wait_for_workers(n_workers, timeout=120)
            _finish({f"warm-{k}": _config(epochs=2, seed=k) for k in range(n_workers)})
            start = CLOCKS["wall"]()
            _finish({f"run-{k}": _config(epochs=epochs, seed=k) for k in range(n_runs)})
            return CLOCKS["wall"]() - start
        finally:
            cluster.shut_down()
            time.sleep(_END)
            for key, value in before.items():
                os.environ.pop(key, None)
                if value is not None:
                    os.environ[key] = value


def _config(*, epochs: int, seed: int) -> RunConfig:
    return RunConfig(data="alloys", train=TrainConfig(epochs=epochs, is_validate=True, seed=seed))


def _finish(configs: dict[str, RunConfig]) -> None:
    """Launch trainings and wait for them.

    Raises:
        TrainingError: One of them failed.
    """
    queue.submit_all(configs)
    while any(not watch.find(name).at_rest for name in configs):
        time.sleep(_LOOK)
    for name in configs:
        run = watch.find(name)
        if run.status != "finished":
            raise TrainingError(f"The training {name} of the sweep {run.status}: {run.message}")
