"""What a study of transfer found, on tables whose answer is known."""

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd
import pytest

from heanet.comparison.contenders import TASK_GROUPS
from heanet.comparison.findings import (
    Reach,
    TaskFinding,
    transfer_arms,
    transfer_findings,
)
from heanet.comparison.findingwords import (
    GROUP_TITLES,
    STRATEGY_MEANINGS,
    STRATEGY_TITLES,
    say,
    sentences,
    words,
)
from heanet.comparison.transfer import GP, STRATEGIES
from tests.transfer_sample import arm, sample_study, study

WIDE = (0.08, 0.12, 0.1, 0.09, 0.11)  # standard deviation 0.0158


def only(*arms: Iterable[dict[str, object]]) -> TaskFinding:
    """The one finding of a table."""
    (found,) = transfer_findings(study(*arms))
    (task,) = found.tasks
    return task


def test_an_arm_is_the_pooled_error_with_the_spread_over_the_fits() -> None:
    arms = transfer_arms(study(arm((0.1, 0.2, 0.3, 0.4, 0.5), fold_n=(10, 10, 10, 10, 60))))
    (line,) = arms.to_dict("records")
    assert line["mae"] == pytest.approx(0.4)  # not 0.3, the mean of the folds
    assert line["mae_spread"] == pytest.approx(0.158114, abs=1e-6)
    assert line["rmse_spread"] == pytest.approx(2 * 0.158114, abs=1e-6)
    assert (line["n"], line["n_train"]) == (100, 15.0)


def test_an_arm_without_all_its_fits_says_nothing() -> None:
    unfinished = [line for line in arm(0.01, strategy="tl1") if line["fold"] in {"1", "2"}]
    assert transfer_findings(study(arm(0.1), unfinished)) == []
    found = only(arm(0.1), arm(0.09, strategy="tl2"), unfinished)
    assert found.best.strategy == "tl2"


def test_the_best_strategy_is_the_lowest_of_all_groups_and_so_is_scratch() -> None:
    found = only(
        arm(0.1),
        arm(0.08, group="energies"),
        arm(0.05, strategy="tl1"),
        arm(0.04, strategy="frozen", group="energies"),
        arm(0.001, strategy="zero-shot", percent=0),
        arm(0.001, model=GP),
        arm(0.001, strategy="tl1", percent=20),
    )
    assert (found.scratch.mae, found.scratch.group) == (0.08, "energies")
    assert (found.best.strategy, found.best.group) == ("frozen", "energies")
    assert found.ratio == pytest.approx(0.5)
    assert found.halved
    assert found.standing == "lower"
    assert found.lower_in == 5


def test_just_above_a_half_is_not_halved() -> None:
    assert not only(arm(0.1), arm(0.0501, strategy="tl1")).halved


def test_a_gap_within_the_larger_spread_is_a_tie() -> None:
    found = only(arm(WIDE), arm(0.085, strategy="tl1"))
    assert found.standing == "tie"
    assert found.lower_in == 4  # of 0.08, 0.12, 0.1, 0.09, 0.11
    assert only(arm(0.1), arm(0.1, strategy="tl1")).lower_in == 0
    assert only(arm(WIDE), arm(0.08, strategy="tl1")).standing == "lower"
    assert only(arm(WIDE), arm(0.12, strategy="tl1")).standing == "higher"


@pytest.mark.parametrize(
    ("zero_shot", "expected"),
    [
        (0.1, Reach(10, 15.0)),
        (0.0999, Reach(20, 30.0)),
        (0.04, Reach(40, 61.0)),
        (0.019, Reach(None, 121.0)),
    ],
)
def test_how_many_rows_from_scratch_zero_shot_is_worth(zero_shot: float, expected: Reach) -> None:
    scratch = [arm(e, percent=p) for p, e in ((10, 0.1), (20, 0.06), (40, 0.03), (80, 0.02))]
    found = only(
        *scratch, arm(0.05, strategy="tl1"), arm(zero_shot, strategy="zero-shot", percent=0)
    )
    assert found.matches_zero_shot == expected


