"""What the record of a training costs: the same training with and without it.

Each is a process of its own, as on the command line, so that a record pays for loading MLflow every
time. An unmeasured training comes first and makes the cached graphs and the tables.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.results import Curve, Found, Line
from benchmarks.timing import CLOCKS
from heanet.data.home import HOME_VARIABLE

_HOW = ("without", "with")
_PAIRS = 5


def measure(*, quick: bool) -> Found:
    """Time both in alternation."""
    epochs = [5, 10] if quick else [50, 500]
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        _seconds("with", 1)
        few = [_seconds(how, epochs[0]) for how in _HOW]
        pairs = [[_seconds(how, epochs[1]) for how in _HOW] for _ in range(_PAIRS)]
    without, recorded = zip(*pairs, strict=True)
    return Found(
        sizes={"epochs": epochs[1], "set": "alloys", "split": "fold 1 of 5"},
        lines=(
            Line(
                what="time of a training with its record over one without",
                ours="recorded in a SQLite file",
                theirs="not recorded",
                goal=None,
                better="at most",
                values=tuple(b / a for a, b in pairs),
                our_cost=recorded,
                their_cost=without,
            ),
        ),
        curve=Curve(
            size="epochs",
            cost="seconds of processor time",
            sizes=tuple(map(float, epochs)),
            ours=(few[1], min(recorded)),
            theirs=(few[0], min(without)),
            our_name="with a record",
            their_name="without",
        ),
    )


def _seconds(how: str, epochs: int) -> float:
    """Processor seconds of one training in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.tracking", how, str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return float(done.stdout)


def _train(how: str, epochs: int) -> None:
    """Train in this process and print the time."""
    import torch

    from heanet.config import ModelConfig, TrainConfig
    from heanet.mlflowrun import is_complete
    from heanet.tracking import train_tracked
    from heanet.training.inputs import dataset_for
    from heanet.training.runs import train_run

    torch.set_num_threads(1)
    model, fit = ModelConfig(), TrainConfig(epochs=epochs)
    dataset = dataset_for("alloys", model, corrected=True, progress=False)
    folder = Path(tempfile.mkdtemp(dir=os.environ[HOME_VARIABLE])) / "run"
    ways = {"with": train_tracked, "without": train_run}
    start = CLOCKS["processor"]()
    ways[how](folder, dataset, dataset.split("fold 1 of 5"), model, fit)
    print(CLOCKS["processor"]() - start)
    if is_complete(folder) != (how == "with"):
        raise SystemExit("the record is not what was to be measured")


if __name__ == "__main__":
    _train(sys.argv[1], int(sys.argv[2]))
