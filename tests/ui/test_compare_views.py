"""The views of the Compare page beside leaderboard and parity, without a browser."""

import numpy as np
import pandas as pd
import pytest

from heanet.comparison.results import Results, leaderboard
from heanet.data.labels import LabelledSet, load_labels
from heanet.ui import (
    compare_audit,
    compare_curves,
    compare_heat,
    compare_parts,
    compare_published,
    compare_settings,
)
from tests.results_sample import FINDINGS, N_EPOCHS
from tests.ui.compare_page import OpenPage, figure, numbers, table, text

# pymatgen calls spglib in its old way.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning"),
    pytest.mark.usefixtures("results"),
]


def test_the_heat_map_divides_by_the_baseline(view: OpenPage, results: Results) -> None:
    boards = pd.concat(
        leaderboard(results.errors, split=split).assign(split=split) for split in ("a2", "b2")
    )
    ratios = compare_heat.ratio_table(boards, metric="mae", baseline="gp")
    assert set(ratios[ratios["model"] == "gp"]["ratio"].dropna()) == {1.0}
    key = {"model": "heanet", "group": "energies", "split": "b2", "task": "emix"}
    both = boards.query("split == 'b2' and task == 'emix'").set_index(["model", "group"])["mae"]
    found = ratios.loc[(ratios[list(key)] == pd.Series(key)).all(axis=1), "ratio"]
    assert found.tolist() == pytest.approx([both["heanet", "energies"] / both["gp", "all"]])
    cells = compare_heat.ratio_cells(ratios, ["a2", "b2"], metric="mae", baseline="gp")
    reasons = {(c.row, c.facet.split()[0]): c.reason for c in cells if np.isnan(c.error)}
    assert reasons["HEANet · magnetic", "etot"] == "etot is not learnt in this group"
    app = view("Heat map", baseline="SchNet")
    assert "divided by that of **SchNet**" in text(app)
    assert app.get("plotly_chart")


def test_learning_curves_are_those_of_the_chosen_runs(view: OpenPage, results: Results) -> None:
    app = view("Learning curves", splits=["a2", "grouped"], models="HEANet", series="ms")
    names = [t["name"] for t in figure(app)["data"] if t.get("showlegend", True)]
    assert [n for n in names if n] == ["HEANet · all six · a2", "HEANet · all six · grouped"]
    curves = results.curves.query("model == 'heanet' and split == 'a2' and group == 'all'")
    (curve,) = compare_curves.curves_of(curves, "ms")
    assert curve.values.shape == (3, N_EPOCHS)
    first = curves.query("seed == '1' and series == 'ms' and epoch == 5")["value"]
    assert curve.values[1, 4] == pytest.approx(first.item())
    assert "It was watched only" in text(app)


@pytest.mark.parametrize(
    ("by", "titles", "counts"),
    [
        ("lattice", ["fcc", "bcc"], [12, 12]),
        ("n_elements", ["2 elements", "3 elements"], [12, 12]),
        ("element", ["Cr", "Fe", "Ni"], [20, 20, 20]),
    ],
)
def test_parts_come_in_order_with_the_errors_of_every_seed(
    results: Results, by: str, titles: list[str], counts: list[int]
) -> None:
    chosen = results.errors[
        (results.errors["split"] == "grouped")
        & (results.errors["by"] == by)
        & (results.errors["task"] == "ms")
        & (results.errors["group"] == "all")
        & (results.errors["fold"] == "pooled")
        & (results.errors["seed"] != "ensemble")
    ]
    parts = compare_parts.parts_of(chosen, by=by, metric="rmse")
    assert [part.title for part in parts] == titles
    assert [part.n for part in parts] == counts
    expected = chosen[(chosen["model"] == "schnet") & (chosen["part"] == chosen["part"].iloc[0])]
    name = {"fcc": "fcc", "bcc": "bcc"}.get(str(chosen["part"].iloc[0]), titles[0])
    (part,) = [p for p in parts if p.title == name]
    assert part.errors["SchNet · all six"] == pytest.approx(expected["rmse"].tolist())


def test_parts_are_drawn(view: OpenPage) -> None:
    app = view("Where errors are", split="grouped", by="parent lattice", models="HEANet")
    assert figure(app)["layout"]["xaxis"]["ticktext"][0].startswith("fcc")
    assert figure(app)["layout"]["yaxis"]["title"]["text"] == "MAE of etot (eV/atom)"
    assert "Test rows of grouped." in text(app)