def test_without_zero_shot_nothing_is_said_of_it() -> None:
    found = only(arm(0.1), arm(0.05, strategy="tl1"))
    assert (found.zero_shot, found.matches_zero_shot, found.beats_zero_shot) == (None, None, None)


def test_target_rows_are_set_beside_zero_shot() -> None:
    arms = [arm(0.1), arm(0.05, strategy="tl1")]
    better = only(*arms, arm(0.06, strategy="zero-shot", percent=0))
    worse = only(*arms, arm(0.04, strategy="zero-shot", percent=0))
    assert (better.beats_zero_shot, worse.beats_zero_shot) == ("lower", "higher")


@pytest.mark.parametrize(
    ("helped", "expected"),
    [
        ((0.05, 0.05, 0.05, 0.05), Reach(None, 121.0)),
        ((0.05, 0.05, 0.05, 0.1), Reach(80, 121.0)),
        ((0.05, 0.2, 0.1, 0.1), Reach(20, 30.0)),
        ((0.1, 0.05, 0.1, 0.1), Reach(40, 61.0)),  # a tie below does not count
        ((0.2, 0.2, 0.2, 0.2), Reach(10, 15.0)),
    ],
)
def test_from_where_on_scratch_is_as_good(
    helped: tuple[float, float, float, float], expected: Reach
) -> None:
    arms = [arm(0.1, percent=p) for p in (10, 20, 40, 80)]
    arms += [
        arm(e, strategy="tl1", percent=p) for p, e in zip((10, 20, 40, 80), helped, strict=True)
    ]
    assert only(*arms).parity == expected


def test_tl2_and_the_teacher_are_counted_over_the_percentages() -> None:
    found = only(
        *(arm(0.1, percent=p) for p in (10, 20, 40)),
        arm(0.05, strategy="tl2"),
        arm(0.1, strategy="tl2", percent=20),
        arm(0.2, strategy="tl2", percent=40),
        arm(0.01, strategy="tl2", percent=80),  # without scratch to stand beside
        arm(0.3, strategy="teacher"),
    )
    assert dict(found.questioned["tl2"]) == {"lower": 1, "tie": 1, "higher": 1}
    assert dict(found.questioned["teacher"]) == {"higher": 1}


def test_the_gaussian_process_is_the_lower_of_its_two_and_stands_beside_the_best() -> None:
    arms = [arm(0.1), arm(0.05, strategy="tl1")]
    found = only(
        *arms,
        arm(0.09, model=GP),
        arm(0.04, model=GP, strategy="together"),
        arm(0.001, model=GP, strategy="zero-shot", percent=0),
    )
    assert found.gp is not None
    assert (found.gp.strategy, found.gp_standing) == ("together", "lower")
    assert only(*arms).gp is None


def test_a_whole_study() -> None:
    many, few = transfer_findings(sample_study())
    assert (many.source, many.target, few.source) == ("2+3", "4+5", "4+5")
    assert many.halved == ("etot", "emix", "eform", "ms", "mb", "rmsd")
    assert [found.task for found in many.representatives] == ["eform", "ms", "mb", "rmsd"]
    for found in many.tasks:
        assert (found.best.strategy, found.best.group) == ("together", "all")
        assert found.ratio == pytest.approx(0.4)
        assert found.matches_zero_shot == Reach(40, 61.0)  # the root of a quarter, exactly
        assert found.parity == Reach(80, 121.0)
        assert found.gp_standing == "higher"


def test_words_say_what_helps() -> None:
    said = words(transfer_findings(sample_study())[0])
    assert (
        "From 2+3 to 4+5 components, with 10 % of the target's rows (15 cells): the best strategy "
        "that knows more than these rows at least halves the error of training from scratch in 6 "
        "of 6 tasks (etot, emix, eform, ms, mb, rmsd)." in said
    )
    assert (
        "ms: 0.200 muB/atom from scratch, 0.080 muB/atom at best (both together, all six tasks), "
        "0.40 times as much, and lower in 5 of 5 fits." in said
    )
    assert "etot: " not in said
    assert (
        "Zero-shot errors that training from scratch reaches with 61 rows of the target: eform "
        "(0.0100 eV/atom), ms (0.100 muB/atom), mb (8.00 muB/cell), rmsd (0.040 Angstrom)." in said
    )
    assert (
        "Against zero-shot, 15 rows of the target lower the error by more than the spread for "
        "eform, ms, mb, rmsd." in said
    )
    assert (
        "From 121 rows on training from scratch is as good as the best strategy, within the "
        "spread, for eform, ms, mb, rmsd." in said
    )
    assert "emix is off" not in said


