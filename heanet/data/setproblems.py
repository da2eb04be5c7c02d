"""What can be the matter with a user's own labelled set, so that all of it can be said at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Kind = Literal[
    "text",
    "units",
    "duplicate",
    "unnamed",
    "no_structure",
    "unreadable",
    "disordered",
    "no_label",
    "no_values",
    "lattice",
    "empty_task",
    "weak_lattice",
    "volume",
    "unusual",
]
# Nothing is kept before these are put right: what was meant cannot be told.
BLOCKING: tuple[Kind, ...] = ("text", "units", "duplicate")
# Rows or files that these name are left out; the others go on.
LEFT_OUT: tuple[Kind, ...] = (
    "unnamed",
    "no_structure",
    "unreadable",
    "disordered",
    "no_label",
    "no_values",
    "lattice",
)


@dataclass(frozen=True)
class Problem:
    """Something about a table or a structure that its owner should know.

    Attributes:
        kind: What it is; problems of one kind are shown together.
        subject: The column, row, cell or file.
        message: One sentence.
    """

    kind: Kind
    subject: str
    message: str

    @property
    def blocking(self) -> bool:
        """Whether nothing can be kept before it is put right."""
        return self.kind in BLOCKING


def problem_table(problems: Sequence[Problem]) -> pd.DataFrame:
    """One row per problem, as text: kind, subject, message, and what became of it."""
    rows = [
        (
            it.kind,
            it.subject,
            it.message,
            "put right first" if it.blocking else "left out" if it.kind in LEFT_OUT else "kept",
        )
        for it in problems
    ]
    return pd.DataFrame(rows, columns=["kind", "subject", "message", "outcome"], dtype=str)
