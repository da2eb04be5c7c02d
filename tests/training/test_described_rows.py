"""The words beside every error: which rows, how much of them was seen, which labels."""

from collections.abc import Mapping

import pytest

from heanet.training.evaluate import describe_rows

CELLS = {"FeNi_fcc": "FeNi", "FeNi_bcc": "FeNi", "CrNi_fcc": "CrNi", "CrNi_bcc": "CrNi",
         "Pd_fcc": "Pd", "Pd_bcc": "Pd"}  # fmt: skip


def pick(*names: str) -> dict[str, str]:
    return {name: CELLS[name] for name in names}


def describe(
    rows: Mapping[str, str], trained_on: Mapping[str, str], chosen_on: Mapping[str, str | None]
) -> str:
    return describe_rows(
        "a0 test", rows, trained_on=trained_on, chosen_on=chosen_on, corrected=True
    )


def test_new_rows_say_how_many_compositions_are_not() -> None:
    rows = pick("FeNi_fcc", "CrNi_fcc", "CrNi_bcc", "Pd_fcc")
    assert describe(rows, pick("FeNi_bcc"), {}) == (
        "a0 test: 0 of 4 trained on, 1 of 3 compositions also trained on, corrected labels"
    )
    assert describe(rows, {"other": "CoNi"}, {}) == (
        "a0 test: 0 of 4 trained on, 0 of 3 compositions also trained on, corrected labels"
    )


def test_compositions_that_chose_the_epoch_count_as_seen() -> None:
    rows = pick("FeNi_fcc", "CrNi_fcc", "Pd_fcc")
    assert describe(rows, pick("FeNi_bcc"), pick("Pd_bcc")) == (
        "a0 test: 0 of 3 trained on, 2 of 3 compositions also trained or validated on, "
        "corrected labels"
    )


def test_compositions_are_counted_among_the_rest_of_rows_that_were_seen_themselves() -> None:
    rows = pick("FeNi_fcc", "CrNi_fcc", "CrNi_bcc", "Pd_fcc")
    assert describe(rows, pick("CrNi_fcc"), pick("Pd_fcc")) == (
        "a0 test: 1 of 4 trained on, 1 chose the epoch, 1 of 2 compositions of the rest also "
        "trained or validated on, corrected labels"
    )


def test_rows_that_were_all_seen_have_no_composition_to_leak() -> None:
    rows = pick("FeNi_fcc", "CrNi_fcc")
    assert describe(rows, CELLS, {}) == "a0 test: 2 of 2 trained on, corrected labels"
    assert describe(rows, {}, CELLS) == (
        "a0 test: 0 of 2 trained on, 2 chose the epoch, corrected labels"
    )


def test_a_row_that_trained_and_chose_is_counted_by_both() -> None:
    seen = pick("FeNi_fcc")
    assert describe(pick("FeNi_fcc", "FeNi_bcc"), seen, seen) == (
        "a0 test: 1 of 2 trained on, 1 chose the epoch, 1 of 1 compositions of the rest also "
        "trained or validated on, corrected labels"
    )


def test_rows_whose_composition_nobody_knows_are_said() -> None:
    assert describe(pick("FeNi_fcc"), pick("Pd_fcc"), {"x": None, "y": None, "z": "Pd"}) == (
        "a0 test: 0 of 1 trained on, 0 of 1 compositions also trained or validated on, "
        "2 validation rows not in this set, corrected labels"
    )


@pytest.mark.parametrize(("corrected", "word"), [(True, "corrected"), (False, "raw")])
def test_the_labels_are_named(corrected: bool, word: str) -> None:
    said = describe_rows("b2 test", CELLS, trained_on=CELLS, chosen_on={}, corrected=corrected)
    assert said == f"b2 test: 6 of 6 trained on, {word} labels"
