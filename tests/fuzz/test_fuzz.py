"""Damaged files end in something valid or in an error of ours; ``make fuzz`` tries many more."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heanet import errors
from heanet.data import structure_reading
from heanet.errors import HeanetError
from tests.fuzz import formats
from tests.fuzz.formats import FORMATS, Hang, outcome
from tests.fuzz.mutate import NASTY, WORDS

COUNT = 2_000  # inputs per format
FIRST = 10**9  # other ones than those of ``make fuzz``
LIMIT = 20.0  # seconds of computing
# What many damages leave readable: fewer would say that the damage hits one place alone.
LEAST_READ = 20


@contextmanager
def limited(number: int) -> Iterator[None]:
    """A hang is a failure."""

    def stop(_: int, _frame: FrameType | None) -> None:
        raise Hang(f"input {number} takes more than {LIMIT} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("fmt", FORMATS)
def test_damaged_files_are_read_or_refused(fmt: str) -> None:
    ends: Counter[str] = Counter()
    for number in range(FIRST, FIRST + COUNT):
        with limited(number):
            ends[outcome(fmt, FORMATS[fmt].input(number))] += 1
    assert ends.total() == COUNT
    assert ends["read"] >= LEAST_READ
    assert COUNT - ends["read"] >= LEAST_READ


@pytest.mark.parametrize("fmt", ["poscar", "cif", "extxyz", "json", "csv"])
def test_files_of_meaningful_words_are_read_or_refused(fmt: str) -> None:
    """Built from nothing, and shrunk by hypothesis where they break a reader."""
    word = st.sampled_from([*WORDS[fmt].split(" "), *NASTY]) | st.floats().map(repr)
    line = st.lists(word, max_size=5).map(" ".join)
    head = {"cif": "data_x\nloop_\n_atom_site_label\n", "json": '{"lattice": {}, "sites": ['}
    text = st.lists(line, max_size=12).map(lambda lines: head.get(fmt, "") + "\n".join(lines))

    @settings(max_examples=100)
    @given(text)
    def read(text: str) -> None:
        with limited(0):
            end = outcome(fmt, text.encode("utf-8", errors="replace"))
        assert end == "read" or issubclass(getattr(errors, end), HeanetError)

    read()


def test_a_bug_in_a_reader_is_told_from_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes, **_: object) -> None:
        raise KeyError(len(data))

    monkeypatch.setattr(formats, "read_structures", broken)
    with pytest.raises(KeyError):
        outcome("poscar", b"x")
    with pytest.raises(Hang, match="input 7 takes more"), limited(7):
        signal.raise_signal(signal.SIGPROF)


def test_the_same_number_gives_the_same_input() -> None:
    for fmt in FORMATS.values():
        first, again, other = fmt.input(5), fmt.input(5), {fmt.input(n) for n in range(20)}
        assert first == again
        assert len(other) > 10


def test_a_hang_is_not_taken_for_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that is stopped raises among code that makes errors of ours of what it raises."""

    def endless(*_: object, **_named: object) -> None:
        signal.raise_signal(signal.SIGPROF)

    monkeypatch.setitem(structure_reading.PARSERS, "poscar", endless)
    with pytest.raises(Hang), limited(3):
        outcome("poscar", FORMATS["poscar"].seeds()[-1])
