"""Twenty trainings on the project's own labelled set: all finished, every record complete."""

import pytest
from mlflow import MlflowClient

from heanet.config import RunConfig, TrainConfig
from heanet.jobs import queue, watch
from heanet.mlflowrun import EXPERIMENT, is_complete, tracking_uri
from heanet.training.checkpoints import load_checkpoint
from heanet.training.runfolder import trained_home
from tests.jobs.conftest import wait_for

N_RUNS, N_EPOCHS = 20, 30


@pytest.mark.slow
@pytest.mark.usefixtures("shared")
def test_twenty_runs_end_in_finished_with_complete_records() -> None:
    configs = {
        f"seed-{seed}": RunConfig(
            data="alloys", train=TrainConfig(epochs=N_EPOCHS, is_validate=True, seed=seed)
        )
        for seed in range(N_RUNS)
    }
    queue.submit_all(configs, sweep="twenty")
    wait_for(lambda: all(run.at_rest for run in watch.runs()), patience=900)
    wait_for(lambda: all(is_complete(trained_home() / name) for name in configs))
    assert {run.name: (run.status, run.n_done) for run in watch.runs()} == dict.fromkeys(
        configs, ("finished", N_EPOCHS)
    )
    client = MlflowClient(tracking_uri())
    experiment = client.get_experiment_by_name(EXPERIMENT)
    records = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert len(records) == N_RUNS
    for name, config in configs.items():
        record = records[name]
        assert record.info.status == "FINISHED"
        assert record.data.params["seed"] == str(config.train.seed)
        history = client.get_metric_history(record.info.run_id, "validation_mae.ms")
        assert [point.step for point in history] == list(range(1, N_EPOCHS + 1))
        card, _ = load_checkpoint(trained_home() / name)
        assert card.n_rows == {"train": 345, "validation": 43, "test": 44}
    weights = {load_checkpoint(trained_home() / name)[0].weights_sha256 for name in configs}
    assert len(weights) == N_RUNS
