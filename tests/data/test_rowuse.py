import pytest

from heanet.data.rowuse import Stretch, row_uses, split_of_file
from heanet.errors import ConfigError


@pytest.mark.parametrize("name", ["b0", "b1", "b2"])
def test_the_first_rows_of_a_file_are_tested_and_the_last_never_used(name: str) -> None:
    assert row_uses(split_of_file(name, 364)) == [
        Stretch("tested", 0, 37),
        Stretch("trained", 37, 254),
        Stretch("unused", 291, 73),
    ]


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ConfigError, match="b9"):
        split_of_file("b9", 100)
