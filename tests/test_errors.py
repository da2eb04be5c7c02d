import pickle

import pytest

from heanet import errors
from heanet.errors import (
    EXIT_BAD_INPUT,
    EXIT_FAILED,
    FetchError,
    HeanetError,
    ScreeningError,
    StorageError,
    TrainingError,
    did_you_mean,
)

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, HeanetError)]


def test_the_message_says_what_was_given_what_was_expected_and_what_to_do() -> None:
    error = HeanetError("Unknown task 'etott'", expected="etot or ms", fix="Did you mean 'etot'?")
    assert str(error) == "Unknown task 'etott'. Expected etot or ms. Did you mean 'etot'?"


@pytest.mark.parametrize(
    ("given", "expected", "fix", "message"),
    [
        ("No file", "", "", "No file."),
        ("No file.", "", "Give one!", "No file. Give one!"),
        ("No file", "a path", "", "No file. Expected a path."),
        ("Two\nlines  and\ttabs", "", "", "Two lines and tabs."),
    ],
)
def test_a_message_is_whole_sentences_on_one_line(
    given: str, expected: str, fix: str, message: str
) -> None:
    assert str(HeanetError(given, expected=expected, fix=fix)) == message


@pytest.mark.parametrize("kind", CLASSES)
def test_only_bad_input_has_exit_code_2(kind: type[HeanetError]) -> None:
    failed = (HeanetError, FetchError, ScreeningError, StorageError, TrainingError)
    expected = EXIT_FAILED if kind in failed else EXIT_BAD_INPUT
    assert kind("x").exit_code == expected
    assert (EXIT_FAILED, EXIT_BAD_INPUT) == (1, 2)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_comes_whole_out_of_another_process(kind: type[HeanetError]) -> None:
    error = kind("A", expected="B", fix="Do C.")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(copy) is kind
    assert (copy.given, copy.expected, copy.fix) == ("A", "B", "Do C.")
    assert str(copy) == str(error) == "A. Expected B. Do C."


def test_the_closest_choice_is_offered_or_none() -> None:
    assert did_you_mean("etott", ["emix", "etot", "ms"]) == "Did you mean 'etot'?"
    assert did_you_mean("etott", iter(["etot"])) == "Did you mean 'etot'?"
    assert did_you_mean("volume", ["emix", "etot", "ms"]) == ""
    assert did_you_mean("etot", []) == ""
