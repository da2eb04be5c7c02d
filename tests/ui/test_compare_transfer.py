"""The view of transfer: its words, lines, squares and table are those of the study."""

import shutil
from pathlib import Path

import pytest
import streamlit as st

from heanet.comparison.findings import transfer_arms, transfer_findings
from heanet.comparison.results import Results
from heanet.comparison.studytables import TRANSFER
from heanet.ui import compare_transfer_lines
from tests.transfer_sample import sample_study
from tests.ui.compare_page import OpenPage, address, figure, numbers, table, text

# pymatgen calls spglib in its old way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning"),
    pytest.mark.usefixtures("results"),
]


def test_the_view_says_what_was_found(view: OpenPage) -> None:
    app = view("Transfer")
    said = text(app)
    assert "at least halves the error of training from scratch in 6 of 6 tasks" in said
    assert "- ms: 0.200 µB/atom from scratch, 0.080 µB/atom at best (both together" in said
    assert "From 121 rows on training from scratch is as good as the best strategy" in said
    curves, squares = app.get("plotly_chart")[:2]
    assert "from scratch: 0.0200 ± 0.0003 with 15, 0.0141 ± 0.0002 with 30" in curves.proto.alt
    assert "both together: etot 0.40, emix 0.40" in squares.proto.alt


def test_a_line_per_strategy_and_a_level_for_zero_shot(view: OpenPage) -> None:
    app = view("Transfer", task="ms", direction="4+5 → 2+3")
    assert address(app, "direction") == ["4+5 → 2+3"]
    shown = figure(app)
    lines = {t["name"]: t for t in shown["data"] if t.get("showlegend", True)}
    assert list(lines) == [
        *("from scratch", "zero-shot", "both together", "tl1", "tl2", "frozen", "teacher"),
        "Gaussian process, from scratch",
    ]
    assert numbers(lines["zero-shot"]["y"]) == pytest.approx([0.1] * 3)
    assert numbers(lines["from scratch"]["y"])[0] == pytest.approx(0.2)
    assert shown["layout"]["yaxis"]["title"]["text"] == "MAE of ms (µB/atom)"
    assert "From 4+5 to 2+3 components" in text(app)


def test_the_group_changes_the_lines(view: OpenPage) -> None:
    arms = transfer_arms(sample_study()).query("direction == 'to-many'")

    def scratch(learnt: str) -> float:
        lines = compare_transfer_lines.chosen_lines(arms, "ms", learnt)
        chosen = lines.query("strategy == 'scratch' and percent == 10 and model == 'heanet'")
        return float(chosen["mae"].item())

    found = [scratch(learnt) for learnt in ("all", "own", "lowest")]
    assert found == pytest.approx([0.2, 0.22, 0.2])
    app = view("Transfer", task="ms", transfer_group="own group alone")
    lines = {t["name"]: t for t in figure(app)["data"] if "name" in t}
    assert numbers(lines["from scratch"]["y"])[0] == pytest.approx(0.22)
    assert "both together" not in lines
    assert "Gaussian process, from scratch" in lines


def test_squares_are_ratios_to_scratch_with_as_many_rows(view: OpenPage) -> None:
    arms = transfer_arms(sample_study()).query("direction == 'to-many'")
    cells = {
        (cell.row, cell.column): cell
        for cell in compare_transfer_lines.ratio_cells(
            arms, percent=20, learnt="all", facet="30 rows"
        )
    }
    assert cells["from scratch", "mb"].ratio == pytest.approx(1.0)
    assert cells["both together", "rmsd"].ratio == pytest.approx(1 - 0.6 * 60 / 70)
    assert cells["zero-shot", "rmsd"].ratio == pytest.approx(0.5 * 2**0.5)
    assert cells["both together", "rmsd"].n == 152
    own = compare_transfer_lines.ratio_cells(arms, percent=20, learnt="own", facet="30 rows")
    reasons = {cell.row: cell.reason for cell in own if cell.column == "ms"}
    assert reasons["both together"] == "not fitted with these tasks and so many rows"
    assert reasons["tl1"] == ""
    written = next(t for t in figure(view("Transfer", percent="20 %"), 1)["data"] if "text" in t)
    assert "0.49" in written["text"]


def test_the_table_has_every_line_of_the_property(view: OpenPage) -> None:
    shown = table(view("Transfer", task="rmsd"), "n_train")
    assert shown["strategy"].tolist()[:8] == ["from scratch"] * 8
    assert shown["learnt"].tolist()[:8] == ["all six"] * 4 + ["rmsd alone"] * 4
    assert shown["n_train"].tolist()[:4] == [15, 30, 61, 121]
    assert shown["error"].iloc[0] == "0.080 ± 0.001"
    assert shown["error"].iloc[4] == "0.088 ± 0.001"
    assert shown["strategy"].iloc[-1] == "Gaussian process, from scratch"
    assert len(shown) == len(
        transfer_arms(sample_study()).query("direction == 'to-many' and task == 'rmsd'")
    )


def test_without_a_study_the_view_says_what_makes_it(
    view: OpenPage, sample: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results"
    shutil.copytree(sample[0], folder)
    (folder / TRANSFER).unlink()
    monkeypatch.setenv("HEANET_RESULTS", str(folder))
    app = view("Transfer")
    assert "python -m heanet study transfer" in text(app)
    assert not app.get("plotly_chart")


def test_a_direction_with_too_little_says_so(
    view: OpenPage, sample: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "results"
    shutil.copytree(sample[0], folder)
    sample_study().query("strategy == 'zero-shot'").to_csv(folder / TRANSFER, index=False)
    monkeypatch.setenv("HEANET_RESULTS", str(folder))
    st.cache_resource.clear()
    app = view("Transfer")
    assert "Too little of this direction is computed yet" in text(app)
    assert [t["name"] for t in figure(app)["data"] if t.get("name")] == ["zero-shot"]
    assert len(app.get("plotly_chart")) == 1


def test_results_of_the_sample_are_those_of_the_study(results: Results) -> None:
    assert [found.direction for found in transfer_findings(results.transfer)] == [
        *("to-many", "to-few")
    ]