def test_label_correlation_needs_no_results(
    view: OpenPage, labels: LabelledSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEANET_RESULTS", "/nowhere")
    app = view("Label correlation")
    assert app.get("plotly_chart")
    assert not app.info
    value = labels.table["etot"].corr(labels.table["eform"])
    written = next(t for t in figure(app)["data"] if t.get("mode") == "text")
    places = zip(numbers(written["x"]), numbers(written["y"]), written["text"], strict=True)
    (square,) = [shown for x, y, shown in places if (x, y) == (0, 1)]  # etot below, eform beside
    assert square == f"{value:+.2f}".replace("-", "−")


def test_published_figures_stand_beside_their_networks(view: OpenPage) -> None:
    app = view("Published figures", unsaved="false")
    rows = table(app, "same_rows")
    assert list(rows["task"]) == ["ms", "mb"]
    assert list(rows["reported"]) == ["0.0576", "0.386"]
    assert list(rows["same_rows"]) == ["0.05761", "0.38561"]
    assert list(rows["unseen"]) == ["1.0933", "16.826"]
    assert list(rows["trained"]) == [37, 37]
    assert "Of the 37 rows" in text(app)
    assert "**37 had trained that network**" in text(app)
    assert "2 of 2 errors change, the most by a factor of 1.4" in text(app)
    assert "doi 10.1038/s41524-022-00945-x" in text(app)
    assert "labels as published" in text(app)
    assert "planned fits" not in text(app)  # these networks are none of them


def test_figures_without_a_saved_network_are_shown_at_first(view: OpenPage) -> None:
    rows = table(view("Published figures"), "same_rows")
    assert list(rows["task"]) == ["ms", "mb", "rmsd"]
    assert (rows.iloc[-1]["checkpoint"], rows.iloc[-1]["reported"]) == ("–", "0.22")


def test_the_verdict_counts_rows_once_per_network(results: Results) -> None:
    known = results.published[results.published["checkpoint"] != ""]
    twice = pd.concat([known, known.assign(rows="train", n_same=291.0, trained_of_same=100.0)])
    assert "Of the 328 rows" in compare_published.verdict(twice)
    assert "**137 had" in compare_published.verdict(twice)
    factor = (known["unseen"] / known["same_rows"]).median()
    assert f"{factor:.1f} times as large" in compare_published.verdict(known)


def test_settings_show_differences_only(view: OpenPage, results: Results) -> None:
    app = view("Settings", compared=["HEANet", "SchNet"])
    assert list(table(app, "setting")["setting"]) == ["network", "graphs"]
    app.toggle(key="equal").set_value(True).run()
    shown = table(app, "setting").set_index("setting")
    assert list(shown.index) == ["network", "graphs", "epochs", "lr"]
    assert shown.loc["epochs"].tolist() == ["200", "200"]
    assert results.about.data.fingerprint in text(app)


def test_a_single_model_shows_all_of_its_settings() -> None:
    alone = compare_settings.settings_table({"a": {"x": "1", "y": "2"}}, ["a"])
    assert len(compare_settings.differences(alone)) == 2


@pytest.mark.usefixtures("labels")
def test_the_audit_names_every_finding(view: OpenPage) -> None:
    app = view("Label audit", cell="Fe8Ni4Cr4_sqsbcc")
    rows = table(app, "reason")
    wrong = ["elements" if field == "structure" else field for _name, field in FINDINGS]
    assert sorted(zip(rows["name"], rows["field"], strict=True)) == sorted(
        (name, field) for (name, _), field in zip(FINDINGS, wrong, strict=True)
    )
    by_field = rows.set_index("field")
    assert by_field.loc["ms", ["given", "expected", "off"]].tolist() == ["2.0", "1.5000", "+0.500"]
    assert by_field.loc["emix", "off"] == "+0.3000"
    assert by_field.loc["ms", "reason"] == "ms ≠ mb / n_atoms"
    assert by_field.loc["emix", "reason"] == "emix ≠ etot − Σ c·E(bcc)"
    assert by_field.loc["elements", "reason"] == "elements ≠ name"
    assert "**3 entries** of 3 cells" in text(app)
    assert "given Fe8 Ni4 Mn4, expected Fe8 Ni4 Cr4" in text(app)
    assert app.subheader[0].value == "CrFe₂Ni"


def test_corrections_can_be_seen_raw(view: OpenPage, labels: LabelledSet) -> None:
    app = view("Label audit", cell="Fe8Ni4Cr4_sqsbcc", raw="true")
    assert app.subheader[0].value == "MnFe₂Ni"
    raw = load_labels(labels.name, corrected=False)
    assert f"labels as published · fingerprint {raw.fingerprint[:12]}" in text(app)


def test_a_set_without_findings_says_so() -> None:
    empty = compare_audit.audit_table(
        pd.DataFrame(columns=["name", "field", "given", "corrected", "reason"], dtype=str)
    )
    assert empty.empty
