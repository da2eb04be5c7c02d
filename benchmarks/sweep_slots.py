"""Two workers against one on a sweep of eight trainings. Run `python benchmarks/sweep_slots.py`.

The same eight trainings (own labelled set, seeds 0 to 7) go through a scheduler with one worker and
through one with two, in strict alternation; timed is from the launch to the last checkpoint, with
the workers up and warm. Prints both times and the ratio of every round, and the median.
"""

import os
import platform
import statistics
import tempfile
import time

import tyro
from tqdm import tqdm

from heanet.config import RunConfig, TrainConfig
from heanet.data.home import HOME_VARIABLE
from heanet.jobs import cluster, queue, watch
from heanet.training.checkpoints import versions

N_RUNS = 8


def seconds(n_slots: int, *, epochs: int) -> float:
    """Wall-clock seconds of the sweep on so many workers."""
    os.environ[cluster.SLOTS_VARIABLE] = str(n_slots)
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        client = cluster.connect_or_start()
        client.wait_for_workers(n_slots, timeout=120)
        _finish({f"warm-{k}": _config(epochs=2, seed=k) for k in range(n_slots)})
        start = time.perf_counter()
        _finish({f"run-{k}": _config(epochs=epochs, seed=k) for k in range(N_RUNS)})
        taken = time.perf_counter() - start
        cluster.shut_down()
        time.sleep(3)  # workers end after their scheduler, and still write until then
    return taken


def _config(*, epochs: int, seed: int) -> RunConfig:
    return RunConfig(data="alloys", train=TrainConfig(epochs=epochs, is_validate=True, seed=seed))


def _finish(configs: dict[str, RunConfig]) -> None:
    queue.submit_all(configs)
    while any(not watch.find(name).at_rest for name in configs):
        time.sleep(0.2)
    for name in configs:
        run = watch.find(name)
        if run.status != "finished":
            raise SystemExit(f"{name} {run.status}: {run.message}")


def main(rounds: int = 5, epochs: int = 60) -> None:
    """Print the times of every round, and the median ratio.

    Args:
        rounds: Pairs of sweeps.
        epochs: Of each training.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    print(
        f"{N_RUNS} trainings of {epochs} epochs on sample_data/alloys; "
        f"{os.cpu_count()} cores, {platform.machine()}; {versions()}"
    )
    ratios = []
    for k in tqdm(range(rounds), desc="Rounds"):
        one, two = seconds(1, epochs=epochs), seconds(2, epochs=epochs)
        ratios.append(one / two)
        print(f"round {k + 1}: 1 worker {one:.1f} s, 2 workers {two:.1f} s, {ratios[-1]:.2f} x")
    print(
        f"2 workers are {statistics.median(ratios):.2f} x as fast "
        f"(median of {rounds}; {min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    tyro.cli(main)
