"""What the benchmark of the pages does beside driving the browser."""

from collections import Counter
from itertools import pairwise, permutations

from benchmarks.browser import walk
from benchmarks.pages import PAGES, by_page
from heanet.commit import ROOT


def test_a_walk_changes_from_every_page_to_every_other_one_once() -> None:
    for places in (PAGES, PAGES[:2], PAGES[:3]):
        way = walk(places)
        assert Counter(pairwise(way)) == Counter(permutations(places, 2))
        assert way[0] == way[-1] == places[0]


def test_page_changes_are_told_by_the_page_that_is_opened() -> None:
    changes = [("Home", 0.2), ("Train", 0.9), ("Home", 0.6), ("Train", 0.5), ("Home", 0.3)]
    assert by_page(changes) == "Train 0.70 s, Home 0.30 s"


def test_every_page_of_the_app_is_walked_over() -> None:
    there = [file.stem.partition("_")[2] for file in sorted((ROOT / "pages").glob("*.py"))]
    assert list(PAGES) == ["Home", *there]
