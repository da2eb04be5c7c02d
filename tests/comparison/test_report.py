"""The report: its numbers are those of the table, and it says where HEANet loses."""

from dataclasses import replace

import pandas as pd

from heanet.comparison.checks import PUBLISHED_COLUMNS
from heanet.comparison.contenders import CONTENDERS
from heanet.comparison.plan import SPLITS
from heanet.comparison.report import QUESTIONS, results_report
from heanet.comparison.results import About, Results, leaderboard
from heanet.comparison.settings import settings
from heanet.comparison.tables import CURVE_COLUMNS, ERROR_COLUMNS, FIT_COLUMNS, PREDICTION_COLUMNS
from heanet.comparison.zeroshot import best_baseline, own_group
from heanet.properties import PUBLISHED_TASKS, TASKS
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
        fits=pd.DataFrame(columns=list(FIT_COLUMNS)),
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
    for task, mae in zip(PUBLISHED_TASKS, (0.008, 0.008, 0.008, 0.08, 8.0, 0.05), strict=True)
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
    assert (
        "lower error than the best baseline in 5 of 6 lines; it loses to it in 1: a2 (ms)." in text
    )
    assert (
        "| a2 | 3 of 80 | ms | 152 | 0.080 ± 0.000 | - | - | **0.010** | Gaussian process "
        "| muB/atom |" in text
    )
    text = results_report(results(*BOTH))
    assert "HEANet has a lower error than the best baseline in 6 of 6 lines." in text
    assert "| a2 | 3 of 80 | ms | 152 | **0.080 ± 0.000** | - | - | 0.160 ± 0.000 |" in text


def test_a_difference_that_seeds_make_is_a_tie() -> None:
    """Means 0.080 and 0.084, but SchNet's seeds lie 0.008 apart: nobody has won."""
    schnet = [line("schnet", "ms", mae, seed=seed) for seed, mae in (("0", 0.080), ("1", 0.088))]
    ours = [line("heanet", "ms", 0.080, seed=seed) for seed in ("0", "1")]
    text = results_report(results(*ours, *schnet))
    assert "**0.080 ± 0.000** | - | - | **0.084 ± 0.006** | SchNet" in text
    assert "in 0 of 1 lines; it ties with it in 1: a2 (ms)." in text
    apart = [line("schnet", "ms", mae, seed=seed) for seed, mae in (("0", 0.086), ("1", 0.088))]
    text = results_report(results(*ours, *apart))
    assert "**0.080 ± 0.000** | - | - | 0.087 ± 0.001 | SchNet" in text


def test_heanet_stands_with_all_tasks_and_with_its_own_group() -> None:
    more = [
        *BOTH,
        line("heanet", "rmsd", 0.2, group="rmsd"),
        line("heanet", "rmsd", 0.04, seed="ensemble"),
    ]
    assert [own_group(task) for task in ("emix", "mb", "rmsd")] == ["energies", "magnetic", "rmsd"]
    text = results_report(results(*more))
    assert (
        "| a2 | 3 of 80 | rmsd | 152 | **0.050 ± 0.000** | 0.040 | 0.200 | 0.100 ± 0.000 | SchNet |"
        in text
    )
    assert (
        "With the tasks of its own group alone, HEANet has a lower error than the best baseline in "
        "0 of 1 lines; it loses to it in 1: a2 (rmsd)." in text
    )


CHECKPOINT = {
    "experiment": "energy-table", "split": "b2", "strategy": "scratch",
    "group": "etot emix eform", "epochs": 500, "task": "etot", "unit": "eV/atom",
    "rows": "test", "reported": 0.122, "checkpoint": "some.pt", "same_rows": 0.12196,
    "n_same": 37, "trained_of_same": 37, "shuffled": 0.4, "unseen": 1.3798, "n_unseen": 73,
}  # fmt: skip


def test_published_networks_stand_on_both_kinds_of_rows() -> None:
    text = results_report(results(*BOTH, published=[CHECKPOINT]))
    assert (
        "| some.pt | etot | eV/atom | test | 0.122 | 0.12196 (37) | 37 | 0.40000 | 1.37980 (73) |"
        in text
    )


