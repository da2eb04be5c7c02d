import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.data.splitnames import own_split, parse_split_name
from heanet.data.splits import (
    PUBLISHED_SPLITS,
    Split,
    grouped_folds,
    leave_one_out,
    repeated_folds,
)
from heanet.errors import ConfigError, DataError

SYSTEMS = ["Fe-Ni", "Fe-Ni", "Cr-Fe", "Cr-Fe-Ni", "Cr-Fe-Ni", "Cr-Fe-Ni", "Pd"]
N_COMPONENTS = [2, 2, 2, 3, 3, 3, 1]
COUNTS = [f"{n} component{'s' if n > 1 else ''}" for n in N_COMPONENTS]
COMPOSITIONS = ["FeNi", "FeNi3", "CrFe", "CrFeNi", "Cr2FeNi", "CrFeNi", "Pd"]
OWN = {
    split.name: split
    for splits in (
        grouped_folds(COMPOSITIONS, n_folds=5),
        grouped_folds(COMPOSITIONS, n_folds=2),
        repeated_folds(COMPOSITIONS, n_folds=5, n_repeats=4),
        leave_one_out(SYSTEMS),
        leave_one_out(COUNTS),
    )
    for split in splits
}


def find(
    name: str, *, systems: list[str] = SYSTEMS, n_components: list[int] = N_COMPONENTS
) -> Split:
    form = parse_split_name(name)
    assert form is not None
    return own_split(form, compositions=COMPOSITIONS, systems=systems, n_components=n_components)


@pytest.mark.parametrize("name", OWN)
def test_a_split_is_found_by_the_name_that_it_carries(name: str) -> None:
    found = find(name)
    assert found.name == name
    for row_set in ("train", "validation", "test"):
        np.testing.assert_array_equal(found.rows(row_set), OWN[name].rows(row_set))


@pytest.mark.parametrize("name", PUBLISHED_SPLITS)
def test_published_names_are_not_ours(name: str) -> None:
    assert parse_split_name(name) is None


@pytest.mark.parametrize(
    "name",
    ["fold3of5", "fold 0 of 5", "fold 3", "repeat 0, fold 3 of 5", "repeat 2", "without", "B2",
     "without cr-fe", "without 0 components", "without Cr-Fe-", "fold 3 of 5 ", "a4", ""],
)  # fmt: skip
def test_a_name_that_no_split_can_have_is_refused_with_the_forms(name: str) -> None:
    says = (
        rf"Split '{name}'\. Expected one of a0 .* b2, or a name like 'fold 3 of 5', .*components'"
    )
    with pytest.raises(ConfigError, match=says):
        parse_split_name(name)


def test_the_split_that_was_never_defined_keeps_its_reason() -> None:
    with pytest.raises(ConfigError, match="Split b3 is named in the published rule but defined"):
        parse_split_name("b3")


@pytest.mark.parametrize(
    ("name", "expected", "meant"),
    [
        ("fold 6 of 5", "one of its 5 splits", "fold [1-5] of 5"),
        ("repeat 3, fold 3 of 2", "one of its 6 splits", "repeat 3, fold [12] of 2"),
        ("without Cr-Fe-Pd", "one of its 4 splits", "without Cr-Fe(-Ni)?"),
        ("without Ni-Fe-Cr", "one of its 4 splits", "without Cr-Fe-Ni"),
        ("without 4 components", "one of its 3 splits", "without [23] components"),
    ],
)
def test_a_split_that_the_set_has_not_is_refused_with_the_nearest(
    name: str, expected: str, meant: str
) -> None:
    says = rf"no split '{name}'\. Expected {expected} of that form\. Did you mean '{meant}'\?"
    with pytest.raises(ConfigError, match=says):
        find(name)


def test_more_folds_than_compositions_are_refused() -> None:
    with pytest.raises(ConfigError, match="7 folds of 6 groups"):
        find("fold 1 of 7")


def test_a_system_is_left_out_although_all_have_as_many_elements() -> None:
    systems, counts = ["Fe-Ni", "Cr-Fe"] * 3 + ["Fe-Ni"], [2] * 7
    split = find("without Cr-Fe", systems=systems, n_components=counts)
    assert split.test.tolist() == [1, 3, 5]
    with pytest.raises(DataError, match=r"All rows are of one kind \('2 components'\)"):
        find("without 2 components", systems=systems, n_components=counts)


@given(st.text(max_size=30) | st.from_regex(r"(fold|repeat|without) [\w ,-]{0,20}", fullmatch=True))
def test_any_other_text_is_a_form_or_an_error_of_ours(name: str) -> None:
    try:
        form = parse_split_name(name)
    except ConfigError:
        return
    assert name in PUBLISHED_SPLITS if form is None else form[0] == name


def test_alloys_of_some_counts_all_train() -> None:
    split = find("1+3 components")
    assert split.train.tolist() == [3, 4, 5, 6]
    assert len(split.test) == len(split.validation) == 0
    with pytest.raises(DataError, match=r"no alloy of 4\+5 components\. Expected some of 1 2 3"):
        find("4+5 components")


@given(percent=st.integers(1, 99), fold=st.integers(1, 3))
def test_a_larger_part_of_a_fold_holds_the_smaller_one(percent: int, fold: int) -> None:
    whole = find(f"2+3 components, fold {fold} of 3")
    few = find(f"2+3 components, fold {fold} of 3, {percent} %")
    more = find(f"2+3 components, fold {fold} of 3, {min(percent + 7, 99)} %")
    assert set(few.train) <= set(more.train) <= set(whole.train)
    assert len(few.train) == min(max(1, round(percent / 100 * 6)), len(whole.train))
    assert few.test.tolist() == whole.test.tolist()
    tested = {COMPOSITIONS[i] for i in whole.test}
    assert not tested & {COMPOSITIONS[i] for i in whole.train}
    assert set(whole.train) | set(whole.test) == set(range(6))


def test_the_folds_of_a_part_test_every_row_once() -> None:
    tested = [i for k in (1, 2, 3) for i in find(f"2+3 components, fold {k} of 3, 10 %").test]
    assert sorted(tested) == list(range(6))
    with pytest.raises(ConfigError, match="Fold 4 of 3"):
        find("2+3 components, fold 4 of 3")


def test_other_alloys_train_along() -> None:
    alone = find("3 components, repeat 2, fold 1 of 2, 40 %")
    along = find("1+2 components with 3 components, repeat 2, fold 1 of 2, 40 %")
    assert along.train.tolist() == [0, 1, 2, 6, *alone.train]
    assert along.test.tolist() == alone.test.tolist()
    other = find("3 components, repeat 1, fold 1 of 2, 40 %")
    assert other.name != alone.name
    np.testing.assert_array_equal(other.test, find("3 components, fold 1 of 2, 40 %").test)
    with pytest.raises(DataError, match="uses row 3 more than once"):
        find("3 components with 3 components, fold 1 of 2")
