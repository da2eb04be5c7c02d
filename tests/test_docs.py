"""The tables in the documents are those of the files that they are made from."""

from pathlib import Path

import pytest

from heanet.comparison.report import results_report
from heanet.comparison.results import RESULTS, TABLES, load_results, report_folder
from heanet.data.labels import load_labels
from heanet.modelinput import MODELS
from heanet.report import card_summary
from heanet.training.checkpoints import load_card
from heanet.training.registry import SHIPPED

ROOT = Path(__file__).parents[1]
CARDS = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODELS.values())
def test_the_page_of_models_quotes_the_card(name: str) -> None:
    said = CARDS.split(f"<!-- {name}:start -->")[1].split(f"<!-- {name}:end -->")[0].strip()
    assert said == card_summary(load_card(SHIPPED / name))


@pytest.mark.parametrize("name", MODELS.values())
def test_the_chinese_page_of_models_has_the_same_numbers(name: str) -> None:
    chinese = (ROOT / "docs" / "models.zh.md").read_text(encoding="utf-8")
    said = chinese.split(f"`{name}`：")[1]
    rows = [numbers_of(line) for line in said.splitlines() if line.startswith("| ")]
    lines = card_summary(load_card(SHIPPED / name)).splitlines()
    expected = [numbers_of(line) for line in lines if line.startswith("| ")]
    assert len(expected) == 7
    assert rows[1:7] == expected[1:]


def numbers_of(row: str) -> list[str]:
    """Task, n, MAE, RMSE, R2 and coverage of a row of a table of errors."""
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    return [cells[0], *cells[2:6], cells[7]]


@pytest.mark.parametrize("name", ["hea-dft", "alloys"])
def test_the_results_are_those_of_the_table(name: str) -> None:
    folder = report_folder(name)
    said = (folder / "results.md").read_text(encoding="utf-8")
    found = load_results(folder / TABLES)
    assert said == results_report(found)
    assert found.about.data.name == name


def test_results_on_the_own_set_are_on_the_set_that_is_here() -> None:
    about = load_results(report_folder("alloys") / TABLES).about
    assert about.data.fingerprint == load_labels("alloys").fingerprint


def test_the_shipped_model_errs_less_than_five_seeds_of_one_network() -> None:
    """On the same rows of the same folds: what it has beside them would be of no use otherwise."""
    errors = load_results(RESULTS).errors
    found = errors[
        (errors["model"] == "heanet") & (errors["group"] == "all") & (errors["split"] == "grouped")
        & (errors["fold"] == "pooled") & (errors["seed"] == "ensemble") & (errors["by"] == "all")
        & (errors["rows"] == "test")
    ].set_index("task")  # fmt: skip
    metrics = load_card(SHIPPED / "hea-six").metrics
    assert len(metrics) == 6
    for metric in metrics:
        line = found.loc[metric.task]
        assert (line["n"], line["unit"]) == (metric.n, metric.unit)
        assert metric.mae < 0.95 * line["mae"]
        assert metric.rmse < line["rmse"]


def test_no_line_of_the_project_names_a_package_registry() -> None:
    names = ("pypi" + ".org", "files.python" + "hosted", "npmjs" + ".org", "npmjs" + ".com")
    listed = [p for p in ROOT.glob("**/*") if p.suffix in {".py", ".md", ".toml", ".txt", ".sh"}]
    others = {".venv", ".venv-server", "static", "runs"}
    own = [p for p in listed if not others & set(p.relative_to(ROOT).parts)]
    assert len(own) > 50
    assert [p for p in own if any(name in p.read_text(encoding="utf-8") for name in names)] == []
