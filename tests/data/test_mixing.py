import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heanet.data.mixing import entropy_kind, equal_parts_entropy, joules, mixing_entropy
from heanet.errors import ConfigError, StructureError


def test_five_equal_parts_have_r_ln_5() -> None:
    entropy = mixing_entropy(dict.fromkeys(["Cr", "Mn", "Fe", "Co", "Ni"], 0.2))
    assert entropy == pytest.approx(math.log(5))
    assert joules(entropy) == pytest.approx(13.3816, abs=1e-4)
    assert entropy == pytest.approx(equal_parts_entropy(5))


def test_a_pure_element_has_none() -> None:
    assert mixing_entropy({"Fe": 1.0}) == 0.0
    assert equal_parts_entropy(1) == 0.0


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6))
def test_equal_parts_have_the_most(parts: list[int]) -> None:
    symbols = ["Cr", "Mn", "Fe", "Co", "Ni", "Pd"]
    fractions = {s: n / sum(parts) for s, n in zip(symbols, parts, strict=False)}
    assert 0 <= mixing_entropy(fractions) <= equal_parts_entropy(len(parts)) + 1e-9


def test_kinds_by_their_usual_bounds() -> None:
    kinds = [entropy_kind(equal_parts_entropy(n)) for n in range(1, 7)]
    assert kinds == ["low", "low", "medium", "medium", "high", "high"]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(StructureError, match=r"sum to 0\.5"):
        mixing_entropy({"Fe": 0.5})
    with pytest.raises(ConfigError, match="0 elements"):
        equal_parts_entropy(0)
