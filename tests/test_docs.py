"""What the documents say is what the project does."""

import re
import shlex
from pathlib import Path

import pytest

from heanet.cli import _parse
from heanet.comparison.report import results_report
from heanet.comparison.results import RESULTS, TABLES, load_results, report_folder
from heanet.data.labels import load_labels
from heanet.modelinput import MODELS
from heanet.report import card_summary
from heanet.training.checkpoints import load_card
from heanet.training.registry import SHIPPED

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MODELS.values())
def test_the_readme_quotes_the_card(name: str) -> None:
    said = README.split(f"<!-- {name}:start -->")[1].split(f"<!-- {name}:end -->")[0].strip()
    assert said == card_summary(load_card(SHIPPED / name))


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


def test_the_shipped_models_errors_are_those_of_the_table() -> None:
    """Its cross-validation is that of the five seeds on the grouped folds, averaged."""
    errors = load_results(RESULTS).errors
    found = errors[
        (errors["model"] == "heanet") & (errors["group"] == "all") & (errors["split"] == "grouped")
        & (errors["fold"] == "pooled") & (errors["seed"] == "ensemble") & (errors["by"] == "all")
        & (errors["rows"] == "test")
    ].set_index("task")  # fmt: skip
    for metric in load_card(SHIPPED / "hea-six").metrics:
        line = found.loc[metric.task]
        assert (line["n"], line["unit"]) == (metric.n, metric.unit)
        told = (metric.mae, metric.rmse, metric.r2)
        assert tuple(line[["mae", "rmse", "r2"]]) == pytest.approx(told, rel=1e-4)


def commands() -> list[str]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    lines = (
        "\n".join(text for language, text in blocks if not language)
        .replace("\\\n", " ")
        .splitlines()
    )
    return [line.split("#")[0].strip() for line in lines if "-m heanet" in line]


@pytest.mark.parametrize("command", commands())
def test_the_readmes_commands_parse(command: str) -> None:
    words = shlex.split(command)
    assert callable(_parse(words[words.index("heanet") + 1 :]))


def test_there_are_commands_to_check() -> None:
    assert len(commands()) >= 5


def test_the_readmes_python_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102
    assert "eV/atom" in capsys.readouterr().out


def test_the_chinese_readme_says_the_same() -> None:
    """Its code, its headings' number, its links and the numbers of its table."""
    code = r"```.*?```"
    assert re.findall(code, CHINESE, re.DOTALL) == re.findall(code, README, re.DOTALL)
    assert len(re.findall("^##? ", CHINESE, re.M)) == len(re.findall("^##? ", README, re.M))
    links = r"\]\(([^)]+)\)"
    switch = {"README.md", "README.zh.md"}
    assert set(re.findall(links, CHINESE)) - switch == set(re.findall(links, README)) - switch
    table = r"^\| (\w+) \| [^|]+ (\| \d+ \|.*)$"
    assert re.findall(table, CHINESE, re.M) == re.findall(table, README, re.M)
    options = r"`(--[^`]+|[A-Z_]{6,}|[\w./-]+\.(?:py|json))`"
    said = [set(re.findall(options, " ".join(text.split()))) for text in (CHINESE, README)]
    assert said[0] == said[1]


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!http)[^)]+)\)", README + CHINESE))
def test_the_readmes_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_no_line_of_the_project_names_a_package_registry() -> None:
    names = ("pypi" + ".org", "files.python" + "hosted", "npmjs" + ".org", "npmjs" + ".com")
    listed = [p for p in ROOT.glob("**/*") if p.suffix in {".py", ".md", ".toml", ".txt", ".sh"}]
    others = {".venv", ".venv-server", "static", "runs"}
    own = [p for p in listed if not others & set(p.relative_to(ROOT).parts)]
    assert len(own) > 50
    assert [p for p in own if any(name in p.read_text(encoding="utf-8") for name in names)] == []
