"""The section on transfer: its numbers are those of the table, and ties are bold."""

from dataclasses import replace

import pandas as pd

from heanet.comparison.checks import PUBLISHED_COLUMNS
from heanet.comparison.findings import transfer_findings
from heanet.comparison.findingwords import words
from heanet.comparison.report import results_report
from heanet.comparison.results import RESULTS, load_results
from heanet.comparison.transfer import GP
from heanet.comparison.transferreport import transfer_section
from tests.comparison.test_report import BOTH, results
from tests.transfer_sample import arm, sample_study, study

NONE = pd.DataFrame(columns=list(PUBLISHED_COLUMNS))


def test_without_a_study_there_is_no_section() -> None:
    assert transfer_section(study(), NONE) == ""
    assert "What transfers" not in results_report(results(*BOTH))


def test_the_report_has_the_section_with_its_words() -> None:
    text = results_report(replace(results(*BOTH), transfer=sample_study()))
    assert "## What transfers" in text
    for found in transfer_findings(sample_study()):
        assert words(found) in text
    assert text.index("## a2") < text.index("## What transfers")


def test_rows_are_in_the_head_and_errors_with_their_spread_below() -> None:
    text = transfer_section(sample_study(), NONE)
    many = text.split("### From 2+3 to 4+5 components")[1].split("### From")[0]
    energies, magnetic, _ = many.split("| strategy | tasks |")[1:]
    head = "0 % (0 rows) | 10 % (15 rows) | 20 % (30 rows) | 40 % (61 rows) | 80 % (121 rows) |"
    assert energies.strip().startswith(head)
    assert "eform (eV/atom), n = 152" in many
    assert "| from scratch | all |  | 0.0200 ± 0.0003 | 0.0141 ± 0.0002 |" in energies
    assert "| zero-shot | all | **0.0100 ± 0.0002** |  |  |  |  |" in energies
    assert "| both together | all |  | **0.0080 ± 0.0001** |" in energies
    assert "| both together | energies |" not in energies
    assert "| from scratch | magnetic |  | 0.220 ± 0.003 |" in magnetic
    assert "| from scratch | energies |" not in magnetic
    lines = [line for line in energies.splitlines() if line.startswith("| ")]
    assert lines[-1].startswith("| Gaussian process, from scratch | each alone |")


def test_ties_with_the_lowest_are_bold_and_nothing_else() -> None:
    table = study(
        arm((0.08, 0.12, 0.1, 0.09, 0.11)),
        arm(0.095, strategy="tl1"),
        arm(0.2, strategy="tl2"),
        arm(0.09, model=GP),
    )
    text = transfer_section(table, NONE)
    assert "| from scratch | all | **0.1001 ± 0.0158** |" in text
    assert "| tl1 | all | 0.0950 ± 0.0000 |" in text
    assert "| tl2 | all | 0.2000 ± 0.0000 |" in text
    assert "| Gaussian process, from scratch | each alone | **0.0900 ± 0.0000** |" in text


def test_the_halving_table_has_every_task() -> None:
    text = transfer_section(sample_study(), NONE)
    assert (
        "| mb | muB/cell | 152 | 16.00 ± 0.25 (all) | both together (all) | 6.40 ± 0.10 "
        "| **0.40** | 5 |" in text
    )
    halving = text.split("### From 4+5")[0].split("*lower in*")[1]
    assert [line.split()[1] for line in halving.splitlines() if line.startswith("| ")] == [
        *("task", "etot", "emix", "eform", "ms", "mb", "rmsd")
    ]
    above = transfer_section(study(arm(0.1), arm(0.06, strategy="tl1")), NONE)
    assert "| 0.60 | 5 |" in above


def test_an_error_on_fewer_rows_says_how_many() -> None:
    table = study(
        arm(0.1),
        arm(0.05, strategy="tl1", fold_n=(30, 21, 30, 31, 30)),
    )
    text = transfer_section(table, NONE)
    assert "**0.0500 ± 0.0000** (n = 142)" in text
    assert "| eform | eV/atom | 152 / 142 |" in text


def test_the_published_claim_is_quoted_with_its_source_and_its_fault() -> None:
    published = load_results(RESULTS).published
    text = transfer_section(sample_study(), published)
    claim = text.split("### The published claim")[1].split("### From")[0]
    assert "doi 10.1038/s41524-022-00945-x" in claim
    assert "the rows called test lie inside the training rows" in claim
    assert "the runs tl1 never loaded the weights" in claim
    assert "| tl1-500 | b0 | 500 | 0.0584 | 0.0125 | 0.0060 | 0.065 | 3.07 | 0.022 |" in claim
    assert "| six-4+5-500 | b0 | 500 | 0.0617 |" in claim  # from scratch, as long
    assert "eform-only" not in claim
    assert "The published claim" not in transfer_section(sample_study(), NONE)
