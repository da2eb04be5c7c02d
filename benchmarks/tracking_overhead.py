"""What does the record of a training cost? Run `python benchmarks/tracking_overhead.py [EPOCHS]`.

The same training, of the default network on our own labelled set, with and without its record in
a local SQLite file, in strict alternation. Each is a process of its own, as on the command line,
and computes in one thread; so a record pays for loading MLflow every time. An unmeasured training
comes first and makes the cached graphs and the tables.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

PAIRS = 5
HOW = ("without", "with")


def measure(how: str, epochs: int) -> tuple[float, float]:
    """Wall time and processor time (all threads) of one training in a process of its own, s."""
    command = [sys.executable, __file__, how, str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    wall, processor = done.stdout.split()
    return float(wall), float(processor)


def train(how: str, epochs: int) -> None:
    """Train in this process and print the two times."""
    import torch

    from heanet.config import ModelConfig, TrainConfig
    from heanet.data.dataset import make_dataset
    from heanet.data.labels import load_labels
    from heanet.nn.model import grid_of
    from heanet.tracking import is_complete, train_tracked
    from heanet.training.runs import train_run

    torch.set_num_threads(1)
    model, fit = ModelConfig(), TrainConfig(epochs=epochs)
    dataset = make_dataset(load_labels("alloys"), grid=grid_of(model))
    folder = Path(tempfile.mkdtemp(dir=os.environ["HEANET_HOME"])) / "run"
    start = time.perf_counter(), time.process_time()
    {"with": train_tracked, "without": train_run}[how](
        folder, dataset, dataset.split("b2"), model, fit
    )
    print(time.perf_counter() - start[0], time.process_time() - start[1])
    if is_complete(folder) != (how == "with"):
        raise SystemExit("the record is not what was to be measured")


def spread(values: list[float]) -> str:
    """Median, smallest and largest."""
    return f"{statistics.median(values):.3f} | {min(values):.3f} | {max(values):.3f}"


def main(epochs: int) -> None:
    """Print the table."""
    from heanet.training.checkpoints import versions

    variables = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    os.environ |= dict.fromkeys(variables, "1")
    with tempfile.TemporaryDirectory() as home:
        os.environ["HEANET_HOME"] = home
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        measure("with", 1)
        found = [[measure(how, epochs) for how in HOW] for _ in range(PAIRS)]
    used = {**versions(), "mlflow-skinny": version("mlflow-skinny")}
    software = ", ".join(f"{name} {number}" for name, number in used.items())
    print(f"{epochs} epochs, default network, set 'alloys', split b2; {PAIRS} pairs; {software};")
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[1]:.1f} over 5 minutes\n")
    print("| time | measure | median | smallest | largest |\n|---|---|---|---|---|")
    for i, kind in enumerate(("wall", "processor")):
        for k, how in enumerate(HOW):
            print(f"| {kind} | {how} record (s) | {spread([pair[k][i] for pair in found])} |")
        ratios = [after[i] / before[i] for before, after in found]
        print(f"| {kind} | ratio within a pair | {spread(ratios)} |")


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in HOW:
        train(sys.argv[1], int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 500)
