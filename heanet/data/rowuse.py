"""What the published trainer did with each row of a file, in the order of the file."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from heanet.data.splits import PublishedSplit, published_split

Use = Literal["tested", "trained", "unused"]
USES: tuple[Use, ...] = ("tested", "trained", "unused")
_FILES = ("Qua+Qui", "B+T", "Database")  # that b0, b1 and b2 cut


@dataclass(frozen=True)
class Stretch:
    """Rows of a file that follow each other and were used alike.

    Attributes:
        use: "tested": trained and called test rows; "trained": trained alone; "unused": never
            looked at.
        first: Position of the first row in the file, from 0.
        n: Number of rows.
    """

    use: Use
    first: int
    n: int


def split_of_file(name: str, n_rows: int) -> PublishedSplit:
    """A b-split of a file of which only the number of rows is known.

    Args:
        name: b0, b1 or b2.
        n_rows: Of the file that the split cuts.

    Raises:
        ConfigError: There is no such split.
        DataError: The file is too short to be cut.
    """
    rows = [str(row) for row in range(n_rows)]
    return published_split(name, rows, dict.fromkeys(_FILES, rows))


def row_uses(split: PublishedSplit) -> list[Stretch]:
    """The stretches of the file that a b-split cuts.

    Args:
        split: b0, b1 or b2; of an a-split the file that trains alone is told of.
    """
    looked_up = split.looked_up
    tested = set(looked_up.published.tolist())
    trained = set(looked_up.train.tolist())
    file = np.concatenate([looked_up.train, looked_up.unseen]).tolist()
    uses: list[Use] = [
        ("tested" if row in tested else "trained") if row in trained else "unused" for row in file
    ]
    starts = [i for i, use in enumerate(uses) if i == 0 or use != uses[i - 1]]
    return [
        Stretch(uses[i], i, j - i) for i, j in zip(starts, [*starts[1:], len(uses)], strict=True)
    ]