def test_what_was_reported_stands_below_our_fits_of_that_recipe() -> None:
    """For the genuine test rows of a0-a3 and all six tasks alone; made-up numbers."""
    reported = {
        "experiment": "six-a2", "split": "a2", "strategy": "scratch", "epochs": 500,
        "group": " ".join(PUBLISHED_TASKS), "rows": "test", "checkpoint": "",
    }  # fmt: skip
    rows = [
        {**reported, "task": task, "unit": TASKS[task].unit, "reported": mae}
        for task, mae in (("etot", 3.5), ("emix", 0.06), ("eform", 0.025), ("ms", 0.9))
    ]
    others = [
        {**rows[0], "rows": "train", "reported": 7.0},
        {**rows[0], "split": "b2", "reported": 7.1},
        {**rows[0], "group": "etot", "reported": 7.2},
    ]
    ours = [
        line("published", task, mae, seed=seed)
        for task, maes in {"etot": (2.0, 3.0), "emix": (0.05, 0.06), "eform": (0.1, 0.12)}.items()
        for seed, mae in zip("01", maes, strict=True)
    ]
    text = results_report(results(*BOTH, *ours, published=[*others, *rows]))
    below = text[text.index("| Published recipe | all | 2 | 2.5000 ± 0.7071 |") :].splitlines()[1]
    assert below == (
        "| Published recipe, as reported (six-a2, 500 epochs, raw labels) | all | 1 "
        "| 3.5000 | 0.0600 | 0.0250 | 0.900 |  |  |"
    )
    assert "larger energy errors than its authors wrote down for a2 (eform): a constant" in text
    assert "one run says little" in text
    assert "7.1" not in text
    assert "as reported" not in results_report(results(*BOTH))


def test_the_pooled_folds_say_what_they_share() -> None:
    torn = [line("heanet", "ms", 0.1, split="grouped", fold="pooled", shared=2)]
    text = results_report(results(*torn))
    assert "2 of the 80 compositions tested are also trained on in the fold that tests it." in text


def test_the_report_says_what_its_rows_and_numbers_are() -> None:
    found = results(*BOTH, published=[CHECKPOINT])
    card = found.about.data.model_copy(update={"name": "hea-dft"})
    published = replace(found, about=found.about.model_copy(update={"data": card}))
    text, of_another = results_report(published), results_report(results(*BOTH))
    for each in (text, of_another):
        assert "neither learnt from nor chose its epoch on" in each
        assert "mean over seeds 0, 1" not in each
    assert "test rows of every split had a part in that choice" in text
    assert "SchNet's settings were not searched" in text
    assert "results/published.csv" in text
    assert "no label of this set had a part in choosing them" in of_another
    assert "results/published.csv" not in of_another


def test_settings_are_what_a_contender_is_fitted_with() -> None:
    found = settings(CONTENDERS["published"])
    assert found["network"] == "Published"
    assert (found["loss"], found["lr"], found["epochs"]) == ("l1", "0.001", "500")
    shape = {
        "hidden_channels": "128", "n_filters": "64", "n_interactions": "3", "n_gaussian": "50",
        "cutoff": "10", "tower_h1": "128", "tower_h2": "64", "use_pbc": "False",
    }  # fmt: skip
    assert found.items() > shape.items()
    assert (found["references"], found["targets"]) == ("none", "labels as they are")
    assert "transform" not in found
    heanet, schnet = settings(CONTENDERS["heanet"]), settings(CONTENDERS["schnet"])
    assert (heanet["network"], heanet["n_interactions"]) == ("HEANet", "3 (rmsd: 1)")
    assert (schnet["use_pbc"], schnet["transform"]) == ("True", "True")
    assert heanet["references"] == schnet["references"] == settings(CONTENDERS["gp"])["references"]
    assert settings(CONTENDERS["mean"])["references"] == "none"
