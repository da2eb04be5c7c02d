"""The report: its numbers are those of the table, and it says where HEANet loses."""

import pandas as pd

from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.plan import SPLITS
from heanet.comparison.rebuild import settings
from heanet.comparison.report import QUESTIONS, best_baseline, own_group, results_report
from heanet.comparison.results import PUBLISHED_COLUMNS, About, Results, leaderboard
from heanet.comparison.tables import CURVE_COLUMNS, ERROR_COLUMNS, PREDICTION_COLUMNS
from heanet.properties import TASKS
from heanet.training.checkpoints import DataCard


def line(model: str, task: str, mae: float, **changes: object) -> dict[str, object]:
    """One error of a model on a split."""
    usual = {
        "model": model, "group": "all", "split": "a2", "fold": "", "seed": "0", "rows": "test",
        "by": "all", "part": "all", "task": task, "unit": TASKS[task].unit, "n": 152, "mae": mae,
        "rmse": 2 * mae, "r2": 0.9, "labels": "corrected", "compositions": 80, "shared": 3,
        "commit": "abc1234",
    }  # fmt: skip
    return {**usual, **changes}


def results(*lines: dict[str, object], published: list[dict[str, object]] | None = None) -> Results:
    data = DataCard(
        name="small", title="Small alloys", fingerprint="f" * 64, corrected=True, n_rows=24
    )
    return Results(
        errors=pd.DataFrame(list(lines), columns=list(ERROR_COLUMNS)),
        predictions=pd.DataFrame(columns=list(PREDICTION_COLUMNS)),
        curves=pd.DataFrame(columns=list(CURVE_COLUMNS)),
        published=pd.DataFrame(published or [], columns=list(PUBLISHED_COLUMNS)),
        about=About(
            data=data,
            seeds=(0, 1),
            n_folds=5,
            fold_seed=1,
            n_done=4,
            n_planned=466,
            contenders={},
            versions={},
        ),
    )


BOTH = [
    line(model, task, mae * factor, seed=seed)
    for model, factor in (("heanet", 1.0), ("schnet", 2.0))
    for task, mae in zip(TASKS, (0.008, 0.008, 0.008, 0.08, 8.0, 0.05), strict=True)
    for seed in ("0", "1")
]


def test_every_split_has_its_question() -> None:
    assert set(QUESTIONS) == set(SPLITS)


def test_numbers_stand_with_split_rows_n_unit_labels_and_commit() -> None:
    text = results_report(results(*BOTH))
    assert "## a2" in text
    assert "Test rows: n = 152. 3 of the 80 compositions tested are also trained on." in text
    assert "etot (eV/atom)" in text
    assert "labels corrected" in text
    assert "abc1234" in text
    assert "4 of 466 planned fits are in these tables; 462 are missing" in text
    assert "| HEANet | all | 2 | 0.0080 ± 0.0000 |" in text
    assert "## a1" not in text


def test_a_baseline_that_wins_is_named() -> None:
    lost = [*BOTH, line("gp", "ms", 0.01)]
    board = leaderboard(results(*lost).errors, split="a2")
    best = best_baseline(board, "ms")
    assert best is not None
    assert (best["model"], best["mae"]) == ("gp", 0.01)
    text = results_report(results(*lost))
    assert "it loses ms on a2 to Gaussian process." in text
    assert (
        "| a2 | ms | 152 | 0.080 ± 0.000 | - | - | **0.010** | Gaussian process | muB/atom |"
        in text
    )
    text = results_report(results(*BOTH))
    assert "With all six tasks together, HEANet beats every baseline in every line" in text
    assert "| a2 | ms | 152 | **0.080 ± 0.000** | - | - | 0.160 ± 0.000 | SchNet |" in text


def test_heanet_stands_with_all_tasks_and_with_its_own_group() -> None:
    more = [
        *BOTH,
        line("heanet", "rmsd", 0.2, group="rmsd"),
        line("heanet", "rmsd", 0.04, seed="ensemble"),
    ]
    assert [own_group(task) for task in ("emix", "mb", "rmsd")] == ["energies", "magnetic", "rmsd"]
    text = results_report(results(*more))
    assert (
        "| a2 | rmsd | 152 | **0.050 ± 0.000** | 0.040 | 0.200 | 0.100 ± 0.000 | SchNet |" in text
    )
    assert "With its own group, HEANet does not beat every baseline: it loses rmsd on a2" in text


def test_published_networks_stand_on_both_kinds_of_rows() -> None:
    row = {
        "experiment": "energy-table", "split": "b2", "strategy": "scratch",
        "group": "etot emix eform", "epochs": 500, "task": "etot", "unit": "eV/atom",
        "rows": "test", "reported": 0.122, "checkpoint": "some.pt", "same_rows": 0.12196,
        "n_same": 37, "trained_of_same": 37, "shuffled": 0.4, "unseen": 1.3798, "n_unseen": 73,
    }  # fmt: skip
    text = results_report(results(*BOTH, published=[row]))
    assert (
        "| some.pt | etot | eV/atom | test | 0.122 | 0.12196 (37) | 37 | 0.40000 | 1.37980 (73) |"
        in text
    )


def test_settings_are_what_a_contender_is_fitted_with() -> None:
    found = settings(CONTENDERS["published"])
    assert found["network"] == "Published"
    assert (found["loss"], found["lr"], found["epochs"]) == ("l1", "0.001", "500")
    assert settings(CONTENDERS["heanet"])["network"] == "HEANet"
    assert settings(CONTENDERS["gp"]) == {"network": "none"}