def test_words_say_as_plainly_what_does_not_help() -> None:
    table = study(
        arm(0.1),
        arm(0.1, percent=80),
        arm(0.3, strategy="tl2"),
        arm(0.05, strategy="zero-shot", percent=0),
        arm(0.2, model=GP),
    )
    said = words(transfer_findings(table)[0])
    assert "no strategy that knows more than these rows halves the error" in said
    assert "in none of 1 tasks" in said
    assert "nothing comes near it: 0.3000 eV/atom at best (tl2, all six tasks), 3.00 times" in said
    assert (
        "Zero-shot errors that training from scratch does not reach with 121 rows of the target: "
        "eform (0.0500 eV/atom)." in said
    )
    assert (
        "Against zero-shot, 15 rows of the target do not lower the error by more than the spread "
        "for eform." in said
    )
    assert "Strategy tl2 does not help: in none of 1 comparisons" in said
    assert "in 1 it is higher" in said
    assert "teacher" not in said
    assert "has a lower error than the best of these networks for eform (0.2000 eV/atom)" in said


def test_words_say_where_a_tie_is_one_and_scratch_never_catches_up() -> None:
    tied = words(transfer_findings(study(arm(WIDE), arm(0.095, strategy="tl1")))[0])
    assert "so this is a tie, lower in 3 of 5 fits" in tied
    assert "From 15 rows on training from scratch is as good" in tied
    behind = words(transfer_findings(study(arm(0.1), arm(0.02, strategy="tl1")))[0])
    assert "With 15 rows training from scratch still has the higher error for eform." in behind


def test_words_say_where_few_rows_leave_emix_open() -> None:
    arms = [arm(0.02), arm(0.01, strategy="tl1"), arm(0.01, strategy="tl1", task="emix")]
    open_ = study(*arms, arm(0.09, task="emix", fold_n=(30, 21, 30, 31, 30)))
    assert (
        "From scratch, emix is off by 0.0900 eV/atom where eform is by 0.0200: so few rows do not "
        "fix the energies of all elements on every parent lattice, and 10 of 152 cells get no "
        "emix at all." in words(transfer_findings(open_)[0])
    )
    assert "emix is off" not in words(transfer_findings(study(*arms, arm(0.02, task="emix")))[0])


def test_every_sentence_can_be_said_in_another_language() -> None:
    """Templates and the words in their places go through the translation, each once whole."""
    found = transfer_findings(sample_study())[0]
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return {"both together": "ZUSAMMEN"}.get(text, text)

    said = [say(sentence, translate) for sentence in sentences(found, lambda _task: "UNIT")]
    assert any("ZUSAMMEN" in line for line in said)
    assert all("{" not in line for line in said)
    assert any("0.080 UNIT at best" in line for line in said)
    assert {sentence.template for sentence in sentences(found)} <= set(asked)


def test_every_strategy_and_group_has_words() -> None:
    assert set(STRATEGY_TITLES) == set(STRATEGY_MEANINGS) == set(STRATEGIES)
    assert set(GROUP_TITLES) == set(TASK_GROUPS)


def test_nothing_is_found_in_an_empty_table() -> None:
    assert transfer_findings(study()) == []
    assert isinstance(transfer_arms(study()), pd.DataFrame)


def test_without_an_error_from_scratch_the_ratio_is_one() -> None:
    found = only(arm(0.1), arm(0.05, strategy="tl1"))
    assert replace(found, scratch=replace(found.scratch, mae=0.0)).ratio == 1.0
