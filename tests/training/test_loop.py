"""fit(): it learns, repeats itself exactly, stops, resumes, and looks at no other row."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch_geometric.data import Batch

from heanet.config import TrainConfig
from heanet.data.batches import GraphTable
from heanet.data.dataset import Dataset
from heanet.data.references import fit_references
from heanet.data.splits import Split
from heanet.errors import CheckpointError, DataError, TrainingError
from heanet.training.fitrows import training_rows
from heanet.training.loop import (
    EpochRecord,
    Fit,
    fit,
)
from heanet.training.targets import masked_loss, scaled_targets
from tests.alloys import SMALL, small_dataset

TRAIN = TrainConfig(epochs=20, batch_size=8, lr=1e-2, is_validate=True)
ROWS = np.arange(24)
SPLIT = Split("b2", ROWS[:16], ROWS[16:20], ROWS[20:])


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return small_dataset()


@pytest.fixture(scope="module")
def whole(dataset: Dataset) -> Fit:
    return fit(dataset, SPLIT, SMALL, TRAIN)


def weights(found: Fit) -> dict[str, torch.Tensor]:
    return found.model.state_dict()


def assert_same(one: Fit, other: Fit) -> None:
    assert all(torch.equal(value, weights(other)[name]) for name, value in weights(one).items())
    losses = [[record.train_loss for record in each.history] for each in (one, other)]
    assert losses[0] == losses[1]
    assert one.references == other.references


def test_it_learns(whole: Fit) -> None:
    losses = [record.train_loss for record in whole.history]
    assert losses[-1] < 0.6 * losses[0]
    assert whole.finished
    assert not whole.model.training


def test_the_best_epoch_is_the_lowest_validation_loss(whole: Fit) -> None:
    losses = [record.validation_loss for record in whole.history]
    assert whole.best_epoch == 1 + int(np.argmin(losses))
    assert set(whole.history[0].validation_mae) == set(SMALL.tasks)


def test_a_seed_fixes_everything(dataset: Dataset, whole: Fit) -> None:
    torch.manual_seed(99)  # whatever the caller drew before
    assert_same(whole, fit(dataset, SPLIT, SMALL, TRAIN))


def test_another_seed_gives_another_network(dataset: Dataset, whole: Fit) -> None:
    other = fit(dataset, SPLIT, SMALL, TRAIN.model_copy(update={"seed": 1}))
    assert other.history[0].train_loss != whole.history[0].train_loss


def test_the_callers_random_numbers_are_left_alone(dataset: Dataset) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(dataset, SPLIT, SMALL, TRAIN.model_copy(update={"epochs": 1}))
    assert torch.equal(torch.rand(3), expected)
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_number_of_threads_changes_nothing(dataset: Dataset, whole: Fit) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2 if before == 1 else 1)
        other = torch.get_num_threads()
        again = fit(dataset, SPLIT, SMALL, TRAIN, progress=False)
        assert torch.get_num_threads() == other
    finally:
        torch.set_num_threads(before)
    assert_same(whole, again)


def test_a_stopped_run_goes_on_to_the_same_result(dataset: Dataset, whole: Fit, home) -> None:  # noqa: ANN001
    home.mkdir()
    resume, seen = home / "resume.safetensors", []

    def stop_after_five(record: EpochRecord) -> None:
        seen.append(record.epoch)

    first = fit(
        dataset, SPLIT, SMALL, TRAIN, resume=resume, on_epoch=stop_after_five,
        should_stop=lambda: len(seen) >= 5,
    )  # fmt: skip
    assert not first.finished
    assert seen == [1, 2, 3, 4, 5]
    second = fit(dataset, SPLIT, SMALL, TRAIN, resume=resume, on_epoch=stop_after_five)
    assert seen == list(range(1, 21))
    assert_same(whole, second)
    assert second.best_epoch == whole.best_epoch


def test_a_run_with_other_settings_is_not_continued(dataset: Dataset, home) -> None:  # noqa: ANN001
    home.mkdir()
    resume = home / "resume.safetensors"
    short = TRAIN.model_copy(update={"epochs": 1})
    fit(dataset, SPLIT, SMALL, short, resume=resume)
    with pytest.raises(CheckpointError, match="other data or settings"):
        fit(dataset, SPLIT, SMALL, short.model_copy(update={"lr": 0.5}), resume=resume)


def test_stopped_before_the_first_epoch(dataset: Dataset) -> None:
    found = fit(dataset, SPLIT, SMALL, TRAIN, should_stop=lambda: True)
    assert (found.finished, found.history, found.best_epoch) == (False, [], 0)


def with_labels(dataset: Dataset, labels: pd.DataFrame) -> Dataset:
    return Dataset(dataset.source, dataset.graphs, labels, dataset.fractions, dataset.n_atoms)


def test_only_the_training_and_validation_rows_are_looked_at(dataset: Dataset, whole: Fit) -> None:
    """Spoiled test labels change nothing; a spoiled training label does."""
    spoiled = dataset.labels.copy()
    spoiled.iloc[SPLIT.test] = 1e6
    assert_same(whole, fit(with_labels(dataset, spoiled), SPLIT, SMALL, TRAIN))
    spoiled = dataset.labels.copy()
    spoiled.iloc[SPLIT.train[3]] += 1.0
    other = fit(with_labels(dataset, spoiled), SPLIT, SMALL, TRAIN)
    assert other.history[0].train_loss != whole.history[0].train_loss


def test_validation_rows_do_not_train(dataset: Dataset, whole: Fit) -> None:
    spoiled = dataset.labels.copy()
    spoiled.iloc[SPLIT.validation] += 1.0
    other = fit(with_labels(dataset, spoiled), SPLIT, SMALL, TRAIN)
    assert [r.train_loss for r in other.history] == [r.train_loss for r in whole.history]
    assert other.history[0].validation_loss != whole.history[0].validation_loss


@settings(max_examples=12)
@given(
    order=st.permutations(range(24)),
    n_train=st.integers(8, 18),
    n_validation=st.integers(0, 6),
    batch_size=st.sampled_from([1, 5, 8, 64]),
    watched=st.booleans(),
)
def test_the_batches_are_of_exactly_the_rows_of_the_split(
    dataset: Dataset,
    order: list[int],
    n_train: int,
    n_validation: int,
    batch_size: int,
    watched: bool,
) -> None:
    """Each training row once an epoch, in an order of its own; no test row unless it is watched."""
    train, validation, test = np.split(np.array(order), [n_train, n_train + n_validation])
    config = TRAIN.model_copy(
        update={"epochs": 2, "batch_size": batch_size, "is_validate": n_validation > 0}
    )
    read: list[list[int]] = []
    whole_batch = GraphTable.batch

    def batch(table: GraphTable, rows: Tensor) -> Batch:
        read.append(rows.tolist())
        return whole_batch(table, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GraphTable, "batch", batch)
        split = Split("drawn", train, validation, test)
        fit(dataset, split, SMALL, config, watch=test if watched else None, progress=False)
    before = [rows.tolist() for rows in (validation, test if watched else test[:0]) if len(rows)]
    assert read[: len(before)] == before
    steps = math.ceil(n_train / batch_size)
    epochs = read[len(before) :][:steps], read[len(before) :][steps:]
    orders = [[row for rows in epoch for row in rows] for epoch in epochs]
    assert [sorted(rows) for rows in orders] == [sorted(train.tolist())] * 2
    assert orders[0] != orders[1]
    assert all(len(rows) <= batch_size for epoch in epochs for rows in epoch)


def test_the_graph_of_a_row_goes_with_its_label(dataset: Dataset, whole: Fit) -> None:
    """Rows in another order, the split with them: the same network but for what rounding does."""
    order = np.random.default_rng(3).permutation(24)
    moved = replace(
        dataset,
        source=replace(dataset.source, table=dataset.source.table.iloc[order]),
        graphs=[dataset.graphs[i] for i in order],
        labels=dataset.labels.iloc[order],
        fractions=dataset.fractions.iloc[order],
        n_atoms=dataset.n_atoms[order],
    )
    at = np.argsort(order)
    split = Split("b2", at[SPLIT.train], at[SPLIT.validation], at[SPLIT.test])
    found = fit(moved, split, SMALL, TRAIN)
    losses = [[record.train_loss for record in each.history] for each in (whole, found)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_spoiled_graphs_of_test_rows_change_nothing(dataset: Dataset, whole: Fit) -> None:
    graphs = [graph.clone() for graph in dataset.graphs]
    for row in SPLIT.test:
        graphs[row].edge_attr.fill_(torch.nan)
    assert_same(whole, fit(replace(dataset, graphs=graphs), SPLIT, SMALL, TRAIN))


def test_watched_rows_decide_nothing(dataset: Dataset, whole: Fit) -> None:
    found = fit(dataset, SPLIT, SMALL, TRAIN, watch=SPLIT.test)
    assert_same(whole, found)
    assert found.best_epoch == whole.best_epoch
    assert set(found.history[0].watched_mae) == set(SMALL.tasks)
    assert whole.history[0].watched_mae == {}


def test_missing_labels_are_masked(dataset: Dataset) -> None:
    """A task without labels on some rows learns from the others, and gives finite numbers."""
    holes = dataset.labels.copy()
    holes.iloc[::2, holes.columns.get_loc("rmsd")] = np.nan
    found = fit(with_labels(dataset, holes), SPLIT, SMALL, TRAIN)
    assert all(torch.isfinite(value).all() for value in weights(found).values())
    assert found.history[-1].train_loss < found.history[0].train_loss


def test_masked_loss_counts_labelled_rows_only() -> None:
    outputs = {"ms": torch.tensor([0.0, 5.0, 1.0]), "rmsd": torch.tensor([0.0, 0.0, 0.0])}
    nan = float("nan")
    targets = {"ms": torch.tensor([0.05, nan, 1.0]), "rmsd": torch.tensor([nan, nan, nan])}
    # One of two labelled rows is off by 0.05, inside the quadratic part: 0.05^2 / 2 / 2.
    assert float(masked_loss(outputs, targets)) == pytest.approx(0.05**2 / 4)


def test_masked_loss_without_any_label_still_has_a_gradient() -> None:
    output = torch.zeros(2, requires_grad=True)
    loss = masked_loss({"ms": output}, {"ms": torch.full((2,), torch.nan)})
    loss.backward()
    assert float(loss.detach()) == 0
    assert output.grad.tolist() == [0, 0]


def test_without_validation_those_rows_train() -> None:
    train, validation = training_rows(SPLIT, is_validate=False)
    assert train.tolist() == list(range(20))
    assert len(validation) == 0


def test_a_split_without_validation_rows_cannot_validate(dataset: Dataset) -> None:
    split = Split("all", ROWS, ROWS[:0], ROWS[:0])
    with pytest.raises(DataError, match=r"0 validation rows.*Train without --is_validate"):
        fit(dataset, split, SMALL, TRAIN)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_cuda(dataset: Dataset, whole: Fit) -> None:
    found = fit(dataset, SPLIT, SMALL, TRAIN, device=torch.device("cuda"))
    assert found.history[0].train_loss == pytest.approx(whole.history[0].train_loss, rel=1e-3)


def test_a_validation_row_with_an_unknown_element_has_no_target(dataset: Dataset) -> None:
    """Only Fe and Ni in the training rows: what the others weigh in a label is not known."""
    chromium = dataset.fractions["Cr"].to_numpy()
    without = np.flatnonzero(chromium == 0)
    references = fit_references(
        dataset.labels.iloc[without],
        dataset.fractions.iloc[without],
        [dataset.lattices[i] for i in without],
        dataset.n_atoms[without],
    )
    targets = scaled_targets(dataset, references, ("etot", "rmsd"))
    assert "Cr" not in references.elements
    for target in targets.values():
        assert torch.isfinite(target[without]).all()
        assert torch.isnan(target[np.flatnonzero(chromium > 0)]).all()


def test_a_task_without_any_training_label_is_refused(dataset: Dataset) -> None:
    """Its tower would stay as it was drawn, and be averaged with the others."""
    bare = dataset.labels.assign(emix=np.nan)
    with pytest.raises(DataError, match="no label of emix"):
        fit(with_labels(dataset, bare), SPLIT, SMALL, TRAIN)


def test_validation_rows_without_labels_cannot_choose_an_epoch(dataset: Dataset) -> None:
    bare = dataset.labels.copy()
    bare.iloc[SPLIT.validation] = np.nan
    with pytest.raises(DataError, match="no label on them"):
        fit(with_labels(dataset, bare), SPLIT, SMALL, TRAIN)


def test_a_diverging_run_ends_and_says_what_to_do(dataset: Dataset) -> None:
    with pytest.raises(TrainingError, match="Lower --lr"):
        fit(dataset, SPLIT, SMALL, TRAIN.model_copy(update={"lr": 1e30}))
